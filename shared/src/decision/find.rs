//! Reading the grants that could open a door.
//!
//! Every read is strongly consistent: what was taken away is not seen again, and what was
//! given is seen at once. The first round trip reads the door, and the user's keyring with
//! as many of their grants as lie behind it; the second the grants to the user's groups.
//! That is all for someone with some tens of grants. Of one who has more, and of such a
//! group, the grants on the door and its groups are asked for one by one: so the cost does
//! not grow with how many there are. A named schedule and a grant above another are one
//! round trip each, for all candidates at once.

use chrono_tz::Tz;

use super::Candidate;
use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, Organization, Schedule};
use crate::grant::{Grant, MAX_DEPTH, Parent, Receiver, Source};
use crate::id::{ScheduleId, UserId};
use crate::keyring::Keyring;
use crate::table::{BoxFuture, Read, Row, Table};
use crate::timing::{Rule, Timing};
use crate::wire::Result;

/// How many of a receiver's grants are read on the chance that they are all: some 8 KB, two
/// read units, where each question about one source would be another.
const MAX_READ: usize = 24;

/// What is asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum Door {
    /// A device, with its groups.
    Device(Box<Device>),
    /// A group of devices: what its grants allow, whatever is in it.
    Group(Box<DeviceGroup>),
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What is asked about.
    pub door: Door,
    /// The zone of the door: the device's own, else the organization's.
    pub zone: Tz,
    /// The grants; nothing when there is no such user.
    pub candidates: Option<Vec<Candidate>>,
}

/// The grants by which `user` could open `source`; nothing when there is no such source.
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

/// The same; the user's own grants alone, if those are `enough`: then the grants to their
/// groups cost no further round trip.
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
    let (own, door) = tokio::try_join!(row(table, scope, receiver), door(table, scope, source))?;
    let Some(door) = door else {
        return Ok(None);
    };
    let search = Search {
        table,
        scope,
        sources: door.sources(source),
    };
    let groups = own.head.map(|keyring| keyring.groups);
    let is_user = groups.is_some();
    let own = async {
        match own.is_whole {
            true => Ok(own.items),
            false => search.one_by_one(receiver).await,
        }
    };
    let groups = groups.unwrap_or_default().into_iter();
    let groups = groups.map(|group| search.granted(Receiver::UserGroup(group)));
    let groups = futures_util::future::try_join_all(groups);
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

/// The first of a receiver's grants, all of them if they are few; of a user, with the
/// keyring.
async fn row(
    table: &Table,
    scope: &OrganizationScope,
    receiver: Receiver,
) -> Result<Row<Keyring, Grant>> {
    let prefix = scope.grants_to(receiver);
    table.row(&prefix, MAX_READ, Read::Strong).await
}

async fn door(table: &Table, scope: &OrganizationScope, source: Source) -> Result<Option<Door>> {
    let key = scope.source(source);
    Ok(match source {
        Source::Device(_) => {
            let device: Option<Device> = table.get(&key, Read::Strong).await?;
            device.map(Box::new).map(Door::Device)
        }
        Source::DeviceGroup(_) => {
            let group: Option<DeviceGroup> = table.get(&key, Read::Strong).await?;
            group.map(Box::new).map(Door::Group)
        }
    })
}

impl Door {
    /// The sources whose grants open it, which is itself called `source`.
    fn sources(&self, source: Source) -> Vec<Source> {
        let groups = match self {
            Self::Device(device) => Some(device.groups.iter()),
            Self::Group(_) => None,
        };
        let groups = groups.into_iter().flatten().copied();
        let groups = groups.map(Source::DeviceGroup);
        [source].into_iter().chain(groups).collect()
    }
}

/// A search for the grants on some sources.
struct Search<'f> {
    table: &'f Table,
    scope: &'f OrganizationScope,
    sources: Vec<Source>,
}

impl Search<'_> {
    async fn zone(&self, door: &Door) -> Result<Tz> {
        if let Door::Device(device) = door
            && let Some(zone) = device.time_zone
        {
            return Ok(zone);
        }
        let key = self.scope.organization_key();
        let organization: Option<Organization> = self.table.get(&key, Read::Strong).await?;
        Ok(organization.map_or(Tz::UTC, |organization| organization.time_zone))
    }

    /// The grants to a receiver; if they are few, on whatever source.
    async fn granted(&self, receiver: Receiver) -> Result<Vec<Grant>> {
        let row = row(self.table, self.scope, receiver).await?;
        match row.is_whole {
            true => Ok(row.items),
            false => self.one_by_one(receiver).await,
        }
    }

    /// The grants to a receiver on each of the sources.
    async fn one_by_one(&self, receiver: Receiver) -> Result<Vec<Grant>> {
        let prefixes = self.sources.iter();
        let prefixes: Vec<_> = prefixes
            .map(|source| self.scope.grants(receiver, *source))
            .collect();
        let queries = prefixes
            .iter()
            .map(|prefix| self.table.query(prefix, Read::Strong));
        Ok(futures_util::future::try_join_all(queries).await?.concat())
    }

    /// Those of `grants` that are on one of the sources, with all that each rests on.
    async fn candidates(&self, grants: Vec<Grant>) -> Result<Vec<Candidate>> {
        let grants = grants.into_iter();
        let on_door = grants.filter(|grant| self.sources.contains(&grant.source));
        let candidates = on_door.map(|grant| self.candidate(grant));
        futures_util::future::try_join_all(candidates).await
    }

    /// A grant with all that it rests on.
    async fn candidate(&self, grant: Grant) -> Result<Candidate> {
        let mut candidate = Candidate {
            timings: Vec::new(),
            permissions: grant.permissions,
            above: Vec::new(),
            revoked: false,
            grant: grant.clone(),
        };
        let mut grant = grant;
        for _ in 0..MAX_DEPTH {
            let (rules, above) =
                tokio::try_join!(self.rules(grant.schedule), self.above(grant.parent))?;
            candidate.timings.push(match rules {
                Some(rules) => Timing::new(grant.timing.window, rules),
                None => grant.timing,
            });
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

    /// The rules of a named schedule. One that a grant keeps cannot be deleted.
    async fn rules(&self, schedule: Option<ScheduleId>) -> Result<Option<Vec<Rule>>> {
        let Some(id) = schedule else {
            return Ok(None);
        };
        let key = self.scope.schedule(id);
        let schedule: Option<Schedule> = self.table.get(&key, Read::Strong).await?;
        Ok(schedule.map(|schedule| schedule.rules))
    }

    /// The grant that another was made by right of, if whoever made that still has it.
    async fn above(&self, parent: Option<Parent>) -> Result<Option<Grant>> {
        // What the door has left, or what has gone, gives no right to it.
        let Some(parent) = parent.filter(|parent| self.sources.contains(&parent.source)) else {
            return Ok(None);
        };
        let key = self
            .scope
            .grant(parent.receiver, parent.source, parent.share);
        match parent.receiver {
            Receiver::User(_) => {
                let row = row(self.table, self.scope, parent.receiver).await?;
                let above = row
                    .items
                    .into_iter()
                    .find(|grant| (grant.share, grant.source) == (parent.share, parent.source));
                match (row.head, above) {
                    (Some(_), None) if !row.is_whole => self.table.get(&key, Read::Strong).await,
                    (Some(_), above) => Ok(above),
                    (None, _) => Ok(None),
                }
            }
            Receiver::UserGroup(group) => {
                let keyring = self.scope.keyring(parent.user);
                let keys = [keyring, key];
                let items = self.table.get_all(&keys, Read::Strong).await?;
                let keyring: Option<Keyring> = items.get(&keys[0])?;
                match keyring {
                    Some(keyring) if keyring.groups.contains(&group) => items.get(&keys[1]),
                    _ => Ok(None),
                }
            }
        }
    }
}
