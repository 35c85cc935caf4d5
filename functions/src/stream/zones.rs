//! Spreading zones: a door without a zone of its own has that of its organization, and says it
//! in its item, so that a decision need not read the organization.
//!
//! `follow_up.rs` hands it doors that were made and organizations whose zone has changed. A door
//! says of which version of the organization its zone is, and takes none of an earlier one: so it
//! does not matter in which order these come, nor how often. A change goes over all doors in
//! pages; those that have it already are passed over when it is taken up again.
//!
//! The doors come from the index, which follows the table within a second. A change takes some
//! time to pass through the stream, so the index is up to date then; and a door that is created
//! after the change reads the current organization.

use futures_util::{StreamExt, TryStreamExt, stream};
use latchkey::caller::OrganizationScope;
use latchkey::deed::Unrecorded;
use latchkey::directory::{
    Device, DeviceGroup, ORGANIZATION_ZONE, Organization, Resource, Space, ZONE_VERSION,
};
use latchkey::error::Result;
use latchkey::layout::Rezoned;
use latchkey::table::{Change, If, Key, Read, Table};
use serde::Deserialize;

use crate::lambda::Context;

/// The number of doors in one read.
const PAGE: usize = 1000;
/// The number of concurrent writes: at 5 ms for a write 1,600 a second, and 800 in each list of
/// the index.
const AT_ONCE: usize = 8;

/// Has the doors say the zone of their organization.
pub(crate) async fn spread(change: Rezoned, context: Context) -> Result<()> {
    let Rezoned { scope, door } = change;
    let table = &context.table;
    let key = scope.organization_key();
    let found: Option<Organization> = table.get(&key, Read::Strong).await?;
    let Some(organization) = found else {
        return Ok(());
    };
    if let Some(door) = door {
        return set(table, door, &organization).await;
    }
    over_all::<Device>(table, &scope, &organization).await?;
    over_all::<DeviceGroup>(table, &scope, &organization).await?;
    over_all::<Space>(table, &scope, &organization).await?;
    tracing::info!(
        organization = %organization.id,
        version = organization.version,
        "all doors have the new time zone"
    );
    Ok(())
}

/// Which zone a door says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zoned<Id> {
    id: Id,
    zone_version: Option<u64>,
}

async fn over_all<R: Resource>(
    table: &Table,
    scope: &OrganizationScope,
    organization: &Organization,
) -> Result<()> {
    let all = scope.things(R::KEY);
    let mut after: Option<String> = None;
    loop {
        let page = table.page_of_things(&all, PAGE, after.as_deref());
        let (page, next): (Vec<Zoned<R::Id>>, _) = page.await?;
        let behind = |door: &Zoned<R::Id>| {
            door.zone_version
                .is_none_or(|version| version < organization.version)
        };
        let behind = page.into_iter().filter(behind);
        let behind: Vec<_> = behind.filter_map(|door| R::key(scope, door.id)).collect();
        let writes = stream::iter(behind).map(|key| set(table, key, organization));
        writes.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Has a door say the zone, unless it is gone or says that of a later version.
async fn set(table: &Table, key: Key, organization: &Organization) -> Result<()> {
    let version = organization.version;
    let change = Change::default()
        .set(ORGANIZATION_ZONE, &organization.time_zone)
        .set(ZONE_VERSION, &version);
    let earlier = i64::try_from(version).unwrap_or(i64::MAX) - 1;
    let only = If::Lacks(ZONE_VERSION).or(If::AtMost(ZONE_VERSION, earlier));
    // One that is gone, or has its zone already, needs none.
    let only = If::Exists.and(only);
    drop(
        table
            .update(&key, change, only, Unrecorded::Consequence)
            .await?,
    );
    Ok(())
}
