//! Who may do what: every cell of the table that has an endpoint, yes and no.

use latchkey::role::{Area, By, Reach, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{SPACE, Store, System, Tenant, access_space};

const COLUMNS: [(By, usize); 8] = [
    (By::Role(Role::Admin), 1),
    (By::Role(Role::TenantAdmin), 2),
    (By::Role(Role::AccessAdmin), 3),
    (By::Role(Role::AccessTemplateAdmin), 4),
    (By::Role(Role::Receptionist), 5),
    (By::Role(Role::Device), 6),
    (By::Administration, 7),
    (By::Membership, 8),
];

/// The table as it is published: rows, in the columns above.
const TABLE: [(Area, &str); 6] = [
    (Area::Directory, "write write read read read own source own"),
    (Area::Shares, "write write write - - own source own"),
    (Area::Accesses, "write write write - read own - own"),
    (Area::Templates, "write write read write - - - -"),
    (Area::ReprogramCodes, "write write - - - - - -"),
    (Area::Decisions, "read read read - read own source own"),
];

fn reach(word: &str) -> Reach {
    match word {
        "write" => Reach::Write,
        "read" => Reach::Read,
        "source" => Reach::Source,
        "own" => Reach::Own,
        _ => Reach::Nothing,
    }
}

#[test]
fn the_table_is_the_published_one() {
    for (area, row) in TABLE {
        for ((by, _), word) in COLUMNS.iter().zip(row.split(' ')) {
            assert_eq!(by.reach(area), reach(word), "{area:?} {by:?}");
        }
    }
}

/// Organization 7, with a user for each column.
async fn cast(store: &Store, system: &System) -> Tenant {
    let mut tenant = Tenant::new(7);
    tenant.with_api_key();
    for (by, user) in COLUMNS {
        if let By::Role(role) = by {
            tenant = tenant.with_roles(user, &[role]);
            // It gives nobody but a controller a right to the space.
            tenant.world.users[user - 1].spaces = [SPACE.into()].into();
        }
    }
    store.put(&tenant.world).await;
    for source in [json!({"deviceId": 1}), json!({"deviceGroupId": 1})] {
        let right = tenant.share(json!({"source": source, "receiver": {"userId": 7}, "permissions": {"administrate": true}, "endDate": "2099-12-31"}));
        assert_eq!(
            system
                .post("/v2/shares", tenant.token(1), &right)
                .await
                .status,
            200
        );
    }
    tenant
}

#[tokio::test]
async fn every_cell_of_the_directory_is_kept() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    let key = tenant.world.api_keys[0].id;
    let space = "0192a5b07c0070008000000000000001";
    for (by, user) in COLUMNS {
        let ask = async |method: Method, path: String, body: Option<Value>| {
            let answer = system
                .call(method, &path, tenant.token(user), body.as_ref())
                .await;
            if !answer.status.is_success() {
                let expected = if answer.status == 404 {
                    "notFoundError"
                } else {
                    "insufficientRightsError"
                };
                answer.assert_error(answer.status.as_u16(), expected);
            }
            answer.status.as_u16()
        };
        let reach = by.reach(Area::Directory);
        let (reads, writes) = (reach >= Reach::Read, reach >= Reach::Write);
        let yes = |may: bool, status: u16, of: &str| {
            assert_eq!((200..300).contains(&status), may, "{by:?} {of}: {status}");
            assert!(may || [403, 404].contains(&status), "{by:?} {of}: {status}");
        };
        for kind in [
            "users",
            "user-groups",
            "devices",
            "device-groups",
            "spaces",
            "schedules",
        ] {
            let list = format!("/v2/{kind}");
            yes(reads, ask(Method::GET, list.clone(), None).await, &list);
            let one = format!("/v2/{kind}/{}", if kind == "spaces" { space } else { "1" });
            let source =
                matches!(by, By::Administration) && ["devices", "device-groups"].contains(&kind);
            let own = kind == "users" && user == 1;
            yes(
                reads || source || own,
                ask(Method::GET, one.clone(), None).await,
                &one,
            );
            let (name, rest) = match kind {
                "users" => ("firstName", json!({"lastName": "N"})),
                "schedules" => ("name", json!({"rules": []})),
                _ => ("name", json!({})),
            };
            let change = json!({name: format!("by {user}")});
            yes(
                writes,
                ask(Method::PUT, one.clone(), Some(change)).await,
                "change",
            );
            let mut new = json!({"organizationId": 7, name: "N"});
            new.as_object_mut()
                .unwrap()
                .extend(rest.as_object().unwrap().clone());
            let created = system.post(&list, tenant.token(user), &new).await;
            yes(writes, created.status.as_u16(), "create");
            let made = if writes {
                created
            } else {
                system.post(&list, tenant.token(1), &new).await
            };
            let made = made.json();
            let id = made
                .as_object()
                .unwrap()
                .iter()
                .find(|(name, _)| name.ends_with("Id"));
            let id = id.unwrap().1.to_string();
            let made = format!("{list}/{}", id.trim_matches('"'));
            yes(writes, ask(Method::DELETE, made, None).await, "delete");
        }
        // Everyone reads their own user, and the administrator of a source no other source.
        yes(
            true,
            ask(Method::GET, format!("/v2/users/{user}"), None).await,
            "self",
        );
        yes(
            reads,
            ask(Method::GET, "/v2/devices/2".to_owned(), None).await,
            "other device",
        );
        yes(
            reads,
            ask(Method::GET, "/v2/device-groups/2".to_owned(), None).await,
            "other group",
        );
        yes(
            reads,
            ask(Method::GET, "/v1/device-groups".to_owned(), None).await,
            "version 1",
        );
        yes(
            reads,
            ask(Method::GET, "/v2/user-groups/1/users".to_owned(), None).await,
            "in a group",
        );
        yes(
            reads,
            ask(Method::GET, "/v2/device-groups/1/devices".to_owned(), None).await,
            "in a group",
        );
        // In the shape of ServiceStack's errors, which is tested where they are.
        for path in ["/things", "/users"] {
            let answer = system.get(path, tenant.token(user)).await;
            yes(reads, answer.status.as_u16(), path);
        }
        for path in ["/v2/user-groups/2/users/9", "/v2/device-groups/2/devices/2"] {
            yes(writes, ask(Method::PUT, path.to_owned(), None).await, path);
            yes(
                writes,
                ask(Method::DELETE, path.to_owned(), None).await,
                path,
            );
        }
        // Who reads the directory does not see what programs get in with.
        let keys = "/v2/api-keys".to_owned();
        yes(
            writes,
            ask(Method::GET, keys.clone(), None).await,
            "API keys",
        );
        let key = format!("{keys}/{key}");
        yes(writes, ask(Method::GET, key, None).await, "API key");
        let new = json!({"organizationId": 7, "name": "N", "userId": user});
        let made = system.post(&keys, tenant.token(user), &new).await;
        yes(writes, made.status.as_u16(), "create API key");
        let made = if writes {
            made
        } else {
            system.post(&keys, tenant.token(1), &new).await
        };
        let made = format!("{keys}/{}", made.json()["apiKeyId"].as_str().unwrap());
        yes(
            writes,
            ask(Method::DELETE, made, None).await,
            "delete API key",
        );
        let organization = "/v2/organizations/7".to_owned();
        yes(
            reads,
            ask(Method::GET, organization.clone(), None).await,
            "organization",
        );
        let change = Some(json!({"name": format!("by {user}")}));
        yes(
            writes,
            ask(Method::PUT, organization, change).await,
            "organization",
        );
    }
}

#[tokio::test]
async fn every_cell_of_shares_is_kept() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    let others = tenant.share(json!({"source": {"deviceId": 2}, "receiver": {"userId": 9}}));
    let on_source = tenant.share(json!({"receiver": {"userId": 9}, "endDate": "2099-01-01"}));
    let create = async |body: &Value| {
        let answer = system.post("/v2/shares", tenant.token(1), body).await;
        format!("/v2/shares/{}", answer.json()["shareId"])
    };
    let (other, at_source) = (create(&others).await, create(&on_source).await);
    for (by, user) in COLUMNS {
        let token = tenant.token(user);
        let reach = by.reach(Area::Shares);
        let expect = |may: bool, no: u16| if may { 200 } else { no };
        let all = reach == Reach::Write;
        let source = all || reach == Reach::Source;
        assert_eq!(
            system.post("/v2/shares", token, &others).await.status,
            expect(all, 403),
            "{by:?}"
        );
        assert_eq!(
            system.post("/v2/shares", token, &on_source).await.status,
            expect(source, 403),
            "{by:?}"
        );
        // User 1 made them all.
        let made = user == 1;
        assert_eq!(
            system.get(&other, token).await.status,
            expect(all || made, 404),
            "{by:?}"
        );
        assert_eq!(
            system.get(&at_source, token).await.status,
            expect(source || made, 404),
            "{by:?}"
        );
        let own = tenant.share(json!({"source": {"deviceId": 2}, "receiver": {"userId": user}}));
        let own = create(&own).await;
        assert_eq!(system.get(&own, token).await.status, 200, "{by:?}");

        let change = json!({"personalSettings": {"notifications": user % 2 == 0}});
        for (path, may, no) in [
            (&other, all, 404),
            (&at_source, source, 404),
            (&own, all, 403),
        ] {
            let changed = system.put(path, token, &change).await;
            assert_eq!(changed.status, expect(may, no), "{by:?} {path}");
            // Without an end, the answer to who may is that it needs one.
            let key = format!("{path}/web-key");
            let key = system.call(Method::POST, &key, token, None).await;
            let expected = match may {
                true if *path == at_source && user == 1 => 200,
                true => 400,
                false => no,
            };
            assert_eq!(key.status, expected, "{by:?} {path}");
            let calendar = system.get(&format!("{path}/calendar"), token).await;
            let reads = may || *path == own;
            assert_eq!(calendar.status, expect(reads, 404), "{by:?} {path}");
        }
        let doomed = [
            tenant.share(json!({"receiver": {"userId": 9}, "endDate": "2099-01-01"})),
            tenant.share(json!({"source": {"deviceId": 2}, "receiver": {"userId": user}})),
        ];
        for (body, may, no) in [(&doomed[0], source, 404), (&doomed[1], all, 403)] {
            let path = create(body).await;
            let deleted = system.delete(&path, token).await.status.as_u16();
            assert_eq!(deleted, if may { 204 } else { no }, "{by:?}");
        }
        for (query, may) in [
            ("", true),
            ("?deviceId=1", source),
            ("?deviceId=2", all),
            ("?userId=9", all),
        ] {
            let list = system.get(&format!("/v2/shares{query}"), token).await;
            assert_eq!(list.status, expect(may, 403), "{by:?} {query}");
        }
        let open = tenant.share(json!({"receiver": null}));
        let open = system.post("/v2/shares", tenant.token(1), &open).await;
        let claim = json!({"token": open.json()["token"]});
        let claimed = system.post("/v2/shares/claim", token, &claim).await;
        assert_eq!(claimed.status, 200, "{by:?}");
    }
}

#[tokio::test]
async fn every_cell_of_templates_is_kept() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    let things = json!([{"thingId": "0192a5b07c0070008000000000000001"}]);
    for (by, user) in COLUMNS {
        let reach = by.reach(Area::Templates);
        let ask = async |method: Method, path: &str, body: Option<&Value>| {
            let answer = system.call(method, path, tenant.token(user), body).await;
            answer.status.as_u16()
        };
        let (reads, writes) = (reach >= Reach::Read, reach >= Reach::Write);
        let expect = |may: bool| if may { 200 } else { 403 };
        let one = "/access/template?AccessTemplateId=0192a5b07c0070008000000000000002";
        for path in [one, &one.replace('?', "/things?"), "/access/templates"] {
            let status = ask(Method::GET, path, None).await;
            assert_eq!(status, expect(reads), "{by:?} {path}");
        }
        let new = json!({"name": "N", "things": things});
        let path = "/access/template";
        let created = ask(Method::POST, path, Some(&new)).await;
        assert_eq!(created, expect(writes), "{by:?}");
        let made = system.post(path, tenant.token(1), &new).await.json();
        let change = json!({"accessTemplateId": made["id"], "name": "M"});
        let changed = ask(Method::PUT, path, Some(&change)).await;
        assert_eq!(changed, expect(writes), "{by:?}");
        let made = made["id"].as_str().unwrap();
        let made = format!("{path}?AccessTemplateId={made}");
        let deleted = ask(Method::DELETE, &made, None).await;
        assert_eq!(deleted, expect(writes), "{by:?}");
    }
}

#[tokio::test]
async fn accesses_are_read_by_roles_and_everyone_reads_their_own() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    let scope = tenant.world.scope().unwrap();
    for user in 1..=9 {
        let code = format!("{}", 100_000 + user);
        let spaces = vec![access_space(SPACE, &code)];
        let access = tenant.access(user.into(), user, spaces);
        store.put_access(&scope, &access).await;
    }
    for (by, user) in COLUMNS {
        let all = by.reach(Area::Accesses) >= Reach::Read;
        let ask = async |query: &str| {
            let path = format!("/BusinessUserAccesses{query}");
            let answer = system.get(&path, tenant.token(user)).await;
            let count = answer.json()["data"].as_array().map(Vec::len);
            (answer.status.as_u16(), count)
        };
        let expected = if all { 9 } else { 1 };
        assert_eq!(ask("").await, (200, Some(expected)), "{by:?}");
        let on = format!("?ThingId={SPACE}");
        assert_eq!(ask(&on).await, (200, Some(expected)), "{by:?}");
        let own = format!("?BusinessUserId={user}");
        assert_eq!(ask(&own).await, (200, Some(1)), "{by:?}");
        let expected = if all { (200, Some(1)) } else { (403, None) };
        assert_eq!(ask("?BusinessUserId=9").await, expected, "{by:?}");
    }
}

#[tokio::test]
async fn a_door_asks_whether_a_code_opens_it_and_nobody_else_does() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    let access = tenant.access(1, 9, vec![access_space(SPACE, "407192")]);
    let scope = tenant.world.scope().unwrap();
    store.put_access(&scope, &access).await;
    let path = format!("/v2/spaces/{SPACE}/entries");
    for (by, user) in COLUMNS {
        let code = json!({"code": "407192"});
        let answer = system.post(&path, tenant.token(user), &code).await;
        match by {
            By::Role(Role::Device) => assert_eq!(answer.status, 200, "{}", answer.body),
            _ => answer.assert_error(403, "insufficientRightsError"),
        }
    }
}

#[tokio::test]
async fn every_cell_of_decisions_is_kept() {
    let store = Store::start().await;
    let system = System::on(&store).await;
    let tenant = cast(&store, &system).await;
    for (by, user) in COLUMNS {
        let reach = by.reach(Area::Decisions);
        let ask = async |path: String| system.get(&path, tenant.token(user)).await.status;
        let expect = |may: bool| if may { 200 } else { 403 };
        let (any, source) = (reach >= Reach::Read, reach >= Reach::Source);
        let own = "/v2/devices/2/decision".to_owned();
        assert_eq!(ask(own).await, 200, "{by:?}");
        let other = "/v2/devices/2/decision?userId=9".to_owned();
        assert_eq!(ask(other).await, expect(any), "{by:?}");
        let at_source = "/v2/devices/1/decision?userId=9".to_owned();
        assert_eq!(ask(at_source).await, expect(source), "{by:?}");
        let holders = "/v2/devices/2/holders".to_owned();
        assert_eq!(ask(holders).await, expect(any), "{by:?}");
        let at_source = "/v2/devices/1/holders".to_owned();
        assert_eq!(ask(at_source).await, expect(source), "{by:?}");
        for version in ["v1", "v2"] {
            let own = format!("/{version}/effective-device-permissions");
            assert_eq!(ask(own).await, 200, "{by:?}");
        }
    }
}
