//! Tokens that are given out to API keys.
//!
//! Tokens come in pairs: an access token for an hour, and a refresh token, which is valid once,
//! for the next pair. All pairs that come from each other are a *family*. One item represents
//! it, with the latest pair; each new pair ends the previous one. If a refresh token is
//! presented that is not the latest, someone has used it before. Nobody knows which of the two
//! holders is the right one, so the family ends.
//!
//! A client may ask twice at once, or lose an answer. The item therefore also keeps the latest
//! pair, sealed with the refresh token that it was issued for. For [`GRACE`] seconds that token
//! returns the same pair again; only its holder can open the seal.
//!
//! A refresh token says whose family it is of, and its access token is made of it by a hash.
//! So one that is presented tells all the keys of the table that it is about, and nothing is
//! read to find them. An access token says nothing of its refresh token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::credential::{Credential, CredentialHash};
use crate::deed::secret;
use crate::error::{Error, Result as Answer};
use crate::id::{ApiKeyId, FamilyId, RANDOM_BYTES};
use crate::linking::Link;
use crate::secret::{Random, RandomFailed, Seal, hash, hash_bytes};
use crate::table::If;

/// Lifetime of an access token in seconds: an hour.
pub const ACCESS_LIFETIME: i64 = 60 * 60;

/// Lifetime of a refresh token in seconds: 30 days.
pub const REFRESH_LIFETIME: i64 = 30 * 24 * 60 * 60;

/// How long a used refresh token returns the same next pair again, in seconds.
pub const GRACE: i64 = 30;

const SECRET_BYTES: usize = 32;

/// A refresh token, which is shown once and stored nowhere.
pub struct RefreshToken {
    /// The API key that it was given out to.
    pub client: ApiKeyId,
    /// Its family.
    pub family: FamilyId,
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// A new one, with 256 random bits.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate(
        client: ApiKeyId,
        family: FamilyId,
        random: &Random,
    ) -> Result<Self, RandomFailed> {
        Ok(Self {
            client,
            family,
            secret: random.bytes()?,
        })
    }

    /// Reads what a client presents; `None` for what can be none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (client, bytes) = bytes.split_first_chunk::<RANDOM_BYTES>()?;
        let (family, secret) = bytes.split_first_chunk::<RANDOM_BYTES>()?;
        Some(Self {
            client: (*client).into(),
            family: (*family).into(),
            secret: secret.try_into().ok()?,
        })
    }

    /// The token itself: for the one answer that shows it.
    pub fn reveal(&self) -> String {
        let (client, family) = (self.client.bytes(), self.family.bytes());
        URL_SAFE_NO_PAD.encode([&client[..], &family, &self.secret].concat())
    }

    /// The access token of the pair.
    pub fn access_token(&self) -> Uuid {
        let bytes = hash_bytes(&[b"access token", &self.family.bytes(), &self.secret]);
        let (random, _) = bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Builder::from_random_bytes(*random).into_uuid()
    }

    /// The stored form of the pair as the latest of its family, issued at `now`.
    pub fn last_of_family(&self, now: DateTime<Utc>) -> Family {
        Family {
            id: self.family,
            refresh: self.hash(),
            access: CredentialHash::of_token(self.access_token()),
            expires_at: now + TimeDelta::seconds(REFRESH_LIFETIME),
            used: None,
            link: None,
        }
    }

    /// What is stored instead.
    fn hash(&self) -> String {
        hash(&[b"refresh token", &self.family.bytes(), &self.secret])
    }

    /// Opens what this token alone opens.
    fn seal(&self) -> Answer<Seal> {
        Seal::from_secrets(&[b"next pair", &self.family.bytes(), &self.secret])
            .ok_or_else(|| Error::Internal("no seal".to_owned()))
    }

    /// The stored form of `next`, the pair for which this token was used at `now`, as the
    /// latest of the family.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
    pub fn used_for(&self, next: &Self, random: &Random, now: DateTime<Utc>) -> Answer<Family> {
        let used = Used {
            refresh: self.hash(),
            at: now,
            next: self.seal()?.close(&next.reveal(), random)?,
        };
        Ok(Family {
            used: Some(used),
            ..next.last_of_family(now)
        })
    }

    /// The pair that this token was used for, and when, if it was the last to be used and
    /// [`GRACE`] is not over at `now`.
    ///
    /// # Errors
    /// Never with the algorithm's own key length.
    pub fn next_again(
        &self,
        family: &Family,
        now: DateTime<Utc>,
    ) -> Answer<Option<(Self, DateTime<Utc>)>> {
        let used = family.used.as_ref().filter(|used| {
            // The clock that wrote it may be a little ahead of this one.
            used.refresh == self.hash() && now < used.at + TimeDelta::seconds(GRACE)
        });
        let Some(used) = used else { return Ok(None) };
        let next = self.seal()?.open(&used.next);
        let next = next.and_then(|text| Self::parse(&text));
        Ok(next.map(|next| (next, used.at)))
    }

    /// The stored form of the access token: it speaks for the same user as `client`, and no
    /// longer than that.
    pub fn credential(&self, client: &Credential, now: DateTime<Utc>) -> Credential {
        let end = now + TimeDelta::seconds(ACCESS_LIFETIME);
        Credential {
            id: format!("{}/{}", self.client, self.family),
            client: Some(self.client),
            last_used: None,
            expires_at: Some(client.expires_at.map_or(end, |last| last.min(end))),
            ..client.clone()
        }
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken")
            .field("client", &self.client)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

/// The attribute of a [`Family`] that tells one pair from another.
pub const REFRESH: &str = "refresh";

/// A family as it is stored: the hashes of the latest pair. Its key names the API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Family {
    /// The ID.
    pub id: FamilyId,
    /// The hash of the refresh token.
    #[serde(serialize_with = "secret")]
    pub refresh: String,
    /// The key of the access token's credential.
    pub access: CredentialHash,
    /// When the refresh token ends. DynamoDB removes the item some time after.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires_at: DateTime<Utc>,
    /// The use that the last pair was given for; none of the first pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
    /// Whom the tokens speak for, if they are those of an app that a user linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A use of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    /// The hash of the token.
    #[serde(serialize_with = "secret")]
    refresh: String,
    /// When it was used.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    at: DateTime<Utc>,
    /// The refresh token of the pair that it was used for, sealed with the one that was used.
    #[serde(with = "serde_bytes")]
    next: Vec<u8>,
}

impl Family {
    /// The condition that this is the latest pair of the family.
    pub fn is_last(&self) -> If {
        If::is(REFRESH, &self.refresh)
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    fn token() -> RefreshToken {
        let random = Random::new(SystemRandom::new());
        let client = ApiKeyId::generate(&random).unwrap();
        RefreshToken::generate(client, FamilyId::generate(&random).unwrap(), &random).unwrap()
    }

    #[test]
    fn a_refresh_token_is_read_as_it_was_shown() {
        let (token, now) = (token(), DateTime::UNIX_EPOCH);
        let read = RefreshToken::parse(&token.reveal()).unwrap();
        assert_eq!((read.client, read.family), (token.client, token.family));
        assert_eq!(read.last_of_family(now), token.last_of_family(now));
        assert_eq!(read.access_token(), token.access_token());
        for wrong in ["", "x", &token.reveal()[1..], &(token.reveal() + "A")] {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_used_token_gives_the_same_pair_again_for_a_while_and_another_token_does_not() {
        let random = Random::new(SystemRandom::new());
        let (used, next, at) = (token(), token(), DateTime::UNIX_EPOCH);
        let family = used.used_for(&next, &random, at).unwrap();
        let again = |token: &RefreshToken, seconds| {
            let now = at + TimeDelta::seconds(seconds);
            let again = token.next_again(&family, now).unwrap();
            again.map(|(next, at)| (next.reveal(), at))
        };
        let same = Some((next.reveal(), at));
        assert_eq!((again(&used, -2), again(&used, 29)), (same.clone(), same));
        assert_eq!((again(&used, 30), again(&used, 3000)), (None, None));
        assert_eq!((again(&next, 1), again(&token(), 1)), (None, None));
        // Only the used token opens the seal.
        let last = next.last_of_family(at);
        assert_eq!(
            (&family.refresh, &family.access),
            (&last.refresh, &last.access)
        );
        let first = next.last_of_family(at);
        assert_eq!(used.next_again(&first, at).unwrap().map(|_| ()), None);
    }

    #[test]
    fn the_access_token_is_a_random_uuid_and_another_for_each_refresh_token() {
        let (one, other) = (token(), token());
        assert_eq!(one.access_token().get_version_num(), 4);
        assert_ne!(one.access_token(), other.access_token());
    }

    #[test]
    fn an_access_token_ends_with_the_key_that_it_was_given_out_to() {
        let now = DateTime::UNIX_EPOCH;
        let mut client = Credential::of(1.try_into().unwrap(), 1.try_into().unwrap());
        let mut end = |expires_at| {
            client.expires_at = expires_at;
            token().credential(&client, now).expires_at.unwrap()
        };
        assert_eq!(end(None).timestamp(), ACCESS_LIFETIME);
        assert_eq!(end(DateTime::from_timestamp(60, 0)).timestamp(), 60);
        assert_eq!(
            end(DateTime::from_timestamp(9999, 0)).timestamp(),
            ACCESS_LIFETIME
        );
    }

    #[test]
    fn a_refresh_token_is_not_shown_by_accident() {
        let token = token();
        let secret = URL_SAFE_NO_PAD.encode(token.secret);
        let shown = format!("{token:?}");
        assert!(!shown.contains(&secret) && !shown.contains(&format!("{:?}", token.secret)));
    }
}
