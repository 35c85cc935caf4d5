//! New codes for all accesses of an organization.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use latchkey::access::reprogramming::{Reprogramming, State};
use latchkey::access::{Access, Code};
use latchkey::deed::Unrecorded;
use latchkey::layout::item::GrantEdge;
use latchkey::role::Role;
use latchkey::table::{If, Read, from_item};
use latchkey::warrant::Warrant;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::assert_error;
use crate::system::{Answer, Store, System, Tenant, is_of, keys, scope};

const SPACE: &str = "0192a5b07c0070008000000000000001";
const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
const PATH: &str = "/BusinessUserAccesses/reprogramcodes";

async fn ask(system: &System, tenant: &Tenant) -> Value {
    let answer = system
        .user(tenant.token(1))
        .put(
            PATH,
            &json!({"OrganizationId": "4c617463686b80018000000000000007"}),
        )
        .await
        .ok();
    answer.json()
}

async fn job(store: &Store) -> Option<Reprogramming> {
    store
        .table()
        .get(&scope(7).reprogramming(), Read::Strong)
        .await
        .unwrap()
}

/// Waits until all is done.
async fn done(store: &Store) -> Reprogramming {
    for _ in 0..1200 {
        if let Some(job) = job(store).await
            && job.state == State::Done
        {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not done in two minutes");
}

/// Puts accesses into the table: `count` of them, made of the first.
async fn multiply(store: &Store, first: &str, count: u128) {
    let id: Uuid = first.parse().unwrap();
    let table = store.table();
    let first: Access = table
        .get(&scope(7).access(id.into()), Read::Strong)
        .await
        .unwrap()
        .unwrap();
    let numbers: Vec<_> = (1..=count).collect();
    for numbers in numbers.chunks(33) {
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
        for number in numbers {
            let mut access = first.clone();
            access.id = Uuid::from_u128(id.as_u128() + number).into();
            access.spaces[0].code = format!("{:06}", 200_000 + number).parse().unwrap();
            let space = &access.spaces[0];
            let (key, edge) = GrantEdge::new(&scope(7), access.grant(space));
            let code = Code::new(access.code_terms(space));
            writes.put_new((), &scope(7).access(access.id), &access);
            writes.put_new((), &key, &edge);
            let key = scope(7).code(space.terms.space, &space.code);
            writes.put_new((), &key, &code);
        }
        writes.send().await.unwrap().unwrap();
    }
    store.calls();
}

/// The accesses and their codes, after a look that each has the code that it says and that
/// there are no others.
async fn codes(store: &Store) -> BTreeMap<String, String> {
    let (mut accesses, mut found) = (BTreeMap::new(), BTreeMap::new());
    for item in store.items().await {
        // The demo has one, too.
        if !is_of(&item, 7) {
            continue;
        }
        let key = item["SK"].as_s().unwrap().clone();
        if key.starts_with(&keys::accesses()) {
            let access: Access = from_item(item).unwrap();
            accesses.insert(
                access.id.to_string(),
                access.spaces[0].code.as_str().to_owned(),
            );
        } else if let Some(code) = key.strip_prefix(&keys::codes_of(SPACE.parse().unwrap())) {
            let code = code.to_owned();
            let item: Code = from_item(item).unwrap();
            found.insert(item.terms.grant.id.access().unwrap().to_string(), code);
        }
    }
    assert_eq!(
        accesses, found,
        "each access has its code, and no code is nobody's"
    );
    accesses
}

async fn create(system: &System, tenant: &Tenant, changes: Value) -> String {
    let mut body = json!({
        "AccessTemplateId": TEMPLATE, "BusinessUserId": 2, "ValidFrom": 0,
        "Spaces": [{"ThingId": SPACE, "AccessCount": 10}],
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = system
        .user(tenant.token(1))
        .post("/BusinessUserAccess", &body)
        .await
        .ok();
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn home() -> (Store, System, Tenant) {
    let store = Store::start_with_streams().await;
    let tenant = Tenant::new(7).with_roles(1, &[Role::Admin, Role::TenantAdmin]);
    let system = System::on(&store).await;
    store.put(&tenant.world).await;
    (store, system, tenant)
}

#[tokio::test]
async fn all_that_have_not_ended_get_new_codes_once_and_keep_their_count() {
    let (store, system, tenant) = home().await;
    let id = create(&system, &tenant, json!({})).await;
    let ended = create(&system, &tenant, json!({"ValidTo": 1000})).await;
    multiply(&store, &id, 60).await;
    let before = codes(&store).await;
    let uuid: Uuid = id.parse().unwrap();
    let key = scope(7).access(uuid.into());
    let access: Access = store
        .table()
        .get(&key, Read::Strong)
        .await
        .unwrap()
        .unwrap();
    // Three entries were made.
    let code_key = scope(7).code(access.spaces[0].terms.space, &access.spaces[0].code);
    let mut used = Code::new(access.code_terms(&access.spaces[0]));
    used.used = 3;
    let table = store.table();
    let mut writes = table.transaction(&Warrant::System, Unrecorded::Fill);
    writes.put((), &code_key, &used, If::Always);
    writes.send_unconditional().await.unwrap();

    let asked = ask(&system, &tenant).await;
    assert!(asked["state"] == 0 && asked["remade"] == 0, "{asked}");
    let again = ask(&system, &tenant).await;
    assert_eq!(again["id"], asked["id"], "who asks twice means the same");
    let job = done(&store).await;
    assert_eq!((job.remade, job.kept), (61, 0));
    let after = codes(&store).await;
    for (access, code) in &before {
        assert_eq!(after[access] == *code, *access == ended, "{access}");
    }
    assert_eq!(ask(&system, &tenant).await["state"], 2);
    assert_eq!(codes(&store).await, after, "and nothing is done twice");

    let access: Access = store
        .table()
        .get(&key, Read::Strong)
        .await
        .unwrap()
        .unwrap();
    let code_key = scope(7).code(access.spaces[0].terms.space, &access.spaces[0].code);
    let code: Code = store
        .table()
        .get(&code_key, Read::Strong)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(code.used, 3);
    // A grant whose entries are counted tells where.
    let grant = scope(7).grant_key(&access.grant(&access.spaces[0]));
    let grant: latchkey::grant::Grant = store
        .table()
        .get(&grant, Read::Strong)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(grant.counted, Some(access.spaces[0].code.clone()));
}

#[tokio::test]
async fn it_is_taken_up_again_where_it_was_cut_off_and_no_access_is_without_a_code() {
    let (mut store, system, tenant) = home().await;
    let id = create(&system, &tenant, json!({})).await;
    multiply(&store, &id, 400).await;
    let before = codes(&store).await;
    ask(&system, &tenant).await;
    // Cut off, more than once, while it works.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        store.stop();
        tokio::time::sleep(Duration::from_millis(200)).await;
        store.resume().await;
        codes(&store).await;
    }
    let job = done(&store).await;
    let after = codes(&store).await;
    assert_eq!(after.len(), 401);
    assert!(before.iter().all(|(access, code)| after[access] != *code));
    assert_eq!(after.values().collect::<BTreeSet<_>>().len(), 401);
    assert_eq!(job.remade, 401);
}

#[tokio::test]
async fn a_request_for_thousands_of_codes_is_answered_before_they_are_done() {
    let (store, system, tenant) = home().await;
    let id = create(&system, &tenant, json!({})).await;
    multiply(&store, &id, 2_000).await;
    let asked = ask(&system, &tenant).await;
    assert_eq!((&asked["state"], &asked["remade"]), (&json!(0), &json!(0)));
    assert_eq!(done(&store).await.remade, 2_001);
}

#[tokio::test]
async fn only_admins_may_ask() {
    let (_store, system, tenant) = home().await;
    let answer = system.user(tenant.token(2)).put(PATH, &json!({})).await;
    assert_error(&answer, "json", 403, "Forbidden");
    let answer = system
        .user(tenant.token(1))
        .put(
            PATH,
            &json!({"OrganizationId": "4c617463686b80018000000000000008"}),
        )
        .await;
    assert_error(&answer, "json", 403, "Forbidden");
    let answer: Answer = system
        .user(tenant.token(1))
        .put(PATH, &json!({"OrganizationId": "x"}))
        .await;
    assert_error(&answer, "json", 400, "Predicate");
}
