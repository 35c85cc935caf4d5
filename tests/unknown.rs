//! Unknown names in a request: a misspelled limit never becomes a right without that limit.

use latchkey::wire::jsv;
use latchkey_demo::{ADMIN_TOKEN, MEMBER_TOKEN};
use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::service::tree;
use crate::system::{Answer, System, share_body};

const NAME: &str = "unheardOf";
const TEMPLATE: &str = "0192a5b07c0070008000000000000002";

/// The faults with their places: of either family, and of OAuth.
fn details(answer: &Answer) -> Vec<(String, String, String)> {
    let body = match answer.header("content-type") {
        Some("text/jsv") => tree(answer).1,
        _ => answer.json(),
    };
    let of_service = &body["responseStatus"]["errors"];
    let (list, field, code) = match of_service.as_array() {
        Some(list) => (list, "fieldName", "errorCode"),
        None => match body["details"].as_array() {
            Some(list) => (list, "field", "code"),
            None => return Vec::new(),
        },
    };
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    list.iter()
        .map(|fault| {
            (
                text(fault, field),
                text(fault, code),
                text(fault, "message"),
            )
        })
        .collect()
}

#[track_caller]
fn assert_refused(answer: &Answer, path: &str, code: &str, of: &str) {
    assert_eq!(answer.status, 400, "{of}: {}", answer.body);
    let found = details(answer);
    let is = |(field, said, _): &(String, String, String)| field == path && said == code;
    assert!(found.iter().any(is), "{of}: {path}: {}", answer.body);
}

#[track_caller]
fn assert_near(answer: &Answer, path: &str, nearest: &str) {
    assert_refused(answer, path, "unknownField", path);
    let (.., message) = details(answer).remove(0);
    let offered = format!("did you mean \"{nearest}\"?");
    assert!(message.ends_with(&offered), "{}", answer.body);
}

fn document() -> Value {
    serde_json::from_str(&latchkey_functions::openapi::document().unwrap()).unwrap()
}

fn resolve<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(pointer) => resolve(document, document.pointer(&pointer[1..]).unwrap()),
        None => part,
    }
}

/// The schema of a whole body; for an optional one, that of the body itself.
fn whole<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let schema = resolve(document, schema);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let mut choices = choices.map(|choice| resolve(document, choice));
    choices
        .find(|choice| choice["type"] != "null")
        .filter(|_| schema.get("examples").is_none())
        .unwrap_or(schema)
}

/// The places of all objects in a body of this schema: at `path` and below it.
fn objects(document: &Value, schema: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    let schema = resolve(document, schema);
    for name in ["oneOf", "allOf"] {
        for part in schema[name].as_array().into_iter().flatten() {
            objects(document, part, path, found);
        }
    }
    if let Some(items) = schema.get("items") {
        objects(document, items, &[path, &["0".to_owned()]].concat(), found);
    }
    let properties = schema["properties"].as_object();
    if properties.is_some() && !found.iter().any(|known| known == path) {
        found.push(path.to_vec());
    }
    for (name, property) in properties.into_iter().flatten() {
        objects(
            document,
            property,
            &[path, std::slice::from_ref(name)].concat(),
            found,
        );
    }
}

/// The value at `path`, made when it is not there.
fn at<'v>(body: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter()
        .fold(body, |value, step| match step.parse::<usize>() {
            Ok(index) => {
                if !value.is_array() {
                    *value = json!([{}]);
                }
                &mut value[index]
            }
            Err(_) => {
                if !value.is_object() {
                    *value = json!({});
                }
                &mut value[step.as_str()]
            }
        })
}

fn rendered(path: &[String]) -> String {
    path.iter().fold(String::new(), |text, step| {
        match (step.parse::<usize>(), text.is_empty()) {
            (Ok(_), _) => format!("{text}[{step}]"),
            (_, true) => step.clone(),
            _ => format!("{text}.{step}"),
        }
    })
}

/// A path of the document with ids of the demo organization.
fn filled(path: &str, share: u64) -> String {
    path.replace("{shareId}", &share.to_string())
        .replace("{spaceId}", "0192a5b07c0070008000000000000001")
        .replace("{apiKeyId}", "vT3mYq0cJx8ZkA1u")
        .replace("{clientId}", "1.vT3mYq0cJx8ZkA1u")
        .split('/')
        .map(|step| if step.starts_with('{') { "1" } else { step })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn no_operation_takes_a_member_or_a_parameter_that_it_does_not_know() {
    let system = System::start().await;
    let share = system.create_share(&share_body(json!({}))).await;
    let document = document();
    let mut bodies = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let of = format!("{method} {path}");
            // Pages for people: RFC 6749 has them ignore what they do not know.
            if path == "/authorize" || path.starts_with("/sign-in/") {
                continue;
            }
            let url = filled(path, share);
            let method: Method = method.to_uppercase().parse().unwrap();
            let call = |query: &str, content: Option<(&str, String)>| {
                let url = format!("{url}{query}");
                let request = system.request(method.clone(), &url);
                // OAuth's clients identify themselves in another way, or not at all.
                let request = match operation["security"] == json!([])
                    || ["/v2/oauth/token", "/v2/oauth/revoke"].contains(&path.as_str())
                {
                    true => request,
                    false => request.bearer_auth(ADMIN_TOKEN),
                };
                Answer::of(match content {
                    Some((name, body)) => request.header(CONTENT_TYPE, name).body(body),
                    None => request,
                })
            };

            let content = &operation["requestBody"]["content"];
            let mut example = Value::Null;
            let mut schema = &Value::Null;
            for (name, body) in content.as_object().into_iter().flatten() {
                schema = whole(&document, &body["schema"]);
                example = schema["examples"][0].clone();
                assert!(example.is_object(), "{of} {name}");
            }
            let as_text = |name: &str, body: &Value| match name {
                "text/jsv" => jsv::to_string(body).unwrap(),
                "application/json" => body.to_string(),
                _ => {
                    let fields = body.as_object().unwrap().iter();
                    let pairs = fields.map(|(name, value)| (name, value.as_str().unwrap()));
                    let mut form = url::form_urlencoded::Serializer::new(String::new());
                    form.extend_pairs(pairs).finish()
                }
            };

            // In the query, whatever the method; given without a value, too.
            let first = content
                .as_object()
                .and_then(|content| content.keys().next());
            for query in ["?unheardOf=1", "?unheardOf="] {
                let body = first.map(|name| (name.as_str(), as_text(name, &example)));
                let answer = call(query, body).await;
                assert_refused(&answer, NAME, "unknownField", &of);
            }
            // In a body where none is expected.
            if content.is_null() && method != Method::GET {
                let body = json!({NAME: 1}).to_string();
                let answer = call("", Some(("application/json", body))).await;
                assert_refused(&answer, NAME, "unknownField", &of);
            }
            let mut places = Vec::new();
            objects(&document, schema, &[], &mut places);
            for name in content
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                for place in &places {
                    let mut body = example.clone();
                    let unknown = [place.as_slice(), &[NAME.to_owned()]].concat();
                    *at(&mut body, &unknown) = json!("x");
                    let answer = call("", Some((name.as_str(), as_text(name, &body)))).await;
                    assert_refused(&answer, &rendered(&unknown), "unknownField", &of);
                    bodies += 1;
                }
            }
        }
    }
    assert!(bodies > 50, "{bodies}");
    // Nothing was changed on the way.
    let shown = system
        .user(ADMIN_TOKEN)
        .get(&format!("/v2/shares/{share}"))
        .await;
    assert_eq!(shown.status, 200);
}

#[tokio::test]
async fn a_misspelled_limit_of_a_share_is_refused_with_the_nearest_name() {
    let system = System::start().await;
    for (changes, path, nearest) in [
        (json!({"schedules": []}), "schedules", "schedule"),
        (json!({"enddate": "2026-12-01"}), "enddate", "endDate"),
        (json!({"EndDate": null}), "EndDate", "endDate"),
        (json!({"end_date": "2026-12-01"}), "end_date", "endDate"),
        (json!({"permission": {}}), "permission", "permissions"),
        (
            json!({"permissions": {"remoteactivate": false}}),
            "permissions.remoteactivate",
            "remoteActivate",
        ),
        (
            json!({"schedule": [{"recurrence": "Daily", "periode": {"startTime": "09:00:00", "endTime": "17:00:00"}}]}),
            "schedule[0].periode",
            "period",
        ),
        (
            json!({"schedule": [{"recurrence": "Daily", "period": {"startTime": "09:00:00", "endTime": "17:00:00", "endtime": "10:00:00"}}]}),
            "schedule[0].period.endtime",
            "endTime",
        ),
    ] {
        let answer = system
            .user(ADMIN_TOKEN)
            .post("/v2/shares", &share_body(changes))
            .await;
        assert_near(&answer, path, nearest);
        answer.assert_error(400, "invalidInputErrorError");
    }
    let rule = json!({"dayOfWeek": "Monday", "recurrence": "Weekly", "startTime": "09:00:00", "endTime": "17:00:00"});
    let body = share_body(json!({"schedule": [rule]}));
    let answer = system.user(ADMIN_TOKEN).post("/v2/shares", &body).await;
    assert_refused(&answer, "schedule[0].startTime", "unknownField", "share");
    assert_refused(&answer, "schedule[0].endTime", "unknownField", "share");

    let schedule = json!({"organizationId": 1, "name": "Office", "rules": [], "exceptions": []});
    let answer = system
        .user(ADMIN_TOKEN)
        .post("/v2/schedules", &schedule)
        .await;
    assert_refused(&answer, "exceptions", "unknownField", "schedule");
    let roles = json!({"rolesUntil": "2026-12-01"});
    let answer = system.user(ADMIN_TOKEN).put("/v2/users/2", &roles).await;
    assert_refused(&answer, "rolesUntil", "unknownField", "user");
    // A body where an operation has none, and a query where it has a body.
    let path = "/v1/devices/1/remote-activation";
    let answer = system
        .user(ADMIN_TOKEN)
        .post(path, &json!({"activationTime": 60}))
        .await;
    assert_refused(&answer, "activationTime", "unknownField", "activation");
    let answer = system
        .user(ADMIN_TOKEN)
        .post("/v2/shares?dryRun=true", &share_body(json!({})))
        .await;
    assert_refused(&answer, "dryRun", "unknownField", "query");
}

#[tokio::test]
async fn a_decision_is_of_what_was_asked_and_says_so() {
    let system = System::start().await;
    let share = json!({"permissions": {"remoteActivate": false}});
    system.create_share(&share_body(share)).await;
    let path = "/v2/devices/1/decision";
    for (query, parameter, nearest) in [
        (
            "?userId=2&Permission=remoteActivate",
            "Permission",
            "permission",
        ),
        (
            "?userId=2&permissions=remoteActivate",
            "permissions",
            "permission",
        ),
        ("?user=2", "user", "userId"),
        ("?userid=2", "userid", "userId"),
        ("?At=2026-12-01T00:00:00Z", "At", "at"),
    ] {
        let answer = system
            .user(ADMIN_TOKEN)
            .get(&format!("{path}{query}"))
            .await;
        assert_near(&answer, parameter, nearest);
    }
    let twice = system
        .user(ADMIN_TOKEN)
        .get(&format!("{path}?userId=2&userId=1"))
        .await;
    assert_refused(&twice, "userId", "duplicateKey", "twice");

    let query = "?userId=2&permission=remoteActivate&at=2027-01-01T08:00:00Z";
    let answer = system
        .user(ADMIN_TOKEN)
        .get(&format!("{path}{query}"))
        .await
        .json();
    assert_eq!(answer["userId"], 2);
    assert_eq!(answer["permission"], "remoteActivate");
    assert_eq!(answer["timeZone"], "Europe/Amsterdam");
    let plain = system.user(MEMBER_TOKEN).get(path).await.json();
    assert_eq!(plain["userId"], 2);
    assert!(plain.get("permission").is_none(), "{plain}");

    // The offset's sign, as it arrives when a client does not encode it.
    for at in ["2027-01-01T08:00:00+01:00", "2027-01-01T08:00:00%2B01:00"] {
        let answer = system
            .user(MEMBER_TOKEN)
            .get(&format!("{path}?at={at}"))
            .await
            .ok();
        assert_eq!(answer.json()["at"], "2027-01-01T07:00:00Z", "{at}");
    }
    for at in [
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2027-01-01 08:00",
    ] {
        let answer = system
            .user(MEMBER_TOKEN)
            .get(&format!("{path}?at={at}"))
            .await;
        assert_refused(&answer, "at", "invalidValue", at);
    }
}

#[tokio::test]
async fn unsupported_names_of_the_published_pages_are_refused_by_name() {
    let system = System::start().await;
    let user = |changes: Value| {
        let mut body = json!({"organizationId": 1, "firstName": "Grace", "lastName": "Guest"});
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (changes, path) in [
        (json!({"superUser": true}), "superUser"),
        (
            json!({"invitation": {"sendEmail": true}}),
            "invitation.sendEmail",
        ),
        (json!({"phoneNumberVerify": true}), "phoneNumberVerify"),
    ] {
        let answer = system
            .user(ADMIN_TOKEN)
            .post("/v2/users", &user(changes))
            .await;
        assert_refused(&answer, path, "notServed", path);
    }
    let misspelled = user(json!({"invitation": {"sendEmial": false}}));
    let answer = system
        .user(ADMIN_TOKEN)
        .post("/v2/users", &misspelled)
        .await;
    assert_refused(
        &answer,
        "invitation.sendEmial",
        "unknownField",
        "invitation",
    );
    let path = "/v2/devices?filter=x";
    let answer = system.admin().get(path).await;
    assert_refused(&answer, "filter", "notServed", path);
    let nothing = json!({
        "superUser": false, "invitation": {"sendEmail": false, "language": null},
        "autoRemoveAfter": null, "autoEmailMatch": false,
    });
    system
        .user(ADMIN_TOKEN)
        .post("/v2/users?groupAdmin=false", &user(nothing))
        .await
        .created();

    for (path, parameter) in [
        ("/v2/devices?filter[]=front", "filter[]"),
        (
            "/access/templates?OnlyTemplatesWhereSmartSpaceUsesQueues=true",
            "onlyTemplatesWhereSmartSpaceUsesQueues",
        ),
    ] {
        let answer = system.user(ADMIN_TOKEN).get(path).await;
        assert_refused(&answer, parameter, "notServed", path);
    }
    for path in [
        "/v2/devices?includeGroups=false",
        "/things?LoadOnlySmartSpaces=true",
    ] {
        let answer = system.user(ADMIN_TOKEN).get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let thing = |changes: Value| {
        let mut thing = json!({"thingId": "0192a5b07c0070008000000000000001"});
        for (name, value) in changes.as_object().unwrap() {
            thing[name] = value.clone();
        }
        json!({"name": "Guests", "things": [thing]})
    };
    let nobody = "00000000000000000000000000000000";
    let nothing =
        json!({"accessLevel": "", "permission": [], "id": nobody, "organizationId": nobody});
    system
        .user(ADMIN_TOKEN)
        .post("/access/template", &thing(nothing))
        .await
        .ok();
    let uuid = "/v1/devices/1/remote-activation?uuid=8a4f2f52-2d5b-4c53-9d50-0e7b4a1c9f3e";
    let answer = system.user(ADMIN_TOKEN).call(Method::POST, uuid).await;
    assert_refused(&answer, "uuid", "notServed", uuid);
}

#[tokio::test]
async fn plain_data_that_the_pages_name_is_kept_and_shown() {
    let system = System::start().await;
    let share = system
        .create_share(&share_body(json!({"externalId": "booking-1"})))
        .await;
    let path = format!("/v2/shares/{share}");
    let shown = system.user(ADMIN_TOKEN).get(&path).await.json();
    assert_eq!(shown["externalId"], "booking-1");
    let list = async |query: &str| {
        let answer = system
            .user(ADMIN_TOKEN)
            .get(&format!("/v2/shares{query}"))
            .await
            .ok();
        answer.json().as_array().unwrap().len()
    };
    assert_eq!(list("?externalId=booking-1").await, 1);
    assert_eq!(list("?externalId=booking-2").await, 0);
    system
        .user(ADMIN_TOKEN)
        .put(&path, &json!({"externalId": "booking-2"}))
        .await;
    assert_eq!(list("?externalId=booking-2").await, 1);
    system
        .user(ADMIN_TOKEN)
        .put(&path, &json!({"externalId": null}))
        .await;
    assert_eq!(list("?externalId=booking-2").await, 0);
    let answer = system.user(ADMIN_TOKEN).get("/v2/shares?userid=2").await;
    assert_near(&answer, "userid", "userId");

    let user = json!({
        "organizationId": 1, "firstName": "Grace", "lastName": "Guest",
        "externalId": "guest-1", "description": "Night shift", "remarks": "Has a dog",
        "roles": ["Receptionist", "Receptionist"],
    });
    let made = system
        .user(ADMIN_TOKEN)
        .post("/v2/users", &user)
        .await
        .json();
    let found = system
        .user(ADMIN_TOKEN)
        .get("/v2/users?externalId=guest-1")
        .await
        .json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["id"], made["userId"]);
    for name in ["externalId", "description", "remarks"] {
        assert_eq!(found[0][name], user[name]);
    }
    assert_eq!(found[0]["roles"], json!(["Receptionist"]));
    let none = system
        .user(ADMIN_TOKEN)
        .get("/v2/users?externalId=guest-2")
        .await;
    assert_eq!(none.body, "[]");
}

#[tokio::test]
async fn a_client_that_pages_by_offset_sees_each_thing_once_and_ends() {
    let system = System::start().await;
    for number in 0..7 {
        let device = json!({"organizationId": 1, "name": format!("Door {number}")});
        let made = system.user(ADMIN_TOKEN).post("/v2/devices", &device).await;
        assert_eq!(made.status, 201);
        let user =
            json!({"organizationId": 1, "firstName": "Guest", "lastName": number.to_string()});
        system
            .user(ADMIN_TOKEN)
            .post("/v2/users", &user)
            .await
            .created();
        let group = json!({"organizationId": 1, "name": format!("Floor {number}")});
        system
            .user(ADMIN_TOKEN)
            .post("/v2/device-groups", &group)
            .await
            .created();
        system.create_share(&share_body(json!({}))).await;
    }
    for path in [
        "/v2/devices?",
        "/v2/users?",
        "/v1/device-groups?sortDirection=Desc&",
        "/v2/shares?",
        "/v2/shares?active=true&",
    ] {
        let whole = system.user(ADMIN_TOKEN).get(path).await.json();
        let whole = whole.as_array().unwrap();
        assert!(whole.len() >= 7, "{path}");
        let mut seen = Vec::new();
        loop {
            let page = format!("{path}size=3&offset={}", seen.len());
            let answer = system.user(ADMIN_TOKEN).get(&page).await;
            assert_eq!(answer.status, 200, "{page}: {}", answer.body);
            let page = answer.json();
            let page = page.as_array().unwrap();
            seen.extend(page.iter().cloned());
            if page.len() < 3 {
                break;
            }
        }
        assert_eq!(&seen, whole, "{path}");
        for offset in ["100", "10000"] {
            let beyond = system
                .user(ADMIN_TOKEN)
                .get(&format!("{path}offset={offset}"))
                .await;
            assert_eq!(beyond.body, "[]", "{path}");
        }
        let deep = system
            .user(ADMIN_TOKEN)
            .get(&format!("{path}offset=10001"))
            .await;
        assert_refused(&deep, "offset", "outOfRange", path);
        // The link of such a page leads on from there.
        let first = system
            .user(ADMIN_TOKEN)
            .get(&format!("{path}size=3&offset=2"))
            .await;
        let link = first.header("link").unwrap();
        let next = link
            .split(['<', '>'])
            .nth(1)
            .unwrap()
            .strip_prefix(system.url())
            .unwrap();
        assert!(!next.contains("offset"), "{next}");
        let next = system.user(ADMIN_TOKEN).get(next).await.json();
        assert_eq!(next[0], whole[5], "{path}");
    }
    let answer = system.user(ADMIN_TOKEN).get("/v2/spaces?offset=0").await;
    assert_refused(&answer, "offset", "unknownField", "spaces");
}

async fn leniently(
    system: &System,
    (method, path): (Method, &str),
    format: &str,
    body: &str,
) -> Answer {
    let request = system.request(method, path).bearer_auth(ADMIN_TOKEN);
    let request = request.header("Prefer", "handling=lenient");
    Answer::of(request.header(CONTENT_TYPE, format).body(body.to_owned())).await
}

#[tokio::test]
async fn a_lenient_request_is_served_and_told_what_was_ignored() {
    let system = System::start().await;
    let body = share_body(json!({"schedules": [], "source": {"deviceId": 1, "x": 1}})).to_string();
    let made = leniently(
        &system,
        (Method::POST, "/v2/shares"),
        "application/json",
        &body,
    )
    .await
    .ok();
    assert_eq!(made.header("preference-applied"), Some("handling=lenient"));
    assert!(made.json()["shareId"].is_u64());
    let ignored: Vec<_> = details(&made)
        .into_iter()
        .map(|(field, ..)| field)
        .collect();
    assert_eq!(ignored, ["schedules", "source.x"]);
    // An error stays an error, and is reported alone.
    let body = share_body(json!({"schedules": [], "endDate": "x"})).to_string();
    let wrong = leniently(
        &system,
        (Method::POST, "/v2/shares"),
        "application/json",
        &body,
    )
    .await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.fields(), ["endDate"]);
    assert_eq!(wrong.header("preference-applied"), Some("handling=lenient"));
    // A list has no place for it.
    let list = leniently(&system, (Method::GET, "/v2/devices?x=1"), "", "")
        .await
        .ok();
    assert_eq!(list.header("preference-applied"), Some("handling=lenient"));
    assert!(list.json().is_array());

    let template = format!(
        "{{accessTemplateId:{TEMPLATE},name:Crew,things:[{{thingId:0192a5b07c0070008000000000000001,size:3}}],colour:red}}"
    );
    let changed = leniently(
        &system,
        (Method::PUT, "/access/template.jsv"),
        "text/jsv",
        &template,
    )
    .await
    .ok();
    let ignored: Vec<_> = details(&changed).into_iter().collect();
    assert_eq!(ignored.len(), 2, "{}", changed.body);
    assert_eq!(
        (ignored[0].0.as_str(), ignored[0].1.as_str()),
        ("colour", "unknownField")
    );
    assert_eq!(
        (ignored[1].0.as_str(), ignored[1].1.as_str()),
        ("things[0].size", "unknownField")
    );
    let (_, body) = tree(&changed);
    assert!(body["id"].is_string() && body["responseStatus"].get("errorCode").is_none());
    // Nothing ignored, nothing said.
    let body = share_body(json!({})).to_string();
    let made = leniently(
        &system,
        (Method::POST, "/v2/shares"),
        "application/json",
        &body,
    )
    .await;
    assert!(made.json().get("details").is_none());
}

#[tokio::test]
async fn everything_that_a_client_can_lengthen_has_a_limit() {
    let system = System::start().await;
    let share = system.create_share(&share_body(json!({}))).await;
    let path = format!("/v2/shares/{share}");
    let tags = |count: usize| vec!["\"7\""; count].join(", ");
    let change = async |header: &str, tags: String| {
        let request = system.request(Method::PUT, &path).bearer_auth(ADMIN_TOKEN);
        let body = r#"{"endDate": "2030-01-01"}"#;
        Answer::of(request.header(header, tags).body(body)).await
    };
    for count in [21, 316] {
        let answer = change("If-Match", tags(count)).await;
        assert_refused(&answer, "If-Match", "outOfRange", "tags");
    }
    change("If-Match", tags(20)).await.is(412);
    let request = system
        .request(Method::DELETE, &path)
        .bearer_auth(ADMIN_TOKEN);
    let answer = Answer::of(request.header("If-Match", tags(316))).await;
    assert_refused(&answer, "If-Match", "outOfRange", "delete");
    let answer = change("If-None-Match", tags(21)).await;
    assert_refused(&answer, "If-None-Match", "outOfRange", "tags");
    let query: Vec<_> = (0..200).map(|number| format!("x{number}=1")).collect();
    let path = format!("/v2/devices?{}", query.join("&"));
    assert_refused(
        &system.user(ADMIN_TOKEN).get(&path).await,
        "",
        "outOfRange",
        "query",
    );
    let members: Vec<_> = (0..5000).map(|number| format!("\"x{number}\":1")).collect();
    let body = format!("{{{}}}", members.join(","));
    let request = system
        .request(Method::POST, "/v2/shares")
        .bearer_auth(ADMIN_TOKEN);
    let answer = Answer::of(request.body(body)).await;
    assert_refused(&answer, "x0", "unknownField", "members");
    assert!(answer.body.len() < 20_000, "{}", answer.body.len());
    for (format, open) in [("application/json", "{\"a\":"), ("text/jsv", "{a:")] {
        let request = system
            .request(Method::POST, "/BusinessUserAccess")
            .bearer_auth(ADMIN_TOKEN);
        let request = request.header(CONTENT_TYPE, format).body(open.repeat(5000));
        assert_eq!(Answer::of(request).await.status, 400, "{format}");
    }
}

#[tokio::test]
async fn a_body_is_read_as_it_is_sent_but_not_compressed() {
    let system = System::start().await;
    let send = async |body: Vec<u8>, coding: Option<&str>| {
        let request = system
            .request(Method::POST, "/v2/shares")
            .bearer_auth(ADMIN_TOKEN);
        let request = match coding {
            Some(coding) => request.header(CONTENT_ENCODING, coding),
            None => request,
        };
        Answer::of(request.body(body)).await
    };
    let body = share_body(json!({})).to_string();
    let marked = [b"\xef\xbb\xbf".as_slice(), body.as_bytes()].concat();
    send(marked, None).await.ok();
    send(body.clone().into(), Some("identity")).await.ok();
    for coding in ["gzip", "br", "identity, gzip"] {
        let answer = send(body.clone().into(), Some(coding)).await;
        answer.assert_error(415, "unsupportedContentEncodingError");
        assert_eq!(answer.headers[ACCEPT_ENCODING], "identity");
        assert!(
            answer.json()["message"]
                .as_str()
                .unwrap()
                .contains("Content-Encoding")
        );
    }
    let floats = body.replace("\"userId\":2", "\"userId\":2.0");
    assert_ne!(floats, body);
    send(floats.into(), None).await.ok();
    let parts = body.replace("\"userId\":2", "\"userId\":2.5");
    assert_refused(
        &send(parts.into(), None).await,
        "receiver.userId",
        "outOfRange",
        "2.5",
    );
}

#[tokio::test]
async fn a_link_changes_nothing() {
    let system = System::start().await;
    for operation in [
        "CreateAccessTemplate",
        "UpdateAccessTemplate",
        "DeleteAccessTemplate",
        "CreateBusinessUserAccess",
        "UpdateBusinessUserAccess",
        "DeleteBusinessUserAccess",
        "UpdateBusinessUserAccessByReprogrammingCodes",
    ] {
        for way in ["/json/reply", "/jsv/reply", "/api"] {
            let query = format!("?AccessTemplateId={TEMPLATE}");
            let path = format!("{way}/{operation}{query}");
            let answer = system.user(ADMIN_TOKEN).get(&path).await;
            assert_eq!(answer.status, 405, "{path}: {}", answer.body);
            assert_eq!(answer.headers[ALLOW], "POST, PUT, DELETE, OPTIONS");
            let (_, body) = tree(&answer);
            assert_eq!(body["responseStatus"]["errorCode"], "MethodNotAllowed");
        }
    }
    for operation in [
        "GetBusinessUserThings",
        "GetAccessTemplates",
        "GetBusinessUserAccesses",
    ] {
        let answer = system
            .user(ADMIN_TOKEN)
            .get(&format!("/json/reply/{operation}"))
            .await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    }
}
