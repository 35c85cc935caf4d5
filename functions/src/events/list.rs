//! `GET /v2/events`.
//!
//! Three round trips for what lies in one month: the devices, the entries of all of them at once,
//! and the names that these need. One more for each month before; for who has no role, those of
//! the right to administrate each device.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use http::StatusCode;
use latchkey::audit::{Act, AuditEntry};
use latchkey::caller::OrganizationScope;
use latchkey::deed::read;
use latchkey::directory::{Device, ForeignId, Organization, Resource, User};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::grant::Source;
use latchkey::id::{DeviceId, OrganizationId, UserId};
use latchkey::rights;
use latchkey::role::{Area, Reach};
use latchkey::table::{Items, Read, Span};
use latchkey::wire::schema::Instant;
use latchkey::wire::{Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-events", |call| Box::pin(list(call)));

const SIZE: usize = 100;
const MAX_OFFSET: usize = 1000;
const MAX_DEVICES: usize = 20;
/// How far back events go when `from` is left out, and at most.
const USUAL: TimeDelta = TimeDelta::days(30);
const LONGEST: Months = Months::new(12);
/// How many rounds of reading one answer takes at most.
const MAX_ROUNDS: usize = 24;

const ACTIVATION: &str = "DeviceActivation";
const DEACTIVATION: &str = "DeviceDeactivation";
/// The types of the published service. What is not recorded here never happens.
const TYPES: [&str; 8] = [
    ACTIVATION,
    DEACTIVATION,
    "DeviceLocked",
    "DeviceStatus",
    "DeviceDebug",
    "DeviceTamperFaultyPin",
    "DeviceTamperRotations",
    "DeviceTamperVibration",
];

/// An event at a device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceEvent, description = "An event at a device.")]
pub(crate) struct View {
    /// The ID; later events have larger ones.
    #[schema(examples(373_627_451_904_123_u64))]
    id: u64,
    /// `DeviceActivation` or `DeviceDeactivation`.
    #[serde(rename = "type")]
    #[schema(examples("DeviceActivation"))]
    kind: &'static str,
    /// Always `AccessEvent`.
    #[schema(examples("AccessEvent"))]
    category: &'static str,
    /// The time.
    #[schema(value_type = Instant)]
    time: DateTime<Utc>,
    triggered_by: TriggeredBy,
    /// The user; left out if they were deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Person>,
    organization: Named<OrganizationId>,
    device: Named<DeviceId>,
    /// Always `Success`: what was refused is no event.
    #[schema(examples("Success"))]
    result: &'static str,
    /// Whether it was opened or closed remotely: always true.
    #[schema(examples(true))]
    remote_activation: bool,
    /// The gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<Gateway>,
    /// For how long the device opens, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(5))]
    activation_time: Option<u32>,
}

/// The user of an event, by number.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventTriggeredBy)]
struct TriggeredBy {
    /// The ID of the user.
    user_id: UserId,
}

/// The user of an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventUser)]
struct Person {
    /// Given name.
    #[schema(examples("Ada"))]
    first_name: String,
    /// Family name.
    #[schema(examples("Lovelace"))]
    last_name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("ada@example.com"))]
    email_address: Option<String>,
}

/// A thing of an event.
#[derive(Serialize, ToSchema)]
struct Named<T> {
    /// The ID.
    id: T,
    /// The name; left out if the thing was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Front door"))]
    name: Option<String>,
}

/// The gateway of an event.
#[derive(Serialize, ToSchema)]
#[schema(as = EventGateway)]
struct Gateway {
    /// The ID, as the device has it.
    id: ForeignId,
}

/// What is asked for.
struct Asked {
    devices: Vec<DeviceId>,
    from: DateTime<Utc>,
    kinds: Vec<&'static str>,
    offset: usize,
    size: usize,
}

/// List events at devices.
///
/// Returns the remote activations and deactivations of devices, newest first. Fewer than `size`
/// events end the list. Refusals are in `GET /v2/audit`.
///
/// Every user sees the events that they caused. The roles `Admin` and `TenantAdmin`, and users who
/// hold `administrate` on a device now, see all events of it.
///
/// Allowed: every user of the organization.
#[utoipa::path(
    get,
    path = "/v2/events",
    tag = "Audit",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = String, Query, description = "The IDs of at most 20 devices, separated by \
            spaces.", example = "1 2"),
        ("from" = Option<String>, Query, description = "Only events at this time or later; \
            without it, of the last 30 days. Events of more than a year ago are not found."),
        ("type" = Option<String>, Query, description = "Only events of these types, separated by \
            spaces. Types other than `DeviceActivation` and `DeviceDeactivation` have no events.",
            example = "DeviceActivation"),
        ("offset" = Option<u32>, Query, description = "The number of events to skip, at most \
            1,000.", example = 0),
        ("size" = Option<u32>, Query, description = "The number of events, at most 100.", example = 100),
    ),
    responses(
        (status = 200, description = "The events.", body = Vec<View>),
        (status = 404, description = "The caller's organization has no such device."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let asked = Asked::read(&call)?;
    let scope = call.caller.scopes().next();
    let scope = scope.ok_or(Error::InsufficientRights(Vec::new()))?;
    let mut devices = BTreeMap::new();
    let keys: Vec<_> = asked.devices.iter().map(|id| scope.device(*id)).collect();
    let mut items = call.table.get_all(&keys, Read::Eventual).await?;
    for (id, key) in asked.devices.iter().zip(&keys) {
        let device: Option<Device> = items.take(key)?;
        let device = device.ok_or(Error::NotFound(Device::WHAT))?;
        let sees_all = sees_all(&call, &scope, *id).await?;
        devices.insert(*id, (device.name, sees_all));
    }

    let user = call.caller.user();
    let keeps = |entry: &AuditEntry| {
        let of = entry.device.and_then(|device| devices.get(&device));
        of.is_some_and(|(_, sees_all)| *sees_all || entry.user == user)
            && kind(entry).is_some_and(|kind| asked.kinds.contains(&kind))
    };
    let entries = entries(&call, &scope, &asked, &keeps).await?;
    let users = entries.iter().map(|entry| scope.user(entry.user));
    let keys: Vec<_> = users.chain([scope.organization_key()]).collect();
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let organization: Option<Organization> = items.get(&scope.organization_key())?;
    let name = organization.map(|organization| organization.name);
    let views = entries.into_iter().filter_map(|entry| {
        let device = devices.get(&entry.device?).map(|(name, _)| name.clone());
        Some(view(&scope, entry, device, name.clone(), &items))
    });
    let views: Vec<_> = views.collect::<Result<_>>()?;
    Ok(Response::json(StatusCode::OK, &views))
}

impl Asked {
    fn read(call: &Call) -> Result<Self> {
        let query = Query::of(&call.request);
        let words = |name| query.text(name).map(|text| text.split([' ', ',']));
        let devices = words("deviceId").map(|ids| ids.map(str::parse).collect());
        let devices: Option<Result<Vec<DeviceId>, _>> = devices;
        let expected = format!("expected the IDs of 1 to {MAX_DEVICES} devices");
        let devices = match devices {
            None => {
                query.fault("deviceId", FaultCode::Required, expected);
                Vec::new()
            }
            Some(Ok(mut devices)) if devices.len() <= MAX_DEVICES => {
                devices.sort();
                devices.dedup();
                devices
            }
            Some(_) => {
                query.fault("deviceId", FaultCode::InvalidValue, expected);
                Vec::new()
            }
        };
        let mut kinds = TYPES.to_vec();
        if let Some(words) = words("type") {
            let words: Vec<_> = words.collect();
            if words.iter().any(|word| !TYPES.contains(word)) {
                let message = format!("expected some of {}", TYPES.join(", "));
                query.fault("type", FaultCode::InvalidValue, message);
            }
            kinds.retain(|kind| words.contains(kind));
        }
        let number = |name, usual: usize, range: std::ops::RangeInclusive<usize>| {
            let expected = format!("an integer from {} to {}", range.start(), range.end());
            let number = query.optional(name, &expected).unwrap_or(usual);
            if !range.contains(&number) {
                query.fault(name, FaultCode::OutOfRange, format!("expected {expected}"));
            }
            number
        };
        let offset = number("offset", 0, 0..=MAX_OFFSET);
        let size = number("size", SIZE, 1..=SIZE);
        let from = query.instant("from");
        query.finish()?;
        let first = call.now.checked_sub_months(LONGEST).unwrap_or(call.now);
        Ok(Self {
            devices,
            from: from.map_or(call.now - USUAL, |from| from.max(first)),
            kinds,
            offset,
            size,
        })
    }
}

/// Whether the caller sees what others did at a device.
async fn sees_all(call: &Call, scope: &OrganizationScope, device: DeviceId) -> Result<bool> {
    if scope.reaches(Area::Record, Reach::Read) {
        return Ok(true);
    }
    let (user, source) = (call.caller.user(), Source::Device(device));
    let held = rights::administration(&call.table, scope, user, source, call.now).await?;
    Ok(held.is_given())
}

/// The entries that are asked for, newest first. One round trip for each month, if that has no
/// more than are asked for.
async fn entries(
    call: &Call,
    scope: &OrganizationScope,
    asked: &Asked,
    keeps: &(dyn Fn(&AuditEntry) -> bool + Sync),
) -> Result<Vec<AuditEntry>> {
    let wanted = asked.offset + asked.size;
    let mut found: Vec<AuditEntry> = Vec::new();
    let first = asked
        .from
        .date_naive()
        .with_day(1)
        .unwrap_or(NaiveDate::MIN);
    let mut month = call.now.date_naive().with_day(1).unwrap_or(NaiveDate::MIN);
    let mut after: Option<String> = None;
    for _ in 0..MAX_ROUNDS {
        if found.len() >= wanted || month < first {
            break;
        }
        let sources: Vec<_> = asked.devices.iter().map(|id| Source::Device(*id)).collect();
        let span = Span::of(Some(asked.from), None, after.as_deref());
        let page = read::at_doors(&call.table, scope, (&sources, month), &span, wanted);
        let (page, next) = page.await?;
        found.extend(page.into_iter().filter(keeps));
        after = next;
        if after.is_none() {
            month = month
                .checked_sub_months(Months::new(1))
                .unwrap_or(NaiveDate::MIN);
        }
    }
    let found = found.into_iter().skip(asked.offset).take(asked.size);
    Ok(found.collect())
}

fn kind(entry: &AuditEntry) -> Option<&'static str> {
    match entry.deed {
        Act::Activation => Some(ACTIVATION),
        Act::Deactivation => Some(DEACTIVATION),
        Act::Entry => None,
    }
}

fn view(
    scope: &OrganizationScope,
    entry: AuditEntry,
    device: Option<String>,
    organization: Option<String>,
    names: &Items,
) -> Result<View> {
    let user: Option<User> = names.get(&scope.user(entry.user))?;
    let kind = kind(&entry).unwrap_or(ACTIVATION);
    let id = entry.device.ok_or(Error::NotFound(Device::WHAT))?;
    Ok(View {
        id: entry.id.number(),
        kind,
        category: "AccessEvent",
        time: entry.at,
        triggered_by: TriggeredBy {
            user_id: entry.user,
        },
        user: user.map(|user| Person {
            first_name: user.first_name,
            last_name: user.last_name,
            email_address: user.email_address,
        }),
        organization: Named {
            id: scope.organization(),
            name: organization,
        },
        device: Named { id, name: device },
        result: "Success",
        remote_activation: true,
        connect: entry.gateway.map(|id| Gateway { id }),
        activation_time: entry.activation_time.filter(|_| kind == ACTIVATION),
    })
}
