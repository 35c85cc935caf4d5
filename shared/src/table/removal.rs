//! What the table's stream tells of a thing that was removed.

use serde::Deserialize;
use serde_dynamo::Item;

use super::{Key, of_stream as read};
use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, Resource, User, UserGroup};
use crate::id::{DeviceGroupId, Id, UserGroupId};
use crate::share::Share;
use crate::wire::{Error, Result};

/// A thing that was removed.
#[derive(Debug)]
pub struct Removal {
    /// Leave to speak of what it has left in its organization.
    pub scope: OrganizationScope,
    /// Where it stood.
    pub key: Key,
    /// What it was.
    pub thing: Thing,
}

/// What was removed: of a kind that knows where else it is named, the item as it was.
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
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Keys {
    pk: String,
    sk: String,
}

impl Removal {
    /// Reads the keys and the old image of a record of the stream. `None` when what was
    /// removed leaves nothing behind.
    ///
    /// # Errors
    /// 500 when they are not those of an item of this table.
    pub fn read(keys: Item, old_image: Item) -> Result<Option<Self>> {
        let Keys { pk, sk } = read(keys)?;
        let organization = pk.strip_prefix("ORG#").map(str::parse);
        let (Some(organization), Some((kind, id))) = (organization, sk.split_once('#')) else {
            return Ok(None);
        };
        let unknown = || Error::Internal(format!("{pk} {sk} is no key of this table"));
        let thing = match kind {
            User::KEY => Thing::User(read(old_image)?),
            UserGroup::KEY => Thing::UserGroup(number(id).ok_or_else(unknown)?),
            Device::KEY => Thing::Device(read(old_image)?),
            DeviceGroup::KEY => Thing::DeviceGroup(number(id).ok_or_else(unknown)?),
            "SHARE" => Thing::Share(Box::new(read(old_image)?)),
            _ => return Ok(None),
        };
        let organization = organization.map_err(|_| unknown())?;
        Ok(Some(Self {
            scope: OrganizationScope::of_removed(organization),
            key: Key { pk, sk },
            thing,
        }))
    }
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
        let group = removal("ORG#7", "USERGROUP#0000000000000002", &none);
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
        let user = removal("ORG#7", "USER#0000000000000002", &user);
        assert!(
            matches!(user.unwrap().unwrap().thing, Thing::User(user) if user.groups.is_empty())
        );
    }

    #[test]
    fn what_leaves_nothing_behind_is_passed_over_and_what_is_unknown_is_told() {
        let none = serde_json::json!({});
        for (pk, sk) in [
            ("ORG#7", "ORG"),
            ("ORG#7", "SPACE#0192a5b07c0070008000000000000001"),
            ("CREDENTIAL#x", "CREDENTIAL"),
        ] {
            assert!(removal(pk, sk, &none).unwrap().is_none(), "{sk}");
        }
        assert!(removal("ORG#x", "USERGROUP#1", &none).is_err());
        assert!(removal("ORG#7", "USERGROUP#x", &none).is_err());
        assert!(removal("ORG#7", "USER#0000000000000002", &none).is_err());
    }
}
