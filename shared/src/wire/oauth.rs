//! OAuth 2.0 as RFC 6749 writes it: forms in place of JSON bodies, a client that says who it
//! is with each request, errors of its own shape.

use std::cell::RefCell;
use std::collections::HashMap;

use http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::query::Query;
use super::request::{MAX_BODY, Request};
use super::response::Response;
use super::unknown::{Handling, Names, not_served};
use crate::credential::{CredentialHash, decode_basic};
use crate::error::{Error, Fault, Refusal, Result};
use crate::id::ApiKeyId;
use crate::linking::ClientId;

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub struct Body<'e> {
    /// What went wrong, for programs.
    #[schema(examples("invalid_grant"))]
    error: &'e str,
    /// What went wrong, in English.
    #[schema(examples("this refresh token is unknown, has expired or was used before"))]
    error_description: &'e str,
    /// Every fault that has a place in the request and is not one of OAuth's own.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'e [Fault],
}

/// The answer to a request that was not served, in the shape that OAuth clients read.
pub fn response(error: &Error) -> Response {
    let description = match error {
        Error::InvalidInput(faults) => faults.first().map_or_else(
            || error.message(),
            // No quotes (RFC 6749, section 5.2).
            |fault| format!("{}: {}", fault.field, fault.message).replace(['"', '\\'], "'"),
        ),
        error => error.message(),
    };
    let code = match error {
        Error::OAuth(refusal) => refusal.code(),
        Error::Throttled(_) | Error::Unavailable(_) => "temporarily_unavailable",
        Error::Internal(_) => "server_error",
        _ => "invalid_request",
    };
    let body = Body {
        error: code,
        error_description: &description,
        details: error.details(),
    };
    let response = not_stored(Response::json(error.status(), &body));
    match error {
        Error::OAuth(Refusal::InvalidClient) => {
            response.header(WWW_AUTHENTICATE, "Basic realm=\"Latchkey\"")
        }
        _ if error.is_transient() => response.header(RETRY_AFTER, "1"),
        _ => response,
    }
}

/// The same, with headers that forbid caching.
#[must_use]
pub fn not_stored(response: Response) -> Response {
    let response = response.header(CACHE_CONTROL, "no-store");
    response.header(PRAGMA, "no-cache")
}

fn invalid(description: &'static str) -> Error {
    Refusal::InvalidRequest(description).into()
}

/// The parameters of a request. One that nobody asked for before the end is a fault.
pub struct Form {
    parameters: HashMap<String, String>,
    names: RefCell<Names>,
    not_served: RefCell<Vec<Fault>>,
    handling: Handling,
}

impl Form {
    /// Reads the body of `request`. A parameter without a value counts as left out.
    ///
    /// # Errors
    /// 413 for more than [`MAX_BODY`]; `invalid_request` for another content type, for text
    /// that is not UTF-8, for a parameter that is given twice and for any parameter in the
    /// query.
    pub fn of(request: &Request) -> Result<Self> {
        Query::of(request).finish()?;
        if request.body.len() > MAX_BODY {
            return Err(Error::BodyTooLarge);
        }
        if request.media_type().as_deref() != Some(MEDIA_TYPE) {
            return Err(invalid("expected application/x-www-form-urlencoded"));
        }
        if std::str::from_utf8(&request.body).is_err() {
            return Err(invalid("expected UTF-8"));
        }
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(&request.body) {
            if parameters.insert(name.into(), value.into()).is_some() {
                return Err(invalid("a parameter is given twice"));
            }
        }
        let given = parameters.keys().cloned();
        let mut given: Vec<String> = given.collect();
        given.sort_unstable();
        let given = given.into_iter().map(|name| (name.clone(), name));
        let names = Names::new("parameter", false, given);
        parameters.retain(|_, value: &mut String| !value.is_empty());
        Ok(Self {
            parameters,
            names: RefCell::new(names),
            not_served: RefCell::default(),
            handling: request.handling.clone(),
        })
    }

    /// Refuses the parameters of these names by name, where they have a value.
    pub fn not_served(&self, names: &[&str]) {
        for name in names {
            self.names.borrow_mut().know(name);
            if self.parameters.contains_key(*name) {
                let fault = not_served((*name).to_owned());
                self.not_served.borrow_mut().push(fault);
            }
        }
    }

    /// Takes the parameters of these names as known, where only some requests read them.
    pub fn know(&self, names: &[&str]) {
        for name in names {
            self.names.borrow_mut().ask(name);
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `invalid_request` for every parameter that nobody asked for.
    pub fn finish(&self) -> Result<()> {
        let mut unknown = self.names.borrow().unknown();
        unknown.extend(self.not_served.take());
        match self.handling.judge(unknown) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(Error::InvalidInput(faults)),
        }
    }

    /// The value of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.names.borrow_mut().ask(name);
        self.parameters.get(name).map(String::as_str)
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// `invalid_request`, with this `description`, if it is left out.
    pub fn required(&self, name: &str, description: &'static str) -> Result<&str> {
        self.text(name).ok_or_else(|| invalid(description))
    }
}

/// The API key that a client says it is, by the hash of the secret that it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientClaim {
    /// The API key.
    pub id: ApiKeyId,
    /// The key of its credential.
    pub hash: CredentialHash,
}

/// The app that a client says it is, and the secret that it gives, if it gives one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppClaim {
    /// The app.
    pub id: ClientId,
    /// The secret.
    pub secret: Option<String>,
}

/// Who a client says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It says nothing.
    Nobody,
    /// An API key.
    Key(ClientClaim),
    /// An app.
    App(AppClaim),
}

impl Claim {
    /// Reads who the client says it is: from `Authorization: Basic`, in which both texts are
    /// encoded as in a form, or from `client_id` and `client_secret`.
    ///
    /// # Errors
    /// `invalid_request` if it says it both ways; `invalid_client` for what is neither an API
    /// key nor an app.
    pub fn of(request: &Request, form: &Form) -> Result<Self> {
        let (id, secret) = (form.text("client_id"), form.text("client_secret"));
        let mut headers = request.headers.get_all(AUTHORIZATION).iter();
        let Some(header) = headers.next() else {
            return match (id, secret) {
                (None, None) => Ok(Self::Nobody),
                (Some(id), secret) => Self::new(id, secret),
                (None, Some(_)) => Err(Refusal::InvalidClient.into()),
            };
        };
        if secret.is_some() || headers.next().is_some() {
            return Err(invalid("the client identifies itself more than once"));
        }
        let basic = header.to_str().ok().and_then(decode_basic);
        let (name, secret) = basic
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .and_then(|(name, secret)| Some((decoded(name)?, decoded(secret)?)))
            .ok_or(Refusal::InvalidClient)?;
        if id.is_some_and(|id| id != name) {
            return Err(invalid("client_id differs from the one in the header"));
        }
        Self::new(&name, Some(&secret))
    }

    fn new(id: &str, secret: Option<&str>) -> Result<Self> {
        if let Ok(id) = id.parse() {
            let secret = secret.map(str::to_owned);
            return Ok(Self::App(AppClaim { id, secret }));
        }
        let secret = secret.ok_or(Refusal::InvalidClient)?;
        ClientClaim::new(id, secret).map(Self::Key)
    }

    /// The API key that it says it is, if it says that it is one.
    pub fn key(self) -> Option<ClientClaim> {
        match self {
            Self::Key(claim) => Some(claim),
            Self::Nobody | Self::App(_) => None,
        }
    }
}

impl ClientClaim {
    fn new(id: &str, secret: &str) -> Result<Self> {
        let hash = CredentialHash::of_api_key(id, secret);
        let id = id.parse().map_err(|_| Refusal::InvalidClient)?;
        Ok(Self { id, hash })
    }
}

/// One text out of a form.
fn decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        return None;
    }
    let (name, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    Some(name.into_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::header::CONTENT_TYPE;

    use super::*;

    const ID: &str = "vT3mYq0cJx8ZkA-_";

    fn request(body: &str, authorization: &[&str]) -> Request {
        let mut request = Request {
            body: body.into(),
            ..Request::default()
        };
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        request.headers.insert(CONTENT_TYPE, form.parse().unwrap());
        for value in authorization {
            let value = value.parse().unwrap();
            request.headers.append(AUTHORIZATION, value);
        }
        request
    }

    fn code<T>(result: Result<T>) -> &'static str {
        result.map_or_else(|error| error.code(), |_| "")
    }

    #[test]
    fn a_form_has_each_parameter_once() {
        let form = Form::of(&request("a=1&b=x+%26y&c=&d", &[])).unwrap();
        assert_eq!((form.text("a"), form.text("b")), (Some("1"), Some("x &y")));
        assert_eq!((form.text("c"), form.text("d")), (None, None));
        assert!(form.finish().is_ok());
        let form = Form::of(&request("a=1&tokn=x", &[])).unwrap();
        form.know(&["a", "token"]);
        let answer = response(&form.finish().unwrap_err());
        let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(body["error"], "invalid_request");
        let description = "tokn: unknown parameter; did you mean 'token'?";
        assert_eq!(body["error_description"], description);
        assert_eq!(body["details"][0]["code"], "unknownField");
        for body in ["a=1&a=2", "a=1&%61=1", "a=&a=1"] {
            assert_eq!(code(Form::of(&request(body, &[]))), "invalid_request");
        }
        for other in ["application/json", "text/plain", ""] {
            let mut request = request("a=1", &[]);
            request.headers.insert(CONTENT_TYPE, other.parse().unwrap());
            assert_eq!(code(Form::of(&request)), "invalid_request", "{other}");
            request.headers.clear();
            assert_eq!(code(Form::of(&request)), "invalid_request");
        }
        let large = "a".repeat(MAX_BODY + 1);
        assert_eq!(Form::of(&request(&large, &[])).err().unwrap().status(), 413);
        let mut binary = request("", &[]);
        binary.body = vec![b'a', b'=', 0xff];
        assert_eq!(code(Form::of(&binary)), "invalid_request");
    }

    fn claim(body: &str, basic: &[&str]) -> Result<Option<ClientClaim>> {
        let headers = basic
            .iter()
            .map(|text| format!("Basic {}", STANDARD.encode(text)));
        let headers: Vec<_> = headers.collect();
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let request = request(body, &headers);
        Claim::of(&request, &Form::of(&request)?).map(Claim::key)
    }

    #[test]
    fn an_app_may_say_its_id_alone() {
        let app = |secret: Option<&str>| {
            Claim::App(AppClaim {
                id: "7.vT3mYq0cJx8ZkA-_".parse().unwrap(),
                secret: secret.map(str::to_owned),
            })
        };
        let of = |body: &str, basic: &[&str]| {
            let request = request(body, basic);
            Claim::of(&request, &Form::of(&request).unwrap()).unwrap()
        };
        let id = "client_id=7.vT3mYq0cJx8ZkA-_";
        assert_eq!(of(id, &[]), app(None));
        assert_eq!(of(&format!("{id}&client_secret=s"), &[]), app(Some("s")));
        let basic = format!("Basic {}", STANDARD.encode("7.vT3mYq0cJx8ZkA-_:s"));
        assert_eq!(of("", &[&basic]), app(Some("s")));
        assert_eq!(of("", &[]), Claim::Nobody);
    }

    #[test]
    fn a_client_says_who_it_is_in_the_header_or_in_the_form() {
        let hash = CredentialHash::of_api_key(ID, "a b&:");
        let expected = ClientClaim {
            id: ID.parse().unwrap(),
            hash,
        };
        let form = format!("client_id={ID}&client_secret=a+b%26:");
        let header = format!("{ID}:a+b%26%3A");
        assert_eq!(claim(&form, &[]).unwrap(), Some(expected.clone()));
        assert_eq!(claim("", &[&header]).unwrap(), Some(expected.clone()));
        let named = format!("client_id={ID}");
        assert_eq!(claim(&named, &[&header]).unwrap(), Some(expected));
        assert_eq!(claim("", &[]).unwrap(), None);

        let twice: [(&str, &[&str]); 4] = [
            (&form, &[&header]),
            ("client_secret=x", &[&header]),
            ("client_id=x", &[&header]),
            ("", &[&header, &header]),
        ];
        for (form, headers) in twice {
            assert_eq!(code(claim(form, headers)), "invalid_request", "{form}");
        }
        for (form, headers) in [
            (named.as_str(), &[] as &[&str]),
            ("client_secret=x", &[]),
            ("client_id=key1&client_secret=x", &[]),
            ("", &["key1:x"]),
            ("", &[ID]),
            ("", &[&format!("{ID}:a=b")]),
        ] {
            assert_eq!(code(claim(form, headers)), "invalid_client", "{form}");
        }
        let bearer = request("", &["Bearer x"]);
        let form = Form::of(&bearer).unwrap();
        assert_eq!(code(Claim::of(&bearer, &form)), "invalid_client");
    }

    #[test]
    fn an_error_is_what_oauth_clients_read_and_nothing_else() {
        let cases = [
            (Refusal::InvalidClient.into(), 401, "invalid_client"),
            (
                Refusal::InvalidGrant("it ended").into(),
                400,
                "invalid_grant",
            ),
            (Refusal::InvalidScope.into(), 400, "invalid_scope"),
            (Error::BodyTooLarge, 413, "invalid_request"),
            (Error::Throttled("t".into()), 429, "temporarily_unavailable"),
            (
                Error::Unavailable("u".into()),
                503,
                "temporarily_unavailable",
            ),
            (Error::Internal("SK".into()), 500, "server_error"),
        ];
        for (error, status, code) in cases {
            let answer = response(&error);
            assert_eq!(answer.status(), status);
            let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
            assert_eq!(body["error"], code);
            let description = body["error_description"].as_str().unwrap();
            assert!(!description.contains(['"', '\\']) && !description.contains("SK"));
            assert_eq!(body.as_object().unwrap().len(), 2);
            assert_eq!(answer.headers()["cache-control"], "no-store");
            assert_eq!(
                answer.headers().contains_key("retry-after"),
                [429, 503].contains(&status)
            );
            assert_eq!(
                answer.headers().contains_key("www-authenticate"),
                status == 401
            );
        }
    }
}
