//! Hashes of secrets, and seals that only their holder can open.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::SecureRandom;
use uuid::{Builder, Uuid};

/// The system's source of secure random numbers; a binary's `main` makes the one.
#[derive(Clone)]
pub struct Random(Arc<dyn Source>);

/// A source of random bytes: one of `ring`, or a replacement in tests and benchmarks.
pub trait Source: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// No random bytes are available.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed>;
}

impl<S: SecureRandom + Send + Sync> Source for S {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        SecureRandom::fill(self, bytes).map_err(|_| RandomFailed)
    }
}

/// The system gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source failed")]
pub struct RandomFailed;

impl Random {
    /// Random numbers from `source`.
    pub fn new(source: impl Source + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// If the system has none.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomFailed> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A UUID of version 4.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn uuid(&self) -> Result<Uuid, RandomFailed> {
        Ok(Builder::from_random_bytes(self.bytes()?).into_uuid())
    }

    /// A UUID of version 7, for something made at `now`: their order is that of time.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn ordered_uuid(&self, now: DateTime<Utc>) -> Result<Uuid, RandomFailed> {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        let builder = Builder::from_unix_timestamp_millis(millis, &self.bytes()?);
        Ok(builder.into_uuid())
    }

    /// Sixteen random bits.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn bits(&self) -> Result<u16, RandomFailed> {
        Ok(u16::from_le_bytes(self.bytes()?))
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

/// The SHA-256 of `parts`, each with its length before it so that no two lists of parts
/// give the same bytes, in base64url: 43 characters.
pub fn hash(parts: &[&[u8]]) -> String {
    URL_SAFE_NO_PAD.encode(hash_bytes(parts))
}

/// The same, as bytes.
pub fn hash_bytes(parts: &[&[u8]]) -> [u8; 32] {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &text).as_ref());
    bytes
}

/// A key that is derived from secrets and seals a text for those who know them (AES-256-GCM).
pub struct Seal(LessSafeKey);

impl Seal {
    /// The seal that `secrets` make. `None` never happens with the algorithm's own key
    /// length.
    pub fn from_secrets(secrets: &[&[u8]]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, &hash_bytes(secrets)).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Closes `text`: a random nonce, then what only this seal opens.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn close(&self, text: &str, random: &Random) -> Result<Vec<u8>, RandomFailed> {
        let nonce: [u8; NONCE_LEN] = random.bytes()?;
        let mut sealed = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed,
            )
            .map_err(|_| RandomFailed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Seal::close`] gave; `None` when it was closed with another seal or
    /// has been changed.
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self
            .0
            .open_in_place(nonce, Aad::empty(), &mut sealed)
            .ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_its_parts_apart() {
        assert_eq!(hash(&[b"ab", b"c"]).len(), 43);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }

    #[test]
    fn only_the_same_secrets_open_a_seal() {
        let random = Random::new(ring::rand::SystemRandom::new());
        let seal = |key: &[u8]| Seal::from_secrets(&[key]).unwrap();
        let mut closed = seal(b"key").close("the token", &random).unwrap();
        assert_eq!(seal(b"key").open(&closed).as_deref(), Some("the token"));
        assert_eq!(seal(b"other").open(&closed), None);
        assert_ne!(closed, seal(b"key").close("the token", &random).unwrap());
        closed[20] ^= 1;
        assert_eq!(seal(b"key").open(&closed), None);
        assert_eq!(seal(b"key").open(b"short"), None);
    }
}
