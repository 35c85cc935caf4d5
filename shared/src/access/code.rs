//! Access codes: what is typed at a door.
//!
//! A code is an item of its own under the space that it opens, and that there can be only one
//! such item is what makes it unique. The item has all that an entry needs: the grant, how
//! many entries it is good for, and how many there were. So an entry reads and changes this
//! one, and the index of grants is not written for it.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::audit::AuditId;
use crate::grant::Grant;
use crate::secret::{Random, RandomFailed};

/// How many digits new codes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLength(u8);

/// The fewest and the most digits of a code.
const LENGTHS: std::ops::RangeInclusive<u8> = 4..=10;

/// A text that is no access code, or a number of digits that none has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an access code has 4 to 10 digits")]
pub struct NotACode;

impl CodeLength {
    /// How many digits these are.
    fn digits(self) -> usize {
        usize::from(self.0)
    }

    /// How many codes of this length there are, the obvious ones among them.
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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessCode(String);

impl AccessCode {
    /// A random one, none of the obvious.
    ///
    /// # Errors
    /// When the system has no random numbers.
    ///
    /// ```
    /// use latchkey::access::AccessCode;
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

/// The codes of one length that are not taken, to be tried one after the other: what is left
/// when a space is crowded and few random codes are free.
#[derive(Debug)]
pub struct FreeCodes {
    numbers: Vec<u64>,
    length: CodeLength,
}

impl FreeCodes {
    /// Those that are neither obvious nor among `taken`.
    pub fn new<'c>(length: CodeLength, taken: impl Iterator<Item = &'c AccessCode>) -> Self {
        let mut not = length.obvious();
        not.extend(
            taken
                .filter(|code| code.0.len() == length.digits())
                .filter_map(|code| code.0.parse::<u64>().ok()),
        );
        let numbers = (0..length.numbers()).filter(|number| !not.contains(number));
        Self {
            numbers: numbers.collect(),
            length,
        }
    }

    /// Takes a random one out; nothing when there is none left.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn take(&mut self, random: &Random) -> Result<Option<AccessCode>, RandomFailed> {
        if self.numbers.is_empty() {
            return Ok(None);
        }
        let place = below(self.numbers.len() as u64, random)?;
        let number = self
            .numbers
            .swap_remove(usize::try_from(place).unwrap_or_default());
        Ok(Some(AccessCode::of_number(number, self.length)))
    }
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

impl PartialSchema for AccessCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What is typed at the door."))
            .pattern(Some("^[0-9]{4,10}$"))
            .examples(["407192"])
            .into()
    }
}

impl ToSchema for AccessCode {}

/// The item of a code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// What it gives access to, whom and when.
    #[serde(flatten)]
    pub terms: CodeTerms,
    /// How many entries there were.
    #[serde(default)]
    pub used: u32,
    /// The last of them, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_entry: Option<Entry>,
    /// Grows by one with each change of the terms. An entry does not count: many at once
    /// must not stand in each other's way.
    pub version: u64,
}

/// What a code gives access to: all of its item that its access says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeTerms {
    /// The grant.
    #[serde(flatten)]
    pub grant: Grant,
    /// How many entries it is good for; without limit when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// From when on the code may be given to another access: when the grant has ended.
    /// DynamoDB removes the item some time after.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "chrono::serde::ts_seconds_option"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The name of its audit entry.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// With which credential the door's controller asked: its id, no secret.
    pub credential: String,
}

impl Code {
    /// The item of a code that was not used yet.
    pub fn new(terms: CodeTerms) -> Self {
        Self {
            terms,
            used: 0,
            last_entry: None,
            version: 1,
        }
    }

    /// Whether there is no entry left.
    pub fn is_used_up(&self) -> bool {
        self.terms.count.is_some_and(|count| self.used >= count)
    }
}

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

    #[test]
    fn the_free_codes_are_those_that_nobody_has_each_once() {
        let random = Random::new(SystemRandom::new());
        let all = |number: u64| AccessCode::of_number(number, length(4));
        let taken: Vec<_> = (0..9999)
            .filter(|number| number % 100 != 57)
            .map(all)
            .collect();
        let mut free = FreeCodes::new(length(4), taken.iter());
        let mut seen = BTreeSet::new();
        while let Some(code) = free.take(&random).unwrap() {
            assert!(!taken.contains(&code) && seen.insert(code));
        }
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn a_code_is_not_shown_where_things_are_logged() {
        let code: AccessCode = "407192".parse().unwrap();
        assert_eq!(format!("{code:?}"), "AccessCode");
    }
}
