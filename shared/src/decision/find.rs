//! Reading the grants that could open a door.
//!
//! Every read is strongly consistent, so each completed change counts. The first round trip
//! reads the door, and the user's keyring with as many of their grants as follow it; the second
//! reads the grants to the user's groups. For a user with some tens of grants that is all. If a
//! user or a group has more, the grants on the door and its groups are read one by one, so the
//! cost does not grow with their number. A named schedule, a grant above another and a count of
//! entries are one round trip each, for all candidates together.
//!
//! [`reachable`] goes the other way, from the user to the doors, to show them: by reads that
//! may be some moments old, at half the cost.

use std::collections::{BTreeMap, BTreeSet};

use crate::timing::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;

use super::candidate::Candidate;
use crate::access::Code;
use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, InGroup, Organization, Schedule, Space};
use crate::error::Result;
use crate::grant::{Grant, GrantId, MAX_DEPTH, Parent, Receiver, Source};
use crate::id::{DeviceId, UserId};
use crate::keyring::Keyring;
use crate::layout::Copied;
use crate::table::{BoxFuture, Items, Key, Read, Row, Table};
use crate::timing::Timing;

/// The number of a receiver's grants to read at first, in case they are all: about 8 KB, two
/// read units. Each question about one source would cost another one.
const MAX_READ: usize = 24;

/// The source that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum Door {
    /// A device, with its groups.
    Device(Box<Device>),
    /// A group of devices: what its grants allow, whatever is in it.
    Group(Box<DeviceGroup>),
    /// A space.
    Space(Box<Space>),
}

/// The result of a search.
#[derive(Debug, Clone)]
pub struct Found {
    /// The source that is asked about.
    pub door: Door,
    /// The zone of the door, as [`zone_of`] says.
    pub zone: Zone,
    /// The grants; `None` if the user does not exist.
    pub candidates: Option<Vec<Candidate>>,
}

/// Finds the grants by which `user` could open `source`; `None` if the source does not exist.
///
/// # Errors
/// 429 and 503.
pub fn find<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    source: Source,
) -> BoxFuture<'f, Result<Option<Found>>> {
    Box::pin(look(table, scope, user, source, None))
}

/// Tells whether what was found is enough.
pub type Enough<'f> = &'f (dyn Fn(&Found) -> bool + Sync);

/// Finds the same. If the user's own grants are `enough`, the grants to their groups are not
/// read, which saves a round trip.
///
/// # Errors
/// 429 and 503.
pub fn find_enough<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    source: Source,
    enough: Enough<'f>,
) -> BoxFuture<'f, Result<Option<Found>>> {
    Box::pin(look(table, scope, user, source, Some(enough)))
}

async fn look(
    table: &Table,
    scope: &OrganizationScope,
    user: UserId,
    source: Source,
    enough: Option<Enough<'_>>,
) -> Result<Option<Found>> {
    let receiver = Receiver::User(user);
    let own = row(table, scope, receiver.into(), Read::Strong);
    let (own, door) = tokio::try_join!(own, door(table, scope, source, Read::Strong))?;
    let Some(door) = door else {
        return Ok(None);
    };
    let search = Search {
        table,
        scope,
        sources: door.sources(source),
        read: Read::Strong,
        known: None,
    };
    let groups = own.head.map(|keyring| keyring.groups);
    let is_user = groups.is_some();
    let own = async {
        match own.is_whole {
            true => Ok(own.items),
            false => search.one_by_one(receiver.into()).await,
        }
    };
    let groups = groups.unwrap_or_default().into_iter();
    let groups =
        groups.map(|group| search.granted(Copied::for_user(Receiver::UserGroup(group), user)));
    let groups = try_join_all(groups);
    let found = |zone, candidates| Found {
        door: door.clone(),
        zone,
        candidates: is_user.then_some(candidates),
    };
    match enough {
        None => {
            let (zone, mut grants, groups) = tokio::try_join!(search.zone(&door), own, groups)?;
            grants.extend(groups.concat());
            let candidates = search.candidates(grants).await?;
            Ok(Some(found(zone, candidates)))
        }
        Some(enough) => {
            let (zone, grants) = tokio::try_join!(search.zone(&door), own)?;
            let own = found(zone, search.candidates(grants).await?);
            if enough(&own) {
                return Ok(Some(own));
            }
            let mut candidates = own.candidates.unwrap_or_default();
            candidates.extend(search.candidates(groups.await?.concat()).await?);
            Ok(Some(found(zone, candidates)))
        }
    }
}

/// A device that a user may use, now or later.
#[derive(Debug, Clone)]
pub struct Reachable {
    /// The device.
    pub device: Device,
    /// Its zone: its own, else the organization's.
    pub zone: Zone,
    /// The grants that open it and are not over, oldest share first; one at least.
    pub candidates: Vec<Candidate>,
}

impl Reachable {
    /// `device` with those of `candidates` that open it and have not ended at `now`; `None` if
    /// there are none.
    pub fn new<'c>(
        device: Device,
        zone: Zone,
        candidates: impl IntoIterator<Item = &'c Candidate>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let sources = device.sources();
        let candidates = candidates.into_iter();
        let mut candidates: Vec<_> = candidates
            .filter(|one| sources.contains(&one.grant.source) && !one.is_over(zone, now))
            .cloned()
            .collect();
        candidates.sort_by_key(|one| one.grant.id);
        (!candidates.is_empty()).then_some(Self {
            device,
            zone,
            candidates,
        })
    }
}

/// The devices that `user` may use at `now` or later, oldest first. To be shown: what was
/// written some moments ago may not be seen yet, and what decides is [`find`].
///
/// Two round trips: the keyring with all grants to the user, and the devices with the named
/// schedules. One more for grants to groups of theirs, one for what is in groups of devices,
/// and one for each grant above another.
///
/// # Errors
/// 429 and 503.
pub fn reachable<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    now: DateTime<Utc>,
) -> BoxFuture<'f, Result<Vec<Reachable>>> {
    Box::pin(reach(table, scope, user, now))
}

async fn reach(
    table: &Table,
    scope: &OrganizationScope,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Reachable>> {
    let read = Read::Eventual;
    let prefix = scope.grants_to(Receiver::User(user));
    let own: Row<Keyring, Grant> = table.whole_row(&prefix, read).await?;
    let Some(keyring) = own.head else {
        return Ok(Vec::new());
    };
    let groups = keyring.groups.into_iter().map(Receiver::UserGroup);
    let groups = groups.map(|group| scope.grants_to(Copied::for_user(group, user)));
    let groups: Vec<_> = groups.collect();
    let queries = groups.iter().map(|prefix| table.query(prefix, read));
    let mut grants = own.items;
    grants.extend(try_join_all(queries).await?.concat());
    grants.retain(|grant| !is_over_everywhere(grant, now));

    let ids = opened(table, scope, &grants, read).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<_> = ids.iter().map(|id| scope.device(*id)).collect();
    keys.extend(rested_on(scope, &grants));
    let items = table.get_all(&keys, read).await?;
    let mut devices = BTreeMap::new();
    for id in ids {
        let device: Option<Device> = items.get(&scope.device(id))?;
        devices.extend(device.map(|device| (id, device)));
    }
    let all_known = devices.values().all(|device| device.known_zone().is_some());
    let theirs = match all_known {
        true => Zone::UTC,
        false => zone_of_organization(table, scope, read).await?,
    };

    // What a grant on a group rests on is the same for every device of the group, so it is read
    // once for each grant.
    let candidates = grants.into_iter().filter_map(|grant| {
        let sources = match grant.source {
            Source::Device(id) => devices.get(&id)?.sources(),
            Source::DeviceGroup(_) | Source::Space(_) => vec![grant.source],
        };
        let search = Search {
            table,
            scope,
            sources,
            read,
            known: Some(&items),
        };
        Some(async move { search.candidate(grant).await })
    });
    let candidates = try_join_all(candidates).await?;
    let devices = devices.into_values().filter_map(|device| {
        let zone = device.known_zone().unwrap_or(theirs);
        Reachable::new(device, zone, &candidates, now)
    });
    Ok(devices.collect())
}

/// Whether a grant has ended at `now` in every zone, none of which is a day from UTC. Nothing
/// needs to be read for such a grant.
fn is_over_everywhere(grant: &Grant, now: DateTime<Utc>) -> bool {
    let (_, until) = grant.timing.span(Zone::UTC);
    until.is_some_and(|until| until <= now - TimeDelta::days(1))
}

/// The devices that grants are on: by themselves, in groups, or by the spaces that they open.
async fn opened(
    table: &Table,
    scope: &OrganizationScope,
    grants: &[Grant],
    read: Read,
) -> Result<BTreeSet<DeviceId>> {
    let mut devices = BTreeSet::new();
    let mut groups = BTreeSet::new();
    let mut spaces = BTreeSet::new();
    for grant in grants {
        match grant.source {
            Source::Device(id) => drop(devices.insert(id)),
            Source::DeviceGroup(id) => drop(groups.insert(id)),
            Source::Space(id) => drop(spaces.insert(id)),
        }
    }
    let groups = groups.into_iter().map(|id| scope.device_group(id));
    let groups: Vec<_> = groups.map(|group| scope.memberships(&group)).collect();
    let queries = groups.iter().map(|prefix| table.query(prefix, read));
    let queries = try_join_all(queries);
    let spaces: Vec<_> = spaces.into_iter().map(|id| scope.space(id)).collect();
    let (inside, items) = tokio::try_join!(queries, table.get_all(&spaces, read))?;
    let inside: Vec<InGroup> = inside.concat();
    devices.extend(
        inside
            .iter()
            .filter_map(|edge| DeviceId::try_from(edge.member).ok()),
    );
    for space in &spaces {
        let space: Option<Space> = items.get(space)?;
        devices.extend(space.into_iter().flat_map(|space| space.devices));
    }
    Ok(devices)
}

/// The keys of what grants rest on, other than grants: their named schedules, and the items
/// that count their entries. Many may have the same schedule, which is read once.
fn rested_on(scope: &OrganizationScope, grants: &[Grant]) -> Vec<Key> {
    let schedules = grants.iter().filter_map(|grant| grant.schedule);
    let schedules = schedules.map(|id| scope.schedule(id));
    let counts = grants.iter().filter_map(|grant| count(scope, grant));
    schedules.chain(counts).collect()
}

/// The code that counts the entries of a grant, if they are counted.
fn count(scope: &OrganizationScope, grant: &Grant) -> Option<Key> {
    match (grant.source, &grant.counted) {
        (Source::Space(space), Some(code)) => Some(scope.code(space, code)),
        _ => None,
    }
}

/// The zone of what is asked about, as its item says: a device's own, else the organization's.
/// That of a space is the own one of the first of its devices that has one, else the
/// organization's. One round trip, and one more for the devices of a space, and for what was
/// made a moment ago, which does not say it yet.
///
/// # Errors
/// 429 and 503.
pub fn zone_of<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    source: Source,
    read: Read,
) -> BoxFuture<'f, Result<Zone>> {
    Box::pin(async move {
        let door = door(table, scope, source, read).await?;
        match door {
            Some(door) => zone(table, scope, &door, read).await,
            None => zone_of_organization(table, scope, read).await,
        }
    })
}

/// The zone of a space that was read, as [`zone_of`]. One round trip.
///
/// # Errors
/// 429 and 503.
pub async fn zone_of_space(
    table: &Table,
    scope: &OrganizationScope,
    space: &Space,
    read: Read,
) -> Result<Zone> {
    let keys: Vec<_> = space.devices.iter().map(|id| scope.device(*id)).collect();
    let items = table.get_all(&keys, read).await?;
    let mut theirs = space.organization_time_zone;
    for key in &keys {
        let device: Option<Device> = items.get(key)?;
        let Some(device) = device else { continue };
        if let Some(zone) = device.time_zone {
            return Ok(zone);
        }
        theirs = theirs.or(device.organization_time_zone);
    }
    match theirs {
        Some(zone) => Ok(zone),
        None => zone_of_organization(table, scope, read).await,
    }
}

async fn zone(table: &Table, scope: &OrganizationScope, door: &Door, read: Read) -> Result<Zone> {
    let known = match door {
        Door::Device(device) => device.known_zone(),
        Door::Group(group) => group.organization_time_zone,
        Door::Space(space) => return zone_of_space(table, scope, space, read).await,
    };
    match known {
        Some(zone) => Ok(zone),
        None => zone_of_organization(table, scope, read).await,
    }
}

async fn zone_of_organization(
    table: &Table,
    scope: &OrganizationScope,
    read: Read,
) -> Result<Zone> {
    let key = scope.organization_key();
    let organization: Option<Organization> = table.get(&key, read).await?;
    Ok(organization.map_or(Zone::UTC, |organization| organization.time_zone))
}

/// Those of `grants` that open `device`, in order, with everything that each rests on. For
/// display, as [`reachable`]. One round trip for named schedules and counts of entries, and one
/// for each level of grants above.
///
/// # Errors
/// 429 and 503.
pub fn candidates<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    device: &'f Device,
    grants: Vec<Grant>,
) -> BoxFuture<'f, Result<Vec<Candidate>>> {
    Box::pin(async move {
        let read = Read::Eventual;
        let known = table.get_all(&rested_on(scope, &grants), read).await?;
        let search = Search {
            table,
            scope,
            sources: device.sources(),
            read,
            known: Some(&known),
        };
        search.candidates(grants).await
    })
}

/// The first of a receiver's grants, all of them if they are few; of a user, with the
/// keyring.
async fn row(
    table: &Table,
    scope: &OrganizationScope,
    receiver: Copied,
    read: Read,
) -> Result<Row<Keyring, Grant>> {
    let prefix = scope.grants_to(receiver);
    table.row(&prefix, MAX_READ, read).await
}

async fn door(
    table: &Table,
    scope: &OrganizationScope,
    source: Source,
    read: Read,
) -> Result<Option<Door>> {
    let key = scope.source(source);
    Ok(match source {
        Source::Device(_) => {
            let device: Option<Device> = table.get(&key, read).await?;
            device.map(Box::new).map(Door::Device)
        }
        Source::DeviceGroup(_) => {
            let group: Option<DeviceGroup> = table.get(&key, read).await?;
            group.map(Box::new).map(Door::Group)
        }
        Source::Space(_) => {
            let space: Option<Space> = table.get(&key, read).await?;
            space.map(Box::new).map(Door::Space)
        }
    })
}

impl Door {
    /// The sources whose grants open it, which is itself called `source`.
    fn sources(&self, source: Source) -> Vec<Source> {
        match self {
            Self::Device(device) => device.sources(),
            Self::Group(_) | Self::Space(_) => vec![source],
        }
    }
}

/// A search for the grants on some sources.
struct Search<'f> {
    table: &'f Table,
    scope: &'f OrganizationScope,
    sources: Vec<Source>,
    read: Read,
    /// Named schedules, and what counts entries, that were read already.
    known: Option<&'f Items>,
}

impl Search<'_> {
    async fn zone(&self, door: &Door) -> Result<Zone> {
        zone(self.table, self.scope, door, self.read).await
    }

    /// The grants to a receiver; if they are few, on whatever source.
    async fn granted(&self, receiver: Copied) -> Result<Vec<Grant>> {
        let row = row(self.table, self.scope, receiver, self.read).await?;
        match row.is_whole {
            true => Ok(row.items),
            false => self.one_by_one(receiver).await,
        }
    }

    /// The grants to a receiver on each of the sources.
    async fn one_by_one(&self, receiver: Copied) -> Result<Vec<Grant>> {
        let prefixes = self.sources.iter();
        let prefixes: Vec<_> = prefixes
            .map(|source| self.scope.grants(receiver, *source))
            .collect();
        let queries = prefixes
            .iter()
            .map(|prefix| self.table.query(prefix, self.read));
        Ok(try_join_all(queries).await?.concat())
    }

    /// Those of `grants` that are on one of the sources, with everything that each rests on.
    async fn candidates(&self, grants: Vec<Grant>) -> Result<Vec<Candidate>> {
        let grants = grants.into_iter();
        let on_door = grants.filter(|grant| self.sources.contains(&grant.source));
        let candidates = on_door.map(|grant| self.candidate(grant));
        try_join_all(candidates).await
    }

    /// A grant with all that it rests on.
    async fn candidate(&self, grant: Grant) -> Result<Candidate> {
        let mut candidate = Candidate {
            used_up: self.is_used_up(&grant).await?,
            ..Candidate::alone(grant.clone())
        };
        candidate.timings.clear();
        let mut grant = grant;
        for _ in 0..MAX_DEPTH {
            let (timing, above) = tokio::try_join!(self.timing(&grant), self.above(grant.parent))?;
            let Some(timing) = timing else { break };
            candidate.timings.push(timing);
            if grant.parent.is_none() {
                return Ok(candidate);
            }
            match above {
                Some(above) if above.permissions.administrate => {
                    candidate.above.push(above.clone());
                    candidate.permissions = candidate.permissions.and(above.permissions);
                    grant = above;
                }
                _ => break,
            }
        }
        candidate.revoked = true;
        Ok(candidate)
    }

    /// When a grant holds, with the rules of its named schedule. `None` if the schedule is
    /// gone, which its deletion prevents: better closed than always open.
    async fn timing(&self, grant: &Grant) -> Result<Option<Timing>> {
        let Some(id) = grant.schedule else {
            return Ok(Some(grant.timing.clone()));
        };
        let schedule: Option<Schedule> = self.read(&self.scope.schedule(id)).await?;
        Ok(schedule.map(|schedule| Timing::new(grant.timing.window, schedule.rules)))
    }

    /// Whether the grant has no entry left. Also true if its count is gone: better closed than
    /// always open.
    async fn is_used_up(&self, grant: &Grant) -> Result<bool> {
        let Some(key) = count(self.scope, grant) else {
            return Ok(false);
        };
        let code: Option<Code> = self.read(&key).await?;
        let code = code.filter(|code| code.terms.grant.id == grant.id);
        Ok(code.is_none_or(|code| code.is_used_up()))
    }

    /// Items that were read already, or are read now.
    async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        let known = self.known.map(|known| known.get(key)).transpose()?;
        match known.flatten() {
            Some(known) => Ok(Some(known)),
            None => self.table.get(key, self.read).await,
        }
    }

    /// The grant that another was made by right of, if its maker still has it.
    async fn above(&self, parent: Option<Parent>) -> Result<Option<Grant>> {
        // A group or a space that the door has left, or that is gone, gives no right to it.
        let Some(parent) = parent.filter(|parent| self.sources.contains(&parent.source)) else {
            return Ok(None);
        };
        let id = GrantId::Share(parent.share);
        let receiver = Copied::for_user(parent.receiver, parent.user);
        let key = self.scope.grant(receiver, parent.source, id);
        match parent.receiver {
            Receiver::User(_) => {
                let row = row(self.table, self.scope, receiver, self.read).await?;
                let above = row
                    .items
                    .into_iter()
                    .find(|grant| (grant.id, grant.source) == (id, parent.source));
                match (row.head, above) {
                    (Some(_), None) if !row.is_whole => self.table.get(&key, self.read).await,
                    (Some(_), above) => Ok(above),
                    (None, _) => Ok(None),
                }
            }
            Receiver::UserGroup(group) => {
                let keyring = self.scope.keyring(parent.user);
                let keys = [keyring, key];
                let items = self.table.get_all(&keys, self.read).await?;
                let keyring: Option<Keyring> = items.get(&keys[0])?;
                match keyring {
                    Some(keyring) if keyring.groups.contains(&group) => items.get(&keys[1]),
                    _ => Ok(None),
                }
            }
        }
    }
}
