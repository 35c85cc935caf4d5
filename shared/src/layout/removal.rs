//! The records of the table's stream: of a removed item, of an entry, of a zone.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_dynamo::Item;

use crate::access::{Code, Entry};
use crate::audit::AuditEntry;
use crate::caller::OrganizationScope;
use crate::directory::{
    Device, DeviceGroup, ORGANIZATION_ZONE, Organization, Resource, Space, User, UserGroup,
};
use crate::error::{Error, Result};
use crate::id::{DeviceGroupId, Id, SpaceId, UserGroupId};
use crate::share::Share;
use crate::table::{BoxFuture, Key, Table, of_stream as read, to_item};

/// A removed item.
#[derive(Debug)]
pub struct Removal {
    /// Authority over the organization's items.
    pub scope: OrganizationScope,
    /// The key of the removed item.
    pub key: Key,
    /// What was removed.
    pub thing: Thing,
    /// Whether it was cleaned up after it once: what is removed now is what remembered it.
    pub again: bool,
}

/// How long after a removal `follow-up` looks once more for what was left. A reference may be
/// written some moments after the removal, as long as a function runs: ten seconds.
const SWEPT_AFTER: TimeDelta = TimeDelta::hours(1);

/// The kind of what remembers a removal.
const GONE: &str = "GONE";

/// The marker of a removal, in the partition of the removed item. It expires.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gone<T> {
    #[serde(flatten)]
    thing: T,
    #[serde(with = "chrono::serde::ts_seconds")]
    expires_at: DateTime<Utc>,
}

/// The removed item. If its kind records other places that refer to it, with its last content.
#[derive(Debug)]
pub enum Thing {
    /// A user.
    User(User),
    /// A group of users.
    UserGroup(UserGroupId),
    /// A device.
    Device(Device),
    /// A group of devices.
    DeviceGroup(DeviceGroupId),
    /// A share.
    Share(Box<Share>),
    /// A space.
    Space(SpaceId),
}

impl Key {
    /// The place, beside the thing that stood at `place`, of what remembers its removal.
    pub fn gone_place(place: &str) -> String {
        format!("{GONE}#{place}")
    }
}

impl Removal {
    /// Reads the keys and the old image of a record of the stream. `None` when what was
    /// removed leaves nothing behind.
    ///
    /// # Errors
    /// 500 if they are not those of an item of this table.
    pub fn read(keys: Item, old_image: Item) -> Result<Option<Self>> {
        let key = Key::of_change(keys)?;
        let (key, again) = match key
            .sk
            .strip_prefix(GONE)
            .and_then(|sk| sk.strip_prefix('#'))
        {
            Some(sk) => {
                let sk = sk.to_owned();
                (Key { sk, ..key }, true)
            }
            None => (key, false),
        };
        let Some((organization, kind, id)) = parts(&key) else {
            return Ok(None);
        };
        let unknown = || Error::Internal(format!("{} is no key of this table", key.in_log()));
        let thing = match kind {
            User::KEY => Thing::User(read(old_image)?),
            UserGroup::KEY => Thing::UserGroup(number(id).ok_or_else(unknown)?),
            Device::KEY => Thing::Device(read(old_image)?),
            DeviceGroup::KEY => Thing::DeviceGroup(number(id).ok_or_else(unknown)?),
            Space::KEY => Thing::Space(id.parse().map_err(|_| unknown())?),
            "SHARE" => Thing::Share(Box::new(read(old_image)?)),
            _ => return Ok(None),
        };
        let organization = organization.parse().map_err(|_| unknown())?;
        Ok(Some(Self {
            scope: OrganizationScope::of_change(organization),
            key,
            thing,
            again,
        }))
    }

    /// Makes `follow-up` look once more for what the item has left, an hour later or more:
    /// DynamoDB then removes the marker that is put here, and the stream reports it. One round
    /// trip.
    ///
    /// # Errors
    /// 429 and 503.
    pub fn sweep_later<'t>(
        &self,
        table: &'t Table,
        now: DateTime<Utc>,
    ) -> BoxFuture<'t, Result<()>> {
        let (pk, sk) = (self.key.pk.clone(), Key::gone_place(&self.key.sk));
        let (key, expires_at) = (Key { pk, sk }, now + SWEPT_AFTER);
        let item = match &self.thing {
            Thing::User(thing) => to_item(&key, &Gone { thing, expires_at }),
            Thing::Device(thing) => to_item(&key, &Gone { thing, expires_at }),
            Thing::UserGroup(_) | Thing::DeviceGroup(_) | Thing::Space(_) | Thing::Share(_) => {
                let thing = BTreeMap::<String, u64>::new();
                to_item(&key, &Gone { thing, expires_at })
            }
        };
        Box::pin(async move { table.put_item(item?).await })
    }
}

/// A change that the zones of doors follow.
#[derive(Debug)]
pub struct Rezoned {
    /// Authority over the doors.
    pub scope: OrganizationScope,
    /// The door that was made; all doors, where the organization has another zone.
    pub door: Option<Key>,
}

impl Rezoned {
    /// Reads the keys and both images of a record of the stream. `None` when what was changed
    /// has nothing to do with zones.
    ///
    /// # Errors
    /// 500 if they are not those of an item of this table.
    pub fn read(keys: Item, old_image: Item, new_image: Item) -> Result<Option<Self>> {
        let key = Key::of_change(keys)?;
        let unknown = |_| Error::Internal(format!("{} is no key of this table", key.in_log()));
        let of_organization = key.pk.strip_prefix("ORG#").filter(|_| key.sk == "ORG");
        if let Some(organization) = of_organization {
            if old_image.is_empty() {
                return Ok(None);
            }
            let (before, after): (Organization, Organization) =
                (read(old_image)?, read(new_image)?);
            let organization = organization.parse().map_err(unknown)?;
            return Ok((before.time_zone != after.time_zone).then(|| Self {
                scope: OrganizationScope::of_change(organization),
                door: None,
            }));
        }
        let Some((organization, kind, _)) = parts(&key) else {
            return Ok(None);
        };
        let is_new = old_image.is_empty() && !new_image.inner().contains_key(ORGANIZATION_ZONE);
        if !is_new || ![Device::KEY, DeviceGroup::KEY, Space::KEY].contains(&kind) {
            return Ok(None);
        }
        let organization = organization.parse().map_err(unknown)?;
        Ok(Some(Self {
            scope: OrganizationScope::of_change(organization),
            door: Some(key),
        }))
    }
}

/// An entry with an access code.
#[derive(Debug)]
pub struct Entered {
    /// Leave to write it down in its organization.
    pub scope: OrganizationScope,
    /// The entry to record.
    pub entry: AuditEntry,
}

impl Entered {
    /// Reads the keys and both images of a record of the stream. `None` when what was changed
    /// is not that somebody came in.
    ///
    /// # Errors
    /// 500 if they are not those of an item of this table.
    pub fn read(keys: Item, old_image: Item, new_image: Item) -> Result<Option<Self>> {
        let key = Key::of_change(keys)?;
        let Some((organization, "CODE", _)) = parts(&key) else {
            return Ok(None);
        };
        let unknown = |_| Error::Internal(format!("{} is no key of this table", key.in_log()));
        let organization = organization.parse().map_err(unknown)?;
        let Before { last_entry: before } = read(old_image)?;
        let code: Code = read(new_image)?;
        let entry = code.last_entry.clone();
        let Some(entry) = entry.filter(|entry| before.as_ref() != Some(entry)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            scope: OrganizationScope::of_change(organization),
            entry: AuditEntry::of_entry(&code, entry)?,
        }))
    }
}

/// The part of a code's old image that says whether there was a further entry.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    last_entry: Option<Entry>,
}

/// The parts of the key of an organization's item: the organization, the kind and the rest.
fn parts(key: &Key) -> Option<(&str, &str, &str)> {
    let of = key.pk.strip_prefix("ORG#")?;
    let (organization, _) = of.split_once('#').unwrap_or((of, ""));
    let (kind, id) = key.sk.split_once('#')?;
    Some((organization, kind, id))
}

/// An id as keys have it: with leading zeros.
fn number<T: Id>(text: &str) -> Option<T> {
    T::try_from(text.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal(pk: &str, sk: &str, old: &serde_json::Value) -> Result<Option<Removal>> {
        let keys = serde_json::json!({"PK": pk, "SK": sk});
        let item = |value: &serde_json::Value| serde_dynamo::to_item(value).unwrap();
        Removal::read(item(&keys), item(old))
    }

    #[test]
    fn a_removed_thing_says_where_it_stood_and_in_whose_organization() {
        let none = serde_json::json!({});
        let group = removal("ORG#7#LIST#USERGROUP", "USERGROUP#0000000000000002", &none);
        let group = group.unwrap().unwrap();
        let two = 2.try_into().unwrap();
        assert!(matches!(group.thing, Thing::UserGroup(id) if id == two));
        assert_eq!(group.scope.organization(), 7.try_into().unwrap());
        assert_eq!(
            group.key,
            group.scope.user_group(two),
            "the key that it had"
        );
        let user =
            serde_json::json!({"id": 2, "firstName": "A", "lastName": "B", "registered": true});
        let user = removal(
            "ORG#7#USER#0000000000000002",
            "USER#0000000000000002",
            &user,
        );
        assert!(
            matches!(user.unwrap().unwrap().thing, Thing::User(user) if user.groups.is_empty())
        );
    }

    #[test]
    fn what_leaves_nothing_behind_is_passed_over_and_what_is_unknown_is_told() {
        let none = serde_json::json!({});
        for (pk, sk) in [
            ("ORG#7", "ORG"),
            ("ORG#7", "ACCESS#0192a5b07c0070008000000000000001"),
            ("CREDENTIAL#x", "CREDENTIAL"),
        ] {
            assert!(removal(pk, sk, &none).unwrap().is_none(), "{sk}");
        }
        assert!(removal("ORG#x", "USERGROUP#1", &none).is_err());
        assert!(removal("ORG#7", "USERGROUP#x", &none).is_err());
        assert!(removal("ORG#7", "SPACE#x", &none).is_err());
        assert!(removal("ORG#7", "USER#0000000000000002", &none).is_err());
    }
}
