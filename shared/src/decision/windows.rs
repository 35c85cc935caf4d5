//! When grants hold, found with one budget for a whole answer.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::candidate::Candidate;
use crate::timing::{Budget, RanOut, Span, Together, Zone};
use crate::wire::schema::Instant;

/// The work that one answer may spend on finding when grants hold, in steps of about ten
/// nanoseconds. A client can give a door more rules than there is time for. Whether a grant
/// holds is decided before, and is not part of it.
const WINDOWS: usize = 1_000_000;

/// The budget of one answer.
pub fn budget() -> Budget {
    Budget::new(WINDOWS)
}

/// A window in which a door opens.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = DecisionWindow)]
pub(super) struct NextWindow {
    /// Its first instant.
    #[schema(value_type = Instant)]
    from: DateTime<Utc>,
    /// The first instant after it; left out if it has no end.
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
    /// Until when the grant holds without interruption from `at` on, at a door in `zone`;
    /// `None` if it does not hold or has no end.
    pub fn until(&self, zone: Zone, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let window = Cursor::new(self, zone).window(at, &mut budget());
        window.ok().flatten()?.until
    }
}

/// The windows of one grant, asked for at one instant after the other: none is worked out
/// twice.
pub(super) struct Cursor<'c> {
    candidate: &'c Candidate,
    zone: Zone,
    /// Its rules, once they were asked for.
    together: Option<Together>,
    /// The last answer: it is valid until its window ends, or for ever if there is none.
    last: Option<Option<Span>>,
}

impl<'c> Cursor<'c> {
    pub(super) fn new(candidate: &'c Candidate, zone: Zone) -> Self {
        let is_gone = candidate.revoked || candidate.used_up;
        Self {
            candidate,
            zone,
            together: None,
            last: is_gone.then_some(None),
        }
    }

    /// The window in which it holds at `at`, whole, or the next one after it. `at` is never
    /// before the one that was asked for last.
    pub(super) fn window(
        &mut self,
        at: DateTime<Utc>,
        budget: &mut Budget,
    ) -> Result<Option<Span>, RanOut> {
        match self.last {
            Some(None) => return Ok(None),
            Some(Some(window)) if window.until.is_none_or(|until| at < until) => {
                return Ok(Some(window));
            }
            _ => {}
        }
        let together = match &mut self.together {
            Some(together) => together,
            together => together.insert(Together::new(&self.candidate.timings, self.zone, budget)?),
        };
        let window = together.next(at, budget)?;
        self.last = Some(window);
        Ok(window)
    }
}

/// The first stretch after the one that `at` lies in, in which one of several grants holds;
/// nothing, too, when that one has no end.
pub(super) fn next(
    cursors: &mut [Cursor<'_>],
    at: DateTime<Utc>,
    budget: &mut Budget,
) -> Result<Option<Span>, RanOut> {
    let Some(after) = end_of(cursors, at, budget)? else {
        return Ok(None);
    };
    let mut first: Option<Span> = None;
    for cursor in &mut *cursors {
        let window = cursor.window(after, budget)?;
        first = match (first, window) {
            (Some(first), Some(window)) if first.from <= window.from => Some(first),
            (first, window) => window.or(first),
        };
    }
    let Some(first) = first else { return Ok(None) };
    let until = end_of(cursors, first.from, budget)?;
    Ok(Some(Span { until, ..first }))
}

/// The end of the stretch of adjacent windows that contains `at`; `at` itself if none contains
/// it, `None` if it has no end.
fn end_of(
    cursors: &mut [Cursor<'_>],
    at: DateTime<Utc>,
    budget: &mut Budget,
) -> Result<Option<DateTime<Utc>>, RanOut> {
    let mut end = at;
    loop {
        budget.spend(cursors.len())?;
        let mut further = end;
        for cursor in &mut *cursors {
            if let Some(window) = cursor.window(end, budget)?
                && window.contains(end)
            {
                match window.until {
                    Some(until) => further = further.max(until),
                    None => return Ok(None),
                }
            }
        }
        if further == end {
            return Ok(Some(end));
        }
        end = further;
    }
}
