//! `GET /v2/effective-device-permissions` and `GET /v1/effective-device-permissions`.
//!
//! Two round trips for what is shared with the caller directly: all grants to them, then the
//! devices; more for groups and shares above, as [`decision::reachable`] says. Its reads cost
//! half and may be some moments old; a decision's never are. About one device it asks as a
//! decision does. Version 1 reads the gateways besides, if they are devices: one more.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures_util::future::try_join_all;
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Candidate, Door, Found, Reachable};
use latchkey::directory::{ACTIVATION_TIME, Device, ForeignId, Kind, Model};
use latchkey::error::Result;
use latchkey::grant::{Permissions, Source};
use latchkey::id::{AccessId, DeviceId, OrganizationId, ShareId};
use latchkey::timing::{Rule, Zone};
use latchkey::wire::schema::{Instant, LocalDate, LocalTime, TimeZone};
use latchkey::wire::{Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::devices;
use crate::devices::view::{battery_level, required_firmware};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-effective-permissions", |call| {
    let url = &call.request.url;
    if url.ends_with("/v1/effective-device-permissions") {
        Box::pin(list_flat(call))
    } else {
        Box::pin(list(call))
    }
});

/// A device, and what the caller may do with it.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectivePermissions)]
pub(crate) struct View {
    /// The permissions of all its grants together.
    permissions: Permissions,
    /// The device.
    device: DeviceView,
}

/// A device and what the caller may do with it, in one object.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlatEffectivePermissions)]
pub(crate) struct FlatView {
    #[serde(flatten)]
    device: DeviceView,
    /// Whether the caller may share the device with others.
    #[schema(examples(false))]
    permission_administrate: bool,
    /// Whether the caller may open the device remotely.
    #[schema(examples(true))]
    permission_remote_activate: bool,
    /// Whether the caller may assign key fobs that open the device.
    #[schema(examples(false))]
    permission_assign_keyfob: bool,
}

/// A device that the caller may use. An unknown field is `null`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDevice)]
struct DeviceView {
    /// The ID.
    id: DeviceId,
    /// The same as `id`.
    device_id: DeviceId,
    /// The name.
    #[schema(examples("Front door"))]
    name: String,
    /// The caller's own name for the device.
    #[schema(required, examples("Home"))]
    personal_name: Option<String>,
    /// The ID of the organization.
    organization_id: OrganizationId,
    /// The owner of the device.
    owner: Owner,
    /// The model.
    model: ModelView,
    /// The type of device; a lock if the device has none.
    r#type: Kind,
    /// The device's ID as a string; Latchkey has no other serial number.
    #[schema(examples("1"))]
    serial: String,
    /// The version of the firmware that the device runs; 0 if unknown.
    #[schema(examples(84))]
    actual_firmware_version: u32,
    /// The version of the firmware that the device should run; `actualFirmwareVersion` if unknown.
    #[schema(examples(84))]
    required_firmware_version: u32,
    /// The battery level: `Excellent`, `High`, `Medium`, `Low`, `Critical` or
    /// `Unknown`.
    #[schema(examples("High"))]
    battery_level: &'static str,
    /// When the battery was last measured; `null` if unknown.
    #[schema(required, value_type = Option<Instant>)]
    battery_last_measurement: Option<DateTime<Utc>>,
    /// The features of the device.
    feature_set: FeatureSet,
    /// The time zone: the device's own, or the organization's.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    /// The grants that open the device, oldest first. Each of them is enough.
    permissions: Vec<Permission>,
    /// The settings of the device.
    settings: Settings,
    /// The gateway through which the device can be opened remotely; left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<Gateway>,
}

/// The features of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceFeatures)]
struct FeatureSet {
    /// Whether the device can be activated; false for a gateway.
    #[schema(examples(true))]
    is_activatable: bool,
}

/// The owner of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceOwner)]
struct Owner {
    /// The organization.
    organization_id: OrganizationId,
}

/// A model of devices, by the names that its maker uses.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectiveDeviceModel)]
struct ModelView {
    /// The maker's ID.
    #[schema(required)]
    id: Option<ForeignId>,
    /// The name.
    #[schema(required, examples("Latch 2"))]
    name: Option<String>,
    /// The maker: always `Unknown`.
    #[schema(examples("Unknown"))]
    make: &'static str,
    /// The name again; `Unknown` if there is none.
    #[schema(examples("Latch 2"))]
    model: String,
    /// The type of device.
    r#type: KindId,
}

/// The ID of a type of device.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectiveDeviceTypeId)]
struct KindId {
    /// The maker's ID.
    id: ForeignId,
}

/// When a share or an access opens a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDevicePermission)]
struct Permission {
    /// The ID of the share, if the grant is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_id: Option<ShareId>,
    /// The ID of the access, if the grant is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_id: Option<AccessId>,
    /// The rules of its own or its named schedule; empty means always.
    #[schema(example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    schedule: Vec<Rule>,
    /// The first day; `null` if it began with its creation.
    #[schema(required, value_type = Option<LocalDate>)]
    start_date: Option<NaiveDate>,
    /// The start on the first day; `null` means the beginning of the day.
    #[schema(required, value_type = Option<LocalTime>)]
    start_time: Option<NaiveTime>,
    /// The last day; `null` if there is no end.
    #[schema(required, value_type = Option<LocalDate>)]
    end_date: Option<NaiveDate>,
    /// The end on the last day; `null` means the end of the day.
    #[schema(required, value_type = Option<LocalTime>)]
    end_time: Option<NaiveTime>,
}

/// The settings of a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceSettings)]
struct Settings {
    /// For how many seconds the device stays open.
    #[schema(examples(5))]
    activation_time: u32,
}

/// A gateway.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceGateway)]
struct Gateway {
    /// The ID.
    id: ForeignId,
    /// The same as `id`.
    gateway_id: ForeignId,
}

/// List what the caller may use.
///
/// Returns every device that the caller may use, in all of their organizations, with the
/// permissions and times: devices that are shared with the caller or one of their groups, and
/// devices that open a space to which they have access. Devices that they may use only later
/// are included; grants that have ended or were deleted are not. There are no pages.
///
/// The list may lag some moments behind a change. To find out whether a door opens now, ask for
/// a decision.
///
/// Allowed: every user, for themselves.
#[utoipa::path(
    get,
    path = "/v2/effective-device-permissions",
    tag = "Decisions",
    operation_id = ENDPOINT.operation,
    params(
        ("organizationId" = Option<OrganizationId>, Query, description = "Only devices of this \
            organization."),
        ("deviceId" = Option<DeviceId>, Query, description = "Only this device."),
    ),
    responses(
        (status = 200, description = "The devices.", body = Vec<View>),
        (status = 403, description = "The caller does not belong to the organization."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let views: Vec<_> = found(&call).await?.into_iter().map(View::new).collect();
    Ok(Response::json(StatusCode::OK, &views))
}

/// List what the caller may use (version 1).
///
/// Returns the same as version 2, with the permissions among the fields of each device, and the
/// gateways of these devices: devices of type 2 without permissions.
///
/// Allowed: every user, for themselves.
#[utoipa::path(
    get,
    path = "/v1/effective-device-permissions",
    tag = "Decisions",
    operation_id = "list-flat-effective-permissions",
    params(
        ("organizationId" = Option<OrganizationId>, Query, description = "Only devices of this \
            organization."),
        ("deviceId" = Option<DeviceId>, Query, description = "Only this device."),
    ),
    responses(
        (status = 200, description = "The devices.", body = Vec<FlatView>),
        (status = 403, description = "The caller does not belong to the organization."),
    ),
)]
pub(crate) async fn list_flat(call: Call) -> Result<Response> {
    let found = found(&call).await?;
    let gateways = gateways(&call, &found).await?;
    let views = found.into_iter().map(View::new).chain(gateways);
    let views: Vec<_> = views.map(FlatView::from).collect();
    Ok(Response::json(StatusCode::OK, &views))
}

/// Reads which organizations are asked about, and which device if one is.
///
/// # Errors
/// 400 for every fault of the query; 403 for an organization of others.
fn asked(call: &Call) -> Result<(Vec<OrganizationScope>, Option<DeviceId>)> {
    let query = Query::of(&call.request);
    let organization = query.optional("organizationId", "the ID of an organization");
    let device = query.optional("deviceId", "the ID of a device");
    query.finish()?;
    let scopes = match organization {
        Some(organization) => vec![call.caller.scope(organization)?],
        None => call.caller.scopes().collect(),
    };
    Ok((scopes, device))
}

/// The devices to return, each with its organization.
async fn found(call: &Call) -> Result<Vec<(OrganizationId, Reachable)>> {
    let (scopes, device) = asked(call)?;
    let found = scopes
        .iter()
        .map(|scope| in_organization(call, scope, device));
    Ok(try_join_all(found).await?.concat())
}

/// The gateways of what was found, without a right. One round trip an organization, if they are
/// devices.
async fn gateways(call: &Call, found: &[(OrganizationId, Reachable)]) -> Result<Vec<View>> {
    let mut views = Vec::new();
    for scope in call.caller.scopes() {
        let of = found.iter().filter(|(id, _)| *id == scope.organization());
        let devices: Vec<_> = of.map(|(_, found)| found.device.clone()).collect();
        let zones = found.iter().map(|(_, found)| found.zone).next();
        for gateway in devices::list::gateways(call, &scope, &devices).await? {
            let zone = gateway.known_zone().or(zones).unwrap_or(Zone::UTC);
            views.push(View {
                permissions: Permissions::default(),
                device: DeviceView::new(scope.organization(), gateway, zone),
            });
        }
    }
    Ok(views)
}

/// The devices of one organization, or one of them.
async fn in_organization(
    call: &Call,
    scope: &OrganizationScope,
    device: Option<DeviceId>,
) -> Result<Vec<(OrganizationId, Reachable)>> {
    let (table, user, now) = (&call.table, call.caller.user(), call.now);
    let devices = match device {
        None => decision::reachable(table, scope, user, now).await?,
        Some(device) => match decision::find(table, scope, user, Source::Device(device)).await? {
            Some(Found {
                door: Door::Device(device),
                zone,
                candidates: Some(candidates),
            }) => Vec::from_iter(Reachable::new(*device, zone, &candidates, now)),
            _ => Vec::new(),
        },
    };
    let devices = devices.into_iter();
    Ok(devices
        .map(|device| (scope.organization(), device))
        .collect())
}

impl View {
    fn new((organization_id, found): (OrganizationId, Reachable)) -> Self {
        let Reachable {
            device,
            zone,
            candidates,
        } = found;
        let allowed = candidates.iter().map(|candidate| candidate.permissions);
        Self {
            permissions: allowed.fold(Permissions::default(), Permissions::or),
            device: DeviceView {
                permissions: candidates
                    .into_iter()
                    .map(|candidate| Permission::new(candidate, zone))
                    .collect(),
                ..DeviceView::new(organization_id, device, zone)
            },
        }
    }
}

impl DeviceView {
    /// A device, without what opens it.
    fn new(organization_id: OrganizationId, device: Device, zone: Zone) -> Self {
        let (kind, state) = (device.kind(), &device.state);
        let is_gateway = device.is_gateway();
        Self {
            id: device.id,
            device_id: device.id,
            personal_name: None,
            organization_id,
            owner: Owner { organization_id },
            r#type: kind.clone(),
            serial: device.id.to_string(),
            actual_firmware_version: state.actual_firmware_version.unwrap_or_default(),
            required_firmware_version: required_firmware(state),
            battery_level: battery_level(state),
            battery_last_measurement: state.battery_last_measurement,
            feature_set: FeatureSet {
                is_activatable: !is_gateway,
            },
            time_zone: zone,
            permissions: Vec::new(),
            settings: Settings {
                activation_time: device.activation_time.unwrap_or(ACTIVATION_TIME),
            },
            gateway: device.gateway_id.map(|id| Gateway {
                gateway_id: id.clone(),
                id,
            }),
            name: device.name,
            model: ModelView::new(device.model, kind.id),
        }
    }
}

impl From<View> for FlatView {
    fn from(view: View) -> Self {
        Self {
            device: view.device,
            permission_administrate: view.permissions.administrate,
            permission_remote_activate: view.permissions.remote_activate,
            permission_assign_keyfob: view.permissions.assign_keyfob,
        }
    }
}

/// What nobody said.
const UNKNOWN: &str = "Unknown";

impl ModelView {
    fn new(model: Option<Model>, kind: ForeignId) -> Self {
        let (id, name) = match model {
            Some(Model { id, name, .. }) => (Some(id), name),
            None => (None, None),
        };
        Self {
            id,
            make: UNKNOWN,
            model: name.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            name,
            r#type: KindId { id: kind },
        }
    }
}

impl Permission {
    fn new(candidate: Candidate, zone: Zone) -> Self {
        let window = candidate.grant.timing.window.shown(zone);
        Self {
            share_id: candidate.grant.id.share(),
            access_id: candidate.grant.id.access(),
            schedule: candidate.rules(),
            start_date: window.start_date,
            start_time: window.start_time,
            end_date: window.end_date,
            end_time: window.end_time,
        }
    }
}
