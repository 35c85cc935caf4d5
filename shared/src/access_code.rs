//! Access codes: what is typed at a door.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::deed::secret;
use crate::error::FaultCode;
use crate::secret::{Random, RandomFailed};
use crate::wire::json::FromJson;

/// The number of digits in new codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLength(u8);

/// The fewest and the most digits of a code.
const LENGTHS: std::ops::RangeInclusive<u8> = 4..=10;

/// A text that is no access code, or a number of digits that none has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an access code has 4 to 10 digits")]
pub struct NotACode;

impl CodeLength {
    /// The number of digits.
    fn digits(self) -> usize {
        usize::from(self.0)
    }

    /// The number of codes of this length, including the obvious ones.
    fn numbers(self) -> u64 {
        10_u64.pow(u32::from(self.0))
    }

    /// The codes that anyone would try first: all of one digit, and runs up and down, where
    /// nought follows nine.
    fn obvious(self) -> BTreeSet<u64> {
        let run = |first: u64, step: u64| {
            let digits = (0..u64::from(self.0)).map(|place| (first + step * place) % 10);
            digits.fold(0, |number, digit| number * 10 + digit)
        };
        // Nine up is one down.
        let of_step = |step| (0..10).map(move |first| run(first, step));
        [0, 1, 9].into_iter().flat_map(of_step).collect()
    }
}

impl std::str::FromStr for CodeLength {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let digits = text.parse().map_err(|_| NotACode)?;
        LENGTHS
            .contains(&digits)
            .then_some(Self(digits))
            .ok_or(NotACode)
    }
}

/// An access code: 4 to 10 digits. It opens a door, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct AccessCode(String);

impl Serialize for AccessCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret(&self.0, serializer)
    }
}

impl AccessCode {
    /// A random one, none of the obvious.
    ///
    /// # Errors
    /// If the system has no random numbers.
    ///
    /// ```
    /// use latchkey::access_code::AccessCode;
    /// use latchkey::secret::Random;
    /// use ring::rand::SystemRandom;
    ///
    /// let random = Random::new(SystemRandom::new());
    /// let code = AccessCode::generate("6".parse()?, &random)?;
    /// assert_eq!(code.as_str().len(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn generate(length: CodeLength, random: &Random) -> Result<Self, RandomFailed> {
        let obvious = length.obvious();
        let mut number = below(length.numbers() - obvious.len() as u64, random)?;
        // The place among those that are not obvious.
        for obvious in obvious {
            number += u64::from(number >= obvious);
        }
        Ok(Self::of_number(number, length))
    }

    fn of_number(number: u64, length: CodeLength) -> Self {
        Self(format!("{number:0digits$}", digits = length.digits()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A random number less than `bound`. That 2¹²⁸ is no multiple of it prefers no number by
/// more than one in 10²⁸.
fn below(bound: u64, random: &Random) -> Result<u64, RandomFailed> {
    let wide = u128::from_le_bytes(random.bytes()?) % u128::from(bound.max(1));
    Ok(u64::try_from(wide).unwrap_or_default())
}

/// The maximum number of free codes to remember.
const AT_HAND: usize = 1000;

/// The free codes of a space that is so crowded that random codes are usually taken. Its codes
/// are read in order, from a random one on, and the gaps between them are free. One look at a
/// few hundred codes finds some, however many codes exist. After a whole round without a gap,
/// no code is free.
#[derive(Debug)]
pub struct FreeCodes {
    length: CodeLength,
    obvious: BTreeSet<u64>,
    /// The code at which the round began.
    start: u64,
    /// The next number to be looked at, and whether the round has passed the last.
    next: u64,
    has_turned: bool,
    /// Behind which text the next codes are to be read.
    behind: String,
    at_hand: Vec<u64>,
}

impl FreeCodes {
    /// The free codes of one length; none is known yet.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new(length: CodeLength, random: &Random) -> Result<Self, RandomFailed> {
        let start = below(length.numbers(), random)?;
        Ok(Self {
            length,
            obvious: length.obvious(),
            start,
            next: start,
            has_turned: false,
            behind: before(start, length),
            at_hand: Vec::new(),
        })
    }

    /// Takes one of the known codes; `None` if more must be read, or if [`FreeCodes::behind`]
    /// says that the round is complete.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn take(&mut self, random: &Random) -> Result<Option<AccessCode>, RandomFailed> {
        if self.at_hand.is_empty() {
            return Ok(None);
        }
        let place = below(self.at_hand.len() as u64, random)?;
        let place = usize::try_from(place).unwrap_or_default();
        let number = self.at_hand.swap_remove(place);
        Ok(Some(AccessCode::of_number(number, self.length)))
    }

    /// The text after which the next taken codes must be read; `None` after a whole round.
    pub fn behind(&self) -> Option<&str> {
        let is_round = self.has_turned && self.next >= self.start;
        (!is_round).then_some(self.behind.as_str())
    }

    /// Learns the next taken codes, in order, up to the text `until`; up to the last one if it
    /// is `None`.
    pub fn learn<'c>(&mut self, taken: impl IntoIterator<Item = &'c str>, until: Option<&str>) {
        let digits = self.length.digits();
        let taken: BTreeSet<u64> = taken
            .into_iter()
            .filter(|code| code.len() == digits)
            .filter_map(|code| code.parse().ok())
            .collect();
        // Texts are in the order of their digits: with codes of other lengths between them,
        // those of one length are in the order of their numbers.
        let end = match until {
            None => self.length.numbers(),
            Some(text) if text.len() >= digits => number(&text[..digits]) + 1,
            Some(text) => number(&format!("{text:0<digits$}")),
        };
        let end = match self.has_turned {
            true => end.min(self.start),
            false => end,
        };
        let mut next = self.next;
        while next < end && self.at_hand.len() < AT_HAND {
            if !taken.contains(&next) && !self.obvious.contains(&next) {
                self.at_hand.push(next);
            }
            next += 1;
        }
        self.next = next;
        self.behind = match until {
            // A code of another length moves the reading on, but not the numbers.
            Some(text) if next >= end => text.to_owned(),
            _ => before(next, self.length),
        };
        if next == self.length.numbers() && !self.has_turned {
            self.has_turned = true;
            self.next = 0;
            self.behind = String::new();
        }
    }
}

/// The text before that of a number; nothing before the first.
fn before(number: u64, length: CodeLength) -> String {
    let before = number.checked_sub(1);
    before.map_or_else(String::new, |before| {
        AccessCode::of_number(before, length).0
    })
}

fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or_default()
}

impl fmt::Debug for AccessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessCode")
    }
}

impl std::str::FromStr for AccessCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let length = u8::try_from(text.len()).map_err(|_| NotACode)?;
        let is_code = LENGTHS.contains(&length) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Self(text.to_owned())).ok_or(NotACode)
    }
}

impl TryFrom<String> for AccessCode {
    type Error = NotACode;

    fn try_from(text: String) -> Result<Self, NotACode> {
        text.parse()
    }
}

impl From<AccessCode> for String {
    fn from(code: AccessCode) -> String {
        code.0
    }
}

impl FromJson for AccessCode {
    fn from_json(value: &serde_json::Value) -> Result<Self, (FaultCode, String)> {
        const EXPECTED: &str = "expected a text of 4 to 10 digits";
        let Some(text) = value.as_str() else {
            return Err((FaultCode::WrongType, EXPECTED.to_owned()));
        };
        let code = text.parse();
        code.map_err(|NotACode| (FaultCode::InvalidValue, EXPECTED.to_owned()))
    }
}

impl PartialSchema for AccessCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An access code."))
            .pattern(Some("^[0-9]{4,10}$"))
            .examples(["407192"])
            .into()
    }
}

impl ToSchema for AccessCode {}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    fn length(digits: u8) -> CodeLength {
        digits.to_string().parse().unwrap()
    }

    #[test]
    fn a_code_has_four_to_ten_digits() {
        for text in ["4071", "0000", "4071928365"] {
            assert_eq!(text.parse::<AccessCode>().unwrap().as_str(), text);
        }
        for text in ["", "407", "40719283650", "40 71", "+407", "４０７１"] {
            assert_eq!(text.parse::<AccessCode>(), Err(NotACode), "{text}");
        }
        for text in ["3", "11", "", "six", "-4"] {
            assert_eq!(text.parse::<CodeLength>(), Err(NotACode), "{text}");
        }
    }

    #[test]
    fn the_obvious_are_all_of_one_digit_and_runs_up_and_down() {
        let obvious = length(4).obvious();
        assert_eq!(obvious.len(), 30);
        for number in [0, 1111, 9999, 123, 1234, 6789, 7890, 9876, 3210, 987] {
            assert!(obvious.contains(&number), "{number}");
        }
        assert!(!obvious.contains(&1357) && !obvious.contains(&1212));
        assert_eq!(length(10).obvious().len(), 30);
    }

    #[test]
    fn every_code_but_the_obvious_comes_and_none_of_those() {
        let random = Random::new(SystemRandom::new());
        let mut seen = BTreeSet::new();
        // 9,970 codes: of so many draws each is missed once in 10¹³ times.
        for _ in 0..300_000 {
            seen.insert(AccessCode::generate(length(4), &random).unwrap().0);
        }
        assert_eq!(seen.len(), 9970);
        for obvious in length(4).obvious() {
            assert!(!seen.contains(&format!("{obvious:04}")));
        }
    }

    /// All codes that are found free when pages of `size` of these are read.
    fn free(taken: &BTreeSet<String>, size: usize) -> Vec<String> {
        let random = Random::new(SystemRandom::new());
        let mut free = FreeCodes::new(length(4), &random).unwrap();
        let mut found = Vec::new();
        loop {
            while let Some(code) = free.take(&random).unwrap() {
                found.push(code.0);
            }
            let Some(behind) = free.behind() else {
                found.sort();
                return found;
            };
            let page: Vec<_> = taken.iter().filter(|code| code.as_str() > behind).collect();
            let until = page.get(size).map(|_| page[size - 1].as_str());
            let page = page.iter().take(size).map(|code| code.as_str());
            free.learn(page, until);
        }
    }

    #[test]
    fn the_free_codes_are_those_that_nobody_has_each_once() {
        let all = (0..10_000).map(|number| format!("{number:04}"));
        let is_free = |code: &String| number(code) % 97 == 57 || code == "9999" || code == "0000";
        let mut taken: BTreeSet<_> = all.clone().filter(|code| !is_free(code)).collect();
        let expected: Vec<_> = all
            .filter(|code| is_free(code) && !length(4).obvious().contains(&number(code)))
            .collect();
        assert_eq!(expected.len(), 103);
        for size in [1, 7, 500, 20_000] {
            assert_eq!(free(&taken, size), expected, "{size}");
        }
        // Codes of other lengths are in nobody's way.
        taken.extend(["00001", "12345", "123456", "9999999999"].map(str::to_owned));
        for size in [1, 7, 500] {
            assert_eq!(free(&taken, size), expected, "{size}");
        }
        assert_eq!(free(&BTreeSet::new(), 500).len(), 9970);
    }

    #[test]
    fn a_code_is_not_shown_where_things_are_logged() {
        let code: AccessCode = "407192".parse().unwrap();
        assert_eq!(format!("{code:?}"), "AccessCode");
    }
}
