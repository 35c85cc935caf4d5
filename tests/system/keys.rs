//! The keys of the table, as the model makes them: tests that look into the table spell none.

use chrono::{DateTime, NaiveDate};
use latchkey::access::AccessTemplate;
use latchkey::access::exclusive::Taken;
use latchkey::audit::AuditEntry;
use latchkey::calendar_link::CalendarLinkHash;
use latchkey::credential::CredentialHash;
use latchkey::directory::Resource;
use latchkey::grant::{GrantId, Receiver, Source};
use latchkey::id::{AccessTemplateId, Id};
use latchkey::invitation::InvitationHash;
use latchkey::table::key::{PK, SK};
use latchkey::table::{Item, Key, to_item};
use latchkey::web_key::WebKeyHash;
use serde_json::json;
use uuid::Uuid;

use super::{SPACE, TEMPLATE, scope};

fn id<T: Id>(number: u64) -> T {
    T::try_from(number).unwrap()
}

/// A sort key: those that do not name the organization are the same in all.
fn sort_key(key: &Key) -> String {
    key.place().to_owned()
}

/// What the sort keys of items like this begin with.
fn kind(key: &Key) -> String {
    let place = key.place();
    let end = place.find('#').map_or(place.len(), |end| end + 1);
    place[..end].to_owned()
}

/// A key as DynamoDB takes it.
pub fn attributes(key: &Key) -> Item {
    let mut item = to_item(key, &json!({})).unwrap();
    // An item may stand in a list besides.
    item.retain(|name, _| [PK, SK].contains(&name.as_str()));
    item
}

/// Whether an item stands at this key.
pub fn is_at(item: &Item, key: &Key) -> bool {
    let attributes = attributes(key);
    attributes
        .iter()
        .all(|(name, value)| item.get(name) == Some(value))
}

/// The partition key.
pub fn partition(key: &Key) -> String {
    attributes(key)["PK"].as_s().unwrap().clone()
}

pub fn user(number: u64) -> String {
    sort_key(&scope(1).user(id(number)))
}

pub fn users() -> String {
    kind(&scope(1).user(id(1)))
}

pub fn user_group(number: u64) -> String {
    sort_key(&scope(1).user_group(id(number)))
}

pub fn device(number: u64) -> String {
    sort_key(&scope(1).device(id(number)))
}

pub fn devices() -> String {
    kind(&scope(1).device(id(1)))
}

pub fn device_group(number: u64) -> String {
    sort_key(&scope(1).device_group(id(number)))
}

pub fn device_groups() -> String {
    kind(&scope(1).device_group(id(1)))
}

pub fn space(space: Uuid) -> String {
    sort_key(&scope(1).space(space.into()))
}

pub fn spaces() -> String {
    kind(&scope(1).space(SPACE.into()))
}

pub fn schedule(number: u64) -> String {
    sort_key(&scope(1).schedule(id(number)))
}

pub fn schedules() -> String {
    kind(&scope(1).schedule(id(1)))
}

pub fn template(template: Uuid) -> String {
    sort_key(&template_key(template))
}

pub fn templates() -> String {
    kind(&template_key(TEMPLATE))
}

fn template_key(template: Uuid) -> Key {
    AccessTemplate::key(&scope(1), AccessTemplateId::from(template)).unwrap()
}

pub fn api_key(key: &str) -> String {
    sort_key(&scope(1).api_key(key.parse().unwrap()))
}

pub fn api_keys() -> String {
    kind(&scope(1).api_key(SOME_ID.parse().unwrap()))
}

/// The id of an API key, or of a family of tokens.
const SOME_ID: &str = "aaaaaaaaaaaaaaaa";

pub fn tokens() -> String {
    let (client, family) = (SOME_ID.parse().unwrap(), SOME_ID.parse().unwrap());
    kind(&scope(1).tokens(client, family))
}

pub fn share(number: u64) -> String {
    sort_key(&scope(1).share(id(number)))
}

pub fn shares() -> String {
    kind(&scope(1).share(id(1)))
}

/// The grant of a share.
pub fn grant(receiver: Receiver, source: Source, share: u64) -> String {
    let share = GrantId::Share(id(share));
    sort_key(&scope(1).grant(receiver, source, share))
}

/// Those to a user, with what stands before them.
pub fn grants_to(user: u64) -> String {
    sort_key(&scope(1).keyring(id(user)))
}

pub fn grants() -> String {
    kind(&scope(1).keyring(id(1)))
}

pub fn accesses() -> String {
    kind(&scope(1).access(Uuid::nil().into()))
}

/// The access codes of a space.
pub fn codes_of(space: Uuid) -> String {
    let code = scope(1).code(space.into(), &"0000".parse().unwrap());
    code.place().strip_suffix("0000").unwrap().to_owned()
}

pub fn codes() -> String {
    kind(&scope(1).code(SPACE.into(), &"0000".parse().unwrap()))
}

/// What is taken of spaces.
pub fn bookings() -> String {
    kind(&scope(1).day(SPACE.into(), NaiveDate::MIN))
}

/// What is taken of spaces for longer than some days: what follows the space.
pub fn longs() -> String {
    let taken = Taken {
        access: Uuid::nil().into(),
        from: DateTime::UNIX_EPOCH,
        until: None,
        hours: None,
    };
    let long = scope(1).long(SPACE.into(), &taken);
    let parts: Vec<_> = long.place().split('#').collect();
    format!("#{}#", parts[2])
}

/// What remembers that the item of this sort key was removed.
pub fn gone(sort_key: &str) -> String {
    Key::gone_place(sort_key)
}

pub fn credential() -> Key {
    Key::credential(&CredentialHash::of_token(Uuid::nil()))
}

pub fn credentials() -> String {
    kind(&credential())
}

pub fn invitation() -> Key {
    Key::invitation(&InvitationHash::of_token(Uuid::nil()))
}

pub fn invitations() -> String {
    kind(&invitation())
}

pub fn web_key() -> Key {
    Key::web_key(&WebKeyHash::of(Uuid::nil()))
}

pub fn web_keys() -> String {
    kind(&web_key())
}

pub fn calendar_link() -> Key {
    Key::calendar_link(&CalendarLinkHash::of(""))
}

pub fn calendar_links() -> String {
    kind(&calendar_link())
}

/// One of the record of changes.
pub fn deed() -> Key {
    let deed = serde_json::from_value(json!(Uuid::nil())).unwrap();
    Key::deed(id(1), 3, deed)
}

pub fn deeds() -> String {
    kind(&deed())
}

/// Where an activation is written down.
pub fn audit() -> Key {
    let entry: AuditEntry = serde_json::from_value(json!({
        "id": Uuid::nil(), "deed": "activation", "device": 1, "user": 1, "credential": "a",
        "at": "2026-11-01T00:00:00Z",
    }))
    .unwrap();
    scope(1).audit(&entry)
}

/// Whether a line spells the key of an item: words in capitals before a `#`, in a text.
fn spells_a_key(line: &str) -> bool {
    let texts = line.split('"').skip(1).step_by(2);
    texts
        .flat_map(|text| text.match_indices('#').map(move |(at, _)| &text[..at]))
        .any(|before| {
            let capitals = before.bytes().rev().take_while(u8::is_ascii_uppercase);
            capitals.count() >= 2
        })
}

#[test]
fn no_test_spells_a_key_of_the_table() {
    assert!(spells_a_key(concat!("find(\"SHA", "RE#\")")));
    assert!(!spells_a_key("r#\"{\"id\": 1}\"#"));
    let files = std::fs::read_dir(super::root().join("tests")).unwrap();
    let folder = std::fs::read_dir(super::root().join("tests/system")).unwrap();
    let mut spelt = Vec::new();
    for file in files.chain(folder) {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            if spells_a_key(line) {
                spelt.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(
        spelt.is_empty(),
        "take these keys from the model, by tests/system/keys.rs:\n{}",
        spelt.join("\n")
    );
}
