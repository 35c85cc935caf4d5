//! `GET /v2/device-groups` and `GET /v2/device-groups/{deviceGroupId}`: list groups of
//! devices, show one; `GET /v1/device-groups`: search and sort them, with their devices.
//!
//! Who may: the roles that read the directory, and of one group whoever administrates it
//! now.
//!
//! Reads one page, or the one. Version 1 reads all groups of the organization, and with
//! `includeDevices` all devices at the same time, since it sorts by what is in no key.

use std::cmp::Reverse;
use std::collections::HashMap;

use http::StatusCode;
use latchkey::directory::{Device, DeviceGroup, Resource, View};
use latchkey::id::{DeviceGroupId, Identifier};
use latchkey::table::Read;
use latchkey::wire::{Query, Response, Result};
use serde::Serialize;

use crate::directory::{self, Listed};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: OPERATION,
    handle: |call| {
        if call.request.url.ends_with("/v1/device-groups") {
            Box::pin(async move { search(&call).await })
        } else {
            (directory::list::<DeviceGroup>(OPERATION).handle)(call)
        }
    },
};

const OPERATION: &str = "list-device-groups";

/// What groups are sorted by. Two that are alike in it are in the order of their age.
#[derive(Clone, Copy)]
enum SortBy {
    Id,
    Name,
    Location,
}

/// A group with its devices.
#[derive(Serialize)]
struct WithDevices<'g> {
    #[serde(flatten)]
    group: View<'g, DeviceGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<View<'g, Device>>>,
}

/// What a search asks for.
struct Asked {
    listed: Listed,
    include_devices: bool,
    by: SortBy,
    descending: bool,
    wanted: String,
}

fn read(call: &Call) -> Result<Asked> {
    let query = Query::of(&call.request);
    let flags = [("true", true), ("false", false)];
    let include_devices = query.name("includeDevices", &flags);
    let by = [
        ("id", SortBy::Id),
        ("name", SortBy::Name),
        ("location", SortBy::Location),
    ];
    let by = query.name("sortBy", &by);
    let directions = [
        ("asc", false),
        ("desc", true),
        ("ASC", false),
        ("DESC", true),
    ];
    let descending = query.name("sortDirection", &directions);
    let wanted = query.text("search").unwrap_or_default().trim();
    Ok(Asked {
        include_devices: include_devices.unwrap_or(false),
        by: by.unwrap_or(SortBy::Id),
        descending: descending.unwrap_or(false),
        wanted: wanted.to_lowercase(),
        listed: directory::in_organization(call, query)?,
    })
}

async fn search(call: &Call) -> Result<Response> {
    let Asked {
        listed: Listed { scope, page },
        include_devices: include,
        by,
        descending,
        wanted,
    } = read(call)?;
    let groups = scope.things(DeviceGroup::KEY);
    let devices = scope.things(Device::KEY);
    let devices = async {
        match include {
            true => call.table.query(&devices, Read::Eventual).await,
            false => Ok(Vec::new()),
        }
    };
    let groups = call.table.query(&groups, Read::Eventual);
    let (mut groups, devices): (Vec<DeviceGroup>, Vec<Device>) = tokio::try_join!(groups, devices)?;

    groups.retain(|group| {
        let location = group.location.as_deref().unwrap_or_default();
        [&group.name, location]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    });
    groups.sort_by_cached_key(|group| place(group, by));
    if descending {
        groups.sort_by_cached_key(|group| Reverse(place(group, by)));
    }
    if let Some(after) = page.after.as_deref() {
        groups.retain(|group| {
            let place = place(group, by);
            if descending {
                *place < *after
            } else {
                *place > *after
            }
        });
    }
    let more = groups.len() > page.size;
    groups.truncate(page.size);
    let next = groups.last().filter(|_| more).map(|group| place(group, by));

    let mut inside: HashMap<DeviceGroupId, Vec<View<'_, Device>>> = HashMap::new();
    for device in &devices {
        for group in &device.groups {
            let inside = inside.entry(*group).or_default();
            inside.push(View::new(&scope, device));
        }
    }
    let views: Vec<_> = groups
        .iter()
        .map(|group| WithDevices {
            group: View::new(&scope, group),
            devices: include.then(|| inside.remove(&group.id).unwrap_or_default()),
        })
        .collect();
    let response = Response::json(StatusCode::OK, &views);
    Ok(match next {
        Some(place) => response.next(&page.next(&call.request, &place)),
        None => response,
    })
}

/// Where a group stands in the list: texts whose order is that of the list.
fn place(group: &DeviceGroup, by: SortBy) -> String {
    let text = match by {
        SortBy::Id => String::new(),
        SortBy::Name => group.name.to_lowercase(),
        SortBy::Location => group.location.as_deref().unwrap_or_default().to_lowercase(),
    };
    format!("{text}\u{0}{}", group.id.key_text())
}
