//! Counting wrong codes at a space, and locking it.
//!
//! One item counts them for each controller of a space. A success writes nothing there and
//! resets nothing: otherwise a guest could guess nine codes between each two uses of their own.
//! Instead the count falls by one every ten minutes, so ten visitors may mistype, and a
//! guesser gains nothing by waiting.
//!
//! There are two limits. From ten on the space is *locked* for a while, and for twice as long
//! with each further one: then only codes open it that have opened it before, so that nobody
//! shuts the others out. Such codes could be guessed meanwhile. So what is typed at a locked
//! space counts, too, and after two thousand in a day the space is *shut* to all codes: at a
//! keypad that takes hours, and a program reaches it in seconds.
//!
//! Which codes are wrong: those that nobody has, and those that have not opened this space
//! before and do not open it now. Both are answered alike, else the answer would tell a code
//! that opens the door tomorrow.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::table::{Change, EXPIRES_AT, If};

/// At how many wrong codes a space is locked.
const LOCKED_FROM: i64 = 10;
/// After how long one of them counts no longer.
const FORGIVEN_EVERY: TimeDelta = TimeDelta::minutes(10);
/// For how long the tenth locks the space. Each further one locks it for twice as long.
const FIRST_LOCK: TimeDelta = TimeDelta::seconds(30);
/// For how long one locks it at most.
const LONGEST_LOCK: TimeDelta = TimeDelta::hours(1);

/// The number of wrong codes, typed at a locked space or not, that shuts it.
const MOST_IN_A_DAY: i64 = 2000;
/// A day, in milliseconds, and how much of it each of them uses up.
const DAY: i64 = 24 * 60 * 60 * 1000;
const SHARE_OF_A_DAY: i64 = DAY / MOST_IN_A_DAY;

/// How long a wrong code is remembered. For at least half of that time, the first use of a code
/// is admitted only together with a check of this item.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

const FORGIVEN: &str = "forgivenAt";
const LOCKED: &str = "lockedUntil";
const USED_UP: &str = "usedUpUntil";
/// An attribute of the space.
const GUESSED: &str = "wrongCodesUntil";

/// The wrong codes that were typed at one space, as one controller has told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WrongCodes {
    /// When all of them will be forgiven, in Unix milliseconds. So many times
    /// [`FORGIVEN_EVERY`] from now are so many wrong codes.
    forgiven_at: i64,
    /// Until when the space is locked, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_until: Option<i64>,
    /// The time until which the day's tries are used up, in Unix milliseconds.
    used_up_until: i64,
}

impl WrongCodes {
    /// For how much longer the space is shut to all codes.
    pub fn shut_for(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        remaining(self.used_up_until - DAY, now)
    }

    /// For how much longer the space is locked to codes that have not opened it before.
    pub fn locked_for(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        remaining(self.locked_until?, now)
    }

    /// For how much longer the space is closed to such codes, locked or shut.
    pub fn closed_for(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.locked_for(now).max(self.shut_for(now))
    }

    /// The count with one more wrong code, at a space that is not locked.
    #[must_use]
    pub fn with_one_more(&self, now: DateTime<Utc>) -> Self {
        let at = now.timestamp_millis();
        let each = FORGIVEN_EVERY.num_milliseconds();
        let forgiven_at = self.forgiven_at.max(at) + each;
        let count = (forgiven_at - at + each - 1) / each;
        let beyond = u32::try_from(count - LOCKED_FROM).ok();
        let lock = beyond.map(|beyond| {
            let lock = FIRST_LOCK * 2_i32.pow(beyond.min(10));
            at + lock.min(LONGEST_LOCK).num_milliseconds()
        });
        Self {
            forgiven_at,
            locked_until: lock,
            used_up_until: self.used_up_until.max(at) + SHARE_OF_A_DAY,
        }
    }

    /// The write that turns `known` (or nothing) into this, on condition that nobody else
    /// counted meanwhile.
    pub fn counted(&self, known: Option<&Self>, now: DateTime<Utc>) -> (Change, If) {
        let change = Change::default()
            .set(FORGIVEN, &self.forgiven_at)
            .set(USED_UP, &self.used_up_until)
            .set(EXPIRES_AT, &(now + REMEMBERED).timestamp());
        let change = match self.locked_until {
            Some(until) => change.set(LOCKED, &until),
            None => change.remove(LOCKED),
        };
        let unchanged = known.map_or(If::Absent, |known| If::is(FORGIVEN, &known.forgiven_at));
        (change, unchanged)
    }

    /// The write that counts a wrong code at a locked space. Concurrent ones do not conflict.
    pub fn counted_while_locked() -> (Change, If) {
        (Change::default().add(USED_UP, SHARE_OF_A_DAY), If::Exists)
    }

    /// The condition that the space is neither locked nor shut.
    pub fn open(now: DateTime<Utc>) -> If {
        let at_most = |name, most: i64| If::Lacks(name).or(If::AtMost(name, most));
        let now = now.timestamp_millis();
        at_most(LOCKED, now).and(at_most(USED_UP, now + DAY))
    }
}

/// A space's hint that wrong codes were typed there, by any controller: whether the count is
/// worth reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guessed {
    /// Until when one is remembered, in Unix milliseconds.
    #[serde(rename = "wrongCodesUntil")]
    wrong: Option<i64>,
    /// The same for a code that locked the space.
    #[serde(rename = "lockedUntil")]
    locked: Option<i64>,
}

impl Guessed {
    /// Whether there was a wrong code within the last hours: at least half as many as it is
    /// remembered.
    pub fn is_remembered(&self, now: DateTime<Utc>) -> bool {
        self.wrong
            .is_some_and(|until| until > now.timestamp_millis())
    }

    /// Whether the space was locked within the last hours.
    pub fn was_locked(&self, now: DateTime<Utc>) -> bool {
        self.locked
            .is_some_and(|until| until > now.timestamp_millis())
    }

    /// The write that sets the hint; `None` if it is set for long enough already.
    pub fn with_one_more(&self, locks: bool, now: DateTime<Utc>) -> Option<Change> {
        let until = (now + REMEMBERED).timestamp_millis();
        let enough = (now + REMEMBERED / 2).timestamp_millis();
        let is_long = |said: Option<i64>| said.is_some_and(|said| said > enough);
        let wrong = (!is_long(self.wrong)).then_some(GUESSED);
        let locked = (locks && !is_long(self.locked)).then_some(LOCKED);
        let mut names = wrong.into_iter().chain(locked).peekable();
        names.peek()?;
        Some(names.fold(Change::default(), |change, name| change.set(name, &until)))
    }
}

fn remaining(until: i64, now: DateTime<Utc>) -> Option<TimeDelta> {
    let rest = TimeDelta::milliseconds(until - now.timestamp_millis());
    Some(rest).filter(|rest| *rest > TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn after(times: u32, mut wrong: WrongCodes, seconds: i64) -> WrongCodes {
        for _ in 0..times {
            wrong = wrong.with_one_more(at(seconds));
        }
        wrong
    }

    #[test]
    fn the_tenth_wrong_code_in_a_row_locks_and_each_further_one_for_twice_as_long() {
        let mut wrong = after(9, WrongCodes::default(), 0);
        assert_eq!(wrong.locked_for(at(0)), None);
        let mut now = 5;
        for lock in [30, 60, 120, 240, 480] {
            wrong = wrong.with_one_more(at(now));
            assert_eq!(wrong.locked_for(at(now)), Some(TimeDelta::seconds(lock)));
            now += lock;
            assert_eq!(wrong.locked_for(at(now)), None);
        }
        // However many wrong codes follow, the space is locked for an hour at most.
        let wrong = after(50, wrong, now);
        assert_eq!(wrong.locked_for(at(now)), Some(LONGEST_LOCK));
    }

    #[test]
    fn one_is_forgiven_every_ten_minutes() {
        let wrong = after(9, WrongCodes::default(), 0);
        assert!(wrong.with_one_more(at(599)).locked_for(at(599)).is_some());
        assert_eq!(wrong.with_one_more(at(600)).locked_for(at(600)), None);
        // One every ten minutes never locks.
        let mut wrong = WrongCodes::default();
        for turn in 0..1000 {
            wrong = wrong.with_one_more(at(600 * turn));
            assert_eq!(wrong.locked_for(at(600 * turn)), None);
        }
    }

    /// The figures in docs/deploy.md.
    #[test]
    fn who_never_waits_longer_than_it_takes_has_154_tries_in_the_first_day_and_144_in_the_next() {
        let (mut wrong, mut tries, mut first_day) = (WrongCodes::default(), 0, 0);
        for second in 0..2 * 86_400 {
            if wrong.locked_for(at(second)).is_none() {
                wrong = wrong.with_one_more(at(second));
                tries += 1;
            }
            if second == 86_399 {
                first_day = tries;
            }
        }
        assert!((150..=158).contains(&first_day), "{first_day}");
        assert!((140..=148).contains(&(tries - first_day)), "{tries}");
    }

    #[test]
    fn two_thousand_in_a_day_shut_the_space_until_one_more_is_left() {
        let wrong = after(1999, WrongCodes::default(), 0);
        assert_eq!(wrong.shut_for(at(0)), None);
        let wrong = after(2, wrong, 0);
        assert_eq!(wrong.shut_for(at(0)), Some(TimeDelta::milliseconds(43_200)));
        assert_eq!(wrong.shut_for(at(44)), None);
    }
}
