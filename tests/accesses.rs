//! `/BusinessUserAccess`: accesses are made, changed and deleted, with their codes and with
//! the spaces that are somebody's alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use latchkey::access::template::TemplateThing;
use latchkey::access::{Access, Code};
use latchkey::deed::Unrecorded;
use latchkey::directory::{Resource, Space};
use latchkey::id::SpaceId;
use latchkey::role::Role;
use latchkey::table::{If, Read, from_item};
use latchkey::warrant::Warrant;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{assert_error, faults, tree};
use crate::system::{Answer, Fixture, Store, System, Tenant, is_of, keys, scope};

const SPACE: &str = "0192a5b07c0070008000000000000001";
const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
const PATH: &str = "/BusinessUserAccess";

/// Noon on the 1st of January 2027, and hours after it.
fn hour(hours: i64) -> i64 {
    1_798_804_800_000 + hours * 3_600_000
}

/// The id of the space with this number; the first is that of each tenant.
fn space(number: usize) -> String {
    format!("0192a5b07c00700080000000000{number:05x}")
}

/// An organization whose template has so many spaces.
struct Home {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Home {
    async fn with_spaces(spaces: usize) -> Self {
        Self::with(spaces, |store| {
            vec!["--endpoint-url".to_owned(), store.url()]
        })
        .await
    }

    /// The same with access codes of four digits.
    async fn with_short_codes(spaces: usize) -> Self {
        let options = |store: &Store| {
            let options = [
                "--endpoint-url",
                &store.url(),
                "--parameter",
                "AccessCodeLength=4",
            ];
            options.map(str::to_owned).to_vec()
        };
        Self::with(spaces, options).await
    }

    async fn with(spaces: usize, options: impl Fn(&Store) -> Vec<String>) -> Self {
        let store = Store::start().await;
        let mut tenant = Tenant::new(7);
        let ids = (1..=spaces).map(|number| {
            let id: Uuid = space(number).parse().unwrap();
            SpaceId::from(id)
        });
        tenant.world.spaces = ids
            .clone()
            .map(|id| Space {
                name: format!("Space {id}"),
                ..Space::blank(id)
            })
            .collect();
        tenant.world.templates[0].things = ids.map(TemplateThing::of).collect();
        let options = options(&store);
        let options: Vec<_> = options.iter().map(String::as_str).collect();
        let system = System::start_with(&options).await;
        store.put(&tenant.world).await;
        // So that the authorizer has written down that the caller has come.
        system.user(tenant.token(1)).get("/things").await.ok();
        store.calls();
        Self {
            store,
            system,
            tenant,
        }
    }

    async fn create(&self, body: &Value) -> Answer {
        self.system
            .user(self.tenant.token(1))
            .post(PATH, body)
            .await
    }

    /// An access to the first space, with an `Idempotency-Key`: asked for again as long as the
    /// store, unoptimized and of one writer, does not come to answer in a function's time.
    async fn create_once(&self, key: &str) -> Answer {
        let body = body(&[1]).to_string();
        for _ in 0..20 {
            let request = self.system.request(reqwest::Method::POST, PATH);
            let request = request.bearer_auth(self.tenant.token(1));
            let request = request.header("Idempotency-Key", key).body(body.clone());
            let answer = Answer::of(request).await;
            if !answer.status.is_server_error() {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("no answer to {key}");
    }

    async fn created(&self, body: &Value) -> String {
        let answer = self.create(body).await.ok();
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn update(&self, id: &str, changes: Value) -> Answer {
        let mut body =
            json!({"BusinessUserAccessId": id, "ValidFrom": hour(0), "ValidTo": hour(24)});
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.system
            .user(self.tenant.token(1))
            .put(PATH, &body)
            .await
    }

    async fn delete(&self, id: &str) -> Answer {
        let path = format!("{PATH}?BusinessUserAccessId={id}");
        self.system.user(self.tenant.token(1)).delete(&path).await
    }

    async fn access(&self, id: &str) -> Option<Access> {
        let id: Uuid = id.parse().unwrap();
        let key = scope(7).access(id.into());
        self.store.table().get(&key, Read::Strong).await.unwrap()
    }

    /// The codes of an access, space by space.
    async fn codes(&self, id: &str) -> BTreeMap<String, String> {
        let spaces = self.access(id).await.unwrap().spaces.into_iter();
        spaces
            .map(|space| {
                (
                    space.terms.space.to_string(),
                    space.code.as_str().to_owned(),
                )
            })
            .collect()
    }

    /// The sort keys of its items that begin so; the demo organization has its own.
    async fn keys(&self, prefix: &str) -> Vec<String> {
        let items = self.store.items().await.into_iter();
        let own = items.filter(|item| is_of(item, 7));
        let keys = own.map(|item| item["SK"].as_s().unwrap().clone());
        keys.filter(|key| key.starts_with(prefix)).collect()
    }

    /// Checks that each access has its grants and codes, and that there are no others.
    async fn assert_whole(&self) {
        let (mut wanted, mut accesses) = (BTreeSet::new(), 0);
        let mut found = BTreeSet::new();
        for item in self.store.items().await {
            let key = item["SK"].as_s().unwrap().clone();
            if key.starts_with(&keys::codes()) || key.contains(&format!("#{}", keys::spaces())) {
                found.insert(key);
            } else if key.starts_with(&keys::accesses()) {
                accesses += 1;
                let access: Access = from_item(item).unwrap();
                for space in &access.spaces {
                    let grant = scope(7).grant_key(&access.grant(space));
                    let code = scope(7).code(space.terms.space, &space.code);
                    wanted.extend([grant, code].map(|key| key.place().to_owned()));
                }
            }
        }
        assert_eq!(wanted, found, "{accesses} accesses");
    }
}

/// An access of user 2 to these spaces.
fn body(spaces: &[usize]) -> Value {
    let spaces: Vec<_> = spaces
        .iter()
        .map(|number| json!({"ThingId": space(*number)}))
        .collect();
    json!({
        "AccessTemplateId": TEMPLATE, "BusinessUserId": 2,
        "ValidFrom": hour(0), "ValidTo": hour(24), "Spaces": spaces,
    })
}

fn with(mut body: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn alone(mut body: Value) -> Value {
    for space in body["Spaces"].as_array_mut().unwrap() {
        space["Exclusive"] = json!(true);
    }
    body
}

#[tokio::test]
async fn the_published_request_works_in_jsv_and_in_json_in_either_case() {
    let system = System::start().await;
    for (name, format) in [
        ("create-access.jsv.request.http", "jsv"),
        ("create-access.pascal.request.http", "json"),
        ("create-access.camel.request.http", "json"),
    ] {
        let answer = Fixture::read(name).send(&system).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let (of, body) = tree(&answer);
        assert_eq!(of, format, "{name}");
        let id = body["id"].as_str().unwrap();
        assert!(
            id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{id}"
        );
        assert_eq!(body.as_object().unwrap().len(), 1);
        if format == "jsv" {
            assert_eq!(answer.body, format!("{{id:{id}}}"));
        }
    }
}

#[tokio::test]
async fn an_access_is_made_changed_and_deleted_with_its_grants_and_codes() {
    let home = Home::with_spaces(4).await;
    let id = home
        .created(&with(
            body(&[1, 2, 3]),
            json!({"Label": "Room 7", "Permission": ["Bar"]}),
        ))
        .await;
    home.assert_whole().await;
    let access = home.access(&id).await.unwrap();
    assert_eq!(access.label.as_deref(), Some("Room 7"));
    assert_eq!(access.permission, ["Bar"]);
    let first = home.codes(&id).await;
    assert_eq!(
        first.values().collect::<HashSet<_>>().len(),
        3,
        "each its own"
    );
    assert!(first.values().all(|code| code.len() == 6));

    // Space 1 stays with its code, 2 goes, 3 stays with other hours, 4 comes.
    let changed = home
        .update(&id, json!({"Spaces": [
            {"ThingId": space(1)}, {"ThingId": space(3), "FromHour": "08:00:00", "ToHour": "PT20H"},
            {"ThingId": space(4), "AccessCount": 3},
        ]}))
        .await.ok();
    assert_eq!(changed.header("etag"), Some("\"2\""));
    home.assert_whole().await;
    let access = home.access(&id).await.unwrap();
    assert_eq!(access.label, None, "what is left out is gone");
    let second = home.codes(&id).await;
    for kept in [1, 3] {
        assert_eq!(second[&space(kept)], first[&space(kept)]);
    }
    assert!(!second.contains_key(&space(2)));

    let stale = home.system.request(
        reqwest::Method::DELETE,
        &format!("{PATH}?BusinessUserAccessId={id}"),
    );
    let stale = stale
        .bearer_auth(home.tenant.token(1))
        .header("If-Match", "\"1\"");
    Answer::of(stale).await.is(412);
    home.delete(&id).await.ok();
    assert_eq!(home.access(&id).await, None);
    home.assert_whole().await;
    assert!(home.keys(&keys::codes()).await.is_empty());
    assert_error(&home.delete(&id).await, "json", 404, "NotFound");
    assert_error(
        &home
            .update(&id, json!({"Spaces": [{"ThingId": space(1)}]}))
            .await,
        "json",
        404,
        "NotFound",
    );
}

#[tokio::test]
async fn a_space_takes_its_defaults_from_the_template_and_all_spaces_may_share_one_code() {
    let mut home = Home::with_spaces(3).await;
    let template = json!({
        "AccessTemplateId": TEMPLATE, "AccessCodeInitializationStrategy": "Shared",
        "Things": [
            {"ThingId": space(1), "AvailableFrom": 8, "AvailableTo": 20, "AccessCount": 5, "Exclusive": true},
            {"ThingId": space(2)}, {"ThingId": space(3)},
        ],
    });
    home.system
        .user(home.tenant.token(1))
        .put("/access/template", &template)
        .await
        .ok();
    let id = home.created(&body(&[1, 2])).await;
    let access = home.access(&id).await.unwrap();
    let terms = access.spaces[0].terms;
    assert_eq!((terms.count, terms.exclusive), (Some(5), true));
    assert_eq!(
        (terms.from_hour(), terms.to_hour()),
        (Some(TimeDelta::hours(8)), Some(TimeDelta::hours(20)))
    );
    let codes = home.codes(&id).await;
    assert_eq!(codes.values().collect::<HashSet<_>>().len(), 1, "{codes:?}");
    // A space that is added later gets the existing code.
    let both =
        json!({"Spaces": [{"ThingId": space(1)}, {"ThingId": space(2)}, {"ThingId": space(3)}]});
    home.update(&id, both).await.ok();
    let later = home.codes(&id).await;
    assert_eq!(later[&space(3)], codes[&space(1)]);
    assert_eq!(
        home.access(&id).await.unwrap().spaces[0].terms,
        terms,
        "as it was"
    );
    home.assert_whole().await;
    // The access says otherwise than the template.
    let own =
        json!({"AccessCodeInitializationStrategy": 0, "ValidFrom": hour(48), "ValidTo": hour(72)});
    let mut own = with(body(&[1, 2]), own);
    own["Spaces"][0] =
        json!({"ThingId": space(1), "AccessCount": 2, "Exclusive": "False", "ToHour": "PT12H"});
    let access = home.access(&home.created(&own).await).await.unwrap();
    let terms = access.spaces[0].terms;
    assert_eq!((terms.count, terms.exclusive), (Some(2), false));
    assert_eq!(
        (terms.from_hour(), terms.to_hour()),
        (Some(TimeDelta::zero()), Some(TimeDelta::hours(12)))
    );
    assert_ne!(access.spaces[0].code, access.spaces[1].code);
    home.store.stop();
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_written() {
    let home = Home::with_spaces(2).await;
    let before = home.store.items().await.len();
    let named = |answer: &Answer| faults(answer);
    let bad = json!({
        "AccessTemplateId": "x", "BusinessUserId": 0, "AccessCodeInitializationStrategy": 2,
        "ValidTo": "yesterday", "Label": "l".repeat(201),
        "Spaces": [
            {"ThingId": space(1), "AccessCount": 0, "FromHour": "25:00:00", "ToHour": "1.01:00:00", "Exclusive": "maybe"},
            {"AccessCount": "many"}, {"ThingId": space(1)}, 7,
        ],
    });
    let answer = home.create(&bad).await;
    assert_error(&answer, "json", 400, "Predicate");
    let fields: BTreeSet<_> = named(&answer).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "accessTemplateId",
        "businessUserId",
        "accessCodeInitializationStrategy",
        "validFrom",
        "validTo",
        "label",
        "spaces[0].accessCount",
        "spaces[0].fromHour",
        "spaces[0].toHour",
        "spaces[0].exclusive",
        "spaces[1].thingId",
        "spaces[1].accessCount",
        "spaces[2].thingId",
        "spaces[3]",
    ];
    assert_eq!(fields, expected.map(str::to_owned).into());
    for (changes, field) in [
        (json!({"Spaces": []}), "spaces"),
        (json!({"Spaces": null}), "spaces"),
        (
            json!({"Spaces": (0..41).map(|n| json!({"ThingId": space(n + 1)})).collect::<Vec<_>>()}),
            "spaces",
        ),
        (json!({"ValidTo": hour(0)}), "validTo"),
        (json!({"ValidTo": hour(-1)}), "validTo"),
        (json!({"AccessTemplateId": SPACE}), "accessTemplateId"),
        (json!({"BusinessUserId": 99}), "businessUserId"),
        (
            json!({"Spaces": [{"ThingId": space(1)}, {"ThingId": space(9)}]}),
            "spaces[1].thingId",
        ),
    ] {
        let answer = home.create(&with(body(&[1]), changes)).await;
        assert_eq!(answer.status, 400, "{field}: {}", answer.body);
        let fields: Vec<_> = named(&answer).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [field], "{}", answer.body);
    }
    let both = with(
        body(&[1]),
        json!({"AccessTemplateId": SPACE, "BusinessUserId": 99}),
    );
    assert_eq!(named(&home.create(&both).await).len(), 2);
    // In the template and gone from the organization.
    home.store
        .delete_items(&keys::space(space(2).parse().unwrap()))
        .await;
    let answer = home.create(&body(&[1, 2])).await;
    let gone = ("spaces[1].thingId".to_owned(), "NotFound".to_owned());
    assert_eq!(named(&answer), [gone], "{}", answer.body);
    assert_eq!(home.store.items().await.len(), before - 1);
    // If it did not exist before the body was read, the answer is 403.
    let member = home
        .system
        .user(home.tenant.token(2))
        .post(PATH, &body(&[1]))
        .await;
    assert_error(&member, "json", 403, "Forbidden");
}

#[tokio::test]
async fn a_repeated_request_with_a_key_makes_one_access_and_returns_the_first_answer() {
    let home = Home::with_spaces(2).await;
    let send = || {
        let request = home
            .system
            .request(reqwest::Method::POST, "/jsv/reply/CreateBusinessUserAccess");
        let request = request
            .bearer_auth(home.tenant.token(1))
            .header("Idempotency-Key", "k");
        Answer::of(request.body(format!(
            "{{AccessTemplateId:{TEMPLATE},BusinessUserId:2,ValidFrom:{},Spaces:[{{ThingId:{SPACE}}}]}}",
            hour(0)
        )))
    };
    let answers = join_all((0..16).map(|_| send())).await;
    let bodies: HashSet<_> = answers.iter().map(|answer| answer.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(bodies.iter().all(|body| body.starts_with("{id:")));
    assert_eq!(home.keys(&keys::accesses()).await.len(), 1);
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 15);
    home.assert_whole().await;
}

#[tokio::test]
async fn a_code_of_an_access_that_has_ended_may_be_given_to_another() {
    let home = Home::with_short_codes(1).await;
    let past = with(
        body(&[1]),
        json!({"ValidFrom": hour(-100_000), "ValidTo": hour(-99_999)}),
    );
    let ended = home.created(&past).await;
    let code = home.codes(&ended).await.remove(SPACE).unwrap();
    // No other code is left: all are those of an access without end.
    take_all_but(&home, &[code.as_str()]).await;
    let next = home.created(&body(&[1])).await;
    assert_eq!(home.codes(&next).await[SPACE], code);
    // The one that had it is deleted without taking it away.
    home.delete(&ended).await.ok();
    let key = scope(7).code(space_id(1), &code.parse().unwrap());
    let item: Code = home
        .store
        .table()
        .get(&key, Read::Strong)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(item.terms.grant.id.access().unwrap().to_string(), next);
    let answer = home.create(&body(&[1])).await;
    assert_error(&answer, "json", 409, "Conflict");
    assert_eq!(
        faults(&answer),
        [("spaces[0].thingId".to_owned(), "Conflict".to_owned())]
    );
}

fn space_id(number: usize) -> SpaceId {
    space(number).parse().unwrap()
}

/// Gives all codes of four digits of the first space, except some, to an access that conflicts
/// with nobody.
async fn take_all_but(home: &Home, free: &[&str]) {
    let other = home.created(&body(&[1])).await;
    let access = home.access(&other).await.unwrap();
    let table = home.store.table();
    let all: Vec<_> = (0..10_000).map(|number| format!("{number:04}")).collect();
    let all: Vec<_> = all
        .iter()
        .filter(|code| !free.contains(&code.as_str()))
        .collect();
    for codes in all.chunks(100) {
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        for code in codes {
            let mut space = access.spaces[0].clone();
            space.code = code.parse().unwrap();
            let mut code = Code::new(access.code_terms(&space));
            code.terms.expires_at = None;
            let key = scope(7).code(space.terms.space, &space.code);
            writes.put((), &key, &code, If::Always);
        }
        writes.send_unconditional().await.unwrap();
    }
    home.store.calls();
}

// The store, and what looks on, are in this process: on one thread they would be what is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_share_the_last_hundred_codes_and_no_two_have_the_same() {
    let home = Home::with_short_codes(1).await;
    let free: Vec<_> = (0..100)
        .map(|number| format!("{:04}", 200 + number * 97))
        .collect();
    let obvious = ["1234", "9876", "5555", "0000"];
    assert!(!free.iter().any(|code| obvious.contains(&code.as_str())));
    take_all_but(&home, &free.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // So that sixty-four functions run, and what is measured is not how they start.
    let nothing = json!({});
    let warm = join_all((0..64).map(|_| home.create(&nothing))).await;
    assert!(warm.iter().all(|answer| answer.status == 400));
    // A hundred and four in all.
    let client = async |number: usize| {
        let mut statuses = Vec::new();
        for turn in 0..1 + usize::from(number < 40) {
            let answer = home.create_once(&format!("{number}-{turn}")).await;
            if answer.status != 200 {
                assert_error(&answer, "json", 409, "Conflict");
            }
            statuses.push(answer.status.as_u16());
        }
        statuses
    };
    let statuses = join_all((0..64).map(client)).await.concat();
    assert_eq!(statuses.len(), 104);
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        100
    );
    let mut codes = Vec::new();
    for item in home.store.items().await {
        if is_of(&item, 7) && item["SK"].as_s().unwrap().starts_with(&keys::accesses()) {
            let access: Access = from_item(item).unwrap();
            codes.push(access.spaces[0].code.as_str().to_owned());
        }
    }
    let of_clients: BTreeSet<_> = codes.iter().filter(|code| free.contains(code)).collect();
    assert_eq!(of_clients.len(), 100);
    assert_eq!(codes.len(), 101, "and the one that has all others");
}

#[tokio::test]
async fn one_of_sixty_four_concurrent_exclusive_accesses_gets_the_space() {
    let home = Home::with_spaces(2).await;
    let wanted = alone(body(&[2]));
    let answers = join_all((0..64).map(|_| home.create(&wanted))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(made.len(), 1);
    for answer in refused {
        assert_error(answer, "json", 409, "Conflict");
    }
    home.assert_whole().await;
    assert_eq!(home.keys(&keys::accesses()).await.len(), 1);
}

#[tokio::test]
async fn an_exclusive_access_keeps_others_out_as_long_as_it_is_valid() {
    let home = Home::with_spaces(2).await;
    let id = home.created(&alone(body(&[1]))).await;
    let at = |from, to| {
        with(
            body(&[2, 1]),
            json!({"ValidFrom": hour(from), "ValidTo": hour(to)}),
        )
    };
    let answer = home.create(&at(23, 30)).await;
    assert_error(&answer, "json", 409, "Conflict");
    let said = tree(&answer).1["responseStatus"]["errors"][0].clone();
    assert_eq!(said["fieldName"], "spaces[1].thingId");
    let message = said["message"].as_str().unwrap();
    assert!(
        message.contains(SPACE) && message.contains("free from 2027-01-02T12:00:00Z"),
        "{message}"
    );
    // One that only touches it, one at other hours, and one to another space.
    home.created(&at(24, 30)).await;
    home.created(&at(-9, 0)).await;
    home.created(&body(&[2])).await;
    // One without end.
    let endless = with(
        alone(body(&[2])),
        json!({"ValidFrom": hour(100), "ValidTo": null}),
    );
    let endless = home.created(&endless).await;
    let later = with(
        body(&[2]),
        json!({"ValidFrom": hour(9000), "ValidTo": hour(9001)}),
    );
    assert_error(&home.create(&later).await, "json", 409, "Conflict");
    // It gives way when it is shortened, when it is not exclusive any more, when it is gone.
    let shorter = json!({"ValidTo": hour(12), "Spaces": [{"ThingId": space(1)}]});
    home.update(&id, shorter).await.ok();
    home.created(&at(12, 13)).await;
    assert_error(&home.create(&at(11, 12)).await, "json", 409, "Conflict");
    let shared =
        json!({"ValidTo": hour(12), "Spaces": [{"ThingId": space(1), "Exclusive": false}]});
    home.update(&id, shared).await.ok();
    home.created(&at(11, 12)).await;
    home.delete(&endless).await.ok();
    home.created(&later).await;
    home.assert_whole().await;
    // A change can conflict with others, but not with itself.
    let own = home
        .created(&with(
            alone(body(&[2])),
            json!({"ValidFrom": hour(-50), "ValidTo": hour(-40)}),
        ))
        .await;
    let longer =
        json!({"ValidFrom": hour(-60), "ValidTo": hour(-30), "Spaces": [{"ThingId": space(2)}]});
    home.update(&own, longer).await.ok();
    let other = with(
        body(&[2]),
        json!({"ValidFrom": hour(-80), "ValidTo": hour(-70)}),
    );
    let other = home.created(&other).await;
    let into =
        json!({"ValidFrom": hour(-80), "ValidTo": hour(-59), "Spaces": [{"ThingId": space(2)}]});
    assert_error(&home.update(&other, into).await, "json", 409, "Conflict");
}

#[tokio::test]
async fn an_access_of_forty_spaces_is_made_whole_and_one_that_is_too_much_is_refused() {
    let home = Home::with_spaces(40).await;
    let all: Vec<_> = (1..=40).collect();
    let id = home.created(&body(&all)).await;
    home.assert_whole().await;
    assert_eq!(home.codes(&id).await.len(), 40);
    // The check of spaces that the transaction has no room for is made all the same.
    home.created(&with(
        alone(body(&[1])),
        json!({"ValidFrom": hour(500), "ValidTo": hour(501)}),
    ))
    .await;
    let meets = with(
        body(&all),
        json!({"ValidFrom": hour(400), "ValidTo": hour(600)}),
    );
    assert_error(&home.create(&meets).await, "json", 409, "Conflict");
    let alone = with(
        alone(body(&all)),
        json!({"ValidFrom": hour(700), "ValidTo": hour(701)}),
    );
    let mut counted = body(&all);
    for space in counted["Spaces"].as_array_mut().unwrap() {
        space["AccessCount"] = json!(3);
    }
    for too_much in [alone, counted] {
        let answer = home.create(&too_much).await.is(400);
        assert_eq!(faults(&answer)[0].0, "spaces");
    }
    home.delete(&id).await.ok();
    home.assert_whole().await;
}

#[tokio::test]
async fn a_store_that_stops_in_the_middle_leaves_no_access_half_written() {
    let mut home = Home::with_spaces(20).await;
    let all: Vec<_> = (1..=20).collect();
    let wanted = body(&all);
    let (system, token) = (&home.system, home.tenant.token(1));
    let client = async |_: usize| {
        let mut made = 0;
        for _ in 0..6 {
            match system.user(token).post(PATH, &wanted).await.status.as_u16() {
                200 => made += 1,
                503 => {}
                other => panic!("{other}"),
            }
        }
        made
    };
    let store = &mut home.store;
    let outage = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            store.stop();
            tokio::time::sleep(Duration::from_millis(60)).await;
            store.resume().await;
        }
    };
    let (made, ()) = tokio::join!(join_all((0..6).map(client)), outage);
    let there = home.keys(&keys::accesses()).await.len();
    assert!(
        there >= made.iter().sum::<usize>(),
        "what was acknowledged is there"
    );
    home.assert_whole().await;
}

#[tokio::test]
async fn the_roles_of_accesses_write_them() {
    let home = Home::with_spaces(1).await;
    for (user, role, may) in [
        (3, Role::AccessAdmin, true),
        (4, Role::TenantAdmin, true),
        (5, Role::Receptionist, false),
        (6, Role::AccessTemplateAdmin, false),
        (7, Role::Device, false),
    ] {
        let roles = json!({"roles": [role]});
        let path = format!("/v2/users/{user}");
        home.system
            .user(home.tenant.token(1))
            .put(&path, &roles)
            .await
            .ok();
        let answer = home
            .system
            .user(home.tenant.token(user))
            .post(PATH, &body(&[1]))
            .await;
        assert_eq!(answer.status == 200, may, "{role:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn hours_keep_their_fractions_of_a_second() {
    let home = Home::with_spaces(1).await;
    let hours = |from: &str, to: &str| {
        let mut body = body(&[1]);
        body["Spaces"][0]["FromHour"] = json!(from);
        body["Spaces"][0]["ToHour"] = json!(to);
        body
    };
    for (from, to, shown) in [
        // Half a second, and not the whole day.
        ("PT8H", "PT8H0M0.5S", ["08:00:00", "08:00:00.5000000"]),
        (
            "08:00:00",
            "08:00:00.0000001",
            ["08:00:00", "08:00:00.0000001"],
        ),
        ("08:00:00.5", "PT8H", ["08:00:00.5000000", "08:00:00"]),
        // The end of the day, as .NET has it.
        ("08:00:00", "23:59:59.9999999", ["08:00:00", "00:00:00"]),
        ("PT0S", "PT23H59M59.9999999S", ["00:00:00", "00:00:00"]),
        (
            "23:59:59.9999999",
            "06:00:00",
            ["23:59:59.9999999", "06:00:00"],
        ),
    ] {
        let id = home.created(&hours(from, to)).await;
        let path = "/BusinessUserAccesses.json";
        let answer = home.system.user(home.tenant.token(1)).get(path).await;
        for (name, shown) in ["fromHour", "toHour"].into_iter().zip(shown) {
            let shown = format!("\"{name}\":\"{shown}\"");
            assert!(answer.body.contains(&shown), "{from} {to}: {}", answer.body);
        }
        let terms = &home.access(&id).await.unwrap().spaces[0].terms;
        let length = terms.to_hour().unwrap() - terms.from_hour().unwrap();
        if to == "PT8H0M0.5S" {
            assert_eq!(length, TimeDelta::milliseconds(500));
        }
        assert!(home.delete(&id).await.status.is_success());
    }
    for to in ["08:00:00.00000001", "-00:00:00.5", "1.00:00:00.0000001"] {
        let answer = home.create(&hours("08:00:00", to)).await;
        assert_eq!(answer.status, 400, "{to}: {}", answer.body);
    }
}

#[tokio::test]
async fn seconds_are_not_read_as_milliseconds() {
    let home = Home::with_spaces(1).await;
    let seconds = hour(0) / 1_000;
    for wrong in [
        json!(seconds),
        json!(seconds.to_string()),
        json!(format!("/Date({seconds}+0100)/")),
    ] {
        for field in ["ValidFrom", "ValidTo"] {
            let answer = home.create(&with(body(&[1]), json!({field: wrong}))).await;
            assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
            let message = answer.body.to_ascii_lowercase();
            assert!(
                message.contains("seconds?") && message.contains(&field.to_ascii_lowercase()),
                "{message}"
            );
        }
    }
    for right in [
        json!(-62_135_596_800_000_i64),
        json!("1999-12-31T23:00:00Z"),
        json!("0001-01-01"),
    ] {
        home.created(&with(body(&[1]), json!({"ValidFrom": right})))
            .await;
    }
}
