//! Reading the body of *create a share*.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use utoipa::ToSchema;

use super::PersonalSettings;
use crate::grant::{Permissions, Receiver, Source};
use crate::id::{OrganizationId, ScheduleId};
use crate::timing::{DayOfWeek, LocalWindow, Period, Recurrence, Rule, Timing, WindowFault};
use crate::wire::json::{Fault, FaultCode, Faults, Fields, Named};
use crate::wire::schema::{LocalDate, LocalTime};

/// The most rules that a schedule may have.
pub const MAX_RULES: usize = 100;

/// A share that a client asks for: read, and right in itself. Whether the things that it
/// names exist, and whether the caller may share them, is not known yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewShare {
    /// The organization whose share it shall be.
    pub organization: OrganizationId,
    /// When it shall hold.
    pub timing: Timing,
    /// The named schedule whose rules it shall keep; then `timing` has none.
    pub schedule: Option<ScheduleId>,
    /// What it shall allow.
    pub permissions: Permissions,
    /// What it shall open.
    pub source: Source,
    /// Whom it shall be for; nobody makes it an open invitation.
    pub receiver: Option<Receiver>,
    /// What is chosen for the receiver.
    pub personal_settings: PersonalSettings,
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
        "personalSettings": {"notifications": false}
    }))
)]
pub struct NewShareBody {
    /// The organization whose share it shall be.
    pub organization_id: OrganizationId,
    /// What it shall open.
    pub source: Source,
    /// Whom it shall be for; left out, the share is an open invitation.
    pub receiver: Option<Receiver>,
    /// The first day; left out, it begins with its creation.
    #[schema(value_type = Option<LocalDate>)]
    pub start_date: Option<NaiveDate>,
    /// When it begins on the first day; left out, with that day. Not without `startDate`.
    #[schema(value_type = Option<LocalTime>)]
    pub start_time: Option<NaiveTime>,
    /// The last day; left out, it has no end.
    #[schema(value_type = Option<LocalDate>)]
    pub end_date: Option<NaiveDate>,
    /// When it ends on the last day; left out, with that day. Not without `endDate`.
    #[schema(value_type = Option<LocalTime>)]
    pub end_time: Option<NaiveTime>,
    /// When it holds within those days: during any of these rules; without one, always.
    #[schema(max_items = 100, example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    pub schedule: Option<Vec<Rule>>,
    /// The named schedule whose rules it shall keep, in place of `schedule`.
    pub schedule_id: Option<ScheduleId>,
    /// What it shall allow beyond opening by hand at the door; left out, nothing.
    pub permissions: Option<Permissions>,
    /// What is chosen for the receiver.
    pub personal_settings: Option<PersonalSettings>,
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
    pub fn read(body: &Value, now: DateTime<Utc>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let share = Fields::of_body(body, &faults).and_then(|body| {
            // Each is read before any is asked for, so that every fault is found.
            let organization = body.required("organizationId");
            let window = window(&body, now);
            let rules = rules(&body, "schedule").unwrap_or_default();
            let schedule = schedule(&body);
            let permissions = permissions(&body);
            let source = source(&body);
            let receiver = receiver(&body);
            let personal_settings = personal_settings(&body);
            Some(Self {
                organization: organization?,
                timing: Timing::new(window?, rules),
                schedule,
                permissions,
                source: source?,
                receiver,
                personal_settings,
            })
        });
        faults.or(share)
    }
}

impl Named for DayOfWeek {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Monday", Self::Monday),
        ("Tuesday", Self::Tuesday),
        ("Wednesday", Self::Wednesday),
        ("Thursday", Self::Thursday),
        ("Friday", Self::Friday),
        ("Saturday", Self::Saturday),
        ("Sunday", Self::Sunday),
    ];
}

impl Named for Recurrence {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Daily", Self::Daily),
        ("Weekly", Self::Weekly),
        ("BiWeekly", Self::BiWeekly),
    ];
}

/// One end of the window: its date and its time, as given.
type End = (Option<NaiveDate>, Option<NaiveTime>);

fn window(body: &Fields<'_>, now: DateTime<Utc>) -> Option<LocalWindow> {
    let end = |date: &str, time: &str| -> (End, bool) {
        let read: End = (body.optional(date), body.optional(time));
        let well = body.has(date) == read.0.is_some() && body.has(time) == read.1.is_some();
        (read, well)
    };
    let (start, start_well) = end("startDate", "startTime");
    let (end, end_well) = end("endDate", "endTime");
    if !start_well || !end_well {
        // What is wrong has been said; what follows from it need not be.
        return None;
    }
    match LocalWindow::new(now, start, end) {
        Ok(window) if is_over_everywhere(&window, now) => {
            body.fault(
                "endDate",
                FaultCode::InvalidValue,
                "the end is not after the start, which is now",
            );
            None
        }
        Ok(window) => Some(window),
        Err(error) => {
            for fault in error.faults() {
                let (field, code) = match fault {
                    WindowFault::StartTimeWithoutDate => ("startTime", FaultCode::NotAllowed),
                    WindowFault::EndTimeWithoutDate => ("endTime", FaultCode::NotAllowed),
                    _ => ("endDate", FaultCode::InvalidValue),
                };
                body.fault(field, code, fault.to_string());
            }
            None
        }
    }
}

/// Whether a window that begins with its creation at `now` has its end before that in
/// every zone. The zone of the door is not known here; twelve hours behind UTC is the
/// last place on Earth where a local time comes.
fn is_over_everywhere(window: &LocalWindow, now: DateTime<Utc>) -> bool {
    let last = FixedOffset::west_opt(12 * 60 * 60);
    let (None, Some(end), Some(last)) = (window.start_date(), window.end_date(), last) else {
        return false;
    };
    let end = match window.end_time() {
        Some(time) => Some(end.and_time(time)),
        None => end
            .checked_add_days(Days::new(1))
            .map(|next| next.and_time(NaiveTime::MIN)),
    };
    end.is_some_and(|end| end <= now.with_timezone(&last).naive_local())
}

/// The rules in a list of the body; `None` when it is left out.
pub(crate) fn rules(body: &Fields<'_>, name: &str) -> Option<Vec<Rule>> {
    let rules = body.objects(name, MAX_RULES)?;
    Some(rules.iter().filter_map(rule).collect())
}

fn rule(fields: &Fields<'_>) -> Option<Rule> {
    let day = fields.name::<DayOfWeek>("dayOfWeek");
    let period = fields.object("period").map(|period| {
        let start = period.required("startTime");
        let end = period.required("endTime");
        Some(Period {
            start: start?,
            end: end?,
        })
    });
    if !fields.has("recurrence") {
        fields.missing("recurrence");
    }
    let recurrence = fields.name::<Recurrence>("recurrence")?;
    if fields.has("dayOfWeek") && day.is_none() || matches!(period, Some(None)) {
        return None;
    }
    let rule = Rule::new(recurrence, day, period.flatten());
    if rule.is_err() {
        fields.fault(
            "dayOfWeek",
            FaultCode::Required,
            "required unless recurrence is \"Daily\"",
        );
    }
    rule.ok()
}

fn schedule(body: &Fields<'_>) -> Option<ScheduleId> {
    if body.has("scheduleId") && body.has("schedule") {
        body.fault(
            "scheduleId",
            FaultCode::NotAllowed,
            "give either schedule or scheduleId",
        );
    }
    body.optional("scheduleId")
}

fn permissions(body: &Fields<'_>) -> Permissions {
    let Some(fields) = body.object("permissions") else {
        return Permissions::default();
    };
    let flag = |name| fields.optional(name).unwrap_or(false);
    Permissions {
        administrate: flag("administrate"),
        remote_activate: flag("remoteActivate"),
        assign_keyfob: flag("assignKeyfob"),
    }
}

fn personal_settings(body: &Fields<'_>) -> PersonalSettings {
    let fields = body.object("personalSettings");
    let notifications = fields.and_then(|fields| fields.optional("notifications"));
    PersonalSettings {
        notifications: notifications.unwrap_or(false),
    }
}

fn source(body: &Fields<'_>) -> Option<Source> {
    if !body.has("source") {
        body.missing("source");
    }
    let source = body.object("source")?;
    let device = source.optional("deviceId").map(Source::Device);
    let group = source.optional("deviceGroupId").map(Source::DeviceGroup);
    exactly_one(body, &source, "source", ["deviceId", "deviceGroupId"]);
    device.or(group)
}

fn receiver(body: &Fields<'_>) -> Option<Receiver> {
    let receiver = body.object("receiver")?;
    let user = receiver.optional("userId").map(Receiver::User);
    let group = receiver.optional("userGroupId").map(Receiver::UserGroup);
    exactly_one(body, &receiver, "receiver", ["userId", "userGroupId"]);
    user.or(group)
}

fn exactly_one(body: &Fields<'_>, object: &Fields<'_>, name: &str, choices: [&str; 2]) {
    let given = choices.iter().filter(|choice| object.has(choice)).count();
    if given != 1 {
        let code = if given == 0 {
            FaultCode::Required
        } else {
            FaultCode::NotAllowed
        };
        body.fault(
            name,
            code,
            format!("give exactly one of {} and {}", choices[0], choices[1]),
        );
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;
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
        assert_eq!(share.timing.span(Tz::UTC), (now(), None));
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
            ("source", FaultCode::NotAllowed),
            ("receiver", FaultCode::Required),
            ("personalSettings", FaultCode::WrongType),
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
