//! The items to which shares refer.

use std::collections::HashMap;

use crate::timing::Zone;

use super::Share;
use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, Organization, Schedule, User, UserGroup};
use crate::error::Result;
use crate::grant::{Receiver, Source};
use crate::id::{DeviceGroupId, DeviceId, ScheduleId, UserGroupId, UserId};
use crate::table::{Items, Key};
use crate::timing::Rule;

/// The items to which one share or a page of shares refers, as far as they exist. Each is
/// decoded once, however many shares refer to it.
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

    /// The items to which the shares refer, taken out of `items`.
    ///
    /// # Errors
    /// 500 if an item is not of its type.
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
        items.take_once(share.creator, |id| scope.user(id), &mut self.users)?;
        match share.source {
            Source::Device(id) => {
                items.take_once(id, |id| scope.device(id), &mut self.devices)?;
            }
            Source::DeviceGroup(id) => {
                items.take_once(id, |id| scope.device_group(id), &mut self.device_groups)?;
            }
            // No share is on a space.
            Source::Space(_) => {}
        }
        match share.receiver {
            Some(Receiver::User(id)) => {
                items.take_once(id, |id| scope.user(id), &mut self.users)?;
            }
            Some(Receiver::UserGroup(id)) => {
                items.take_once(id, |id| scope.user_group(id), &mut self.user_groups)?;
            }
            None => {}
        }
        if let Some(id) = share.schedule {
            items.take_once(id, |id| scope.schedule(id), &mut self.schedules)?;
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
    pub fn zone(&self, share: &Share) -> Zone {
        let known = match share.source {
            Source::Device(id) => self.devices.get(&id).and_then(Device::known_zone),
            Source::DeviceGroup(id) => {
                let group = self.device_groups.get(&id);
                group.and_then(|group| group.organization_time_zone)
            }
            Source::Space(_) => None,
        };
        let theirs = self.organization.as_ref();
        let theirs = theirs.map(|organization| organization.time_zone);
        known.or(theirs).unwrap_or(Zone::UTC)
    }
}
