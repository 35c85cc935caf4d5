//! Cleaning up: removes what a deleted item has left in the table.
//!
//! `follow_up.rs` hands it the removals of users, devices and their groups, of spaces, and of shares that
//! DynamoDB removed when their time to live was over. From the moment of the removal nothing of this opens a door or
//! a request any more: a decision asks for the receiver and the source themselves, the
//! authorizer for the user. So this is in no hurry. It takes away
//!
//! - the grants to it and on it, each with its share: one without a receiver would be shown
//!   as an open invitation, one without a source as nothing at all. The count of the named
//!   schedule that a share kept goes down in the same transaction;
//! - of a user, their accesses with all codes; of a space, itself out of each access to it,
//!   with its code, and the access with the last of its spaces, and out of the templates;
//! - that it is in groups and, of a device, that it opens spaces;
//! - of a group, what is left of who is in it;
//! - of a share, its grant, with that count, and the links to its calendar;
//! - of a user and of a group of users, the counts of what was passed on to them;
//! - of a user, their API keys with the tokens that were given out to them, and those that
//!   they made for other persons.
//!
//! Grants that were made by right of one of these stay: they do not hold without it, and their
//! makers can still see and delete them. Open invitations on a source stay until they are
//! deleted: no key of theirs names the source, and reading all shares of an organization for
//! them would cost more than they do.
//!
//! A reference may be written some moments after the removal: by a share that was on its way
//! (`Transaction::refers`). It opens nothing either, but it must not stay. A marker of the
//! removal, `GONE#…`, is therefore left at the end, with a time to live of an hour. When
//! DynamoDB removes the marker, all of this is done once more.
//!
//! It works in pages until its time is over; `lambda/stream.rs` says how it continues. Retries
//! are limited by the age of the change (template.yaml) and not by their number: the traces of
//! a user with a hundred thousand shares, or of a deletion during an outage of the table, are
//! not forgotten after some invocations.
//!
//! The grants on a source come from an index, which follows the table within a second. A share
//! needs its source to be made, and a change takes some time to pass through the stream, so the
//! index is up to date then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::access::draft::{Desk, Draft};
use latchkey::access::{Access, AccessTemplate};
use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::deed::Unrecorded;
use latchkey::directory::{DeviceGroup, Group, Resource, Space, UserGroup, schedule};
use latchkey::error::{Conflict, Error, Result};
use latchkey::grant::{self, Grant, Receiver, Source};
use latchkey::id::{AccessId, DeviceId, ScheduleId, SpaceId, UserId};
use latchkey::layout::{COPIES, Removal, Thing};
use latchkey::table::{Change, If, Key, Read, Table, from_item};
use latchkey::warrant::Warrant;
use serde::de::IgnoredAny;
use tokio::time::{Instant, sleep_until};

use crate::accesses::carry_out;
use crate::api_keys::revoke;
use crate::lambda::Context;

/// The number of grants, or API keys, that are removed at once. A grant is up to three items of
/// the hundred that DynamoDB allows in a transaction: itself, its share, its named schedule.
const PAGE: usize = 30;
/// The minimum time for a page. That is 250 shares a second: half of the write units of one
/// partition, which has all shares of the organization. The other half is for new shares.
const PAGE_TAKES: Duration = Duration::from_millis(120);
/// The same for grants to user groups, each of which is up to eighteen items.
const PAGE_OF_COPIES: usize = 100 / (COPIES as usize + 2);

/// Removes what the item whose removal `change` reports has left.
pub(crate) async fn clean_up(change: StreamRecord, context: Context) -> Result<()> {
    let Some(removal) = Removal::read(change.keys, change.old_image)? else {
        return Ok(());
    };
    let Removal {
        scope, key, thing, ..
    } = &removal;
    let table = &context.table;
    let desk = context.desk(scope);
    // A change can be old, or written by hand. An item that exists keeps what it has.
    if table.get::<IgnoredAny>(key, Read::Strong).await?.is_some() {
        return Ok(());
    }
    match thing {
        Thing::User(user) => {
            delete_api_keys(table, scope, user.id).await?;
            delete_grants_to(desk, Receiver::User(user.id)).await?;
            let passed_on = scope.all_passed_on(Receiver::User(user.id));
            table
                .delete_all(&passed_on, Unrecorded::Consequence)
                .await?;
            for group in &user.groups {
                leave_group::<UserGroup>(table, scope, *group, user.id).await?;
            }
            // It goes with the user; unless someone deleted that by hand.
            clear(table, &scope.keyring(user.id)).await?;
        }
        Thing::UserGroup(id) => {
            delete_grants_to(desk, Receiver::UserGroup(*id)).await?;
            let passed_on = scope.all_passed_on(Receiver::UserGroup(*id));
            table
                .delete_all(&passed_on, Unrecorded::Consequence)
                .await?;
            table
                .delete_all(&scope.memberships(key), Unrecorded::Consequence)
                .await?;
        }
        Thing::Device(device) => {
            delete_grants_on(desk, Source::Device(device.id)).await?;
            for group in &device.groups {
                leave_group::<DeviceGroup>(table, scope, *group, device.id).await?;
            }
            for space in &device.spaces {
                leave_space(table, scope, *space, device.id).await?;
            }
        }
        Thing::Share(share) => {
            delete_grants(table, scope, Vec::from_iter(share.grant())).await?;
            let mut writes = table.transaction(&Warrant::System, Unrecorded::Consequence);
            for link in &share.calendar_links {
                writes.delete((), &Key::calendar_link(&link.hash), If::Always);
            }
            if !writes.is_empty() {
                writes.send_unconditional().await?;
            }
        }
        Thing::Space(id) => {
            delete_grants_on(desk, Source::Space(*id)).await?;
            table
                .delete_all(&scope.codes(*id), Unrecorded::Consequence)
                .await?;
            table
                .delete_all(&scope.bookings(*id), Unrecorded::Consequence)
                .await?;
            leave_templates(table, scope, *id).await?;
        }
        Thing::DeviceGroup(id) => {
            delete_grants_on(desk, Source::DeviceGroup(*id)).await?;
            table
                .delete_all(&scope.memberships(key), Unrecorded::Consequence)
                .await?;
        }
    }
    if !removal.again && !matches!(thing, Thing::Share(_)) {
        removal.sweep_later(table, context.now).await?;
    }
    Ok(())
}

async fn delete_grants_to(desk: Desk<'_>, receiver: Receiver) -> Result<()> {
    let Desk { table, scope, .. } = desk;
    let grants = scope.grants_to(receiver);
    // After the keyring, which is no grant.
    let mut after = Some(String::new());
    loop {
        let begun = Instant::now();
        let page = table.page(&grants, PAGE, after.as_deref(), Read::Strong);
        let (page, next) = page.await?;
        end_grants(desk, page, None).await?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
        sleep_until(begun + PAGE_TAKES).await;
    }
}

async fn delete_grants_on(desk: Desk<'_>, source: Source) -> Result<()> {
    let Desk { table, scope, .. } = desk;
    let space = match source {
        Source::Space(id) => Some(id),
        Source::Device(_) | Source::DeviceGroup(_) => None,
    };
    let grants = scope.grants_on(source);
    let mut after: Option<String> = None;
    loop {
        let begun = Instant::now();
        let page = table.page_of_list(&grants, PAGE, after.as_deref());
        let (page, more): (Vec<Grant>, _) = page.await?;
        after = page
            .last()
            .map(|last| scope.grant_key(last).place().to_owned());
        end_grants(desk, page, space).await?;
        if !more {
            return Ok(());
        }
        sleep_until(begun + PAGE_TAKES).await;
    }
}

/// Takes away grants with what they belong to: shares whole, accesses whole or, where they
/// are on a space that is gone, without that.
async fn end_grants(desk: Desk<'_>, grants: Vec<Grant>, space: Option<SpaceId>) -> Result<()> {
    let (of_accesses, of_shares): (Vec<_>, Vec<_>) = grants
        .into_iter()
        .partition(|grant| grant.id.access().is_some());
    delete_grants(desk.table, desk.scope, of_shares).await?;
    // In their order: an access to several spaces has as many grants.
    let mut ended = BTreeSet::new();
    for grant in of_accesses {
        if let Some(id) = grant.id.access()
            && ended.insert(id)
        {
            end_access(desk, id, space).await?;
        }
        // For an access that does not exist any more, or does not mention it.
        clear(desk.table, &desk.scope.grant_key(&grant)).await?;
    }
    Ok(())
}

/// Takes an item away, if it exists.
async fn clear(table: &Table, key: &Key) -> Result<()> {
    let mut writes = table.transaction(&Warrant::System, Unrecorded::Consequence);
    writes.delete((), key, If::Always);
    writes.send_unconditional().await
}

/// Takes away an access, or a space out of it.
async fn end_access(desk: Desk<'_>, id: AccessId, space: Option<SpaceId>) -> Result<()> {
    for attempt in desk.table.attempts() {
        let access: Option<Access> = desk.table.get(&desk.scope.access(id), Read::Strong).await?;
        let Some(access) = access else { return Ok(()) };
        let draft = match space {
            Some(space) if access.space(space).is_none() => return Ok(()),
            Some(space) => Draft::without(access, space, desk.now),
            None => Draft::taken_away(access),
        };
        match carry_out(desk, &Warrant::System, draft).await {
            Err(Error::Conflict(Conflict::Changed)) => attempt.back_off().await?,
            outcome => return outcome,
        }
    }
    Err(changing_all_the_time("access"))
}

/// Takes a space out of the templates that have it. An empty template stays, so that spaces can
/// be added.
async fn leave_templates(table: &Table, scope: &OrganizationScope, space: SpaceId) -> Result<()> {
    let templates: Vec<AccessTemplate> = table.query(&scope.templates(), Read::Strong).await?;
    let with_it = templates
        .iter()
        .filter(|template| template.thing(space).is_some());
    for template in with_it {
        let key = scope.thing(AccessTemplate::KEY, template.id);
        change::<AccessTemplate>(table, &key, "template", |before| {
            let mut after = before.clone();
            after.things.retain(|thing| thing.thing_id != space);
            (after != *before).then_some(after)
        })
        .await?;
    }
    Ok(())
}

/// Changes an item as `next` says; `next` returns `None` if there is nothing to change.
async fn change<R: Resource>(
    table: &Table,
    key: &Key,
    what: &str,
    next: impl Fn(&R) -> Option<R> + Send,
) -> Result<()> {
    for attempt in table.attempts() {
        let before: Option<R> = table.get(key, Read::Strong).await?;
        let Some((before, after)) = before.and_then(|before| {
            let after = next(&before)?;
            Some((before, after))
        }) else {
            return Ok(());
        };
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Consequence);
        writes.change((), key, (&before, &after), before.version());
        match writes.send().await? {
            Ok(()) => return Ok(()),
            Err(_) => attempt.back_off().await?,
        }
    }
    Err(changing_all_the_time(what))
}

fn changing_all_the_time(what: &str) -> Error {
    Error::Unavailable(format!("other requests kept changing the {what}"))
}

/// The purpose of each item of the transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// The grant at this place.
    Grant(usize),
    /// A further copy of a grant.
    Copy,
    /// The share of a grant.
    Share,
    /// A named schedule that shares kept.
    Schedule(ScheduleId),
}

/// Removes grants with their shares, all or none. Missing grants and missing counts of
/// schedules are left out. If a grant has another schedule by now, that counts: the condition
/// that the grant exists with this schedule makes sure that it is counted down once.
async fn delete_grants(table: &Table, scope: &OrganizationScope, grants: Vec<Grant>) -> Result<()> {
    // Grants to groups have copies: fewer of them fit into a transaction.
    let (to_users, to_groups): (Vec<_>, Vec<_>) = grants
        .into_iter()
        .partition(|grant| matches!(grant.receiver, Receiver::User(_)));
    let mut chunks = vec![to_users];
    chunks.extend(to_groups.chunks(PAGE_OF_COPIES).map(<[Grant]>::to_vec));
    for grants in chunks {
        delete_grants_at_once(table, scope, grants).await?;
    }
    Ok(())
}

async fn delete_grants_at_once(
    table: &Table,
    scope: &OrganizationScope,
    mut grants: Vec<Grant>,
) -> Result<()> {
    let mut gone = BTreeSet::new();
    while !grants.is_empty() {
        let mut writes = table.transaction(&Warrant::System, Unrecorded::Consequence);
        let mut kept: BTreeMap<ScheduleId, u32> = BTreeMap::new();
        for (place, grant) in grants.iter().enumerate() {
            let mut copies = scope.grant_keys(grant);
            if let Some(first) = copies.next() {
                let same = If::is_still(grant::SCHEDULE, grant.schedule.as_ref());
                writes.delete(Part::Grant(place), &first, If::Exists.and(same));
            }
            for copy in copies {
                writes.delete(Part::Copy, &copy, If::Always);
            }
            if let Some(share) = grant.id.share() {
                writes.delete(Part::Share, &scope.share(share), If::Always);
            }
            if let Some(schedule) = grant.schedule.filter(|id| !gone.contains(id)) {
                *kept.entry(schedule).or_default() += 1;
            }
        }
        for (id, by) in kept {
            let key = scope.schedule(id);
            schedule::release(&mut writes, Part::Schedule(id), &key, by);
        }
        let Err(refused) = writes.send().await? else {
            return Ok(());
        };
        let mut standing: Vec<_> = grants.into_iter().map(Some).collect();
        for (part, item) in refused {
            match part {
                Part::Grant(place) => {
                    if let Some(grant) = standing.get_mut(place) {
                        *grant = item.map(from_item).transpose()?;
                    }
                }
                Part::Schedule(id) => {
                    gone.insert(id);
                }
                Part::Copy | Part::Share => {}
            }
        }
        grants = standing.into_iter().flatten().collect();
    }
    Ok(())
}

/// Removes the item by which a group lists a member. The group gets a new version, so that a
/// concurrent replacement of its whole list notices the change.
async fn leave_group<G: Group>(
    table: &Table,
    scope: &OrganizationScope,
    group: G::Id,
    member: <G::Member as Resource>::Id,
) -> Result<()> {
    let (Some(key), Some((edge, _))) = (G::key(scope, group), G::link(scope, group, member).item)
    else {
        return Ok(());
    };
    // The group, or the item, is gone.
    let (no_group, no_item) = (true, false);
    let mut writes = table.transaction(&Warrant::System, Unrecorded::Consequence);
    writes.update(no_group, &key, Change::new_version(), If::Exists);
    writes.delete(no_item, &edge, If::Exists);
    match writes.send().await? {
        Err(refused) if !refused.has(no_item) => clear(table, &edge).await,
        _ => Ok(()),
    }
}

/// Takes a device out of the list of a space.
async fn leave_space(
    table: &Table,
    scope: &OrganizationScope,
    space: SpaceId,
    device: DeviceId,
) -> Result<()> {
    let key = scope.space(space);
    change::<Space>(table, &key, "space", |before| {
        let mut after = before.clone();
        after.devices.remove(&device).then_some(after)
    })
    .await
}

/// Takes away the API keys that speak for a user, and those that the user made for others who
/// are persons. They are few in an organization, so all are read.
async fn delete_api_keys(table: &Table, scope: &OrganizationScope, user: UserId) -> Result<()> {
    let keys: Vec<ApiKey> = table.query(&scope.api_keys(), Read::Strong).await?;
    let ends = |key: &&ApiKey| key.user == user || key.upheld_by == Some(user);
    for key in keys.iter().filter(ends) {
        revoke(table, scope, key).await?;
    }
    Ok(())
}
