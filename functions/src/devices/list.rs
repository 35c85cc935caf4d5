//! `GET /v2/devices` and `GET /v2/devices/{deviceId}`; `GET /v1/devices/{deviceId}`;
//! `GET /v2/device-groups/{deviceGroupId}/devices`; `GET /v1/gateways/{deviceId}/current-status`.
//!
//! Whoever reads the directory sees all devices: a page and the organization in one round trip.
//! With a filter or a sort key all devices are read, since neither is in a key. Everyone else
//! sees what they may use now or later, as [`decision::reachable`] finds it, and the gateways
//! that connect it, in one round trip more.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Door, Found, Reachable};
use latchkey::directory::{Device, DeviceGroup, ForeignId, GATEWAY, LOCK, Organization, Resource};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::grant::Source;
use latchkey::id::{DeviceGroupId, DeviceId, Id};
use latchkey::table::Read;
use latchkey::wire::json::Label;
use latchkey::wire::page::Offset;
use latchkey::wire::{Page, Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{FirstView, Named, Shown, View};
use crate::directory;
use crate::lambda::{Call, Endpoint, SHOWN};
use crate::lists::{self, Listed};
use crate::scopes::reads;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-devices", |call| {
    let url = &call.request.url;
    if call.request.path.contains_key(DeviceGroup::ID_FIELD) {
        Box::pin(list_of_group(call))
    } else if url.ends_with("/current-status") {
        Box::pin(status(call))
    } else if url.contains("/v1/devices/") {
        Box::pin(get_first(call))
    } else if call.request.path.contains_key(Device::ID_FIELD) {
        Box::pin(get(call))
    } else {
        Box::pin(list(call))
    }
});

/// How long a gateway may be silent before it counts as out of reach, in minutes.
const SILENT: i64 = 15;

/// A type of device.
#[derive(Clone, Copy, PartialEq, ToSchema)]
#[schema(examples("Lock"))]
pub(crate) enum DeviceType {
    /// Locks.
    Lock,
    /// Key fobs; Latchkey has none.
    Keyfob,
    /// Gateways.
    Gateway,
}

/// A sort key. Devices with the same key are sorted by age.
#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "camelCase", examples("name"))]
pub(crate) enum SortBy {
    /// By name, whatever the case.
    Name,
    /// By battery level; unknown levels come first.
    BatteryLevel,
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

const FLAGS: [(&str, bool); 2] = [("true", true), ("false", false)];

/// What is shown beside a device.
#[derive(Clone, Copy, Default)]
struct Beside {
    groups: bool,
    gateways: bool,
    devices: bool,
}

impl Beside {
    fn read(query: &Query<'_>) -> Self {
        let flag = |name| query.name(name, &FLAGS).unwrap_or(false);
        Self {
            groups: flag("includeGroups"),
            gateways: flag("includeReachableGateways"),
            devices: flag("includeReachableDevices"),
        }
    }

    /// Whether other devices must be known.
    fn others(self) -> bool {
        self.gateways || self.devices
    }
}

/// Which devices are asked for, and how.
struct Filter {
    device: Option<DeviceId>,
    group: Option<DeviceGroupId>,
    kind: Option<DeviceType>,
    /// The name of the organization.
    owner: Option<String>,
    /// A text in the name, the location or the remarks.
    search: Option<String>,
    name: Option<String>,
    location: Option<String>,
    remarks: Option<String>,
    by: Option<SortBy>,
    descending: bool,
    beside: Beside,
}

impl Filter {
    fn read(query: &Query<'_>) -> Self {
        let text = |name| {
            let text: Option<Label> = query.read(name);
            text.map(|Label(text)| text.to_lowercase())
        };
        let kinds = [
            ("Lock", DeviceType::Lock),
            ("Keyfob", DeviceType::Keyfob),
            ("Gateway", DeviceType::Gateway),
        ];
        let by = [
            ("name", SortBy::Name),
            ("batteryLevel", SortBy::BatteryLevel),
        ];
        let directions = [("Asc", SortDirection::Asc), ("Desc", SortDirection::Desc)];
        // None are kept that are not in use, so there are no more of them with these.
        for flag in ["includeDecommissioned", "includeUninstalled"] {
            query.name(flag, &FLAGS);
        }
        query.not_served(&["filter", "filter[]"]);
        Self {
            device: query.optional("deviceId", "the number of a device"),
            group: query.optional("deviceGroupId", "the number of a group of devices"),
            kind: query.any_case("deviceType", &kinds),
            owner: text("organizationName"),
            search: text("search"),
            name: text("name"),
            location: text("location"),
            remarks: text("remarks"),
            by: query.any_case("sortBy", &by),
            descending: query.any_case("sortDirection", &directions) == Some(SortDirection::Desc),
            beside: Beside::read(query),
        }
    }

    /// Whether all devices are asked for, in the order of their age.
    fn is_plain(&self) -> bool {
        let texts = [
            &self.owner,
            &self.search,
            &self.name,
            &self.location,
            &self.remarks,
        ];
        let is_sorted = self.by.is_some() || self.descending || self.beside.others();
        let is_named = self.device.is_some() || self.group.is_some() || self.kind.is_some();
        !is_sorted && !is_named && texts.iter().all(|text| text.is_none())
    }

    fn keeps(&self, device: &Device, organization: Option<&Organization>) -> bool {
        let has = |text: Option<&String>, wanted: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| text.is_some_and(|text| text.to_lowercase().contains(wanted)))
        };
        let (name, location) = (Some(&device.name), device.location.as_ref());
        let remarks = device.remarks.as_ref();
        let found = [name, location, remarks];
        self.device.is_none_or(|id| device.id == id)
            && self
                .group
                .is_none_or(|group| device.groups.contains(&group))
            && self.kind.is_none_or(|kind| kind.is_of(device))
            && has(organization.map(|owner| &owner.name), &self.owner)
            && has(name, &self.name)
            && has(location, &self.location)
            && has(remarks, &self.remarks)
            && found.into_iter().any(|text| has(text, &self.search))
    }

    /// Where a device stands in the list: texts whose order is that of the list.
    fn place(&self, device: &Device) -> String {
        let text = match self.by {
            None => String::new(),
            Some(SortBy::Name) => device.name.to_lowercase(),
            Some(SortBy::BatteryLevel) => {
                let level = device.state.battery_level;
                level.map_or(0, |level| level as u8 + 1).to_string()
            }
        };
        directory::place(&text, device.id)
    }
}

impl DeviceType {
    fn is_of(self, device: &Device) -> bool {
        match self {
            Self::Lock => device.kind().id == ForeignId::Number(LOCK),
            Self::Keyfob => false,
            Self::Gateway => device.kind().id == ForeignId::Number(GATEWAY),
        }
    }
}

/// List devices.
///
/// Returns the devices of an organization, oldest first, in pages. A user without a role sees
/// the devices that are shared with them now or later, and the gateways of these. Text filters
/// are case-insensitive. With a filter or a sort key, each page reads all devices. The roles
/// `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and `Receptionist` see all devices.
///
/// Allowed: every user.
#[utoipa::path(
    get,
    path = "/v2/devices",
    tag = "Devices",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = Option<DeviceId>, Query, description = "Only this device."),
        ("deviceGroupId" = Option<DeviceGroupId>, Query, description = "Only devices in this group."),
        ("deviceType" = inline(Option<DeviceType>), Query, description = "Only devices of this type."),
        ("organizationName" = Option<String>, Query, description = "Text to find in the name of the organization.", example = "House"),
        ("search" = Option<String>, Query, description = "Text to find in the name, location or remarks.", example = "door"),
        ("name" = Option<String>, Query, description = "Text to find in the name.", example = "door"),
        ("location" = Option<String>, Query, description = "Text to find in the location.", example = "floor"),
        ("remarks" = Option<String>, Query, description = "Text to find in the remarks.", example = "knock"),
        ("includeGroups" = Option<bool>, Query, description = "Whether to include the device groups of each device.", example = true),
        ("includeReachableGateways" = Option<bool>, Query, description = "Whether to include the gateways that reach each device.", example = true),
        ("includeReachableDevices" = Option<bool>, Query, description = "Whether to include the devices that each gateway reaches.", example = true),
        ("includeDecommissioned" = Option<bool>, Query, description = "No effect: Latchkey has no such devices.", example = false),
        ("includeUninstalled" = Option<bool>, Query, description = "No effect: Latchkey has no such devices.", example = false),
        ("sortBy" = inline(Option<SortBy>), Query, description = "Sort key; age by default."),
        ("sortDirection" = inline(Option<SortDirection>), Query, description = "Sort order, in any case; ascending by default."),
        Listed,
        Offset,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller does not belong to the organization."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let (listed, filter) = asked(&call)?;
    let scope = &listed.scope;
    let owner = scope.organization_key();
    let owner = call.table.get::<Organization>(&owner, Read::Eventual);

    let (shown, all, next, organization) = if reads(scope) && filter.is_plain() {
        let page = directory::page_of::<Device>(&call, &listed);
        let ((devices, next), organization) = tokio::try_join!(page, owner)?;
        (devices, Vec::new(), next, organization)
    } else {
        let (all, organization) = tokio::try_join!(visible(&call, scope), owner)?;
        let kept = all.iter();
        let kept = kept.filter(|device| filter.keeps(device, organization.as_ref()));
        let kept = kept.cloned().collect();
        let place = |device: &Device| filter.place(device);
        let (devices, next) = directory::paged(kept, &listed.page, filter.descending, place);
        (devices, all, next, organization)
    };
    let of = Shown {
        scope,
        organization: organization.as_ref(),
        now: call.now,
    };
    let views = views(&call, &of, &shown, (filter.beside, &all)).await?;
    let response = Response::json(StatusCode::OK, &views);
    Ok(listed.page.linked(&call.request, response, next.as_deref()))
}

/// Reads the query.
///
/// # Errors
/// 400 for every fault of it; 403 when the caller is not in the organization.
fn asked(call: &Call) -> Result<(Listed, Filter)> {
    let query = Query::of(&call.request);
    let filter = Filter::read(&query);
    let offset = Page::offset(&query);
    let mut listed = lists::of_member(call, query)?;
    listed.page.offset = offset;
    Ok((listed, filter))
}

/// All devices that the caller may know of, as [`list`] says.
async fn visible(call: &Call, scope: &OrganizationScope) -> Result<Vec<Device>> {
    if reads(scope) {
        return call.table.all_things(&scope.things(Device::KEY)).await;
    }
    let found = decision::reachable(&call.table, scope, call.caller.user(), call.now).await?;
    let devices = found.into_iter().map(|reachable| reachable.device);
    let devices: Vec<_> = devices.collect();
    let gateways = gateways(call, scope, &devices).await?;
    Ok(devices.into_iter().chain(gateways).collect())
}

/// The gateways of some devices that are not among them. One round trip; none if there are none.
pub(crate) async fn gateways(
    call: &Call,
    scope: &OrganizationScope,
    devices: &[Device],
) -> Result<Vec<Device>> {
    let mut ids: Vec<_> = devices.iter().filter_map(Device::gateway).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| devices.iter().all(|device| device.id != *id));
    let keys: Vec<_> = ids.into_iter().map(|id| scope.device(id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let gateways = keys.iter().filter_map(|key| items.get(key).transpose());
    let gateways: Vec<Device> = gateways.collect::<Result<_>>()?;
    Ok(gateways.into_iter().filter(Device::is_gateway).collect())
}

/// The views of some devices, `all` being those that are known. One round trip if the names of
/// their groups are asked for.
async fn views(
    call: &Call,
    of: &Shown<'_>,
    devices: &[Device],
    (beside, all): (Beside, &[Device]),
) -> Result<Vec<View>> {
    let names = if beside.groups {
        group_names(call, of.scope, devices).await?
    } else {
        BTreeMap::new()
    };
    let views = devices.iter().map(|device| {
        let mut view = of.view(device);
        let groups = device.groups.iter().filter_map(|group| {
            let name = names.get(group)?.clone();
            let id = group.number();
            Some(Named { id, name })
        });
        let (gateways, reached) = reach(device, all, beside);
        view.beside(groups.collect(), gateways, reached);
        view
    });
    Ok(views.collect())
}

/// The gateways that reach a device, and the devices that it reaches, as far as asked for.
fn reach(device: &Device, all: &[Device], beside: Beside) -> (Vec<Named>, Vec<Named>) {
    let named = |device: &Device| Named {
        id: device.id.number(),
        name: device.name.clone(),
    };
    let gateways = all.iter().filter(|other| {
        beside.gateways && other.is_gateway() && device.gateway() == Some(other.id)
    });
    let reached = all.iter().filter(|other| {
        beside.devices && device.is_gateway() && other.gateway() == Some(device.id)
    });
    (gateways.map(named).collect(), reached.map(named).collect())
}

async fn group_names(
    call: &Call,
    scope: &OrganizationScope,
    devices: &[Device],
) -> Result<BTreeMap<DeviceGroupId, String>> {
    let groups = devices.iter().flat_map(|device| device.groups.iter());
    let groups = groups.map(|group| (scope.device_group(*group), *group));
    let (keys, ids): (Vec<_>, Vec<_>) = groups.unzip();
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut names = BTreeMap::new();
    for (key, id) in keys.iter().zip(ids) {
        let group: Option<DeviceGroup> = items.get(key)?;
        names.extend(group.map(|group| (id, group.name)));
    }
    Ok(names)
}

/// A device that the caller may know of, with the devices around it, if those are asked for.
struct One {
    scope: OrganizationScope,
    device: Device,
    organization: Option<Organization>,
    beside: Beside,
    all: Vec<Device>,
}

impl One {
    /// The device that the path names. One round trip for who reads the directory, with one for
    /// its organization; two more for everyone else.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    async fn find(call: &Call) -> Result<Self> {
        let id: DeviceId = call.request.path_id(Device::ID_FIELD, Device::WHAT)?;
        let beside = beside(call)?;
        let found = call.find::<Device>(|scope| Some(scope.device(id)), SHOWN);
        let (scope, device) = found.await?.ok_or(Error::NotFound(Device::WHAT))?;
        if !reads(&scope) && !is_seen(call, &scope, &device).await? {
            return Err(Error::NotFound(Device::WHAT));
        }
        let owner = scope.organization_key();
        let owner = call.table.get(&owner, Read::Eventual);
        let all = async {
            match beside.others() {
                true => visible(call, &scope).await,
                false => Ok(Vec::new()),
            }
        };
        let (organization, all) = tokio::try_join!(owner, all)?;
        Ok(Self {
            scope,
            device,
            organization,
            beside,
            all,
        })
    }

    fn shown(&self, call: &Call) -> Shown<'_> {
        Shown {
            scope: &self.scope,
            organization: self.organization.as_ref(),
            now: call.now,
        }
    }
}

fn beside(call: &Call) -> Result<Beside> {
    let query = Query::of(&call.request);
    let beside = Beside::read(&query);
    query.finish()?;
    Ok(beside)
}

/// Whether a device is one that the caller may use now or later, or connects one.
async fn is_seen(call: &Call, scope: &OrganizationScope, device: &Device) -> Result<bool> {
    let (table, user, now) = (&call.table, call.caller.user(), call.now);
    let found = decision::find(table, scope, user, Source::Device(device.id)).await?;
    if let Some(Found {
        door: Door::Device(found),
        zone,
        candidates: Some(candidates),
    }) = found
        && Reachable::new(*found, zone, &candidates, now).is_some()
    {
        return Ok(true);
    }
    if !device.is_gateway() {
        return Ok(false);
    }
    let usable = decision::reachable(table, scope, user, now).await?;
    let mut usable = usable.iter();
    Ok(usable.any(|reachable| reachable.device.gateway() == Some(device.id)))
}

/// Get a device.
///
/// Returns the device. Its `ETag` is the version for `If-Match`.
///
/// Allowed: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`, and users who may open or `administrate` the device, now or later, or may open
/// a device that it connects.
#[utoipa::path(
    get,
    path = "/v2/devices/{deviceId}",
    tag = "Devices",
    operation_id = "get-device",
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        ("includeGroups" = Option<bool>, Query, description = "Whether to include the device groups of each device.", example = true),
        ("includeReachableGateways" = Option<bool>, Query, description = "Whether to include the gateways that reach each device.", example = true),
        ("includeReachableDevices" = Option<bool>, Query, description = "Whether to include the devices that each gateway reaches.", example = true),
    ),
    responses(
        (status = 200, description = "The device.", body = View, headers(("ETag"))),
    ),
)]
pub(crate) async fn get(call: Call) -> Result<Response> {
    let one = One::find(&call).await?;
    let device = std::slice::from_ref(&one.device);
    let views = views(&call, &one.shown(&call), device, (one.beside, &one.all)).await?;
    let view = views
        .into_iter()
        .next()
        .ok_or(Error::NotFound(Device::WHAT))?;
    Ok(Response::json(StatusCode::OK, &view).etag(one.device.version))
}

/// Get a device (version 1).
///
/// Returns the same device as version 2, with the field names of version 1.
///
/// Allowed: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`, and users who may open or `administrate` the device, now or later, or may open
/// a device that it connects.
#[utoipa::path(
    get,
    path = "/v1/devices/{deviceId}",
    tag = "Devices",
    operation_id = "get-device-version-1",
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        ("includeReachableGateways" = Option<bool>, Query, description = "Whether to include the gateways that reach each device.", example = true),
        ("includeReachableDevices" = Option<bool>, Query, description = "Whether to include the devices that each gateway reaches.", example = true),
    ),
    responses(
        (status = 200, description = "The device.", body = FirstView, headers(("ETag"))),
    ),
)]
pub(crate) async fn get_first(call: Call) -> Result<Response> {
    let one = One::find(&call).await?;
    if one.beside.groups {
        let message = "not a parameter of version 1";
        return Err(Error::invalid(
            "includeGroups",
            FaultCode::NotAllowed,
            message,
        ));
    }
    let mut view = one.shown(&call).first_version(&one.device);
    let (gateways, reached) = reach(&one.device, &one.all, one.beside);
    view.beside(gateways, reached);
    Ok(Response::json(StatusCode::OK, &view).etag(one.device.version))
}

/// The status of a gateway.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayStatus {
    /// The ID of the gateway.
    gateway_id: DeviceId,
    /// `OK` or `GatewayUnreachable`.
    #[schema(examples("OK"))]
    error_code: &'static str,
    /// The status in words; empty for `OK`.
    #[schema(examples(""))]
    error_message: &'static str,
}

/// Get the status of a gateway.
///
/// Returns `OK` if the gateway reported its state within the last 15 minutes, and
/// `GatewayUnreachable` if not.
///
/// Allowed: the roles `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin` and
/// `Receptionist`, and users who may open a device that the gateway connects.
#[utoipa::path(
    get,
    path = "/v1/gateways/{deviceId}/current-status",
    tag = "Devices",
    operation_id = "get-gateway-status",
    params(("deviceId" = DeviceId, Path, description = "The ID of the gateway.")),
    responses(
        (status = 200, description = "The status.", body = GatewayStatus),
    ),
)]
pub(crate) async fn status(call: Call) -> Result<Response> {
    let One { device, .. } = One::find(&call).await?;
    if !device.is_gateway() {
        return Err(Error::NotFound("gateway"));
    }
    let last = call.now - TimeDelta::minutes(SILENT);
    let is_heard = device.state.last_seen.is_some_and(|seen| seen >= last);
    let (error_code, error_message) = match is_heard {
        true => ("OK", ""),
        false => ("GatewayUnreachable", "The gateway cannot be reached"),
    };
    let status = GatewayStatus {
        gateway_id: device.id,
        error_code,
        error_message,
    };
    Ok(Response::json(StatusCode::OK, &status))
}

/// List the devices in a group.
///
/// Oldest first, in pages.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `AccessTemplateAdmin`, `Receptionist`.
#[utoipa::path(
    get,
    path = "/v2/device-groups/{deviceGroupId}/devices",
    tag = "Devices",
    operation_id = "list-devices-of-group",
    params(
        ("deviceGroupId" = DeviceGroupId, Path, description = "The ID of the group."),
        Page,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<View>, headers(("Link"))),
        (status = 403, description = "The caller's roles do not allow this."),
    ),
)]
pub(crate) async fn list_of_group(call: Call) -> Result<Response> {
    let (Listed { scope, page }, devices, next) = directory::of_group::<DeviceGroup>(&call).await?;
    let owner = scope.organization_key();
    let organization: Option<Organization> = call.table.get(&owner, Read::Eventual).await?;
    let of = Shown {
        scope: &scope,
        organization: organization.as_ref(),
        now: call.now,
    };
    let views: Vec<_> = devices.iter().map(|device| of.view(device)).collect();
    let response = Response::json(StatusCode::OK, &views);
    Ok(page.linked(&call.request, response, next.as_deref()))
}
