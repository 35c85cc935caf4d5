//! The fields that the bodies of *create a share* and *change a share* have in common: each is
//! read here, once.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Utc};

use super::{PersonalSettings, Share};
use crate::error::FaultCode;
use crate::grant::{Permissions, Receiver, Source};
use crate::id::ScheduleId;
use crate::rules::rules;
use crate::timing::{LocalWindow, Rule, Window, WindowFault};
use crate::wire::json::{EndTime, Fields, FromJson, Label};

/// The terms of a share, set at its creation and changed later.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub(super) window: LocalWindow,
    pub(super) rules: Vec<Rule>,
    pub(super) schedule: Option<ScheduleId>,
    pub(super) permissions: Permissions,
    pub(super) personal_settings: PersonalSettings,
    pub(super) external_id: Option<String>,
}

impl Terms {
    /// The terms of a share created at `now` by a body without any of them.
    pub(super) fn blank(now: DateTime<Utc>) -> Self {
        Self {
            window: LocalWindow::unbounded(now),
            rules: Vec::new(),
            schedule: None,
            permissions: Permissions::default(),
            personal_settings: PersonalSettings::default(),
            external_id: None,
        }
    }

    /// The terms of an existing share.
    pub(super) fn of(share: &Share) -> Self {
        let window = match share.timing.window {
            Window::Local(window) => window,
            // No body of a share gives one of these.
            Window::Instants(_) => LocalWindow::unbounded(share.date_created),
        };
        Self {
            window,
            rules: share.timing.rules.clone(),
            schedule: share.schedule,
            permissions: share.permissions,
            personal_settings: share.personal_settings,
            external_id: share.external_id.clone(),
        }
    }

    /// The terms as a body changes them: a field left out stays as it is, `null` clears an
    /// optional one. `None`, with faults, if the result has no valid window.
    pub(super) fn changed(mut self, body: &Fields<'_>) -> Option<Self> {
        let window = window(body, &self.window);
        self.schedule(body);
        if body.is_null("permissions") {
            self.permissions = Permissions::default();
        }
        if let Some(fields) = body.object("permissions") {
            let permissions = &mut self.permissions;
            fields.set::<bool, _>("administrate", &mut permissions.administrate);
            fields.set::<bool, _>("remoteActivate", &mut permissions.remote_activate);
            fields.set::<bool, _>("assignKeyfob", &mut permissions.assign_keyfob);
        }
        if body.is_null("personalSettings") {
            self.personal_settings = PersonalSettings::default();
        }
        if let Some(fields) = body.object("personalSettings") {
            let notifications = &mut self.personal_settings.notifications;
            fields.set::<bool, _>("notifications", notifications);
        }
        body.set_or_clear::<Label, _>("externalId", &mut self.external_id);
        self.window = window?;
        Some(self)
    }

    /// Rules of its own and a named schedule exclude each other: the one takes the place
    /// of the other.
    fn schedule(&mut self, body: &Fields<'_>) {
        if body.has("scheduleId") && body.has("schedule") {
            body.fault(
                "scheduleId",
                FaultCode::NotAllowed,
                "give either schedule or scheduleId",
            );
        }
        if body.is_null("scheduleId") {
            self.schedule = None;
        }
        if body.is_null("schedule") {
            self.rules = Vec::new();
        }
        if let Some(rules) = rules(body, "schedule") {
            self.rules = rules;
            self.schedule = None;
        }
        if let Some(schedule) = body.optional("scheduleId") {
            self.schedule = Some(schedule);
            self.rules = Vec::new();
        }
    }
}

/// One end of the window: its date and its time, as given.
type End = (Option<NaiveDate>, Option<NaiveTime>);

/// The window as a body changes it: valid as a whole.
fn window(body: &Fields<'_>, before: &LocalWindow) -> Option<LocalWindow> {
    let start = (before.start_date(), before.start_time());
    let end = (before.end_date(), before.end_time());
    let (start, start_well) = changed_end::<NaiveTime>(body, ["startDate", "startTime"], start);
    let (end, end_well) = changed_end::<EndTime>(body, ["endDate", "endTime"], end);
    if !start_well || !end_well {
        // These faults are reported already; their consequences need not be.
        return None;
    }
    // If the two ends are in the wrong order, the fault is at the one that the body changed.
    let moved = |date, time| body.has(date) || body.has(time);
    let late = if moved("startDate", "startTime") && !moved("endDate", "endTime") {
        "startDate"
    } else {
        "endDate"
    };
    match LocalWindow::new(before.created(), start, end) {
        Ok(window) if is_over_everywhere(&window) => {
            let message = "the end is not after the start, which is the creation of the share";
            body.fault("endDate", FaultCode::InvalidValue, message);
            None
        }
        Ok(window) => Some(window),
        Err(error) => {
            for fault in error.faults() {
                let (field, code) = match fault {
                    WindowFault::StartTimeWithoutDate => ("startTime", FaultCode::NotAllowed),
                    WindowFault::EndTimeWithoutDate => ("endTime", FaultCode::NotAllowed),
                    _ => (late, FaultCode::InvalidValue),
                };
                body.fault(field, code, fault.to_string());
            }
            None
        }
    }
}

/// One end as a body changes it, and whether what it says could be read. A date that is
/// taken away takes its time with it.
fn changed_end<T>(body: &Fields<'_>, [date, time]: [&str; 2], before: End) -> (End, bool)
where
    T: FromJson + Into<Option<NaiveTime>>,
{
    let (new_date, date_well) = changed_part::<NaiveDate, _>(body, date, before.0);
    let before_time = before.1.filter(|_| !body.is_null(date));
    let (new_time, time_well) = changed_part::<T, _>(body, time, before_time);
    // A time that is the end of its day leaves none to stand without a date.
    let lacks_date = new_date.is_none() && new_time.is_none() && date_well && time_well;
    if lacks_date && body.has(time) {
        let fault = WindowFault::EndTimeWithoutDate.to_string();
        body.fault(time, FaultCode::NotAllowed, fault);
        return ((None, None), false);
    }
    ((new_date, new_time), date_well && time_well)
}

fn changed_part<T: FromJson + Into<Option<U>>, U>(
    body: &Fields<'_>,
    name: &str,
    before: Option<U>,
) -> (Option<U>, bool) {
    if body.is_null(name) {
        return (None, true);
    }
    if !body.has(name) {
        return (before, true);
    }
    let given = body.optional::<T>(name);
    let well = given.is_some();
    (given.and_then(Into::into), well)
}

/// Whether a window that begins with its creation has its end before that in every zone.
/// The zone of the door is not known here; twelve hours behind UTC is the last place on
/// Earth where a local time comes.
fn is_over_everywhere(window: &LocalWindow) -> bool {
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
    end.is_some_and(|end| end <= window.created().with_timezone(&last).naive_local())
}

/// The source that a body gives a share.
pub(super) fn source(body: &Fields<'_>) -> Option<Source> {
    let source = body.object("source")?;
    let device = source.optional("deviceId").map(Source::Device);
    let group = source.optional("deviceGroupId").map(Source::DeviceGroup);
    exactly_one(body, &source, "source", ["deviceId", "deviceGroupId"]);
    device.or(group)
}

/// Whom a body says that a share is for.
pub(super) fn receiver(body: &Fields<'_>) -> Option<Receiver> {
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
