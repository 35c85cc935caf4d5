//! Requests from API Gateway: an endpoint's answer to each, with the headers of every response and
//! a line in the log.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::FutureExt;
use http::header::ORIGIN;
use http::{HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, IntoResponse, RequestExt};
use lambda_runtime::service_fn;
use latchkey::caller::Caller;
use latchkey::deed::Author;
use latchkey::error::{Error, Result};
use latchkey::secret::Random;
use latchkey::table::BoxFuture;
use latchkey::wire::reading::Reading;
use latchkey::wire::unknown::{Handling, LENIENT, PREFERENCE_APPLIED};
use latchkey::wire::{Request, Response, headers};
use ring::rand::SystemRandom;

use super::call::{OpenCall, now};
use super::endpoint::Endpoint;
use super::{Serve, log, run};

impl Serve for Endpoint {
    fn serve(self) -> ExitCode {
        let random = Random::new(SystemRandom::new());
        let answer = move |event| answer(self, random.clone(), event);
        run(async { lambda_http::run(service_fn(answer)).await })
    }
}

async fn answer(
    endpoint: Endpoint,
    random: Random,
    event: lambda_http::Request,
) -> Result<Answer, Infallible> {
    let started = Instant::now();
    let Asked {
        request_id,
        address,
        caller,
    } = Asked::of(&event);
    let author = Author {
        request_id: Some(request_id.clone()),
        address,
        ..Author::system(endpoint.operation, now())
    };
    let reading = Reading::of(event.method(), event.headers());
    let from_browser = event.headers().contains_key(ORIGIN);
    let reads = matches!(*event.method(), Method::GET | Method::HEAD);
    let request = request(event);
    let handling = request.handling.clone();
    let error_response = endpoint.error_response(&request);
    let handled = handle((endpoint, reads), author, request, caller.clone(), random);
    // A panic is answered like any other bug, and the process lives on.
    let result = match AssertUnwindSafe(handled).catch_unwind().await {
        Ok(result) => result.and_then(Response::fits),
        Err(_) => Err(Error::Internal("panicked".to_owned())),
    };
    let mut response = result.unwrap_or_else(|error| {
        log::error(&error);
        error_response(&error)
    });
    if handling.is_lenient() {
        lenient(endpoint, &mut response, &handling);
    }
    let mut response = reading.answer(response);
    headers::add(response.headers_mut(), &request_id, from_browser);
    tracing::info!(
        operation = endpoint.operation,
        status = response.status().as_u16(),
        request_id,
        user = caller.as_ref().map(|caller| caller.user().to_string()),
        credential = caller.as_ref().map(Caller::credential),
        milliseconds = started.elapsed().as_secs_f64() * 1000.0,
        "served"
    );
    let mut answer = http::Response::new(Body::Empty);
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    *answer.body_mut() = Body::Text(response.into_body());
    Ok(Answer(answer))
}

async fn handle(
    (endpoint, reads): (Endpoint, bool),
    author: Author,
    request: Request,
    caller: Option<Caller>,
    random: Random,
) -> Result<Response> {
    let now = author.at;
    endpoint.check(&request, reads)?;
    let call = OpenCall {
        request,
        author,
        reads,
        table: None,
        random,
        now,
    };
    endpoint.handle(caller, call).await
}

/// An answer as Lambda takes it. `lambda_http` would take any response, and ask whether its body
/// is a text and in which alphabet: tables for all alphabets would be in each function.
struct Answer(http::Response<Body>);

impl IntoResponse for Answer {
    fn into_response(self) -> BoxFuture<'static, http::Response<Body>> {
        Box::pin(std::future::ready(self.0))
    }
}

/// Says in the answer to a request with `Prefer: handling=lenient` that this was heard, and
/// what was ignored, where there is a place for it.
fn lenient(endpoint: Endpoint, response: &mut Response, handling: &Handling) {
    let applied = HeaderValue::from_static(LENIENT);
    response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    let ignored = handling.ignored();
    if !ignored.is_empty() && response.status().is_success() {
        endpoint.with_ignored(response, &ignored);
    }
}

/// What API Gateway says of a request.
#[derive(Default)]
struct Asked {
    /// The id that it gave it.
    request_id: String,
    /// Where it came from.
    address: Option<String>,
    /// The caller that its authorizer found.
    caller: Option<Caller>,
}

impl Asked {
    fn of(event: &lambda_http::Request) -> Self {
        let Some(RequestContext::ApiGatewayV1(context)) = event.request_context_ref() else {
            return Self::default();
        };
        let field = |name: &str| context.authorizer.fields.get(name)?.as_str();
        Self {
            request_id: context.request_id.clone().unwrap_or_default(),
            address: context.identity.source_ip.clone(),
            caller: Caller::from_context(field),
        }
    }
}

fn request(event: lambda_http::Request) -> Request {
    let path = event
        .path_parameters_ref()
        .map(|parameters| {
            parameters
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        .unwrap_or_default();
    let mut query: Vec<(String, String)> = event
        .query_string_parameters_ref()
        .map(|parameters| {
            parameters
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        .unwrap_or_default();
    query.sort();
    let url = url(&event);
    let (parts, body) = event.into_parts();
    let body: &[u8] = &body;
    Request {
        handling: Handling::of(&parts.headers),
        headers: parts.headers,
        url,
        path,
        query,
        known: &[],
        // Some editors and clients put a byte order mark before a text in UTF-8.
        body: body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).to_vec(),
    }
}

/// The URL of the request: with the stage in the path, or with the base path of a custom
/// domain.
fn url(event: &lambda_http::Request) -> String {
    let header = |name| event.headers().get(name)?.to_str().ok();
    let path = match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.path.clone(),
        _ => None,
    };
    let path = path.unwrap_or_default();
    match (header("x-forwarded-proto"), header("host")) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}{path}"),
        _ => path,
    }
}
