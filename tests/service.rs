//! Requests of ServiceStack's clients: in JSON and in JSV, at every route.

use latchkey::role::Role;
use latchkey::wire::jsv;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::system::{Answer, Store, System, Tenant};

const SPACE: &str = "0192a5b07c0070008000000000000001";
/// Organization 7.
const GUID: &str = "4c617463686b80018000000000000007";

async fn home(store: &Store) -> (System, Tenant) {
    let system = System::on(store).await;
    let tenant = Tenant::new(7).with_roles(2, &[Role::Receptionist]);
    store.put(&tenant.world).await;
    (system, tenant)
}

/// The body, in whichever format it says that it is, as JSON would have it.
pub fn tree(answer: &Answer) -> (&'static str, Value) {
    answer.assert_headers();
    match answer.header(CONTENT_TYPE.as_str()).unwrap() {
        "text/jsv" => ("jsv", jsv::from_str(&answer.body).expect(&answer.body)),
        "application/json" => ("json", answer.json()),
        other => panic!("{other}"),
    }
}

/// The codes of the faults, with the fields that they are of.
pub fn faults(answer: &Answer) -> Vec<(String, String)> {
    let (_, body) = tree(answer);
    let errors = body["responseStatus"]["errors"].as_array().cloned();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let faults = errors.unwrap_or_default();
    faults
        .iter()
        .map(|fault| (text(fault, "fieldName"), text(fault, "errorCode")))
        .collect()
}

#[track_caller]
pub fn assert_error(answer: &Answer, format: &str, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let (of, body) = tree(answer);
    assert_eq!(of, format);
    let said = &body["responseStatus"];
    assert_eq!(said["errorCode"], code, "{}", answer.body);
    assert!(said["message"].is_string() && said.get("stackTrace").is_none());
    assert_eq!(body.as_object().unwrap().len(), 1, "{}", answer.body);
}

#[tokio::test]
async fn an_operation_answers_at_every_route_in_both_formats() {
    let store = Store::start().await;
    let (system, tenant) = home(&store).await;
    for (path, operation) in [
        ("/things", "GetBusinessUserThings"),
        ("/users", "GetBusinessUserProfilesData"),
        ("/BusinessUserAccesses", "GetBusinessUserAccesses"),
    ] {
        let plain = system.user(tenant.token(1)).get(path).await;
        assert_eq!(plain.status, 200, "{}", plain.body);
        let (format, expected) = tree(&plain);
        assert_eq!(format, "json");
        // In JSV a number is a text like any other.
        let jsv: Value = {
            let answer = system
                .user(tenant.token(1))
                .get(&format!("{path}?format=jsv"))
                .await;
            tree(&answer).1
        };
        let routes = [
            (Method::GET, path.to_owned(), "json"),
            (Method::GET, format!("{path}.json"), "json"),
            (Method::GET, format!("{path}.jsv"), "jsv"),
            (Method::GET, format!("{path}.jsv?format=json"), "json"),
            (Method::GET, format!("/json/reply/{operation}"), "json"),
            (Method::POST, format!("/json/reply/{operation}"), "json"),
            (Method::GET, format!("/jsv/reply/{operation}"), "jsv"),
            (Method::POST, format!("/jsv/reply/{operation}"), "jsv"),
            (Method::GET, format!("/api/{operation}"), "json"),
            (Method::POST, format!("/api/{operation}"), "json"),
            (Method::PUT, format!("/api/{operation}"), "json"),
            (
                Method::DELETE,
                format!("/api/{operation}?Format=JSV"),
                "jsv",
            ),
        ];
        for (method, route, format) in routes {
            let answer = system
                .call(method.clone(), &route, tenant.token(1), None)
                .await;
            assert_eq!(answer.status, 200, "{method} {route}: {}", answer.body);
            let expected = if format == "jsv" { &jsv } else { &expected };
            assert_eq!(
                tree(&answer),
                (format, expected.clone()),
                "{method} {route}"
            );
            assert_eq!(answer.header("vary"), Some("Accept"));
        }
    }
}

#[tokio::test]
async fn things_are_the_spaces_and_business_users_the_users() {
    let store = Store::start().await;
    let (system, tenant) = home(&store).await;
    let things = system.user(tenant.token(2)).get("/things").await;
    let hall = json!({
        "id": SPACE, "organizationId": GUID, "name": "Hall", "order": 0, "type": "SmartSpace",
        "properties": {}, "states": {}, "taskLists": [], "childThings": [],
    });
    let expected = json!({"data": [{"organizationId": GUID, "things": [hall]}]});
    assert_eq!(things.json(), expected);
    let things = system.user(tenant.token(2)).get("/things.jsv").await;
    assert_eq!(
        things.body,
        format!(
            "{{data:[{{organizationId:{GUID},things:[{{id:{SPACE},organizationId:{GUID},name:Hall,\
             order:0,type:SmartSpace,properties:{{}},states:{{}},taskLists:[],childThings:[]}}]}}]}}"
        )
    );
    let query = format!("?ThingId={SPACE}&LoadOnlySmartSpaces=false&OrganizationId={GUID}");
    let one = format!("/things{query}");
    let one = system.user(tenant.token(2)).get(&one).await;
    assert_eq!(one.json(), expected);
    let none = format!("/things?ThingId={}", SPACE.replace('7', "8"));
    assert_error(
        &system.user(tenant.token(2)).get(&none).await,
        "json",
        404,
        "NotFound",
    );
    let users = system.user(tenant.token(1)).get("/users").await.json();
    let organization = json!({
        "id": GUID, "name": "Organization 7", "code": "7", "type": 20, "subOrganizations": [],
        "organizations": [],
    });
    assert_eq!(
        users["data"][0],
        json!({
            "id": 1, "activationStatus": 20, "firstName": "User 1", "lastName": "Of 7",
            "emailConfirmed": false, "phoneNumber": "+31612345671", "phoneNumberConfirmed": false,
            "roles": ["Admin"], "organizationId": GUID, "businessOrganizations": [organization],
        })
    );
    assert_eq!(users["data"].as_array().unwrap().len(), 9);
    let users = system.user(tenant.token(1)).get("/users?format=jsv").await;
    let first = format!(
        "{{data:[{{id:1,activationStatus:20,firstName:User 1,lastName:Of 7,emailConfirmed:False,\
         phoneNumber:+31612345671,phoneNumberConfirmed:False,roles:[Admin],organizationId:{GUID},\
         businessOrganizations:[{{id:{GUID},name:Organization 7,code:7,type:20,"
    );
    assert!(users.body.starts_with(&first), "{}", users.body);
}

#[tokio::test]
async fn a_request_is_read_from_its_query_and_from_its_body_in_any_case() {
    let store = Store::start().await;
    let (system, tenant) = home(&store).await;
    let ids = |answer: &Answer| -> Vec<String> {
        let (_, body) = tree(answer);
        let data = body["data"].as_array().unwrap_or_else(|| panic!("{body}"));
        data.iter()
            .map(|user| user["id"].to_string().trim_matches('"').to_owned())
            .collect()
    };
    let first = system
        .user(tenant.token(1))
        .get(&format!("/users.jsv?ORGANIZATIONID={GUID}&Size=4"))
        .await;
    assert_eq!(ids(&first), ["1", "2", "3", "4"]);
    let next = |answer: &Answer| {
        let link = answer.header("link").unwrap();
        let url = link.trim_start_matches('<').split('>').next().unwrap();
        url.strip_prefix(system.url()).unwrap().to_owned()
    };
    let second = system.user(tenant.token(1)).get(&next(&first)).await;
    assert_eq!(ids(&second), ["5", "6", "7", "8"]);

    let send = async |path: &str, content_type: Option<&str>, body: &str| {
        let request = system
            .request(Method::POST, path)
            .bearer_auth(tenant.token(1));
        let request = match content_type {
            Some(name) => request.header(CONTENT_TYPE, name),
            None => request,
        };
        Answer::of(request.body(body.to_owned())).await
    };
    let (json, jsv) = (
        &*format!(r#"{{"organizationid": "{GUID}", "SIZE": "2"}}"#),
        &*format!("{{OrganizationId:{GUID},size: 2}}"),
    );
    let form = format!("OrganizationId={GUID}&Size=2");
    let api = "/api/GetBusinessUserProfilesData";
    for (path, content_type, body) in [
        (api, None, json),
        (api, Some("application/json; charset=utf-8"), json),
        (api, Some("text/jsv"), jsv),
        (api, Some("application/jsv"), jsv),
        (api, Some("application/x-www-form-urlencoded"), &form),
        (api, Some("application/x-www-form-urlencoded"), json),
        (
            "/json/reply/GetBusinessUserProfilesData",
            Some("application/json"),
            json,
        ),
        (
            "/jsv/reply/GetBusinessUserProfilesData",
            Some("text/jsv"),
            jsv,
        ),
        ("/jsv/reply/GetBusinessUserProfilesData", None, jsv),
        ("/json/reply/GetBusinessUserProfilesData", None, json),
    ] {
        let answer = send(path, content_type, body).await;
        assert_eq!(
            answer.status, 200,
            "{path} {content_type:?}: {}",
            answer.body
        );
        assert_eq!(ids(&answer), ["1", "2"], "{path} {content_type:?}");
        let next = system.user(tenant.token(1)).get(&next(&answer)).await;
        assert_eq!(ids(&next), ["3", "4"], "{path} {content_type:?}");
    }
    // The content type that `fetch` sets for a text, and therefore ServiceStack's client for
    // browsers.
    let answer = send(api, Some("text/plain;charset=UTF-8"), json).await;
    assert_eq!(ids(&answer), ["1", "2"], "{}", answer.body);
    // The query takes precedence over the body, except for parameters without a value.
    let answer = send(&format!("{api}?size=1&organizationId"), None, json).await;
    assert_eq!(ids(&answer), ["1"]);
    let null = system
        .user(tenant.token(1))
        .get("/BusinessUserAccesses?thingId&size=")
        .await;
    assert_eq!(null.status, 200, "{}", null.body);
}

#[tokio::test]
async fn every_fault_has_the_format_of_the_answer() {
    let store = Store::start().await;
    let (system, tenant) = home(&store).await;
    let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    for (path, format) in [("/users", "json"), ("/users.jsv", "jsv")] {
        let query = format!("{path}?organizationId=x&size=0&cursor=nonsense");
        let answer = system.user(tenant.token(1)).get(&query).await;
        assert_error(&answer, format, 400, "Predicate");
        assert_eq!(
            faults(&answer),
            [
                named("organizationId", "Predicate"),
                named("size", "InclusiveBetween"),
                named("cursor", "Predicate")
            ]
        );
        let twice = system
            .user(tenant.token(1))
            .get(&format!("{path}?size=1&SIZE=2"))
            .await;
        assert_error(&twice, format, 400, "SerializationException");
        // Another organization, one that is not there, and a member without a role.
        for other in ["8", "9"] {
            let query = format!("?organizationId={}{other}", &GUID[..31]);
            let answer = system
                .user(tenant.token(1))
                .get(&format!("{path}{query}"))
                .await;
            assert_error(&answer, format, 403, "Forbidden");
        }
        let answer = system.user(tenant.token(3)).get(path).await;
        assert_error(&answer, format, 403, "Forbidden");
    }
    let jsv = system
        .request(Method::POST, "/jsv/reply/GetBusinessUserThings")
        .bearer_auth(tenant.token(1));
    let answer = Answer::of(jsv.body("{size:1,Size:2}")).await;
    assert_error(&answer, "jsv", 400, "SerializationException");
    assert_eq!(faults(&answer), [named("Size", "SerializationException")]);
}

#[tokio::test]
async fn unsupported_formats_are_refused() {
    let store = Store::start().await;
    let (system, tenant) = home(&store).await;
    let request =
        |method: Method, path: &str| system.request(method, path).bearer_auth(tenant.token(1));
    let get = |accept: &str| request(Method::GET, "/things").header(ACCEPT, accept);
    let answer = Answer::of(get("application/xml")).await;
    assert_error(&answer, "json", 406, "NotAcceptable");
    let answer = Answer::of(request(Method::GET, "/things?format=csv")).await;
    assert_error(&answer, "json", 406, "NotAcceptable");
    let answer = Answer::of(get("application/xml;q=0.9, text/jsv;q=0.1")).await;
    assert_eq!((answer.status.as_u16(), tree(&answer).0), (200, "jsv"));

    let post = |content_type: &str, body: String| {
        request(Method::POST, "/api/GetBusinessUserThings?format=jsv")
            .header(CONTENT_TYPE, content_type)
            .body(body)
    };
    let answer = Answer::of(post(
        "application/xml",
        "<GetBusinessUserThings/>".to_owned(),
    ))
    .await;
    assert_error(&answer, "jsv", 415, "UnsupportedMediaType");
    let answer = Answer::of(post("text/jsv", format!("{{a:{}}}", "x".repeat(64 * 1024)))).await;
    assert_error(&answer, "jsv", 413, "RequestEntityTooLarge");
    let answer = Answer::of(post("text/jsv", "{a:".repeat(20_000))).await;
    assert_error(&answer, "jsv", 400, "SerializationException");

    // The gateway's own answers are for both kinds of clients.
    for path in [
        "/things",
        "/users.jsv",
        "/jsv/reply/GetBusinessUserThings",
        "/api/GetBusinessUserProfilesData",
    ] {
        let answer = Answer::of(system.request(Method::GET, path)).await;
        answer.assert_error(401, "invalidTokenError");
        let body = answer.json();
        assert_eq!(
            body["responseStatus"]["errorCode"], "Unauthorized",
            "{path}"
        );
    }
}
