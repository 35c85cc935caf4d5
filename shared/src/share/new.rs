//! Reading the body of *create a share*.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use utoipa::ToSchema;

use super::PersonalSettings;
use super::terms::{Terms, receiver, source};
use crate::error::Fault;
use crate::grant::{Permissions, Receiver, Source};
use crate::id::{DeviceGroupId, DeviceId, OrganizationId, ScheduleId};
use crate::timing::{Rule, Timing};
use crate::wire::json::{Faults, Fields, Json};
use crate::wire::schema::{LocalDate, LocalTime};

/// A share that a client asks for, after reading: valid in itself. Whether the items that it
/// names exist, and whether the caller may share them, is not known yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewShare {
    /// The organization of the share.
    pub organization: OrganizationId,
    /// The times of the share.
    pub timing: Timing,
    /// The named schedule of the share; then `timing` has no rules.
    pub schedule: Option<ScheduleId>,
    /// The permissions.
    pub permissions: Permissions,
    /// What the share opens.
    pub source: Source,
    /// The receiver; `None` for an open invitation.
    pub receiver: Option<Receiver>,
    /// The receiver's settings.
    pub personal_settings: PersonalSettings,
    /// The ID in another system.
    pub external_id: Option<String>,
}

/// The sources of a share, for the API document.
#[derive(Debug, ToSchema)]
#[schema(
    as = Source,
    rename_all = "camelCase",
    description = "The source: a device or a device group."
)]
#[expect(dead_code, reason = "the shape of what is read")]
pub(super) enum SharedSource {
    /// One device.
    DeviceId(DeviceId),
    /// Every device in a group.
    DeviceGroupId(DeviceGroupId),
}

/// The body of `POST /v2/shares` as the API document shows it; [`NewShare::read`] reads it.
#[derive(Debug, ToSchema)]
#[schema(
    as = NewShare,
    rename_all = "camelCase",
    description = "A share to create.",
    examples(json!({
        "organizationId": 1,
        "source": {"deviceId": 1},
        "receiver": {"userId": 2},
        "startDate": "2027-01-01",
        "startTime": "08:00:00",
        "endDate": "2027-12-31",
        "endTime": "18:00:00",
        "schedule": [{
            "dayOfWeek": "Monday",
            "recurrence": "Weekly",
            "period": {"startTime": "09:00:00", "endTime": "17:00:00"}
        }],
        "permissions": {"administrate": false, "remoteActivate": true, "assignKeyfob": false},
        "personalSettings": {"notifications": false},
        "externalId": "booking-4711"
    }))
)]
pub struct NewShareBody {
    /// The organization of the share.
    pub organization_id: OrganizationId,
    /// What the share opens.
    #[schema(value_type = SharedSource)]
    pub source: Source,
    /// The receiver; if left out, the share is an open invitation.
    pub receiver: Option<Receiver>,
    /// The first day; if left out, the share begins with its creation.
    #[schema(value_type = Option<LocalDate>)]
    pub start_date: Option<NaiveDate>,
    /// The start on the first day; the beginning of that day by default. Requires `startDate`.
    #[schema(value_type = Option<LocalTime>)]
    pub start_time: Option<NaiveTime>,
    /// The last day; if left out, the share has no end.
    #[schema(value_type = Option<LocalDate>)]
    pub end_date: Option<NaiveDate>,
    /// The end on the last day; `24:00`, the end of that day, by default. Requires `endDate`.
    #[schema(value_type = Option<LocalTime>)]
    pub end_time: Option<NaiveTime>,
    /// The rules: the share holds during any of them. Without rules, it holds always.
    #[schema(max_items = 100, example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    pub schedule: Option<Vec<Rule>>,
    /// A named schedule, instead of `schedule`.
    pub schedule_id: Option<ScheduleId>,
    /// What the share allows beyond opening by hand at the door; nothing by default.
    pub permissions: Option<Permissions>,
    /// The receiver's settings.
    pub personal_settings: Option<PersonalSettings>,
    /// The ID in another system.
    #[schema(min_length = 1, max_length = 200, examples("booking-4711"))]
    pub external_id: Option<String>,
}

impl NewShare {
    /// Reads the body of `POST /v2/shares`, asked at `now`.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    ///
    /// ```
    /// use latchkey::share::NewShare;
    /// use serde_json::json;
    ///
    /// let body = json!({"organizationId": 1, "source": {"deviceId": 1}, "receiver": {"userId": -1}});
    /// let faults = NewShare::read(&body, chrono::DateTime::UNIX_EPOCH).unwrap_err();
    /// assert_eq!(faults[0].field, "receiver.userId");
    /// ```
    pub fn read<'b>(body: impl Into<Json<'b>>, now: DateTime<Utc>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let share = Fields::of_body(body, &faults).and_then(|body| {
            // Each is read before any is asked for, so that every fault is found.
            let organization = body.required("organizationId");
            let terms = Terms::blank(now).changed(&body);
            if !body.has("source") {
                body.missing("source");
            }
            let source = source(&body);
            let receiver = receiver(&body);
            let terms = terms?;
            Some(Self {
                organization: organization?,
                timing: Timing::new(terms.window, terms.rules),
                schedule: terms.schedule,
                permissions: terms.permissions,
                source: source?,
                receiver,
                personal_settings: terms.personal_settings,
                external_id: terms.external_id,
            })
        });
        faults.or(share)
    }
}

#[cfg(test)]
mod tests {
    use crate::timing::Zone;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::FaultCode;
    use crate::rules::MAX_RULES;
    use crate::wire::schema;

    fn now() -> DateTime<Utc> {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn body() -> Value {
        json!({"organizationId": 1, "source": {"deviceId": 1}, "receiver": {"userId": 2}})
    }

    fn with(changes: Value) -> Value {
        let mut body = body();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn faults(changes: Value) -> Vec<(String, FaultCode)> {
        let faults = NewShare::read(&with(changes), now()).unwrap_err();
        faults
            .into_iter()
            .map(|fault| (fault.field, fault.code))
            .collect()
    }

    fn one(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
        vec![(field.to_owned(), code)]
    }

    #[test]
    fn the_schema_is_what_is_read() {
        schema::assert_reads::<NewShareBody, _>(|body| NewShare::read(body, now()));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let share = NewShare::read(&body(), now()).unwrap();
        assert_eq!(share.permissions, Permissions::default());
        assert_eq!(share.personal_settings, PersonalSettings::default());
        assert!(share.timing.rules.is_empty());
        assert_eq!(share.timing.span(Zone::UTC), (now(), None));
        let open = NewShare::read(&with(json!({"receiver": null})), now()).unwrap();
        assert_eq!(open.receiver, None);
    }

    #[test]
    fn every_fault_is_found_at_once() {
        let faults = faults(json!({
            "organizationId": "1",
            "startDate": "2026-02-30",
            "endTime": "10:00:00",
            "schedule": [
                {"dayOfWeek": "monday", "recurrence": "Weekly"},
                {"recurrence": "Weekly"},
                {"dayOfWeek": "Monday", "recurrence": "Monthly", "period": {"startTime": "25:00:00"}},
                {"dayOfWeek": "Monday"},
            ],
            "permissions": {"administrate": "yes"},
            "source": {"deviceId": 1, "deviceGroupId": 1},
            "receiver": {},
            "personalSettings": [],
        }));
        let expected = [
            ("organizationId", FaultCode::WrongType),
            ("startDate", FaultCode::InvalidValue),
            ("schedule[0].dayOfWeek", FaultCode::InvalidValue),
            ("schedule[1].dayOfWeek", FaultCode::Required),
            ("schedule[2].period.startTime", FaultCode::InvalidValue),
            ("schedule[2].period.endTime", FaultCode::Required),
            ("schedule[2].recurrence", FaultCode::InvalidValue),
            ("schedule[3].recurrence", FaultCode::Required),
            ("permissions.administrate", FaultCode::WrongType),
            ("personalSettings", FaultCode::WrongType),
            ("source", FaultCode::NotAllowed),
            ("receiver", FaultCode::Required),
        ];
        assert_eq!(
            faults,
            expected.map(|(field, code)| (field.to_owned(), code))
        );
    }

    #[test]
    fn a_time_needs_its_date() {
        assert_eq!(
            faults(json!({"startTime": "10:00:00"})),
            one("startTime", FaultCode::NotAllowed)
        );
        assert_eq!(
            faults(json!({"endTime": "10:00:00"})),
            one("endTime", FaultCode::NotAllowed)
        );
    }

    #[test]
    fn an_end_is_after_its_start() {
        let end_before = json!({"startDate": "2026-07-02", "endDate": "2026-07-01"});
        assert_eq!(faults(end_before), one("endDate", FaultCode::InvalidValue));
        let same = json!({"startDate": "2026-07-01", "startTime": "10:00:00", "endDate": "2026-07-01", "endTime": "10:00:00"});
        assert_eq!(faults(same), one("endDate", FaultCode::InvalidValue));
        let day = json!({"startDate": "2026-07-01", "endDate": "2026-07-01"});
        assert!(NewShare::read(&with(day), now()).is_ok());
    }

    #[test]
    fn an_end_that_has_passed_everywhere_is_not_after_a_start_that_is_now() {
        let end = |date: &str, time: Option<&str>| json!({"endDate": date, "endTime": time});
        assert_eq!(
            faults(end("2026-06-14", None)),
            one("endDate", FaultCode::InvalidValue)
        );
        assert!(NewShare::read(&with(end("2026-06-15", Some("00:00:01"))), now()).is_ok());
        assert_eq!(
            faults(end("2026-06-15", Some("00:00:00"))),
            one("endDate", FaultCode::InvalidValue)
        );
        assert!(NewShare::read(&with(end("9999-12-31", None)), now()).is_ok());
    }

    #[test]
    fn a_share_keeps_a_named_schedule_or_rules_of_its_own() {
        let both = json!({"scheduleId": 1, "schedule": []});
        assert_eq!(faults(both), one("scheduleId", FaultCode::NotAllowed));
        let named = NewShare::read(&with(json!({"scheduleId": 7})), now()).unwrap();
        assert_eq!(named.schedule, ScheduleId::try_from(7).ok());
    }

    #[test]
    fn a_schedule_has_a_bounded_number_of_rules() {
        let rules = |count| json!({"schedule": vec![json!({"recurrence": "Daily"}); count]});
        assert!(NewShare::read(&with(rules(MAX_RULES)), now()).is_ok());
        assert_eq!(
            faults(rules(MAX_RULES + 1)),
            one("schedule", FaultCode::OutOfRange)
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_one_fault() {
        let read = NewShare::read(&json!([]), now()).unwrap_err();
        assert_eq!((read.len(), read[0].code), (1, FaultCode::WrongType));
    }
}
