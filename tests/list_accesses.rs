//! Lists of accesses: whole, by space, by user, in pages.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use latchkey::access::{Access, CodeStrategy};
use latchkey::role::Role;
use latchkey::timing::Period;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::service::{faults, tree};
use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, window};

/// Organization 7.
const GUID: &str = "4c617463686b80018000000000000007";
const PATH: &str = "/BusinessUserAccesses";
/// A space that sorts before the tenant's, and is not there.
const GONE: Uuid = uuid!("0192a5b0-7c00-7000-8000-000000000000");

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Scene {
    /// Organization 7 with a receptionist, user 2.
    async fn start() -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        let tenant = Tenant::new(7).with_roles(2, &[Role::Receptionist]);
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    async fn put(&self, access: &Access) {
        let scope = self.tenant.world.scope().unwrap();
        self.store.put_access(&scope, access).await;
    }

    /// Gives a user an access to both spaces.
    async fn give(&self, number: u128, user: u64, change: impl FnOnce(&mut Access)) {
        let code = |from: u128| format!("{}", from + number);
        let spaces = vec![
            access_space(SPACE, &code(100_000)),
            access_space(GONE, &code(200_000)),
        ];
        let mut access = self.tenant.access(number, user, spaces);
        change(&mut access);
        self.put(&access).await;
    }

    async fn ask(&self, user: usize, query: &str) -> Answer {
        let path = format!("{PATH}{query}");
        self.system.user(self.tenant.token(user)).get(&path).await
    }

    /// The numbers of the accesses on all pages, in their order.
    async fn numbers(&self, user: usize, query: &str) -> Vec<u128> {
        let mut found = Vec::new();
        let mut path = Some(format!("{PATH}{query}"));
        while let Some(page) = path {
            let answer = self.system.user(self.tenant.token(user)).get(&page).await;
            assert_eq!(answer.status, 200, "{page}: {}", answer.body);
            found.extend(numbers(&answer));
            assert!(found.len() < 100, "it goes round in a ring");
            path = answer.header("link").map(|link| {
                let url = link.trim_start_matches('<').split('>').next().unwrap();
                url.strip_prefix(self.system.url()).unwrap().to_owned()
            });
        }
        found
    }
}

fn numbers(answer: &Answer) -> Vec<u128> {
    let (_, body) = tree(answer);
    let data = body["data"].as_array().unwrap_or_else(|| panic!("{body}"));
    let id = |access: &Value| access["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    data.iter().map(|access| id(access).as_u128()).collect()
}

#[tokio::test]
async fn an_access_is_shown_whole_in_both_formats() {
    let scene = Scene::start().await;
    let until = window("2027-01-31T07:00:00Z", Some("2027-02-28T17:00:00Z"));
    let hour = |hour| NaiveTime::from_hms_opt(hour, 30, 0).unwrap();
    scene
        .give(1, 4, |access| {
            access.window = until;
            access.label = Some("Cleaning, weekly".to_owned());
            access.permission = vec!["Coffee".to_owned()];
            access.strategy = CodeStrategy::Shared;
            access.spaces[0].terms.count = Some(10);
            access.spaces[0].terms.exclusive = true;
            let (start, end) = (hour(8), hour(17));
            access.spaces[0].terms.hours = Some(Period { start, end });
        })
        .await;
    let answer = scene.ask(1, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = "00000000000000000000000000000001";
    let (template, space) = (
        Uuid::from_u128(SPACE.as_u128() + 1).simple(),
        SPACE.simple(),
    );
    let body = answer.json();
    let ids: Vec<_> = [0, 1]
        .map(|place| body["data"][0]["thingBusinessUserAccesses"][place]["id"].clone())
        .into();
    let hall = json!({
        "id": space, "organizationId": GUID, "name": "Hall", "order": 0, "type": "SmartSpace",
        "properties": {}, "states": {}, "taskLists": [], "childThings": [],
    });
    let expected = json!({"data": [{
        "id": id, "validFrom": 1_801_378_800_000_i64, "validTo": 1_803_834_000_000_i64,
        "label": "Cleaning, weekly", "permission": ["Coffee"],
        "organization": {
            "id": GUID, "name": "Organization 7", "code": "7", "smartSpaces": [], "services": [],
            "reservationConfig": {}, "featureConfig": [],
        },
        "businessUser": {
            "id": 4, "firstName": "User 4", "lastName": "Of 7", "phoneNumber": "+31612345674",
        },
        "accessTemplates": [{"id": template, "name": "Visitors"}],
        "thingBusinessUserAccesses": [
            {
                "id": ids[0], "thingId": space, "thing": hall, "accessCode": "100001",
                "accessCount": 10, "fromHour": "08:30:00", "toHour": "17:30:00", "exclusive": true
            },
            {"id": ids[1], "thingId": GONE.simple(), "accessCode": "200001", "exclusive": false},
        ],
        "accessCodeInitializationStrategy": 1, "active": false,
        "dateCreated": 1_767_225_600_000_i64, "dateModified": 1_767_225_600_000_i64,
    }]});
    assert_eq!(body, expected);
    assert_ne!(ids[0], ids[1]);
    let jsv = scene.ask(1, ".jsv").await;
    for part in [
        format!(
            "{{data:[{{id:{id},validFrom:1801378800000,validTo:1803834000000,label:\"Cleaning, weekly\",permission:[Coffee],organization:{{id:{GUID},name:Organization 7,"
        ),
        "businessUser:{id:4,firstName:User 4,lastName:Of 7,phoneNumber:+31612345674}".to_owned(),
        format!("accessTemplates:[{{id:{template},name:Visitors}}]"),
        "accessCode:100001,accessCount:10,fromHour:PT8H30M,toHour:PT17H30M,exclusive:True}"
            .to_owned(),
        format!(
            "thingId:{},accessCode:200001,exclusive:False}}]",
            GONE.simple()
        ),
        "accessCodeInitializationStrategy:1,active:False,dateCreated:1767225600000,".to_owned(),
    ] {
        assert!(jsv.body.contains(&part), "{part} in {}", jsv.body);
    }
}

#[tokio::test]
async fn each_is_found_once_by_space_by_user_and_by_whether_it_is_valid() {
    let scene = Scene::start().await;
    let past = || window("2020-01-01T00:00:00Z", Some("2020-01-02T00:00:00Z"));
    let future = || window("2090-01-01T00:00:00Z", None);
    for number in 1..=8 {
        let user = if number % 2 == 0 { 4 } else { 5 };
        scene
            .give(number, user, |access| match number {
                3 | 6 => access.window = past(),
                7 => access.window = future(),
                // To one space alone.
                8 => drop(access.spaces.remove(0)),
                _ => {}
            })
            .await;
    }
    let space = SPACE.simple();
    for (query, expected) in [
        (String::new(), vec![1, 2, 3, 4, 5, 6, 7, 8]),
        ("LoadOnlyActive=true".to_owned(), vec![1, 2, 4, 5, 8]),
        (
            "loadonlyactive=False".to_owned(),
            vec![1, 2, 3, 4, 5, 6, 7, 8],
        ),
        ("BusinessUserId=4".to_owned(), vec![2, 4, 6, 8]),
        (
            "businessUserId=4&LoadOnlyActive=True".to_owned(),
            vec![2, 4, 8],
        ),
        ("businessUserId=6".to_owned(), vec![]),
        // In the order of users.
        (format!("ThingId={space}"), vec![2, 4, 6, 1, 3, 5, 7]),
        (
            format!("thingId={SPACE}&LoadOnlyActive=true"),
            vec![2, 4, 1, 5],
        ),
        (
            format!("THINGID=%7B{SPACE}%7D&businessuserid=5"),
            vec![1, 3, 5, 7],
        ),
        (format!("ThingId={}", Uuid::from_u128(7)), vec![]),
    ] {
        for user in [1, 2] {
            for size in ["", "&size=1", "&size=2", "&Size=3"] {
                let found = scene.numbers(user, &format!("?{query}{size}")).await;
                assert_eq!(found, expected, "{query}{size}");
            }
        }
    }
    // A page that a filter leaves short is filled.
    let page = scene.ask(1, "?LoadOnlyActive=true&size=4").await;
    assert_eq!(numbers(&page), [1, 2, 4, 5]);

    // A member sees their own.
    for (query, expected) in [
        ("", vec![2, 4, 6, 8]),
        ("?LoadOnlyActive=true&size=1", vec![2, 4, 8]),
        ("?BusinessUserId=4", vec![2, 4, 6, 8]),
        (&*format!("?ThingId={space}"), vec![2, 4, 6]),
    ] {
        assert_eq!(scene.numbers(4, query).await, expected, "{query}");
    }
    let answer = scene.ask(4, "?BusinessUserId=5").await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(tree(&answer).1["responseStatus"]["errorCode"], "Forbidden");
    assert_eq!(scene.numbers(6, "").await, [0; 0]);

    // The way ServiceStack's clients send it, in a body.
    let request = scene
        .system
        .request(Method::POST, "/jsv/reply/GetBusinessUserAccesses")
        .bearer_auth(scene.tenant.token(1))
        .header(CONTENT_TYPE, "text/jsv")
        .body(format!("{{ThingId:{space},LoadOnlyActive:True,Size:3}}"));
    let answer = Answer::of(request).await;
    assert_eq!(numbers(&answer), [2, 4, 1]);
    assert!(answer.header("link").is_some());
}

#[tokio::test]
async fn every_fault_of_the_question_is_named() {
    let scene = Scene::start().await;
    let query = "?ThingId=x&BusinessUserId=0&LoadOnlyActive=maybe&size=0&organizationId=x";
    for end in ["", ".jsv"] {
        let answer = scene.ask(1, &format!("{end}{query}")).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let faults: BTreeMap<_, _> = faults(&answer).into_iter().collect();
        let expected = [
            ("thingId", "Predicate"),
            ("businessUserId", "InclusiveBetween"),
            ("loadOnlyActive", "Predicate"),
            ("size", "InclusiveBetween"),
            ("organizationId", "Predicate"),
        ];
        let expected = expected.map(|(name, code)| (name.to_owned(), code.to_owned()));
        assert_eq!(faults, BTreeMap::from(expected));
    }
    let answer = scene
        .ask(1, &format!("?organizationId={}8", &GUID[..31]))
        .await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}
