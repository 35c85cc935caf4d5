//! `GET /v2/effective-device-permissions` and `GET /v1/effective-device-permissions`.
//!
//! Two round trips for what is shared with the caller directly: all grants to them, then the
//! devices; more for groups and shares above, as [`decision::reachable`] says. Its reads cost
//! half and may be some moments old; a decision's never are. About one device it asks as a
//! decision does.

use chrono::{NaiveDate, NaiveTime};
use futures_util::future::try_join_all;
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Candidate, Door, Found, Reachable};
use latchkey::directory::{ACTIVATION_TIME, ForeignId, Kind, Model};
use latchkey::grant::{Permissions, Source};
use latchkey::id::{AccessId, DeviceId, OrganizationId, ShareId};
use latchkey::timing::Rule;
use latchkey::timing::Zone;
use latchkey::wire::schema::{LocalDate, LocalTime, TimeZone};
use latchkey::wire::{Query, Response, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "list-effective-permissions",
    handle: |call| {
        let url = &call.request.url;
        if url.ends_with("/v1/effective-device-permissions") {
            Box::pin(list_flat(call))
        } else {
            Box::pin(list(call))
        }
    },
};

/// A device, and what the caller may do with it.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectivePermissions)]
pub(crate) struct View {
    /// What all that is granted allows together.
    permissions: Permissions,
    /// The device.
    device: DeviceView,
}

/// A device, and what the caller may do with it, in one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlatEffectivePermissions)]
pub(crate) struct FlatView {
    #[serde(flatten)]
    device: DeviceView,
    /// Whether the caller may share the device with others.
    #[schema(examples(false))]
    permission_administrate: bool,
    /// Whether the caller may open it from afar.
    #[schema(examples(true))]
    permission_remote_activate: bool,
    /// Whether the caller may make a key fob that opens it.
    #[schema(examples(false))]
    permission_assign_keyfob: bool,
}

/// A device that the caller may use. What is not known of it is `null`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDevice)]
struct DeviceView {
    /// Its number.
    id: DeviceId,
    /// Its number again.
    device_id: DeviceId,
    /// Its name.
    #[schema(examples("Front door"))]
    name: String,
    /// What the caller calls it.
    #[schema(required, examples("Home"))]
    personal_name: Option<String>,
    /// Its organization.
    organization_id: OrganizationId,
    /// Whose it is.
    owner: Owner,
    /// What model it is.
    model: ModelView,
    /// What kind of device that is: a lock, when it does not say.
    r#type: Kind,
    /// Which firmware it runs.
    #[schema(required, examples("1.4.2"))]
    actual_firmware_version: Option<String>,
    /// Its zone: its own, else the organization's.
    #[schema(value_type = TimeZone)]
    time_zone: Zone,
    /// What opens it, oldest first: each holds by itself.
    permissions: Vec<Permission>,
    /// How it is set.
    settings: Settings,
    /// What connects it, so that it can be opened from afar; left out when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<Gateway>,
}

/// Whose a device is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceOwner)]
struct Owner {
    /// The organization.
    organization_id: OrganizationId,
}

/// A model of devices, by the names that its maker gave.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectiveDeviceModel)]
struct ModelView {
    /// Its id with its maker.
    #[schema(required)]
    id: Option<ForeignId>,
    /// Its name.
    #[schema(required, examples("Latch 2"))]
    name: Option<String>,
    /// What kind of device that is.
    r#type: KindId,
}

/// A kind of devices, by its id.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectiveDeviceTypeId)]
struct KindId {
    /// Its id with its maker.
    id: ForeignId,
}

/// When a share or an access opens a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDevicePermission)]
struct Permission {
    /// The share, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_id: Option<ShareId>,
    /// The access, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_id: Option<AccessId>,
    /// When it holds within its days, also when that is a named schedule; empty is always.
    #[schema(example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    schedule: Vec<Rule>,
    /// The first day; `null` when it began with its creation.
    #[schema(required, value_type = Option<LocalDate>)]
    start_date: Option<NaiveDate>,
    /// When it begins on the first day; `null` for the beginning of that.
    #[schema(required, value_type = Option<LocalTime>)]
    start_time: Option<NaiveTime>,
    /// The last day; `null` when it has no end.
    #[schema(required, value_type = Option<LocalDate>)]
    end_date: Option<NaiveDate>,
    /// When it ends on the last day; `null` for the end of that.
    #[schema(required, value_type = Option<LocalTime>)]
    end_time: Option<NaiveTime>,
}

/// How a device is set.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceSettings)]
struct Settings {
    /// For how long it opens, in seconds.
    #[schema(examples(5))]
    activation_time: u32,
}

/// What connects a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectiveDeviceGateway)]
struct Gateway {
    /// Its id.
    id: ForeignId,
    /// Its id again.
    gateway_id: ForeignId,
}

/// List what the caller may use.
///
/// Every device that is shared with the caller, by themself or in a group, or that opens a
/// space which they have access to, in all of their organizations, with what they may do with
/// it and when. Those that they may use only later are among them; what is over or was taken
/// away is not. All at once, without pages. The list may lag some moments behind a change;
/// whether a door opens now is what a decision says.
///
/// Who may: everyone of themself.
#[utoipa::path(
    get,
    path = "/v2/effective-device-permissions",
    tag = "Decisions",
    operation_id = ENDPOINT.operation,
    params(
        ("organizationId" = Option<OrganizationId>, Query, description = "Only what belongs to this organization."),
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

/// List what the caller may use, flat.
///
/// The same as version 2, with the permissions among the fields of each device.
///
/// Who may: everyone of themself.
#[utoipa::path(
    get,
    path = "/v1/effective-device-permissions",
    tag = "Decisions",
    operation_id = "list-flat-effective-permissions",
    params(
        ("organizationId" = Option<OrganizationId>, Query, description = "Only what belongs to this organization."),
        ("deviceId" = Option<DeviceId>, Query, description = "Only this device."),
    ),
    responses(
        (status = 200, description = "The devices.", body = Vec<FlatView>),
        (status = 403, description = "The caller does not belong to the organization."),
    ),
)]
pub(crate) async fn list_flat(call: Call) -> Result<Response> {
    let views = found(&call).await?.into_iter().map(View::new);
    let views: Vec<_> = views.map(FlatView::from).collect();
    Ok(Response::json(StatusCode::OK, &views))
}

/// Reads which organizations are asked about, and which device if one is.
///
/// # Errors
/// 400 for every fault of the query; 403 for an organization of others.
fn asked(call: &Call) -> Result<(Vec<OrganizationScope>, Option<DeviceId>)> {
    let query = Query::of(&call.request);
    let organization = query.optional("organizationId", "the number of an organization");
    let device = query.optional("deviceId", "the number of a device");
    query.finish()?;
    let scopes = match organization {
        Some(organization) => vec![call.caller.scope(organization)?],
        None => call.caller.scopes().collect(),
    };
    Ok((scopes, device))
}

/// What is asked for, each device with its organization.
async fn found(call: &Call) -> Result<Vec<(OrganizationId, Reachable)>> {
    let (scopes, device) = asked(call)?;
    let found = scopes
        .iter()
        .map(|scope| in_organization(call, scope, device));
    Ok(try_join_all(found).await?.concat())
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
        let kind = device.model.as_ref().and_then(|model| model.r#type.clone());
        let kind = kind.unwrap_or_else(lock);
        Self {
            permissions: allowed.fold(Permissions::default(), Permissions::or),
            device: DeviceView {
                id: device.id,
                device_id: device.id,
                name: device.name,
                personal_name: None,
                organization_id,
                owner: Owner { organization_id },
                model: ModelView::new(device.model, kind.id.clone()),
                r#type: kind,
                actual_firmware_version: None,
                time_zone: zone,
                permissions: candidates
                    .into_iter()
                    .map(|candidate| Permission::new(candidate, zone))
                    .collect(),
                settings: Settings {
                    activation_time: device.activation_time.unwrap_or(ACTIVATION_TIME),
                },
                gateway: device.gateway_id.map(|id| Gateway {
                    gateway_id: id.clone(),
                    id,
                }),
            },
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

/// What a device is that does not say: clients look for locks by this number.
fn lock() -> Kind {
    Kind {
        id: ForeignId::Number(1),
        name: Some("Lock".to_owned()),
    }
}

impl ModelView {
    fn new(model: Option<Model>, kind: ForeignId) -> Self {
        let (id, name) = match model {
            Some(Model { id, name, .. }) => (Some(id), name),
            None => (None, None),
        };
        Self {
            id,
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
