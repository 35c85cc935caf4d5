//! When grants hold, found with one budget for a whole answer.

use crate::timing::Zone;
use chrono::{DateTime, Utc};

use super::Candidate;
use crate::timing::{Budget, RanOut, Span, Together};

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
