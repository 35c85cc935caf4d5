//! `GET /v2/device-groups` and `GET /v2/device-groups/{deviceGroupId}`;
//! `GET /v1/device-groups`.
//!
//! Reads one page, or the one. Version 1 reads all groups of the organization, and with
//! `includeDevices` all devices at the same time, since it sorts by what is in no key.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use http::StatusCode;
use latchkey::directory::{Device, DeviceGroup, DeviceGroupView, Organization, Resource, View};
use latchkey::error::Result;
use latchkey::id::DeviceGroupId;
use latchkey::table::Read;
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::devices::view::{Shown, View as DeviceView};
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
    /// By remarks, whatever the case.
    Remarks,
    /// By creation time.
    DateCreated,
    /// By the time of the last change.
    DateModified,
}

/// A sort order, in any case.
#[derive(Clone, Copy, PartialEq, ToSchema)]
#[schema(examples("Asc"))]
pub(crate) enum SortDirection {
    /// The first comes first.
    Asc,
    /// The last comes first.
    Desc,
}

const DIRECTIONS: [(&str, SortDirection); 2] =
    [("Asc", SortDirection::Asc), ("Desc", SortDirection::Desc)];

/// A device group with its devices.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceGroupWithDevices)]
pub(crate) struct WithDevices<'g> {
    #[serde(flatten)]
    #[schema(value_type = DeviceGroupView)]
    group: View<'g, DeviceGroup>,
    /// The devices of the group; left out unless requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_list: Option<Vec<DeviceView>>,
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
        ("remarks", SortBy::Remarks),
        ("dateCreated", SortBy::DateCreated),
        ("dateModified", SortBy::DateModified),
    ];
    let by = query.name("sortBy", &by);
    let direction = query.any_case("sortDirection", &DIRECTIONS);
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
        ("search" = Option<String>, Query, description = "Text to find in the name or location (case-insensitive).", example = "floor"),
        ("includeDevices" = Option<bool>, Query, description = "Whether to include the devices of each group.", example = true),
        ("sortBy" = inline(Option<SortBy>), Query, description = "Sort key; `id` by default."),
        ("sortDirection" = inline(Option<SortDirection>), Query, description = "Sort order, in any case; ascending by default."),
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
    let owner = scope.organization_key();
    let devices = async {
        match include {
            true => {
                let owner = call.table.get(&owner, Read::Eventual);
                tokio::try_join!(call.table.all_things(&devices), owner)
            }
            false => Ok((Vec::new(), None)),
        }
    };
    let groups = call.table.all_things(&groups);
    let (groups, devices) = tokio::try_join!(groups, devices)?;
    let mut groups: Vec<DeviceGroup> = groups;
    let (devices, organization): (Vec<Device>, Option<Organization>) = devices;

    groups.retain(|group| {
        let texts = [Some(&group.name), group.location.as_ref()];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(&wanted))
    });
    let place = |group: &DeviceGroup| place(group, by);
    let (groups, next) = directory::paged(groups, &page, descending, place);

    let of = Shown {
        scope: &scope,
        organization: organization.as_ref(),
        now: call.now,
    };
    let mut inside: HashMap<DeviceGroupId, Vec<DeviceView>> = HashMap::new();
    for device in &devices {
        for group in &device.groups {
            inside.entry(*group).or_default().push(of.view(device));
        }
    }
    let views: Vec<_> = groups
        .iter()
        .map(|group| WithDevices {
            group: View::new(&scope, group),
            device_list: include.then(|| inside.remove(&group.id).unwrap_or_default()),
        })
        .collect();
    let response = Response::json(StatusCode::OK, &views);
    Ok(page.linked(&call.request, response, next.as_deref()))
}

/// The sort key of a group in the list: texts that sort like the list.
fn place(group: &DeviceGroup, by: SortBy) -> String {
    let text = match by {
        SortBy::Id => String::new(),
        SortBy::Name => group.name.to_lowercase(),
        SortBy::Location => group.location.as_deref().unwrap_or_default().to_lowercase(),
        SortBy::Remarks => group.remarks.as_deref().unwrap_or_default().to_lowercase(),
        SortBy::DateCreated => moment(group.date_created),
        SortBy::DateModified => moment(group.date_modified),
    };
    directory::place(&text, group.id)
}

/// A moment as a text that has its place among others; what is not known comes first.
fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| format!("{:020}", at.timestamp_millis()))
        .unwrap_or_default()
}
