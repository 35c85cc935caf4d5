//! Reading the body of *change a share*.

use chrono::{NaiveDate, NaiveTime};
use utoipa::ToSchema;

use super::new::SharedSource;
use super::terms::{Terms, receiver, source};
use super::{AutoRemoveAfter, PersonalSettings, Share};
use crate::error::{Fault, FaultCode};
use crate::grant::{Permissions, Receiver, Source};
use crate::id::ScheduleId;
use crate::timing::{Rule, Timing};
use crate::wire::json::{Faults, Fields, Json};
use crate::wire::schema::{LocalDate, LocalTime};

/// The body of `PUT /v2/shares/{shareId}` as the API document shows it; [`Share::changed`]
/// reads it.
#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    description = "A change of a share. A field left out stays as it is.",
    examples(json!({
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
        "autoRemoveAfter": "MONTH",
        "externalId": "booking-4711"
    }))
)]
pub struct ShareChanges {
    /// The source. It cannot change: only the current value is accepted.
    #[schema(value_type = Option<SharedSource>)]
    pub source: Option<Source>,
    /// The receiver. It cannot change: only the current value is accepted.
    pub receiver: Option<Receiver>,
    /// The first day; with `null`, the share begins with its creation.
    #[schema(value_type = Option<LocalDate>)]
    pub start_date: Option<NaiveDate>,
    /// The start on the first day; with `null`, the beginning of that day.
    #[schema(value_type = Option<LocalTime>)]
    pub start_time: Option<NaiveTime>,
    /// The last day; with `null`, the share has no end.
    #[schema(value_type = Option<LocalDate>)]
    pub end_date: Option<NaiveDate>,
    /// The end on the last day; with `null` or `24:00`, the end of that day.
    #[schema(value_type = Option<LocalTime>)]
    pub end_time: Option<NaiveTime>,
    /// The rules, which replace the previous rules or the named schedule.
    #[schema(max_items = 100, example = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]))]
    pub schedule: Option<Vec<Rule>>,
    /// A named schedule, which replaces the rules or another named schedule.
    pub schedule_id: Option<ScheduleId>,
    /// What the share allows beyond opening by hand at the door.
    pub permissions: Option<Permissions>,
    /// The receiver's settings.
    pub personal_settings: Option<PersonalSettings>,
    /// How long after its end the share is removed; with `null` it is kept.
    pub auto_remove_after: Option<AutoRemoveAfter>,
    /// The ID in another system; `null` clears it.
    #[schema(min_length = 1, max_length = 200, examples("booking-4711"))]
    pub external_id: Option<String>,
}

impl Share {
    /// The share as the body of `PUT /v2/shares/{shareId}` makes it. What follows from the
    /// change (its version, when it is removed) is not in it yet.
    ///
    /// # Errors
    /// Every fault of the body, each with the path of its field.
    pub fn changed<'b>(&self, body: impl Into<Json<'b>>) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let changed = Fields::of_body(body, &faults).and_then(|body| {
            let terms = Terms::of(self).changed(&body);
            let mut auto_remove_after = self.auto_remove_after;
            if body.is_null("autoRemoveAfter") {
                auto_remove_after = None;
            } else if let Some(given) = body.name("autoRemoveAfter") {
                auto_remove_after = Some(given);
            }
            let given = source(&body);
            if given.is_some_and(|given| given != self.source) {
                cannot_change(&body, "source");
            }
            let given = receiver(&body);
            let taken = body.is_null("receiver") && self.receiver.is_some();
            if taken || given.is_some() && given != self.receiver {
                cannot_change(&body, "receiver");
            }
            let terms = terms?;
            let changed = Self {
                timing: Timing::new(terms.window, terms.rules),
                schedule: terms.schedule,
                permissions: terms.permissions,
                personal_settings: terms.personal_settings,
                external_id: terms.external_id,
                auto_remove_after,
                ..self.clone()
            };
            if changed.web_key.is_some() && !changed.has_end() {
                let message = "the web key of this share needs an end: delete the web key first";
                body.fault("endDate", FaultCode::NotAllowed, message);
            }
            Some(changed)
        });
        faults.or(changed)
    }
}

fn cannot_change(body: &Fields<'_>, name: &str) {
    let message = "cannot be changed: create another share";
    body.fault(name, FaultCode::NotAllowed, message);
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::timing::LocalWindow;
    use crate::web_key::{WebKeyHash, WebKeyMark};
    use crate::wire::schema;

    fn id<T: crate::id::Id>(number: u64) -> T {
        T::try_from(number).unwrap()
    }

    fn share() -> Share {
        let now: DateTime<Utc> = "2026-06-15T12:00:00Z".parse().unwrap();
        Share {
            id: id(3),
            organization: id(1),
            creator: id(1),
            timing: Timing::new(LocalWindow::unbounded(now), Vec::new()),
            schedule: None,
            permissions: Permissions::default(),
            source: Source::Device(id(1)),
            receiver: Some(Receiver::User(id(2))),
            personal_settings: PersonalSettings::default(),
            invitation_expiration: None,
            auto_remove_after: None,
            external_id: None,
            expires_at: None,
            web_key: None,
            calendar_links: Vec::new(),
            parent: None,
            depth: 0,
            version: 1,
            date_created: now,
            date_modified: now,
        }
    }

    fn changed(share: &Share, body: Value) -> Share {
        share.changed(&body).unwrap()
    }

    fn faults(share: &Share, body: Value) -> Vec<(String, FaultCode)> {
        let faults = share.changed(&body).unwrap_err().into_iter();
        faults.map(|fault| (fault.field, fault.code)).collect()
    }

    fn one(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
        vec![(field.to_owned(), code)]
    }

    #[test]
    fn the_schema_is_what_is_read() {
        schema::assert_reads::<ShareChanges, _>(|body| share().changed(body));
    }

    #[test]
    fn what_is_left_out_stays_and_null_empties() {
        let full = json!({
            "startDate": "2027-01-01", "startTime": "08:00", "endDate": "2027-12-31",
            "schedule": [{"recurrence": "Daily"}], "autoRemoveAfter": "YEAR",
            "permissions": {"administrate": true, "remoteActivate": true},
            "personalSettings": {"notifications": true},
        });
        let full = changed(&share(), full);
        assert_eq!(changed(&full, json!({})), full);
        let some = changed(&full, json!({"permissions": {"administrate": false}}));
        assert!(some.permissions.remote_activate && !some.permissions.administrate);
        let nulls = json!({
            "startDate": null, "endDate": null, "schedule": null, "permissions": null,
            "personalSettings": null, "autoRemoveAfter": null, "source": null,
        });
        assert_eq!(changed(&full, nulls), share());
    }

    #[test]
    fn the_window_is_valid_as_a_whole() {
        let bounded = json!({"startDate": "2027-01-01", "endDate": "2027-12-31"});
        let bounded = changed(&share(), bounded);
        let late = json!({"startDate": "2028-01-01"});
        assert_eq!(
            faults(&bounded, late),
            one("startDate", FaultCode::InvalidValue)
        );
        let early = json!({"endDate": "2026-12-31"});
        assert_eq!(
            faults(&bounded, early),
            one("endDate", FaultCode::InvalidValue)
        );
        let time = json!({"startTime": "08:00:00"});
        assert_eq!(
            faults(&share(), time),
            one("startTime", FaultCode::NotAllowed)
        );
        let before = json!({"endDate": "2026-06-13"});
        assert_eq!(
            faults(&share(), before),
            one("endDate", FaultCode::InvalidValue)
        );
    }

    #[test]
    fn rules_and_a_named_schedule_take_each_others_place() {
        let named = changed(&share(), json!({"scheduleId": 7}));
        assert_eq!(named.schedule, Some(id(7)));
        let own = changed(&named, json!({"schedule": [{"recurrence": "Daily"}]}));
        assert_eq!((own.schedule, own.timing.rules.len()), (None, 1));
        let named = changed(&own, json!({"scheduleId": 7, "schedule": null}));
        assert_eq!((named.schedule, named.timing.rules.len()), (Some(id(7)), 0));
        assert_eq!(
            changed(&named, json!({"schedule": null})).schedule,
            Some(id(7))
        );
        assert_eq!(changed(&named, json!({"scheduleId": null})), share());
        let both = json!({"scheduleId": 7, "schedule": []});
        assert_eq!(faults(&own, both), one("scheduleId", FaultCode::NotAllowed));
    }

    #[test]
    fn source_and_receiver_stay_as_they_are() {
        let same = json!({"source": {"deviceId": 1}, "receiver": {"userId": 2}});
        assert_eq!(changed(&share(), same), share());
        for (body, field) in [
            (json!({"source": {"deviceId": 2}}), "source"),
            (json!({"source": {"deviceGroupId": 1}}), "source"),
            (json!({"receiver": {"userId": 3}}), "receiver"),
            (json!({"receiver": null}), "receiver"),
        ] {
            assert_eq!(faults(&share(), body), one(field, FaultCode::NotAllowed));
        }
    }

    #[test]
    fn what_is_equal_or_narrower_reaches_no_further() {
        let mondays = json!([{"recurrence": "Weekly", "dayOfWeek": "Monday"}]);
        let of_two_weeks = json!([{"recurrence": "BiWeekly", "dayOfWeek": "Monday"}]);
        let base = changed(
            &share(),
            json!({
                "startDate": "2027-01-04", "endDate": "2027-12-31",
                "permissions": {"administrate": true, "remoteActivate": true},
                "schedule": [mondays[0], of_two_weeks[0]],
            }),
        );
        let reaches = |body: Value| {
            changed(&base, body).reaches_beyond(
                &base,
                "Europe/Berlin".parse::<crate::timing::Zone>().unwrap(),
            )
        };
        for body in [
            json!({}),
            json!({"personalSettings": {"notifications": true}}),
            json!({"autoRemoveAfter": "WEEK"}),
            json!({"permissions": {"administrate": false}}),
            json!({"endDate": "2027-12-30"}),
            json!({"startDate": "2027-01-04", "startTime": "08:00:00"}),
            // Two weeks later: the same weeks count.
            json!({"startDate": "2027-01-18"}),
            json!({"schedule": mondays}),
            json!({"schedule": of_two_weeks}),
        ] {
            assert!(!reaches(body.clone()), "{body}");
        }
        for body in [
            json!({"permissions": {"assignKeyfob": true}}),
            json!({"endDate": "2028-01-01"}),
            json!({"endDate": null}),
            json!({"startDate": "2027-01-03"}),
            json!({"startDate": null}),
            // A week later: the others.
            json!({"startDate": "2027-01-11"}),
            json!({"schedule": null}),
            json!({"schedule": [{"recurrence": "Daily"}]}),
            json!({"scheduleId": 7}),
        ] {
            assert!(reaches(body.clone()), "{body}");
        }
        let zone = "Europe/Berlin".parse::<crate::timing::Zone>().unwrap();
        let named = changed(&share(), json!({"scheduleId": 7}));
        assert!(!named.reaches_beyond(&share(), zone));
        assert!(share().reaches_beyond(&named, zone));
        assert!(!named.reaches_beyond(&named, zone));
        assert!(changed(&named, json!({"scheduleId": 8})).reaches_beyond(&named, zone));
        let open = Share {
            receiver: None,
            ..share()
        };
        assert!(share().reaches_beyond(&open, zone));
    }

    #[test]
    fn a_web_key_keeps_the_share_from_losing_its_end() {
        let mut share = changed(&share(), json!({"endDate": "2027-12-31"}));
        share.web_key = Some(WebKeyMark {
            hash: WebKeyHash::of(Uuid::nil()),
            creator: id(1),
            parent: None,
            date_created: share.date_created,
        });
        let endless = json!({"endDate": null});
        assert_eq!(
            faults(&share, endless),
            one("endDate", FaultCode::NotAllowed)
        );
        assert!(share.changed(&json!({"endDate": "2028-12-31"})).is_ok());
    }
}
