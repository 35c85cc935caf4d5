//! `/access/template` and what belongs to it, in JSON and in JSV.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use latchkey::role::Role;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::service::{assert_error, faults, tree};
use crate::system::{Answer, Store, System, Tenant, keys};

const SPACE: &str = "0192a5b07c0070008000000000000001";
const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
/// Organization 7.
const GUID: &str = "4c617463686b80018000000000000007";
const PATH: &str = "/access/template";

/// An organization that has a second space, with the id of that.
async fn home() -> (Store, System, Tenant, String) {
    let (store, system, tenant) = Tenant::start().await;
    let space = add_space(&system, &tenant, "Attic").await;
    (store, system, tenant, space)
}

async fn add_space(system: &System, tenant: &Tenant, name: &str) -> String {
    let space = json!({"organizationId": tenant.number(), "name": name});
    let made = system.post("/v2/spaces", tenant.token(1), &space).await;
    made.json()["spaceId"].as_str().unwrap().to_owned()
}

/// Sends a body of a format.
async fn send(
    (system, tenant): (&System, &Tenant),
    method: Method,
    path: &str,
    (format, body): (&str, &str),
) -> Answer {
    let request = system.request(method, path).bearer_auth(tenant.token(1));
    let request = request.header(CONTENT_TYPE, format);
    Answer::of(request.body(body.to_owned())).await
}

async fn show(system: &System, tenant: &Tenant, id: &str) -> Answer {
    let path = format!("{PATH}?AccessTemplateId={id}");
    system.user(tenant.token(1)).get(&path).await
}

/// The template of a list that has one.
async fn shown(system: &System, tenant: &Tenant, id: &str) -> Value {
    let answer = show(system, tenant, id).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert_eq!(body["data"].as_array().unwrap().len(), 1);
    body["data"][0].clone()
}

/// The names of the things of a template, in its order.
async fn things(system: &System, tenant: &Tenant, id: &str) -> Vec<String> {
    let path = format!("{PATH}/things?AccessTemplateId={id}");
    let body = system.user(tenant.token(1)).get(&path).await.json();
    let data = body["data"].as_array().unwrap_or_else(|| panic!("{body}"));
    let names = data.iter().map(|of| of["thing"]["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, body) = tree(answer);
    let id = body["id"].as_str().unwrap();
    assert_eq!(body["data"]["id"], id);
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
    id.to_owned()
}

#[tokio::test]
async fn a_template_is_made_changed_shown_and_deleted_in_either_format_at_every_route() {
    let (_store, system, tenant, attic) = home().await;
    let json = json!({
        "Name": " Cleaners ", "Description": "In the morning", "OrganizationId": GUID,
        "Things": [
            {"ThingId": format!("{{{SPACE}}}"), "AvailableFrom": 8, "AvailableTo": 24, "AccessCount": 10, "Exclusive": true,
             "AccessLevel": "Guest", "Permission": ["Sauna", "Bar"]},
            {"ThingId": attic},
        ],
        "Scope": "Staff", "AccessCodeInitializationStrategy": "shared", "Version": 1,
    });
    let json = json.to_string();
    let jsv = format!(
        "{{\n\tname: Cleaners,\n\tdescription: In the morning,\n\tthings: \n\t[\n\t\t{{\n\t\t\tthingId: {SPACE},\n\t\t\tavailableFrom: 8,\n\t\t\tavailableTo: 24,\n\t\t\taccessCount: 10,\n\t\t\taccessLevel: Guest,\n\t\t\tpermission: [Sauna,Bar],\n\t\t\texclusive: True\n\t\t}},\n\t\t{{\n\t\t\tthingId: {attic},\n\t\t\texclusive: False\n\t\t}}\n\t],\n\tscope: 2,\n\taccessCodeInitializationStrategy: 1,\n\tversion: 0\n}}"
    );
    let (json, jsv) = (
        ("application/json", json.as_str()),
        ("text/jsv", jsv.as_str()),
    );
    // Each operation by its own path and by its name.
    let routes = |path: &str, operation: &str, method: &Method| {
        let own = ["", ".json", ".jsv"].map(|end| (method.clone(), format!("{path}{end}")));
        let ways = ["/json/reply/", "/jsv/reply/", "/api/"];
        // A link changes nothing.
        let reads = operation.starts_with("Get").then_some(Method::GET);
        let every = [Method::POST, Method::PUT, Method::DELETE].into_iter();
        let every: Vec<_> = every.chain(reads).collect();
        let named = ways.into_iter().flat_map(|way| {
            let route = format!("{way}{operation}");
            let each = every.clone().into_iter();
            each.map(move |method| (method, route.clone()))
        });
        own.into_iter().chain(named).collect::<Vec<_>>()
    };
    let of_answer = |route: &str| match route.contains("jsv") {
        true => "jsv",
        false => "json",
    };
    let mut made = Vec::new();
    for (method, route) in routes(PATH, "CreateAccessTemplate", &Method::POST) {
        for body in [json, jsv] {
            // These routes say what the body is.
            let of_body = body.0.rsplit('/').next().unwrap();
            if route.contains("/reply/") && of_answer(&route) != of_body {
                continue;
            }
            let answer = send((&system, &tenant), method.clone(), &route, body).await;
            made.push(id(&answer));
            assert_eq!(tree(&answer).0, of_answer(&route), "{route}");
        }
    }
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());

    let expected = json!({
        "id": made[0], "organizationId": GUID, "name": "Cleaners", "description": "In the morning",
        "permission": ["Bar", "Sauna"], "scope": 2, "accessCodeInitializationStrategy": 1,
    });
    for id in &made {
        let mut expected = expected.clone();
        expected["id"] = json!(id);
        assert_eq!(shown(&system, &tenant, id).await, expected);
    }
    let query = format!("?accesstemplateid={}", made[0]);
    let in_jsv = format!(
        "{{data:[{{id:{},organizationId:{GUID},name:Cleaners,permission:[Bar,Sauna],description:In the morning,scope:2,accessCodeInitializationStrategy:1}}]}}",
        made[0]
    );
    for (method, route) in routes(PATH, "GetAccessTemplate", &Method::GET) {
        let path = format!("{route}{query}");
        let answer = system.call(method, &path, tenant.token(1), None).await;
        match of_answer(&route) {
            "jsv" => assert_eq!(answer.body, in_jsv, "{route}"),
            _ => assert_eq!(answer.json(), json!({"data": [expected]}), "{route}"),
        }
        assert_eq!(answer.version(), Some(1));
    }
    let path = format!("{PATH}/things{query}");
    let things = system.user(tenant.token(1)).get(&path).await.json();
    let thing = |place: usize| {
        let mut thing = things["data"][place].clone();
        let id = thing.as_object_mut().unwrap().remove("id").unwrap();
        assert!(id.as_str().unwrap().parse::<uuid::Uuid>().is_ok());
        thing
    };
    let of = |id: &str, name: &str| {
        json!({
            "id": id, "organizationId": GUID, "name": name, "order": 0, "type": "SmartSpace",
            "properties": {}, "states": {}, "taskLists": [], "childThings": [],
        })
    };
    assert_eq!(
        thing(0),
        json!({
            "thingId": SPACE, "thing": of(SPACE, "Hall"), "permission": ["Sauna", "Bar"],
            "availableFrom": 8, "availableTo": 24, "accessCount": 10, "exclusive": true,
            "accessLevel": "Guest", "childPermissionThingTemplates": [],
        })
    );
    assert_eq!(
        thing(1),
        json!({
            "thingId": attic, "thing": of(&attic, "Attic"), "permission": [], "exclusive": false,
            "childPermissionThingTemplates": [],
        })
    );
    assert_ne!(things["data"][0]["id"], things["data"][1]["id"]);
    for (flag, is_shown) in [("LoadThings=false", false), ("loadthings=True", true)] {
        let path = format!("{path}&{flag}&LoadChildThingAccessTemplates=true");
        let body = system.user(tenant.token(1)).get(&path).await.json();
        assert_eq!(body["data"][0].get("thing").is_some(), is_shown, "{flag}");
    }
    // What is shown may be sent back as it is.
    let same = json!({"AccessTemplateId": made[1], "Things": things["data"].as_array().unwrap().iter().map(|thing| {
        let mut thing = thing.as_object().unwrap().clone();
        let of = thing.remove("thing").unwrap();
        thing.remove("childPermissionThingTemplates");
        thing.insert("thingName".to_owned(), of["name"].clone());
        thing.insert("thingTypeName".to_owned(), of["type"].clone());
        thing.insert("organizationId".to_owned(), of["organizationId"].clone());
        Value::from(thing)
    }).collect::<Vec<_>>()});
    let answer = system.user(tenant.token(1)).put(PATH, &same).await;
    assert_eq!(id(&answer), made[1]);
    assert_eq!(answer.version(), Some(1), "nothing changed");
    for (method, route) in routes(
        "/access/template/things",
        "GetThingAccessTemplates",
        &Method::GET,
    ) {
        let path = format!("{route}{query}");
        let answer = system.call(method, &path, tenant.token(1), None).await;
        let (format, body) = tree(&answer);
        assert_eq!(format, of_answer(&route));
        if format == "json" {
            assert_eq!(body, things, "{route}");
        }
        assert_eq!(body["data"].as_array().unwrap().len(), 2, "{route}");
    }
    for (method, route) in routes("/access/templates", "GetAccessTemplates", &Method::GET) {
        let answer = system.call(method, &route, tenant.token(1), None).await;
        let (format, body) = tree(&answer);
        assert_eq!(format, of_answer(&route));
        let data = body["data"].as_array().unwrap();
        assert_eq!(data.len(), made.len() + 1, "{route}");
        if format == "json" {
            assert_eq!(data[1], expected, "{route}");
        }
    }
    let mut version = 1;
    for (method, route) in routes(PATH, "UpdateAccessTemplate", &Method::PUT) {
        version += 1;
        let name = format!("Version {version}");
        let body = match of_answer(&route) {
            "jsv" => (
                "text/jsv",
                format!("{{AccessTemplateId:{},Name:{name}}}", made[0]),
            ),
            _ => {
                let body = json!({"AccessTemplateId": made[0], "Name": name, "Things": null});
                ("application/json", body.to_string())
            }
        };
        let answer = send((&system, &tenant), method, &route, (body.0, &body.1)).await;
        assert_eq!(
            (id(&answer), tree(&answer).0),
            (made[0].clone(), of_answer(&route))
        );
        assert_eq!(answer.version(), Some(version), "{route}");
        let mut expected = expected.clone();
        expected["name"] = json!(name);
        if of_answer(&route) == "json" {
            assert_eq!(answer.json()["data"], expected);
        }
        let after = show(&system, &tenant, &made[0]).await;
        assert_eq!(after.json()["data"][0], expected, "what was left out stays");
        assert_eq!(after.version(), Some(version));
    }
    let mut rest = made.iter();
    for (method, route) in routes(PATH, "DeleteAccessTemplate", &Method::DELETE) {
        let id = rest.next().unwrap();
        let path = format!("{route}?AccessTemplateId={id}");
        let answer = system
            .call(method.clone(), &path, tenant.token(1), None)
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, "{}"),
            "{route}"
        );
        assert_eq!(tree(&answer).0, of_answer(&route));
        let gone = show(&system, &tenant, id).await;
        assert_error(&gone, "json", 404, "NotFound");
        let again = system.call(method, &path, tenant.token(1), None).await;
        assert_error(&again, of_answer(&route), 404, "NotFound");
    }
}

#[tokio::test]
async fn a_field_left_out_has_its_default_and_an_empty_one_is_cleared() {
    let (_store, system, tenant, _) = home().await;
    let new = json!({"name": "N", "description": "D", "things": [{"thingId": SPACE}]});
    let made = id(&system.post(PATH, tenant.token(1), &new).await);
    let before = shown(&system, &tenant, &made).await;
    assert_eq!(before["scope"], 0);
    assert_eq!(before["accessCodeInitializationStrategy"], 0);
    for (format, body) in [
        (
            "application/json",
            format!(
                "{{\"accessTemplateId\":\"{made}\",\"description\":null,\"scope\":null,\"name\":null}}"
            ),
        ),
        (
            "text/jsv",
            format!("{{AccessTemplateId:{made},Description:,Name:}}"),
        ),
    ] {
        let answer = send((&system, &tenant), Method::PUT, PATH, (format, &body)).await;
        assert_eq!(id(&answer), made);
        assert_eq!(
            shown(&system, &tenant, &made).await,
            before,
            "null says nothing"
        );
    }
    let change = format!("{{AccessTemplateId:{made},Description:\"\"}}");
    send((&system, &tenant), Method::PUT, PATH, ("text/jsv", &change)).await;
    let after = shown(&system, &tenant, &made).await;
    assert_eq!(after.get("description"), None);
}

#[tokio::test]
async fn every_fault_of_a_template_is_named_at_once_in_either_format() {
    let (store, system, tenant, attic) = home().await;
    let before = store.sort_keys(&keys::templates()).await;
    let named = |fields: &[(&str, &str)]| -> Vec<(String, String)> {
        let each = fields.iter();
        each.map(|(field, code)| ((*field).to_owned(), (*code).to_owned()))
            .collect()
    };
    let json = json!({
        "Name": " ", "Description": "x".repeat(2001), "Scope": "Guests",
        "AccessCodeInitializationStrategy": 2, "OrganizationId": "7",
        "Things": [
            {"ThingId": SPACE, "AvailableFrom": 24, "AvailableTo": 25},
            {"AccessCount": 0}, {"ThingId": "x", "Exclusive": "maybe"}, {"ThingId": SPACE},
        ],
    });
    let json = json.to_string();
    let jsv = format!(
        "{{Name:\" \",Description:{},Scope:Guests,AccessCodeInitializationStrategy:2,OrganizationId:7,Things:[{{ThingId:{SPACE},AvailableFrom:24,AvailableTo:25}},{{AccessCount:0}},{{ThingId:x,Exclusive:maybe}},{{ThingId:{SPACE}}}]}}",
        "x".repeat(2001)
    );
    let of_both = [
        ("name", "InclusiveBetween"),
        ("description", "InclusiveBetween"),
        ("things[0].availableFrom", "InclusiveBetween"),
        ("things[0].availableTo", "InclusiveBetween"),
        ("things[1].thingId", "NotEmpty"),
        ("things[1].accessCount", "InclusiveBetween"),
        ("things[2].thingId", "Predicate"),
        ("things[2].exclusive", "Predicate"),
        ("things[3].thingId", "Empty"),
        ("scope", "Predicate"),
        ("accessCodeInitializationStrategy", "Predicate"),
    ];
    for (format, body) in [("application/json", &json), ("text/jsv", &jsv)] {
        let suffix = format!("?format={}", format.rsplit('/').next().unwrap());
        let path = format!("{PATH}{suffix}");
        let answer = send((&system, &tenant), Method::POST, &path, (format, body)).await;
        let mut expected = named(&[("organizationId", "Predicate")]);
        expected.extend(named(&of_both));
        assert_eq!(faults(&answer), expected, "{}", answer.body);
        assert_eq!(answer.status, 400);
        let answer = send((&system, &tenant), Method::PUT, &path, (format, body)).await;
        let mut expected = named(&[
            ("OrganizationId", "unknownField"),
            ("accessTemplateId", "NotEmpty"),
        ]);
        expected.extend(named(&of_both));
        assert_eq!(faults(&answer), expected, "{}", answer.body);
    }
    let post = async |body: Value| system.post(PATH, tenant.token(1), &body).await;
    let required = named(&[("name", "NotEmpty"), ("things", "NotEmpty")]);
    assert_eq!(faults(&post(json!({})).await), required);
    let too_many: Vec<_> = (0..41).map(|_| json!({"thingId": SPACE})).collect();
    for (things, code) in [
        (json!([]), "InclusiveBetween"),
        (json!(too_many), "InclusiveBetween"),
        (json!(7), "SerializationException"),
    ] {
        let answer = post(json!({"name": "N", "things": things})).await;
        assert_eq!(faults(&answer), named(&[("things", code)]));
    }

    // What the organization does not have, each with its place.
    let nobodys = |last: u8| format!("0192a5b07c00700080000000000000{last:02x}");
    let things = json!([
        {"thingId": nobodys(8)}, {"thingId": SPACE}, {"thingId": nobodys(9)}, {"thingId": attic},
    ]);
    let expected = named(&[
        ("things[0].thingId", "NotFound"),
        ("things[2].thingId", "NotFound"),
    ]);
    let answer = post(json!({"name": "N", "things": things})).await;
    assert_error(&answer, "json", 400, "NotFound");
    assert_eq!(faults(&answer), expected);
    let change = json!({"accessTemplateId": TEMPLATE, "name": "M", "things": things});
    let answer = system.user(tenant.token(1)).put(PATH, &change).await;
    assert_error(&answer, "json", 400, "NotFound");
    assert_eq!(faults(&answer), expected);
    assert_eq!(store.sort_keys(&keys::templates()).await, before);
    let after = shown(&system, &tenant, TEMPLATE).await;
    assert_eq!(after["name"], "Visitors");

    for path in [PATH, "/access/template/things"] {
        let answer = system.user(tenant.token(1)).get(path).await;
        assert_eq!(faults(&answer), named(&[("accessTemplateId", "NotEmpty")]));
        let answer = system
            .user(tenant.token(1))
            .get(&format!("{path}?AccessTemplateId=7"))
            .await;
        assert_eq!(faults(&answer), named(&[("accessTemplateId", "Predicate")]));
    }
    let answer = system
        .user(tenant.token(1))
        .get("/access/templates?Scope=3&size=0&cursor=x")
        .await;
    assert_error(&answer, "json", 400, "Predicate");
    let expected = [
        ("scope", "Predicate"),
        ("size", "InclusiveBetween"),
        ("cursor", "Predicate"),
    ];
    assert_eq!(faults(&answer), named(&expected));
    // One that is not there, whatever is asked of it.
    let none = nobodys(7);
    for path in [
        format!("{PATH}?AccessTemplateId={none}"),
        format!("{PATH}/things?AccessTemplateId={none}"),
    ] {
        assert_error(
            &system.user(tenant.token(1)).get(&path).await,
            "json",
            404,
            "NotFound",
        );
    }
    let change = json!({"accessTemplateId": none, "name": "M"});
    let answer = system.user(tenant.token(1)).put(PATH, &change).await;
    assert_error(&answer, "json", 404, "NotFound");
}

#[tokio::test]
async fn a_template_takes_forty_things_and_the_same_request_makes_one_template() {
    let (store, system, tenant, _) = home().await;
    let mut things = vec![json!({"thingId": SPACE})];
    for number in 1..40 {
        let space = add_space(&system, &tenant, &format!("Room {number}")).await;
        things.push(json!({"thingId": space}));
    }
    let before = store.sort_keys(&keys::templates()).await.len();
    let body = json!({"name": "All rooms", "things": things}).to_string();
    let post = async |path: &str, body: &str| {
        let request = system
            .request(Method::POST, path)
            .bearer_auth(tenant.token(1));
        let request = request.header("Idempotency-Key", "k");
        Answer::of(request.body(body.to_owned())).await
    };
    let first = post(PATH, &body).await;
    let made = id(&first);
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = post(PATH, &body).await;
    assert_eq!(
        (again.body.as_str(), again.header("idempotency-replayed")),
        (first.body.as_str(), Some("true"))
    );
    // In the format that is asked for this time.
    let again = post("/access/template.jsv", &body).await;
    assert_eq!(id(&again), made);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(tree(&again).0, "jsv");
    let other = post(PATH, &body.replace("All rooms", "Rooms")).await;
    assert_error(&other, "json", 422, "UnprocessableEntity");
    assert_eq!(store.sort_keys(&keys::templates()).await.len(), before + 1);
    let path = format!("{PATH}/things?AccessTemplateId={made}");
    let shown = system.user(tenant.token(1)).get(&path).await.json();
    let ids = |list: &[Value]| -> Vec<Value> {
        list.iter().map(|thing| thing["thingId"].clone()).collect()
    };
    assert_eq!(ids(shown["data"].as_array().unwrap()), ids(&things));
}

#[tokio::test]
async fn templates_are_listed_by_scope_in_pages() {
    let (_store, system, tenant, _) = home().await;
    for number in 0..9 {
        let new = json!({"name": format!("T{number}"), "things": [{"thingId": SPACE}], "scope": number % 3});
        id(&system.post(PATH, tenant.token(1), &new).await);
    }
    let names = async |query: &str| {
        let mut pages = Vec::new();
        let mut path = format!("/access/templates{query}");
        loop {
            let answer = system.user(tenant.token(1)).get(&path).await;
            let (_, body) = tree(&answer);
            let data = body["data"].as_array().unwrap_or_else(|| panic!("{body}"));
            let names = data
                .iter()
                .map(|of| of["name"].as_str().unwrap().to_owned());
            pages.push(names.collect::<Vec<_>>().join(" "));
            let Some(link) = answer.header("link") else {
                return pages;
            };
            let url = link.trim_start_matches('<').split('>').next().unwrap();
            path = url.strip_prefix(system.url()).unwrap().to_owned();
        }
    };
    let all = ["Visitors T0 T1 T2 T3 T4 T5 T6 T7 T8"];
    let of = format!("?Scope=0&organizationId={GUID}");
    for query in ["", "?scope=All", &of] {
        assert_eq!(names(query).await, all, "{query}");
    }
    for query in ["?Scope=Guest", "?scope=gUEST&format=jsv", "?SCOPE=1"] {
        assert_eq!(names(query).await, ["T1 T4 T7"], "{query}");
    }
    assert_eq!(names("?scope=2&size=2").await, ["T2 T5", "T8"]);
    assert_eq!(names("?scope=2&size=3").await, ["T2 T5 T8"]);
    assert_eq!(names("?scope=1&size=1").await, ["T1", "T4", "T7"]);
    assert_eq!(
        names("?size=4").await,
        ["Visitors T0 T1 T2", "T3 T4 T5 T6", "T7 T8"]
    );
}

#[tokio::test]
async fn a_space_that_is_gone_is_left_out_and_one_that_was_just_made_is_not() {
    let (_store, system, tenant, attic) = home().await;
    let new = json!({"name": "N", "things": [{"thingId": attic}, {"thingId": SPACE}]});
    let made = id(&system.post(PATH, tenant.token(1), &new).await);
    let things = async || things(&system, &tenant, &made).await;
    assert_eq!(things().await, ["Attic", "Hall"]);
    let gone = format!("/v2/spaces/{attic}");
    assert_eq!(system.user(tenant.token(1)).delete(&gone).await.status, 204);
    assert_eq!(things().await, ["Hall"]);
    // It is not a thing of a template any more.
    let answer = system.post(PATH, tenant.token(1), &new).await;
    assert_eq!(
        faults(&answer),
        [("things[0].thingId".to_owned(), "NotFound".to_owned())]
    );
    // And the others can be changed all the same.
    let change =
        json!({"accessTemplateId": made, "things": [{"thingId": SPACE, "exclusive": true}]});
    assert_eq!(
        id(&system.user(tenant.token(1)).put(PATH, &change).await),
        made
    );
    assert_eq!(things().await, ["Hall"]);
}

#[tokio::test]
async fn changes_at_once_do_not_lose_one_another_and_if_match_is_kept() {
    let (_store, system, tenant, attic) = home().await;
    let changes = [
        json!({"name": "Changed"}),
        json!({"description": "Said"}),
        json!({"scope": 2}),
        json!({"accessCodeInitializationStrategy": "Shared"}),
        json!({"things": [{"thingId": attic}]}),
    ];
    let puts = changes.iter().map(|change| {
        let mut body = change.clone();
        body["accessTemplateId"] = json!(TEMPLATE);
        let (system, tenant) = (&system, &tenant);
        async move {
            system
                .user(tenant.token(1))
                .put(PATH, &body)
                .await
                .status
                .as_u16()
        }
    });
    assert_eq!(join_all(puts).await, [200; 5]);
    let after = show(&system, &tenant, TEMPLATE).await;
    let expected = json!({"data": [{
        "id": TEMPLATE, "organizationId": GUID, "name": "Changed", "permission": [],
        "description": "Said", "scope": 2, "accessCodeInitializationStrategy": 1,
    }]});
    assert_eq!(after.json(), expected);
    assert_eq!(after.version(), Some(6));
    assert_eq!(things(&system, &tenant, TEMPLATE).await, ["Attic"]);

    let with = async |method: Method, tag: &str| {
        let mut body = json!({"accessTemplateId": TEMPLATE});
        if method == Method::PUT {
            body["name"] = json!("Once");
        }
        let path = format!(
            "/api/{}AccessTemplate",
            if method == Method::PUT {
                "Update"
            } else {
                "Delete"
            }
        );
        let request = system.request(method, &path).bearer_auth(tenant.token(1));
        let request = request.header("If-Match", tag);
        Answer::of(request.body(body.to_string())).await
    };
    for method in [Method::PUT, Method::DELETE] {
        let answer = with(method, "\"5\"").await;
        assert_error(&answer, "json", 412, "PreconditionFailed");
    }
    let puts = join_all((0..4).map(|_| with(Method::PUT, "\"6\""))).await;
    let done = puts.iter().filter(|answer| answer.status == 200);
    assert_eq!(done.count(), 1);
    assert_eq!(with(Method::DELETE, "\"7\"").await.status, 200);
}

#[tokio::test]
async fn things_and_templates_of_another_organization_are_like_those_that_do_not_exist() {
    let (store, system, tenant, attic) = home().await;
    let mut other = Tenant::new(8).with_roles(2, &[Role::AccessTemplateAdmin]);
    other.world.templates.clear();
    store.put(&other.world).await;
    let new =
        |thing: &str| json!({"name": "N", "things": [{"thingId": SPACE}, {"thingId": thing}]});
    let none = "0192a5b07c00700080000000000000ff";
    let answers = [
        system.post(PATH, other.token(2), &new(&attic)).await,
        system.post(PATH, other.token(2), &new(none)).await,
    ];
    assert_eq!(
        faults(&answers[0]),
        [("things[1].thingId".to_owned(), "NotFound".to_owned())]
    );
    // The answers differ in the ID that was sent, and in nothing else.
    assert_eq!(answers[0].body.replace(&attic, none), answers[1].body);
    for (id, space) in [(TEMPLATE, &attic), (none, &attic)] {
        let path = format!("{PATH}?AccessTemplateId={id}");
        let body = json!({"accessTemplateId": id, "things": [{"thingId": space}]});
        for answer in [
            system.user(other.token(2)).get(&path).await,
            system.user(other.token(2)).delete(&path).await,
            system.user(other.token(2)).put(PATH, &body).await,
        ] {
            assert_error(&answer, "json", 404, "NotFound");
        }
    }
    let mut named = new(SPACE);
    named["organizationId"] = json!(GUID);
    named["things"] = json!([{"thingId": SPACE}]);
    let answer = system.post(PATH, other.token(2), &named).await;
    assert_error(&answer, "json", 403, "Forbidden");
    let list = format!("/access/templates?organizationId={GUID}");
    assert_error(
        &system.user(other.token(2)).get(&list).await,
        "json",
        403,
        "Forbidden",
    );
    assert_eq!(show(&system, &tenant, TEMPLATE).await.status, 200);
}
