//! May this person open this door now, and why?
//!
//! [`find`] reads the grants that could open it, with all that each rests on; what follows
//! is pure: whether one holds, which condition fails, and when the door opens next.

mod find;
mod outlook;

use crate::timing::Zone;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub use find::{
    Door, Enough, Found, Reachable, candidates, find, find_enough, reachable, zone_of,
    zone_of_space,
};
pub use outlook::Outlook;

use crate::grant::{Grant, GrantId, Permission, Permissions};
use crate::id::{AccessId, ShareId};
use crate::share::State;
use crate::timing::{Rule, Span, Standing, Timing};
use crate::wire::schema::Instant;

/// How many windows of grants that stand one above the other are looked at for one that
/// they share. Rules that never meet are not looked at for ever.
const MAX_WINDOWS: usize = 1000;

/// A grant that could open the door, with all that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The grant.
    pub grant: Grant,
    /// When it holds, and when those above it do, the nearest first; with the rules of
    /// named schedules in their place. It holds while all of them do.
    pub timings: Vec<Timing>,
    /// What it allows: nothing that one above it does not.
    pub permissions: Permissions,
    /// Those above it, the nearest first.
    pub above: Vec<Grant>,
    /// Whether one above it is gone, or gives no right to share any more.
    pub revoked: bool,
    /// Whether no entry is left of those that it is good for.
    pub used_up: bool,
}

/// Why a grant does not open the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantFailure, examples("outsideSchedule"))]
pub enum Failed {
    /// None of its rules holds.
    OutsideSchedule,
    /// Its window has not begun.
    BeforeStart,
    /// Its window is over.
    Ended,
    /// It does not allow what is asked for.
    PermissionLacking,
    /// What it was made by right of has ended, or was taken away.
    RevokedSource,
    /// No entry is left of those that it is good for.
    CountUsedUp,
}

/// What kind of grant it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GrantKind, examples("share"))]
pub enum Kind {
    /// A share.
    Share,
    /// An access.
    Access,
}

/// Names a share or an access where either may stand: by a number or by a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = GrantId)]
pub enum ShownId {
    /// Of a share.
    Share(ShareId),
    /// Of an access.
    Access(AccessId),
}

/// What a grant belongs to, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GrantName)]
pub struct Shown {
    /// What kind of grant it is.
    kind: Kind,
    /// The number of the share, the id of the access.
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

/// One grant's part in a decision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Because {
    #[serde(skip)]
    grant: GrantId,
    #[serde(flatten)]
    shown: Shown,
    /// The rule of its schedule by which it holds; left out when it has none, or fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    /// Why it does not open the door; left out when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
    /// Since when it holds, or from when on it does next; of one that is over, since when it
    /// did. Left out when it never will.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    from: Option<DateTime<Utc>>,
    /// Until when; left out when that is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    until: Option<DateTime<Utc>>,
}

/// Whether someone may open a door.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    /// Whether they may.
    #[schema(examples(true))]
    pub allowed: bool,
    /// When.
    #[schema(value_type = Instant)]
    at: DateTime<Utc>,
    /// What they may do beyond opening by hand at the door: what any grant that holds allows.
    pub permissions: Permissions,
    /// By which grants they may; when they may not, which could, and what each lacks.
    pub because: Vec<Because>,
    /// When the door opens next: after the stretch in which it does now, if it does. Left
    /// out when it does not again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextWindow>,
}

/// A stretch of time in which a door opens.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = DecisionWindow)]
struct NextWindow {
    /// Its first instant.
    #[schema(value_type = Instant)]
    from: DateTime<Utc>,
    /// The first instant after it; left out when it is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Instant>)]
    until: Option<DateTime<Utc>>,
}

impl From<Span> for NextWindow {
    fn from(Span { from, until }: Span) -> Self {
        Self { from, until }
    }
}

impl Candidate {
    /// A grant that rests on nothing else.
    pub fn alone(grant: Grant) -> Self {
        Self {
            timings: vec![grant.timing.clone()],
            permissions: grant.permissions,
            above: Vec::new(),
            revoked: false,
            used_up: false,
            grant,
        }
    }

    /// Why it does not hold at `at`, at a door in `zone`; the rule by which it does, if it
    /// has rules.
    fn standing(&self, zone: Zone, at: DateTime<Utc>) -> Result<Option<Rule>, Failed> {
        let mut by = None;
        for (place, timing) in self.timings.iter().enumerate() {
            let own = place == 0;
            match timing.standing(zone, at) {
                Standing::Holds(rule) if own => by = rule.map(|place| timing.rules[place]),
                Standing::Holds(_) => {}
                Standing::Ended if own => return Err(Failed::Ended),
                Standing::Ended => return Err(Failed::RevokedSource),
                Standing::BeforeStart => return Err(Failed::BeforeStart),
                Standing::OutsideSchedule => return Err(Failed::OutsideSchedule),
            }
        }
        if self.revoked {
            return Err(Failed::RevokedSource);
        }
        if self.used_up {
            return Err(Failed::CountUsedUp);
        }
        Ok(by)
    }

    /// Itself, and those above it, the nearest first.
    pub fn chain(&self) -> impl Iterator<Item = &Grant> {
        [&self.grant].into_iter().chain(&self.above)
    }

    /// Whether it holds at `at`, at a door in `zone`.
    pub fn holds(&self, zone: Zone, at: DateTime<Utc>) -> bool {
        self.standing(zone, at).is_ok()
    }

    /// Whether it holds neither at `at` nor ever after: it or one above it has ended, one
    /// above it is gone, or it is used up.
    pub fn is_over(&self, zone: Zone, at: DateTime<Utc>) -> bool {
        let has_ended = |timing: &Timing| State::of(timing, zone, at) == State::Ended;
        self.revoked || self.used_up || self.timings.iter().any(has_ended)
    }

    /// The stretch in which it holds at `at`, whole, or the next one after it.
    pub fn window(&self, zone: Zone, at: DateTime<Utc>) -> Option<Span> {
        if self.revoked || self.used_up {
            return None;
        }
        let mut at = at;
        for _ in 0..MAX_WINDOWS {
            let windows = self.timings.iter().map(|timing| timing.next(zone, at));
            let windows: Vec<Span> = windows.collect::<Option<_>>()?;
            let from = windows.iter().map(|window| window.from).max()?;
            if from <= at || windows.iter().all(|window| window.contains(from)) {
                let until = windows.iter().filter_map(|window| window.until).min();
                return Some(Span { from, until });
            }
            at = from;
        }
        None
    }

    /// Its part in a decision about `at`, of which `permission` is asked.
    fn because(&self, zone: Zone, at: DateTime<Utc>, permission: Option<Permission>) -> Because {
        let (rule, failed) = match self.standing(zone, at) {
            Ok(_) if permission.is_some_and(|wanted| !self.permissions.has(wanted)) => {
                (None, Some(Failed::PermissionLacking))
            }
            Ok(rule) => (rule, None),
            Err(failed) => (None, Some(failed)),
        };
        let (from, until) = match failed {
            Some(Failed::Ended) => {
                let (from, until) = self.timings[0].span(zone);
                (Some(from), until)
            }
            _ => match self.window(zone, at) {
                Some(window) => (Some(window.from), window.until),
                None => (None, None),
            },
        };
        Because {
            grant: self.grant.id,
            shown: self.grant.id.into(),
            rule,
            failed,
            from,
            until,
        }
    }
}

/// Whether one of `candidates` opens a door in `zone` at `at`, to do what `permission` is
/// for, if one is asked for.
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
    let mut permissions = Permissions::default();
    for candidate in candidates.iter().filter(|one| one.holds(zone, at)) {
        permissions = permissions.or(candidate.permissions);
    }
    let mut because: Vec<_> = candidates
        .iter()
        .map(|candidate| candidate.because(zone, at, permission))
        .collect();
    because.sort_by_key(|because| because.grant);
    let allowed = because.iter().any(|because| because.failed.is_none());
    because.retain(|because| because.failed.is_none() == allowed);
    let able: Vec<_> = candidates
        .iter()
        .filter(|one| permission.is_none_or(|wanted| one.permissions.has(wanted)))
        .collect();
    Decision {
        allowed,
        at,
        permissions,
        because,
        next: next(&able, zone, at).map(NextWindow::from),
    }
}

/// The first stretch after the one that `at` lies in, in which one of `candidates` holds.
fn next(candidates: &[&Candidate], zone: Zone, at: DateTime<Utc>) -> Option<Span> {
    let windows = |at| {
        candidates
            .iter()
            .filter_map(move |one| one.window(zone, at))
    };
    let Ok(after) = end_of(&windows, at) else {
        return None;
    };
    let mut next = windows(after).min_by_key(|window| window.from)?;
    next.until = end_of(&windows, next.from).ok();
    Some(next)
}

/// The end of the stretch that `at` lies in, of windows that follow each other without a
/// gap; `at` itself when it lies in none.
fn end_of<W: Iterator<Item = Span>>(
    windows: &impl Fn(DateTime<Utc>) -> W,
    at: DateTime<Utc>,
) -> Result<DateTime<Utc>, Endless> {
    let mut end = at;
    for _ in 0..MAX_WINDOWS {
        let holding = windows(end).filter(|window| window.contains(end));
        let ends: Option<Vec<_>> = holding.map(|window| window.until).collect();
        match ends.ok_or(Endless)?.into_iter().max() {
            Some(until) => end = until,
            None => return Ok(end),
        }
    }
    Err(Endless)
}

impl Because {
    /// What it lacks, in words; nothing of one that holds.
    pub fn lack(&self) -> Option<String> {
        let what = match self.failed? {
            Failed::OutsideSchedule => "is outside its schedule",
            Failed::BeforeStart => "has not begun",
            Failed::Ended => "is over",
            Failed::PermissionLacking => "lacks the permission",
            Failed::RevokedSource => "was made by a right that is gone",
            Failed::CountUsedUp => "has no entry left",
        };
        Some(format!("{} {what}", self.grant))
    }

    /// What it is about.
    pub fn grant(&self) -> GrantId {
        self.grant
    }

    /// Until when the grant holds; nothing when that is without end.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }
}

/// That a stretch has no end, or none that is near.
struct Endless;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::grant::{Receiver, Source};
    use crate::timing::InstantWindow;

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

    #[test]
    fn a_grant_holds_only_while_those_above_it_do() {
        let own = timing(ALWAYS, None, hours("08:00:00", "12:00:00"));
        let above = timing(ALWAYS, None, hours("10:00:00", "18:00:00"));
        let one = candidate(1, vec![own.clone(), above]);
        assert!(!one.holds(Zone::UTC, at("2024-06-03T09:00:00Z")));
        assert!(one.holds(Zone::UTC, at("2024-06-03T10:00:00Z")));
        let window = one.window(Zone::UTC, at("2024-06-03T09:00:00Z")).unwrap();
        assert_eq!(window.from, at("2024-06-03T10:00:00Z"));
        assert_eq!(window.until, Some(at("2024-06-03T12:00:00Z")));
        // Rules that never meet have no window, and are not looked at for ever.
        let never = timing(ALWAYS, None, hours("18:00:00", "20:00:00"));
        let one = candidate(1, vec![own, never]);
        assert_eq!(one.window(Zone::UTC, at("2024-06-03T09:00:00Z")), None);
    }
}
