//! `GET /v2/devices/{deviceId}/holders`.
//!
//! Three round trips: the device, a page of the grants on it in the index by source, and then
//! their receivers and what they rest on. One more for each group of the device, while the page
//! is not full; for a caller without a role, those for the right to administrate. Everything
//! except the device and that right may be some moments old, because an index cannot be read
//! strongly consistent.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use http::StatusCode;
use latchkey::caller::OrganizationScope;
use latchkey::decision::{self, Candidate, Outlook, Shown};
use latchkey::directory::Device;
use latchkey::error::{Error, FaultCode, Result};
use latchkey::grant::{Grant, Permissions, Receiver, Source};
use latchkey::id::{DeviceId, ScheduleId};
use latchkey::share::{AccountView, State, UserGroupView};
use latchkey::table::{Items, Read};
use latchkey::timing::Rule;
use latchkey::timing::Zone;
use latchkey::wire::schema::{LocalDate, LocalTime};
use latchkey::wire::{Page, Query, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::may_ask_about_all;
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("list-holders", |call| Box::pin(list(call)));

const WHAT: &str = "device";

/// The maximum number of index pages to read for one page. The page is then returned as it is,
/// with a link to the next.
const MAX_ROUNDS: usize = 10;

/// A receiver who may open a device, now or later, with the grant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Holder<'r> {
    #[serde(flatten)]
    grant: Shown,
    /// The receiver of the grant.
    receiver: &'r ReceiverView,
    /// The source of the grant: the device, one of its groups, or a space that it opens.
    source: Source,
    /// The permissions of the grant, limited by those of every grant above it.
    permissions: Permissions,
    /// The first day; left out if it began with its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalDate>)]
    start_date: Option<NaiveDate>,
    /// The start on the first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalTime>)]
    start_time: Option<NaiveTime>,
    /// The last day; left out if there is no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalDate>)]
    end_date: Option<NaiveDate>,
    /// The end on the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LocalTime>)]
    end_time: Option<NaiveTime>,
    /// The rules of its own or its named schedule; empty means always.
    #[schema(example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    schedule: Vec<Rule>,
    /// The named schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_id: Option<ScheduleId>,
    /// The state, which follows from the window.
    state: State,
    #[serde(flatten)]
    outlook: Outlook,
}

/// Who may open a device: a user, or everyone in a user group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HolderReceiver)]
enum ReceiverView {
    /// One user.
    User(AccountView),
    /// Everyone in a group.
    UserGroup(UserGroupView),
}

/// List who may open a device.
///
/// Returns every grant that has not ended on the device, on its groups and on the spaces that
/// it opens: its receiver, its times, whether it holds now, and if not, why. A grant that was
/// made by right of a deleted one says so. Grants for deleted users and groups are left out.
///
/// A page may be shorter than `size`; the last one has no `Link`. The list may lag some moments
/// behind a change. To find out whether a door opens now, ask for a decision.
///
/// Allowed roles: `Admin`, `TenantAdmin`, `AccessAdmin`, `Receptionist`. Also allowed: users
/// who hold `administrate` on the device now.
#[utoipa::path(
    get,
    path = "/v2/devices/{deviceId}/holders",
    tag = "Decisions",
    operation_id = ENDPOINT.operation,
    params(
        ("deviceId" = DeviceId, Path, description = "The ID of the device."),
        Page,
    ),
    responses(
        (status = 200, description = "A page.", body = Vec<Holder>, headers(("Link"))),
        (status = 403, description = "The caller may not ask about others at this device."),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Response> {
    let id: DeviceId = call.request.path_id("deviceId", WHAT)?;
    let device = |scope: &OrganizationScope| Some(scope.device(id));
    let found = call.find(device, &[Read::Strong]).await?;
    let (scope, device): (_, Device) = found.ok_or(Error::NotFound(WHAT))?;
    let (page, place) = page(&call, &scope, id)?;
    if !may_ask_about_all(&call, &scope, Source::Device(id)).await? {
        return Err(Error::InsufficientRights(Vec::new()));
    }

    let zone = zone(&call, &scope, &device).await?;
    let (grants, next) = grants(&call, &scope, &device, zone, page.size, place).await?;
    let receivers = grants.iter().map(|grant| scope.receiver(grant.receiver));
    let receivers: Vec<_> = receivers.collect();
    let names = call.table.get_all(&receivers, Read::Eventual);
    let candidates = decision::candidates(&call.table, &scope, &device, grants);
    let (mut names, candidates) = tokio::try_join!(names, candidates)?;

    let mut receivers = HashMap::new();
    for candidate in &candidates {
        let receiver = candidate.grant.receiver;
        if !receivers.contains_key(&receiver)
            && let Some(view) = ReceiverView::named(&scope, &mut names, receiver)?
        {
            receivers.insert(receiver, view);
        }
    }
    let mut budget = decision::budget();
    let holders = candidates.into_iter().filter_map(|candidate| {
        let receiver = receivers.get(&candidate.grant.receiver)?;
        let outlook = candidate.outlook(zone, call.now, &mut budget);
        Some(Holder::new(candidate, outlook, receiver, zone, call.now))
    });
    let response = Response::json(StatusCode::OK, &holders.collect::<Vec<_>>());
    Ok(match next {
        Some(place) => response.next(&page.next(&call.request, &place.to_string())),
        None => response,
    })
}

/// Reads which page is asked for, and where in the list that begins.
fn page(call: &Call, scope: &OrganizationScope, id: DeviceId) -> Result<(Page, Place)> {
    let query = Query::of(&call.request);
    let of = [scope.organization().to_string(), id.to_string()];
    let page = Page::read(&query, &call.request, &[call.operation, &of[0], &of[1]]);
    query.finish()?;
    let place = page.after.as_deref().map(Place::read);
    let place = place.unwrap_or_else(|| Some(Place::default()));
    let place = place.ok_or_else(|| {
        let message = "not a cursor of this list: start again without a cursor";
        Error::invalid("cursor", FaultCode::InvalidValue, message)
    })?;
    Ok((page, place))
}

/// The zone of the door: the device's own, else the organization's.
async fn zone(call: &Call, scope: &OrganizationScope, device: &Device) -> Result<Zone> {
    match device.known_zone() {
        Some(zone) => Ok(zone),
        None => {
            let source = Source::Device(device.id);
            decision::zone_of(&call.table, scope, source, Read::Eventual).await
        }
    }
}

/// At most `size` grants that have not ended, from a place on: those on the device itself,
/// then those on each of its groups; and where the next page begins, if there may be one.
async fn grants(
    call: &Call,
    scope: &OrganizationScope,
    device: &Device,
    zone: Zone,
    size: usize,
    place: Place,
) -> Result<(Vec<Grant>, Option<Place>)> {
    let sources = device.sources();
    let mut place = Some(place);
    let mut found: Vec<Grant> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        if found.len() == size {
            break;
        }
        let Some(from) = place.take() else { break };
        // A group that the device has left meanwhile is passed over.
        let mut left = sources
            .iter()
            .filter(|source| name(scope, **source) >= from.source);
        let Some(source) = left.next() else { break };
        let on_source = name(scope, *source);
        let after = from.after.filter(|_| on_source == from.source);
        let on = scope.grants_on(*source);
        let wanted = size - found.len();
        let page = call.table.page_of_list(&on, wanted, after.as_deref());
        let (grants, more): (Vec<Grant>, _) = page.await?;
        let after = grants
            .last()
            .filter(|_| more)
            .map(|last| scope.grant_key(last).place().to_owned());
        place = match after {
            Some(_) => Some(Place {
                source: on_source,
                after,
            }),
            None => left.next().map(|source| Place {
                source: name(scope, *source),
                after: None,
            }),
        };
        found.extend(grants);
        found.retain(|grant| State::of(&grant.timing, zone, call.now) != State::Ended);
    }
    Ok((found, place))
}

/// A place in the list.
#[derive(Default)]
struct Place {
    /// On which source, by its key: these are in the order of their keys. Before the first
    /// when empty.
    source: String,
    /// After which of the grants on that; before the first when left out.
    after: Option<String>,
}

/// The name of a source in places.
fn name(scope: &OrganizationScope, source: Source) -> String {
    scope.source(source).place().to_owned()
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (source, after) = text.split_once(' ')?;
        Some(Self {
            source: source.to_owned(),
            after: Some(after.to_owned()).filter(|after| !after.is_empty()),
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let after = self.after.as_deref().unwrap_or_default();
        write!(f, "{} {after}", self.source)
    }
}

impl ReceiverView {
    /// The receiver, by name, taken out of `names`; `None` if it was deleted.
    fn named(
        scope: &OrganizationScope,
        names: &mut Items,
        receiver: Receiver,
    ) -> Result<Option<Self>> {
        let key = scope.receiver(receiver);
        Ok(match receiver {
            Receiver::User(_) => {
                let user = names.take(&key)?;
                user.map(|user| Self::User(AccountView::new(&user)))
            }
            Receiver::UserGroup(_) => {
                let group = names.take(&key)?;
                group.map(|group| Self::UserGroup(UserGroupView::new(&group)))
            }
        })
    }
}

impl<'r> Holder<'r> {
    fn new(
        candidate: Candidate,
        outlook: Outlook,
        receiver: &'r ReceiverView,
        zone: Zone,
        now: DateTime<Utc>,
    ) -> Self {
        let schedule = candidate.rules();
        let grant = candidate.grant;
        let window = grant.timing.window.shown(zone);
        Self {
            grant: grant.id.into(),
            receiver,
            source: grant.source,
            permissions: candidate.permissions,
            start_date: window.start_date,
            start_time: window.start_time,
            end_date: window.end_date,
            end_time: window.end_time,
            schedule,
            schedule_id: grant.schedule,
            state: State::of(&grant.timing, zone, now),
            outlook,
        }
    }
}
