//! `Idempotency-Key`: a request that writes may be sent again without being done again.
//!
//! The key becomes one more conditional item in the transaction that writes, so a replay
//! costs no further round trip: the transaction is refused, and the refusal carries the
//! item with the first answer. The answer may hold a token that is shown once and stored
//! nowhere; it is therefore sealed with a key made of the idempotency key itself, of which
//! only a hash is stored.

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::json::FromJson;
use super::request::Request;
use crate::caller::Caller;
use crate::error::{Error, FaultCode, Result};
use crate::id::Id;
use crate::secret::{Random, Seal, hash};

/// How long a key is remembered, in seconds: 24 hours.
pub const LIFETIME: i64 = 24 * 60 * 60;

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

const NAME: &str = "Idempotency-Key";
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// One use of an idempotency key: by this caller, of this operation, at this path, with this
/// body.
pub struct IdempotencyKey {
    /// The name under which the key is stored, from which the key cannot be found.
    pub hash: String,
    /// Tells the path and the body from others.
    pub request: String,
    seal: Seal,
}

impl IdempotencyKey {
    /// The key that `request` carries, if it carries one. Two bodies are the same when
    /// they say the same: order of fields and white space do not matter.
    ///
    /// # Errors
    /// 400 if it is not 1 to [`MAX_KEY`] printable ASCII characters.
    pub fn of(
        request: &Request,
        operation: &str,
        caller: &Caller,
        body: &Value,
    ) -> Result<Option<Self>> {
        let key = request.headers.get(&HEADER);
        let new =
            |key: &HeaderValue| Self::new(key.as_bytes(), NAME, request, operation, caller, body);
        key.map(new).transpose()
    }

    /// The same, if the key may also be in the `field` of the body; both have the same meaning.
    ///
    /// # Errors
    /// 400 if it is not 1 to [`MAX_KEY`] printable ASCII characters, or if the header is
    /// another key.
    pub fn of_field(
        request: &Request,
        operation: &str,
        caller: &Caller,
        body: &Value,
        (field, key): (&'static str, Option<&str>),
    ) -> Result<Option<Self>> {
        let Some(key) = key else {
            return Self::of(request, operation, caller, body);
        };
        let header = request.headers.get(&HEADER);
        if header.is_some_and(|header| header.as_bytes() != key.as_bytes()) {
            let message = "expected the same as the header Idempotency-Key";
            return Err(Error::invalid(field, FaultCode::InvalidValue, message));
        }
        Self::new(key.as_bytes(), field, request, operation, caller, body).map(Some)
    }

    fn new(
        key: &[u8],
        field: &'static str,
        request: &Request,
        operation: &str,
        caller: &Caller,
        body: &Value,
    ) -> Result<Self> {
        if !is_key(key) {
            return Err(Error::invalid(field, FaultCode::InvalidValue, EXPECTED));
        }
        let user = caller.user().number().to_be_bytes();
        let of = |purpose: &'static [u8]| [purpose, operation.as_bytes(), &user, key];
        let seal = Seal::from_secrets(&of(b"seal"))
            .ok_or_else(|| Error::Internal("no seal".to_owned()))?;
        let mut path: Vec<_> = request.path.iter().collect();
        path.sort_unstable();
        let body = body.to_string();
        let parts = path
            .iter()
            .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let parts: Vec<_> = parts.chain([body.as_bytes()]).collect();
        Ok(Self {
            hash: hash(&of(b"key")),
            request: hash(&parts),
            seal,
        })
    }

    /// The answer as it is stored.
    ///
    /// # Errors
    /// 500 if the system has no random numbers.
    pub fn close(&self, answer: &str, random: &Random) -> Result<Vec<u8>> {
        Ok(self.seal.close(answer, random)?)
    }

    /// The body of the first answer, from what was stored with the key: the hash of the first
    /// request and the sealed body.
    ///
    /// # Errors
    /// 422 if that request had another path or body.
    pub fn open(&self, request: &str, sealed: &[u8]) -> Result<String> {
        if request != self.request {
            return Err(Error::IdempotencyKeyReused);
        }
        self.seal
            .open(sealed)
            .ok_or_else(|| Error::Internal("a stored answer cannot be decrypted".to_owned()))
    }
}

/// An idempotency key in a field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyText(pub String);

impl FromJson for KeyText {
    fn from_json(value: &Value) -> std::result::Result<Self, (FaultCode, String)> {
        let Some(text) = value.as_str() else {
            return Err((FaultCode::WrongType, EXPECTED.to_owned()));
        };
        if is_key(text.as_bytes()) {
            Ok(Self(text.to_owned()))
        } else {
            Err((FaultCode::InvalidValue, EXPECTED.to_owned()))
        }
    }
}

impl PartialSchema for KeyText {
    fn schema() -> RefOr<Schema> {
        let what = "The client's name for a request, by which a repeat is recognized.";
        key_schema().description(Some(what)).into()
    }
}

impl ToSchema for KeyText {}

const EXPECTED: &str = "expected 1 to 255 printable ASCII characters";

fn is_key(key: &[u8]) -> bool {
    let printable = key.iter().all(|byte| (b' '..=b'~').contains(byte));
    !key.is_empty() && key.len() <= MAX_KEY && printable
}

fn key_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_KEY))
        .pattern(Some("^[ -~]+$"))
        .examples(["f3a1b9d2-order-17"])
}

/// The header, for the API document.
impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Makes it safe to repeat the request: the same key with the same \
            path and body within 24 hours returns the first answer again and changes nothing. \
            The same key with another path or body is 422.";
        let header = ParameterBuilder::new()
            .name(NAME)
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .schema(Some(key_schema()));
        vec![header.build()]
    }
}

impl From<crate::secret::RandomFailed> for Error {
    fn from(error: crate::secret::RandomFailed) -> Self {
        Self::Internal(error.to_string())
    }
}
