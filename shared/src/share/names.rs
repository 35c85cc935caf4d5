//! What shares refer to.

use std::collections::HashMap;
use std::hash::Hash;

use chrono_tz::Tz;
use serde::de::DeserializeOwned;

use super::Share;
use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, Organization, Schedule, User, UserGroup};
use crate::grant::{Receiver, Source};
use crate::id::{DeviceGroupId, DeviceId, ScheduleId, UserGroupId, UserId};
use crate::table::{Items, Key};
use crate::timing::Rule;
use crate::wire::Result;

/// What shares refer to, of one or of a page of them, as far as it is still there. Read out
/// of the table's items once, whatever number of shares refer to it.
#[derive(Debug, Default)]
pub struct Names {
    pub(super) organization: Option<Organization>,
    pub(super) users: HashMap<UserId, User>,
    pub(super) user_groups: HashMap<UserGroupId, UserGroup>,
    pub(super) devices: HashMap<DeviceId, Device>,
    pub(super) device_groups: HashMap<DeviceGroupId, DeviceGroup>,
    schedules: HashMap<ScheduleId, Schedule>,
}

impl Names {
    /// The keys of all that a share refers to.
    pub fn keys(scope: &OrganizationScope, share: &Share) -> Vec<Key> {
        let mut keys = vec![
            scope.organization_key(),
            scope.user(share.creator),
            scope.source(share.source),
        ];
        keys.extend(share.receiver.map(|receiver| scope.receiver(receiver)));
        keys.extend(share.schedule.map(|schedule| scope.schedule(schedule)));
        keys
    }

    /// What the shares refer to, taken out of `items`.
    ///
    /// # Errors
    /// 500 when an item is not of its type.
    pub fn read<'s>(
        scope: &OrganizationScope,
        shares: impl IntoIterator<Item = &'s Share>,
        items: &mut Items,
    ) -> Result<Self> {
        let mut names = Self {
            organization: items.take(&scope.organization_key())?,
            ..Self::default()
        };
        for share in shares {
            names.add(scope, share, items)?;
        }
        Ok(names)
    }

    fn add(&mut self, scope: &OrganizationScope, share: &Share, items: &mut Items) -> Result<()> {
        take(&mut self.users, share.creator, |id| scope.user(id), items)?;
        match share.source {
            Source::Device(id) => take(&mut self.devices, id, |id| scope.device(id), items)?,
            Source::DeviceGroup(id) => {
                take(
                    &mut self.device_groups,
                    id,
                    |id| scope.device_group(id),
                    items,
                )?;
            }
            // No share is on a space.
            Source::Space(_) => {}
        }
        match share.receiver {
            Some(Receiver::User(id)) => take(&mut self.users, id, |id| scope.user(id), items)?,
            Some(Receiver::UserGroup(id)) => {
                take(&mut self.user_groups, id, |id| scope.user_group(id), items)?;
            }
            None => {}
        }
        if let Some(id) = share.schedule {
            take(&mut self.schedules, id, |id| scope.schedule(id), items)?;
        }
        Ok(())
    }

    /// Whether what a share opens is still there.
    pub fn has_source(&self, share: &Share) -> bool {
        match share.source {
            Source::Device(id) => self.devices.contains_key(&id),
            Source::DeviceGroup(id) => self.device_groups.contains_key(&id),
            Source::Space(_) => false,
        }
    }

    /// The name of what a share opens.
    pub fn source_name(&self, share: &Share) -> Option<&str> {
        let name = match share.source {
            Source::Device(id) => self.devices.get(&id).map(|device| &device.name),
            Source::DeviceGroup(id) => self.device_groups.get(&id).map(|group| &group.name),
            Source::Space(_) => None,
        };
        name.map(String::as_str)
    }

    /// The rules of the named schedule that a share keeps.
    pub fn rules(&self, share: &Share) -> Option<&[Rule]> {
        let schedule = self.schedules.get(&share.schedule?)?;
        Some(&schedule.rules)
    }

    /// The zone of the door: the device's own, else the organization's.
    pub fn zone(&self, share: &Share) -> Tz {
        let device = match share.source {
            Source::Device(id) => self.devices.get(&id),
            _ => None,
        };
        let device = device.and_then(|device| device.time_zone);
        let organization = self.organization.as_ref();
        let organization = organization.map(|organization| organization.time_zone);
        device.or(organization).unwrap_or(Tz::UTC)
    }
}

/// Takes what stands at the key of `id` out of the items, unless it was before.
fn take<Id: Copy + Eq + Hash, T: DeserializeOwned>(
    taken: &mut HashMap<Id, T>,
    id: Id,
    key: impl Fn(Id) -> Key,
    items: &mut Items,
) -> Result<()> {
    if !taken.contains_key(&id)
        && let Some(found) = items.take(&key(id))?
    {
        taken.insert(id, found);
    }
    Ok(())
}
