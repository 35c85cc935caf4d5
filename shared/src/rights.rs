//! What a user may do with a source by right of the grants that they hold.
//!
//! Reads that decide are strongly consistent: a grant that was taken away is not seen
//! again.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::caller::OrganizationScope;
use crate::directory::{Device, DeviceGroup, Organization, Schedule, User};
use crate::grant::{Grant, MAX_DEPTH, Parent, Permissions, Receiver, Source};
use crate::id::UserId;
use crate::share::Share;
use crate::table::{BoxFuture, Key, Read, Table};
use crate::timing::Timing;
use crate::wire::json::{Fault, FaultCode};
use crate::wire::{Error, Result};

/// The grants that let a user administrate a source at one instant.
#[derive(Debug)]
pub struct Administration {
    held: Vec<Held>,
    zone: Tz,
}

/// One of them.
#[derive(Debug)]
struct Held {
    grant: Grant,
    /// Itself and those above it, by right of which it was made.
    chain: Vec<Grant>,
}

/// What a share that was changed stands below.
#[derive(Debug)]
pub struct Above<'h> {
    /// The grant by right of which it was changed.
    pub parent: Parent,
    /// How many stand above it.
    pub depth: u8,
    /// That grant and those above it. As long as none of them is put below another one, there
    /// is no circle.
    pub chain: &'h [Grant],
}

impl Held {
    /// Whether it reaches as far as a share does, and is not itself held by right of it.
    fn covers(&self, share: &Share, zone: Tz) -> bool {
        !self.chain.iter().any(|grant| grant.share == share.id)
            && beyond(share.permissions, &share.timing, &self.grant, zone).is_empty()
    }
}

impl Administration {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        !self.held.is_empty()
    }

    /// The zone of the door.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The grant by right of which a share with these permissions and at these times may be
    /// made, and how deep it stands then.
    ///
    /// # Errors
    /// 403 when none gives all that is asked for: permissions that the grant lacks, a start
    /// before its start, an end after its end. 400 when the chain is too long.
    pub fn parent_for(&self, permissions: Permissions, timing: &Timing) -> Result<(Parent, u8)> {
        let (_, parent, depth) = self.parent_among(self.held.iter(), permissions, timing)?;
        Ok((parent, depth))
    }

    /// The grant by right of which `before` may become `after`, and how deep it stands then.
    /// It must reach as far as the share did before (who holds less takes nothing away from
    /// who gave more) and as far as it shall, and not be held by right of that very share.
    ///
    /// # Errors
    /// As [`Administration::parent_for`].
    pub fn parent_to_change(&self, before: &Share, after: &Share) -> Result<Above<'_>> {
        let covering = self.held.iter();
        let covering = covering.filter(|held| held.covers(before, self.zone));
        let (held, parent, depth) =
            self.parent_among(covering, after.permissions, &after.timing)?;
        Ok(Above {
            parent,
            depth,
            chain: &held.chain,
        })
    }

    /// Whether a share may be taken away: as far as it may be changed.
    pub fn may_take_away(&self, share: &Share) -> bool {
        self.held.iter().any(|held| held.covers(share, self.zone))
    }

    fn parent_among<'h>(
        &self,
        held: impl Iterator<Item = &'h Held>,
        permissions: Permissions,
        timing: &Timing,
    ) -> Result<(&'h Held, Parent, u8)> {
        let mut refused = Vec::new();
        for held in held {
            let grant = &held.grant;
            let faults = beyond(permissions, timing, grant, self.zone);
            if !faults.is_empty() {
                refused.push(faults);
            } else if grant.depth + 1 >= MAX_DEPTH {
                let message =
                    format!("at most {MAX_DEPTH} shares may be made one by right of the other");
                return Err(Error::invalid("source", FaultCode::NotAllowed, message));
            } else {
                let parent = Parent {
                    share: grant.share,
                    receiver: grant.receiver,
                    source: grant.source,
                };
                return Ok((held, parent, grant.depth + 1));
            }
        }
        Err(Error::InsufficientRights(
            refused.into_iter().next().unwrap_or_default(),
        ))
    }
}

/// In what such a share goes beyond the grant that it would be made by right of.
fn beyond(permissions: Permissions, timing: &Timing, grant: &Grant, zone: Tz) -> Vec<Fault> {
    let fault =
        |field: String, message: &str| Fault::new(field, FaultCode::InsufficientRights, message);
    let permissions = permissions.beyond(grant.permissions);
    let mut faults: Vec<_> = permissions
        .map(|name| {
            fault(
                format!("permissions.{name}"),
                "you do not hold this permission yourself",
            )
        })
        .collect();
    let (from, until) = timing.span(zone);
    let (first, last) = grant.timing.span(zone);
    if from < first {
        faults.push(fault("startDate".to_owned(), "your own right begins later"));
    }
    if last.is_some_and(|last| until.is_none_or(|until| until > last)) {
        faults.push(fault("endDate".to_owned(), "your own right ends earlier"));
    }
    faults
}

/// The grants by which `user` administrates `source` at `now`: their own on that very
/// source if there are any, else those of and on groups.
///
/// One round trip for a grant of their own, two more where groups are looked at, and one
/// for each grant that stands above another or keeps a named schedule.
///
/// # Errors
/// 429 and 503.
pub fn administration<'f>(
    table: &'f Table,
    scope: &'f OrganizationScope,
    user: UserId,
    source: Source,
    now: DateTime<Utc>,
) -> BoxFuture<'f, Result<Administration>> {
    Box::pin(async move {
        let receiver = Receiver::User(user);
        let grants = scope.grants(receiver, source);
        let (own, there) = tokio::try_join!(
            table.query(&grants, Read::Strong),
            there(table, scope, source)
        )?;
        let Some(device) = there else {
            // With the source, what was granted on it is gone.
            return Ok(Administration {
                held: Vec::new(),
                zone: Tz::UTC,
            });
        };
        let zone = zone(table, scope, device.as_ref()).await?;
        let asked = Asked {
            table,
            scope,
            zone,
            now,
        };
        let mut held = asked.administrating(own).await?;
        if held.is_empty() {
            let edges = asked.of_groups(user, source, device).await?;
            held = asked.administrating(edges).await?;
        }
        Ok(Administration { held, zone })
    })
}

/// The device that a source is, if it is one; nothing at all when the source is gone.
async fn there(
    table: &Table,
    scope: &OrganizationScope,
    source: Source,
) -> Result<Option<Option<Device>>> {
    match source {
        Source::Device(id) => {
            let device: Option<Device> = table.get(&scope.device(id), Read::Strong).await?;
            Ok(device.map(Some))
        }
        Source::DeviceGroup(id) => {
            let key = scope.device_group(id);
            let group: Option<DeviceGroup> = table.get(&key, Read::Strong).await?;
            Ok(group.map(|_| None))
        }
    }
}

/// The zone of the door: the device's own, else the organization's.
async fn zone(table: &Table, scope: &OrganizationScope, device: Option<&Device>) -> Result<Tz> {
    if let Some(zone) = device.and_then(|device| device.time_zone) {
        return Ok(zone);
    }
    let organization: Option<Organization> =
        table.get(&scope.organization_key(), Read::Strong).await?;
    Ok(organization.map_or(Tz::UTC, |organization| organization.time_zone))
}

/// A question about grants: where they stand, at which door, at which instant.
struct Asked<'f> {
    table: &'f Table,
    scope: &'f OrganizationScope,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Asked<'_> {
    /// The grants to the user's groups, or on the device's groups, or both.
    async fn of_groups(
        &self,
        user: UserId,
        source: Source,
        device: Option<Device>,
    ) -> Result<Vec<Grant>> {
        let account: Option<User> = self.table.get(&self.scope.user(user), Read::Strong).await?;
        let groups = account.map(|user| user.groups).unwrap_or_default();
        let receivers: Vec<_> = [Receiver::User(user)]
            .into_iter()
            .chain(groups.into_iter().map(Receiver::UserGroup))
            .collect();
        let groups = device.map(|device| device.groups).unwrap_or_default();
        let sources: Vec<_> = [source]
            .into_iter()
            .chain(groups.into_iter().map(Source::DeviceGroup))
            .collect();
        let prefixes: Vec<_> = receivers
            .iter()
            .flat_map(|receiver| {
                sources
                    .iter()
                    .map(|source| self.scope.grants(*receiver, *source))
            })
            // The first is the user's own on the source itself, which was looked at.
            .skip(1)
            .collect();
        let queries = prefixes
            .iter()
            .map(|prefix| self.table.query(prefix, Read::Strong));
        let queries = futures_util::future::try_join_all(queries);
        let (edges, gone) = tokio::try_join!(queries, self.gone(&receivers, &sources))?;
        let mut edges: Vec<Grant> = edges.concat();
        edges.retain(|grant| !gone.contains(&self.scope.receiver(grant.receiver)));
        edges.retain(|grant| !gone.contains(&self.scope.source(grant.source)));
        Ok(edges)
    }

    /// The keys of those groups that are deleted. Their traces may be found in the sets of
    /// users and devices for a while.
    async fn gone(&self, receivers: &[Receiver], sources: &[Source]) -> Result<Vec<Key>> {
        let groups = receivers.iter().filter_map(|receiver| match receiver {
            Receiver::UserGroup(_) => Some(self.scope.receiver(*receiver)),
            Receiver::User(_) => None,
        });
        let others = sources.iter().filter_map(|source| match source {
            Source::DeviceGroup(_) => Some(self.scope.source(*source)),
            Source::Device(_) => None,
        });
        let mut keys: Vec<_> = groups.chain(others).collect();
        for some in keys.clone().chunks(100) {
            let items = self.table.get_all(some, Read::Strong).await?;
            keys.retain(|key| !items.has(key));
        }
        Ok(keys)
    }

    /// Those of `edges` that hold and allow to administrate.
    async fn administrating(&self, edges: Vec<Grant>) -> Result<Vec<Held>> {
        let mut held = Vec::new();
        for grant in edges {
            if grant.permissions.administrate
                && let Some(chain) = self.holds(&grant).await?
            {
                held.push(Held { grant, chain });
            }
        }
        Ok(held)
    }

    /// A grant and every grant above it, if all of them hold.
    async fn holds(&self, grant: &Grant) -> Result<Option<Vec<Grant>>> {
        let mut grant = grant.clone();
        let mut chain = Vec::new();
        for _ in 0..MAX_DEPTH {
            chain.push(grant.clone());
            let rules = match grant.schedule {
                None => None,
                Some(id) => {
                    let schedule: Option<Schedule> = self
                        .table
                        .get(&self.scope.schedule(id), Read::Strong)
                        .await?;
                    let Some(schedule) = schedule else {
                        return Ok(None);
                    };
                    Some(schedule.rules)
                }
            };
            if !grant.holds(self.zone, self.now, rules.as_deref()) {
                return Ok(None);
            }
            let Some(parent) = grant.parent else {
                return Ok(Some(chain));
            };
            let key = self
                .scope
                .grant(parent.receiver, parent.source, parent.share);
            // With whom it was for and what it was on, the grant above is gone.
            let receiver = self.scope.receiver(parent.receiver);
            let source = self.scope.source(parent.source);
            let keys = [key, receiver, source];
            let items = self.table.get_all(&keys, Read::Strong).await?;
            let above: Option<Grant> = items.get(&keys[0])?;
            match above {
                Some(above)
                    if above.permissions.administrate
                        && items.has(&keys[1])
                        && items.has(&keys[2]) =>
                {
                    grant = above;
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}
