//! May this person open this door now, and why?
//!
//! [`find`] reads the grants that could open it, with all that each rests on; what follows
//! is pure: whether one holds, which condition fails, and when the door opens next.

mod candidate;
mod find;
mod outlook;
mod windows;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub use candidate::{Candidate, Failed};
pub use find::{
    Door, Enough, Found, Reachable, candidates, find, find_enough, reachable, zone_of,
    zone_of_space,
};
pub use outlook::Outlook;
pub use windows::budget;

use self::windows::{Cursor, NextWindow, next};

use crate::grant::{GrantId, Permission, Permissions};
use crate::id::{AccessId, ShareId};
use crate::timing::{Budget, Rule, Zone};
use crate::wire::schema::Instant;

/// The kind of grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantKind, examples("share"))]
pub enum Kind {
    /// A share.
    Share,
    /// An access.
    Access,
}

/// The ID of a share (a number) or of an access (a UUID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = GrantId)]
pub enum ShownId {
    /// The ID of a share.
    Share(ShareId),
    /// The ID of an access.
    Access(AccessId),
}

/// The share or access of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GrantName)]
pub struct Shown {
    /// The kind of grant.
    kind: Kind,
    /// The ID of the share or of the access.
    id: ShownId,
}

impl From<GrantId> for Shown {
    fn from(id: GrantId) -> Self {
        match id {
            GrantId::Share(id) => Self {
                kind: Kind::Share,
                id: ShownId::Share(id),
            },
            GrantId::Access(id) => Self {
                kind: Kind::Access,
                id: ShownId::Access(id),
            },
        }
    }
}

/// One grant in a decision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Because {
    #[serde(flatten)]
    shown: Shown,
    /// The rule of its schedule that applies; left out if it has no schedule or does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    /// Why the grant does not open the door; left out if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
    /// The start of the window in which the grant holds, or of the next one, or, if it has
    /// ended, of its last one. Left out if it never holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    from: Option<DateTime<Utc>>,
    /// The end of that window; left out if it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    until: Option<DateTime<Utc>>,
}

/// Whether a user may open a door.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    /// Whether the user may open the door.
    #[schema(examples(true))]
    pub allowed: bool,
    /// The time of the decision.
    #[schema(value_type = Instant)]
    at: DateTime<Utc>,
    /// The permissions of all grants that hold, beyond opening by hand at the door.
    pub permissions: Permissions,
    /// The grants that allow it or, if none does, the grants that could and what each of them
    /// lacks.
    because: Vec<Because>,
    /// The next window in which the door opens: after the current one, if it opens now. Left
    /// out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextWindow>,
    /// True if the rules of the grants are too many to search for all windows in time: a
    /// `from`, `until` or `next` that is left out may then exist. `allowed` and `failed` are
    /// exact anyway. Left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(examples(false))]
    incomplete: bool,
}

/// Whether someone may open a door, and by what, without a word on when.
#[derive(Debug)]
pub struct Verdict<'c> {
    /// Whether the user may open the door.
    pub allowed: bool,
    /// The permissions of all grants that hold, beyond opening by hand at the door.
    pub permissions: Permissions,
    /// The grants that allow it or, if none does, the grants that could.
    grounds: Vec<Ground<'c>>,
}

/// One grant's part in a verdict.
#[derive(Debug)]
struct Ground<'c> {
    candidate: &'c Candidate,
    /// The rule by which the grant holds, or why it does not.
    standing: Result<Option<Rule>, Failed>,
}

/// Whether one of `candidates` opens a door in `zone` at `at`, to do what `permission` is
/// for, if one is asked for. That is one look at each rule, and nothing else.
///
/// ```
/// use latchkey::decision::judge;
///
/// let verdict = judge(&[], latchkey::timing::Zone::UTC, chrono::DateTime::UNIX_EPOCH, None);
/// assert!(!verdict.allowed);
/// ```
pub fn judge(
    candidates: &[Candidate],
    zone: Zone,
    at: DateTime<Utc>,
    permission: Option<Permission>,
) -> Verdict<'_> {
    let mut permissions = Permissions::default();
    let mut grounds = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut standing = candidate.standing(zone, at);
        if standing.is_ok() {
            permissions = permissions.or(candidate.permissions);
            if permission.is_some_and(|wanted| !candidate.permissions.has(wanted)) {
                standing = Err(Failed::PermissionLacking);
            }
        }
        grounds.push(Ground {
            candidate,
            standing,
        });
    }
    grounds.sort_by_key(|ground| ground.candidate.grant.id);
    let allowed = grounds.iter().any(|ground| ground.standing.is_ok());
    grounds.retain(|ground| ground.standing.is_ok() == allowed);
    Verdict {
        allowed,
        permissions,
        grounds,
    }
}

/// The decision, with when each grant holds and when the door opens next.
///
/// ```
/// use latchkey::decision::decide;
///
/// let decision = decide(&[], timing::Zone::UTC, chrono::DateTime::UNIX_EPOCH, None);
/// assert!(!decision.allowed);
/// ```
pub fn decide(
    candidates: &[Candidate],
    zone: Zone,
    at: DateTime<Utc>,
    permission: Option<Permission>,
) -> Decision {
    let verdict = judge(candidates, zone, at, permission);
    let mut budget = budget();
    let able = candidates
        .iter()
        .filter(|one| permission.is_none_or(|wanted| one.permissions.has(wanted)));
    let mut able: Vec<_> = able.map(|one| (one, Cursor::new(one, zone))).collect();
    let because = verdict.grounds.into_iter().map(|ground| {
        let same = |(one, _): &&mut (&Candidate, _)| std::ptr::eq(*one, ground.candidate);
        match able.iter_mut().find(same) {
            Some((_, cursor)) => ground.because(cursor, zone, at, &mut budget),
            None => {
                let mut cursor = Cursor::new(ground.candidate, zone);
                ground.because(&mut cursor, zone, at, &mut budget)
            }
        }
    });
    let because = because.collect();
    let mut cursors: Vec<_> = able.into_iter().map(|(_, cursor)| cursor).collect();
    let next = next(&mut cursors, at, &mut budget).ok().flatten();
    Decision {
        allowed: verdict.allowed,
        at,
        permissions: verdict.permissions,
        because,
        next: next.map(NextWindow::from),
        incomplete: budget.has_run_out(),
    }
}

impl Verdict<'_> {
    /// The grants by which they may; when they may not, those which could.
    pub fn grants(&self) -> impl Iterator<Item = GrantId> {
        self.grounds.iter().map(|ground| ground.candidate.grant.id)
    }

    /// What each grant lacks, in words; nothing if the user may open the door.
    pub fn lacks(&self) -> impl Iterator<Item = String> {
        self.grounds.iter().filter_map(|ground| {
            let what = match ground.standing.err()? {
                Failed::OutsideSchedule => "is outside its schedule",
                Failed::BeforeStart => "has not begun",
                Failed::Ended => "has ended",
                Failed::PermissionLacking => "lacks the permission",
                Failed::RevokedSource => "rests on a grant that no longer exists",
                Failed::CountUsedUp => "has no entry left",
            };
            Some(format!("{} {what}", ground.candidate.grant.id))
        })
    }
}

impl Ground<'_> {
    /// The same, with the times of the grant.
    fn because(
        &self,
        cursor: &mut Cursor<'_>,
        zone: Zone,
        at: DateTime<Utc>,
        budget: &mut Budget,
    ) -> Because {
        let failed = self.standing.err();
        let (from, until) = match failed {
            Some(Failed::Ended) => {
                let (from, until) = self.candidate.timings[0].span(zone);
                (Some(from), until)
            }
            _ => match cursor.window(at, budget) {
                Ok(Some(window)) => (Some(window.from), window.until),
                Ok(None) | Err(_) => (None, None),
            },
        };
        Because {
            shown: self.candidate.grant.id.into(),
            rule: self.standing.ok().flatten(),
            failed,
            from,
            until,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::grant::{Grant, Receiver, Source};
    use crate::timing::InstantWindow;
    use crate::timing::{Span, Timing};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn timing(from: &str, until: Option<&str>, rules: Value) -> Timing {
        let window = InstantWindow::new(at(from), until.map(at)).unwrap();
        Timing::new(window, serde_json::from_value(rules).unwrap())
    }

    fn hours(start: &str, end: &str) -> Value {
        json!([{"recurrence": "Daily", "period": {"startTime": start, "endTime": end}}])
    }

    fn candidate(id: u64, timings: Vec<Timing>) -> Candidate {
        let grant = Grant {
            id: GrantId::Share(id.try_into().unwrap()),
            receiver: Receiver::User(1.try_into().unwrap()),
            source: Source::Device(1.try_into().unwrap()),
            timing: timings[0].clone(),
            schedule: None,
            permissions: Permissions::default(),
            parent: None,
            depth: 0,
            counted: None,
        };
        Candidate {
            timings,
            ..Candidate::alone(grant)
        }
    }

    fn decided(candidates: &[Candidate], when: &str, permission: Option<Permission>) -> Value {
        serde_json::to_value(decide(candidates, Zone::UTC, at(when), permission)).unwrap()
    }

    fn window(candidate: &Candidate, when: &str) -> Option<Span> {
        let mut cursor = Cursor::new(candidate, Zone::UTC);
        cursor.window(at(when), &mut budget()).unwrap()
    }

    const ALWAYS: &str = "2024-01-01T00:00:00Z";

    #[test]
    fn who_may_hears_by_what_until_when_and_when_again() {
        let rules = hours("09:00:00", "17:00:00");
        let one = candidate(3, vec![timing(ALWAYS, None, rules.clone())]);
        let answer = decided(&[one], "2024-06-03T10:00:00Z", None);
        assert_eq!(answer["allowed"], true);
        assert_eq!(
            answer["because"],
            json!([{
                "kind": "share", "id": 3, "rule": rules[0],
                "from": "2024-06-03T09:00:00Z", "until": "2024-06-03T17:00:00Z",
            }])
        );
        assert_eq!(
            answer["next"],
            json!({"from": "2024-06-04T09:00:00Z", "until": "2024-06-04T17:00:00Z"})
        );
    }

    #[test]
    fn each_near_miss_says_which_condition_failed() {
        let early = candidate(1, vec![timing("2024-07-01T00:00:00Z", None, json!([]))]);
        let late = timing(ALWAYS, Some("2024-06-01T00:00:00Z"), json!([]));
        let late = candidate(2, vec![late]);
        let outside = candidate(3, vec![timing(ALWAYS, None, hours("09:00:00", "17:00:00"))]);
        let weak = candidate(4, vec![timing(ALWAYS, None, json!([]))]);
        let mut revoked = weak.clone();
        revoked.grant.id = GrantId::Share(5.try_into().unwrap());
        revoked.revoked = true;
        let ended_above = timing(ALWAYS, Some("2024-06-01T00:00:00Z"), json!([]));
        let above = candidate(6, vec![weak.timings[0].clone(), ended_above]);
        let all = [early, late, outside, weak, revoked, above];
        let wanted = Some(Permission::RemoteActivate);
        let answer = decided(&all, "2024-06-03T18:00:00Z", wanted);
        assert_eq!(answer["allowed"], false);
        let failed: Vec<_> = answer["because"]
            .as_array()
            .unwrap()
            .iter()
            .map(|because| because["failed"].as_str().unwrap())
            .collect();
        assert_eq!(
            failed,
            [
                "beforeStart",
                "ended",
                "outsideSchedule",
                "permissionLacking",
                "revokedSource",
                "revokedSource"
            ]
        );
        // None of them ever allows that.
        assert_eq!(answer["next"], Value::Null);
    }

    #[test]
    fn a_stretch_goes_on_through_grants_that_follow_each_other() {
        let morning = candidate(1, vec![timing(ALWAYS, None, hours("08:00:00", "12:00:00"))]);
        let noon = candidate(2, vec![timing(ALWAYS, None, hours("12:00:00", "14:00:00"))]);
        let all = [morning, noon];
        let answer = decided(&all, "2024-06-03T09:00:00Z", None);
        assert_eq!(answer["because"].as_array().unwrap().len(), 1);
        assert_eq!(
            answer["next"],
            json!({"from": "2024-06-04T08:00:00Z", "until": "2024-06-04T14:00:00Z"})
        );
        let answer = decided(&all, "2024-06-03T07:00:00Z", None);
        assert_eq!(
            answer["next"],
            json!({"from": "2024-06-03T08:00:00Z", "until": "2024-06-03T14:00:00Z"})
        );
        let endless = candidate(3, vec![timing(ALWAYS, None, json!([]))]);
        let answer = decided(&[endless], "2024-06-03T07:00:00Z", None);
        assert_eq!(answer["next"], Value::Null);
        assert_eq!(answer["because"][0]["until"], Value::Null);
    }

    /// Ninety-nine short stretches of each day, and one of every second week.
    fn many(offset: u32) -> Value {
        let clock =
            |secs: u32| format!("{:02}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60);
        let each = (0..99).map(|place| offset + place * 850);
        let mut rules: Vec<_> = each
            .map(|secs| hours(&clock(secs), &clock(secs + 100))[0].clone())
            .collect();
        rules.push(json!({"recurrence": "BiWeekly", "dayOfWeek": "Monday", "period": {"startTime": clock(offset + 200), "endTime": clock(offset + 250)}}));
        json!(rules)
    }

    #[test]
    fn more_rules_than_there_is_time_for_are_judged_all_the_same_and_the_answer_says_so() {
        let chains = (1..=200).map(|id| {
            // The first rules have no instant in common with any of the others.
            let above = (1..9u32).map(|level| timing(ALWAYS, None, many(level)));
            let own = timing(ALWAYS, None, many(if id == 1 { 0 } else { 300 }));
            candidate(id, [own].into_iter().chain(above).collect())
        });
        let chains: Vec<_> = chains.collect();
        let answer = decided(&chains, "2024-06-03T00:00:50Z", None);
        assert_eq!(answer["allowed"], true);
        assert_eq!(answer["because"][0]["id"], 1);
        assert_eq!(answer["because"].as_array().unwrap().len(), 1);
        assert_eq!(answer["incomplete"], true);
        assert_eq!(answer["next"], Value::Null);
        // Ten such chains are within the budget.
        let answer = decided(&chains[..10], "2024-06-03T00:00:50Z", None);
        assert_eq!(answer["incomplete"], Value::Null);
        assert_eq!(answer["because"][0]["until"], "2024-06-03T00:01:40Z");
        assert_eq!(answer["next"]["from"], "2024-06-03T00:03:28Z");
    }

    #[test]
    fn a_grant_holds_only_while_those_above_it_do() {
        let own = timing(ALWAYS, None, hours("08:00:00", "12:00:00"));
        let above = timing(ALWAYS, None, hours("10:00:00", "18:00:00"));
        let one = candidate(1, vec![own.clone(), above]);
        assert!(!one.holds(Zone::UTC, at("2024-06-03T09:00:00Z")));
        assert!(one.holds(Zone::UTC, at("2024-06-03T10:00:00Z")));
        let found = window(&one, "2024-06-03T09:00:00Z").unwrap();
        assert_eq!(found.from, at("2024-06-03T10:00:00Z"));
        assert_eq!(found.until, Some(at("2024-06-03T12:00:00Z")));
        // Rules that never overlap have no window, which is found at once.
        let never = timing(ALWAYS, None, hours("18:00:00", "20:00:00"));
        let one = candidate(1, vec![own, never]);
        assert_eq!(window(&one, "2024-06-03T09:00:00Z"), None);
    }
}
