//! `Idempotency-Key`: a `POST` that creates may be sent again without creating again.
//!
//! The key becomes one more conditional item in the transaction that creates, so a replay
//! costs no further round trip: the transaction is refused, and the refusal carries the
//! item with the first answer. The answer may hold a token that is shown once and stored
//! nowhere; it is therefore sealed with a key made of the idempotency key itself, of which
//! only a hash is stored.

use http::HeaderName;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::error::{Error, Result};
use super::json::FaultCode;
use super::request::Request;
use super::response::Response;
use crate::caller::Caller;
use crate::id::Id;
use crate::secret::{Random, Seal, hash};

/// How long a key is remembered, in seconds: 24 hours.
pub const LIFETIME: i64 = 24 * 60 * 60;

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// One use of an idempotency key: by this caller, of this operation, with this body.
pub struct IdempotencyKey {
    /// What the key is stored under; says nothing of the key.
    pub hash: String,
    /// Tells the body from another body.
    pub request: String,
    seal: Seal,
}

impl IdempotencyKey {
    /// The key that `request` carries, if it carries one. Two bodies are the same when
    /// they say the same: order of fields and white space do not matter.
    ///
    /// # Errors
    /// 400 when it is not 1 to [`MAX_KEY`] printable ASCII characters.
    pub fn of(
        request: &Request,
        operation: &str,
        caller: &Caller,
        body: &Value,
    ) -> Result<Option<Self>> {
        let Some(key) = request.headers.get(&HEADER) else {
            return Ok(None);
        };
        let key = key.as_bytes();
        let printable = key.iter().all(|byte| (b' '..=b'~').contains(byte));
        if key.is_empty() || key.len() > MAX_KEY || !printable {
            let message = format!("expected 1 to {MAX_KEY} printable ASCII characters");
            return Err(Error::invalid(
                "Idempotency-Key",
                FaultCode::InvalidValue,
                message,
            ));
        }
        let user = caller.user().number().to_be_bytes();
        let of = |purpose: &'static [u8]| [purpose, operation.as_bytes(), &user, key];
        let seal = Seal::from_secrets(&of(b"seal"))
            .ok_or_else(|| Error::Internal("no seal".to_owned()))?;
        let request = hash(&[body.to_string().as_bytes()]);
        Ok(Some(Self {
            hash: hash(&of(b"key")),
            request,
            seal,
        }))
    }

    /// The answer as it is stored.
    ///
    /// # Errors
    /// 500 when the system has no random numbers.
    pub fn close(&self, answer: &str, random: &Random) -> Result<Vec<u8>> {
        Ok(self.seal.close(answer, random)?)
    }

    /// The first answer again, from what was stored with the key: the hash of the first
    /// request and its sealed answer.
    ///
    /// # Errors
    /// 422 when that request had another body.
    pub fn replay(
        &self,
        request: &str,
        sealed: &[u8],
        status: http::StatusCode,
    ) -> Result<Response> {
        if request != self.request {
            return Err(Error::IdempotencyKeyReused);
        }
        let answer = self
            .seal
            .open(sealed)
            .ok_or_else(|| Error::Internal("a stored answer does not open".to_owned()))?;
        Ok(Response::json_text(status, answer).header(REPLAYED, "true"))
    }
}

/// The header, for the API document.
impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_KEY))
            .pattern(Some("^[ -~]+$"))
            .examples(["f3a1b9d2-order-17"]);
        let description = "Makes it safe to send the request again: the same key with the same \
                           body within 24 hours gives the first answer again and creates nothing.";
        let header = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .schema(Some(key));
        vec![header.build()]
    }
}

impl From<crate::secret::RandomFailed> for Error {
    fn from(error: crate::secret::RandomFailed) -> Self {
        Self::Internal(error.to_string())
    }
}
