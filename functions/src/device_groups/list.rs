//! `GET /v2/device-groups` and `GET /v2/device-groups/{deviceGroupId}`;
//! `GET /v1/device-groups`.
//!
//! Reads one page, or the one. Version 1 reads all groups of the organization, and with
//! `includeDevices` all devices at the same time, since it sorts by what is in no key.

use std::cmp::Reverse;
use std::collections::HashMap;

use http::StatusCode;
use latchkey::directory::{Device, DeviceGroup, DeviceGroupView, DeviceView, Resource, View};
use latchkey::error::Result;
use latchkey::id::{DeviceGroupId, Identifier};
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory;
use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-device-groups", |call| {
    if call.request.url.ends_with("/v1/device-groups") {
        Box::pin(search(call))
    } else if call.request.path.contains_key(DeviceGroup::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// List device groups.
///
/// Returns all of an organization, oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/device-groups",
    tag = "Device groups",
    operation_id = ENDPOINT.operation,
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Vec<DeviceGroupView>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    directory::list::<DeviceGroup>(call).await
}

/// Get a device group.
///
/// Returns the group. Its `ETag` is the version for `If-Match`.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
/// Also allowed: users who hold `administrate` on the group now.
#[utoipa::path(
    get,
    path = "/v2/device-groups/{deviceGroupId}",
    tag = "Device groups",
    operation_id = "get-device-group",
    params(("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group.")),
    responses(
        (status = 200, description = "The group.", body = DeviceGroupView, headers(("ETag"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    directory::show::<DeviceGroup>(call).await
}

/// A sort key of device groups. Groups with the same value are sorted by age.
#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "camelCase", examples("name"))]
pub(crate) enum SortBy {
    /// By age.
    Id,
    /// By name, case-insensitive.
    Name,
    /// By location, case-insensitive.
    Location,
}

/// A sort order.
#[derive(Clone, Copy, PartialEq, ToSchema)]
#[schema(rename_all = "lowercase", examples("asc"))]
pub(crate) enum SortDirection {
    /// The first comes first.
    Asc,
    /// The last comes first.
    Desc,
}

/// A device group with its devices.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceGroupWithDevices)]
pub(crate) struct WithDevices<'g> {
    #[serde(flatten)]
    #[schema(value_type = DeviceGroupView)]
    group: View<'g, DeviceGroup>,
    /// The devices of the group; left out unless requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<DeviceView>>)]
    devices: Option<Vec<View<'g, Device>>>,
}

/// The parameters of a search.
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
        ("asc", SortDirection::Asc),
        ("desc", SortDirection::Desc),
        ("ASC", SortDirection::Asc),
        ("DESC", SortDirection::Desc),
        ("Asc", SortDirection::Asc),
        ("Desc", SortDirection::Desc),
    ];
    let direction = query.name("sortDirection", &directions);
    let wanted = query.text("search").unwrap_or_default().trim();
    let wanted = wanted.to_lowercase();
    let offset = Page::offset(&query);
    let mut listed = lists::in_organization(call, query)?;
    listed.page.offset = offset;
    Ok(Asked {
        include_devices: include_devices.unwrap_or(false),
        by: by.unwrap_or(SortBy::Id),
        descending: direction == Some(SortDirection::Desc),
        wanted,
        listed,
    })
}

/// Search device groups.
///
/// Returns the device groups of an organization whose name or location contains a text, sorted
/// and in pages, with their devices if requested.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v1/device-groups",
    tag = "Device groups",
    operation_id = "search-device-groups",
    params(
        Listed,
        Offset,
        ("search" = Option<String>, Query, description = "Text to find in the name or location \
            (case-insensitive).", example = "floor"),
        ("includeDevices" = Option<bool>, Query, description = "Whether to include the devices \
            of each group.", example = true),
        ("sortBy" = inline(Option<SortBy>), Query, description = "Sort key; `id` by default."),
        ("sortDirection" = inline(Option<SortDirection>), Query, description = "Sort order; \
            ascending by default."),
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<WithDevices>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn search(call: Call) -> Result<Response> {
    let Asked {
        listed: Listed { scope, page },
        include_devices: include,
        by,
        descending,
        wanted,
    } = read(&call)?;
    let groups = scope.things(DeviceGroup::KEY);
    let devices = scope.things(Device::KEY);
    let devices = async {
        match include {
            true => call.table.all_things(&devices).await,
            false => Ok(Vec::new()),
        }
    };
    let groups = call.table.all_things(&groups);
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
    let passed = page.offset.unwrap_or_default().min(groups.len());
    groups.drain(..passed);
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

/// The sort key of a group in the list: texts that sort like the list.
fn place(group: &DeviceGroup, by: SortBy) -> String {
    let text = match by {
        SortBy::Id => String::new(),
        SortBy::Name => group.name.to_lowercase(),
        SortBy::Location => group.location.as_deref().unwrap_or_default().to_lowercase(),
    };
    format!("{text}\u{0}{}", group.id.key_text())
}
