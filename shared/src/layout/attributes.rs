//! Conditions and changes name attributes by constants beside the types, while serde derives
//! the stored names from the fields. This test compares the two: if a field alone were renamed,
//! a condition would check nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::item::GrantEdge;
use crate::access::exclusive::{self, Day, Summary};
use crate::access::{ACCESS, COUNT, Code, CodeTerms, Entry, LAST_ENTRY, USED};
use crate::caller::OrganizationScope;
use crate::credential::{ApiKey, ApiKeySecret, Credential, LAST_USED};
use crate::directory::{Admins, Device, GROUPS, Resource, SPACES, Schedule, User, schedule};
use crate::grant::{Grant, GrantId, PARENT, Parent, Permissions, Receiver, SCHEDULE, Source};
use crate::id::{AccessId, AuditId, SpaceId};
use crate::keyring::Keyring;
use crate::secret::Random;
use crate::table::{EXPIRES_AT, Item, VERSION};
use crate::token::{REFRESH, RefreshToken};
use crate::warrant::ROLES;

#[track_caller]
fn assert_has(item: &impl Serialize, names: &[&str]) {
    let item: Item = serde_dynamo::to_item(item).unwrap();
    for name in names {
        assert!(
            item.contains_key(*name),
            "{name} is none of {:?}",
            item.keys()
        );
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn grant(id: GrantId) -> Grant {
    let timing = r#"{"window":{"created":"2024-01-01T00:00:00Z"}}"#;
    let (receiver, source) = (
        Receiver::User(2.try_into().unwrap()),
        Source::Device(1.try_into().unwrap()),
    );
    Grant {
        id,
        receiver,
        source,
        timing: serde_json::from_str(timing).unwrap(),
        schedule: Some(1.try_into().unwrap()),
        permissions: Permissions::default(),
        parent: Some(Parent {
            share: 3.try_into().unwrap(),
            user: 2.try_into().unwrap(),
            receiver,
            source,
        }),
        depth: 1,
        counted: None,
    }
}

#[test]
fn what_conditions_name_are_attributes_of_grants() {
    let scope = OrganizationScope::of_change(7.try_into().unwrap());
    let (_, edge) = GrantEdge::new(&scope, grant(GrantId::Share(3.try_into().unwrap())));
    assert_has(&edge, &[PARENT, SCHEDULE]);
}

#[test]
fn what_conditions_name_are_attributes_of_codes_and_spaces() {
    let access = AccessId::from(uuid::Uuid::from_u128(1));
    let random = Random::new(ring::rand::SystemRandom::new());
    let mut code = Code::new(CodeTerms {
        grant: grant(GrantId::Access(access)),
        count: Some(3),
        expires_at: Some(now()),
    });
    code.last_entry = Some(Entry {
        id: AuditId::generate(now(), &random).unwrap(),
        at: now(),
        credential: "token-1".to_owned(),
    });
    let names = [ACCESS, COUNT, LAST_ENTRY, USED, EXPIRES_AT, VERSION];
    assert_has(&code, &names);
    let names = [
        exclusive::UNTIL,
        exclusive::CHANGES,
        exclusive::LONG_UNTIL,
        exclusive::LONG_CHANGES,
    ];
    let summary: serde_json::Map<_, _> = names
        .iter()
        .map(|name| ((*name).into(), 1.into()))
        .collect();
    let summary: Summary = serde_json::from_value(summary.into()).unwrap();
    assert_has(&summary, &names);
    let day = Day::of(now().date_naive(), &[]);
    assert_has(&day, &[exclusive::TAKEN, VERSION]);
}

#[test]
fn what_changes_name_are_attributes_of_the_directory() {
    let mut user = User::blank(2.try_into().unwrap());
    user.groups = [1.try_into().unwrap()].into();
    assert_has(&user, &[GROUPS, VERSION]);
    let groups = user.groups;
    assert_has(&Keyring { groups }, &[GROUPS]);
    let mut device = Device::blank(1.try_into().unwrap());
    device.groups = [1.try_into().unwrap()].into();
    device.spaces = [SpaceId::from(uuid::Uuid::from_u128(1))].into();
    assert_has(&device, &[GROUPS, SPACES, VERSION]);
    let schedule = Schedule::blank(1.try_into().unwrap());
    assert_has(&schedule, &[schedule::KEPT_BY, VERSION]);
}

#[test]
fn what_conditions_name_are_attributes_of_tokens() {
    let random = Random::new(ring::rand::SystemRandom::new());
    let client = crate::id::ApiKeyId::generate(&random).unwrap();
    let family = crate::id::FamilyId::generate(&random).unwrap();
    let token = RefreshToken::generate(client, family, &random).unwrap();
    assert_has(&token.last_of_family(now()), &[REFRESH, EXPIRES_AT]);
    let client = Credential::of(7.try_into().unwrap(), 1.try_into().unwrap());
    assert_has(&token.credential(&client, now()), &[EXPIRES_AT]);
}

#[test]
fn what_conditions_and_changes_name_are_attributes_of_users_and_api_keys() {
    let user = User::blank(2.try_into().unwrap());
    assert_has(&user, &[ROLES]);
    let admins = Admins {
        users: [user.id].into(),
    };
    assert_has(&admins, &[Admins::USERS]);
    let random = Random::new(ring::rand::SystemRandom::new());
    let secret = ApiKeySecret::generate(&random).unwrap();
    let mut key = ApiKey::new(&secret, user.id, "N".to_owned(), now());
    key.last_used = Some(now().date_naive());
    assert_has(&key, &[LAST_USED]);
    let mut credential = Credential::of(7.try_into().unwrap(), user.id);
    credential.last_used = key.last_used;
    assert_has(&credential, &[LAST_USED]);
}
