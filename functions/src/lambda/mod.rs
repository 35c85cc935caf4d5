//! What every function does around its endpoint: reads the environment and the clock,
//! takes a request from API Gateway, answers with the headers of every response, writes
//! one line to the log.

mod connector;
mod log;
mod once;
pub mod store;
mod stream;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Instant;

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::FutureExt;
use http::header::ORIGIN;
use http::{HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, IntoResponse, RequestExt};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use latchkey::access::CodeLength;
use latchkey::access::draft::Desk;
use latchkey::caller::{Caller, OrganizationScope};
use latchkey::secret::Random;
use latchkey::table::{BoxFuture, Key, Read, Table};
use latchkey::timing::Zone;
use latchkey::wire::json::Fault;
use latchkey::wire::reading::Reading;
use latchkey::wire::service::{self, Format};
use latchkey::wire::unknown::{Handling, LENIENT, PREFERENCE_APPLIED};
use latchkey::wire::{Error, Request, Response, Result, headers};
use ring::rand::SystemRandom;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use once::Once;
pub(crate) use stream::serve_stream;

/// An endpoint: what one function serves.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// The name of its binary, in template.yaml and in the log.
    pub operation: &'static str,
    /// What it does.
    pub handle: fn(Call) -> BoxFuture<'static, Result<Response>>,
}

/// An endpoint that is asked and answers as ServiceStack's clients do: in the format that is
/// asked for, errors too. A request for another format is refused before anything is done.
#[derive(Clone, Copy)]
pub struct ServiceEndpoint {
    /// The name of its binary, in template.yaml and in the log.
    pub operation: &'static str,
    /// What it does.
    pub handle: fn(Call) -> BoxFuture<'static, Result<Response>>,
}

/// One call of an endpoint, with all that it may depend on.
#[derive(Debug)]
pub struct Call {
    /// The name of the endpoint that is called.
    pub operation: &'static str,
    /// What is asked.
    pub request: Request,
    /// Who asks.
    pub caller: Caller,
    /// The table.
    pub table: Table,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

/// An endpoint that is open to everyone: template.yaml gives its route no authorizer, and
/// nobody is known to call. A type of its own, so that no other endpoint can do without a
/// caller by mistake.
#[derive(Clone, Copy)]
pub struct OpenEndpoint {
    /// The name of its binary, in template.yaml and in the log.
    pub operation: &'static str,
    /// What it does.
    pub handle: fn(OpenCall) -> BoxFuture<'static, Result<Response>>,
    /// The answer to a request that was not served.
    pub say: fn(&Error) -> Response,
}

/// One call of an endpoint that is open to everyone.
#[derive(Debug)]
pub struct OpenCall {
    /// What is asked.
    pub request: Request,
    /// The table, where it is at hand. A function reaches it only when someone needs it.
    pub table: Option<Table>,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

impl OpenCall {
    /// The table, for who needs it.
    ///
    /// # Errors
    /// 500 as [`store::table`].
    pub async fn table(&self) -> Result<Table> {
        match &self.table {
            Some(table) => Ok(table.clone()),
            None => store::table(&self.random).await,
        }
    }
}

impl Call {
    /// How long new access codes are.
    ///
    /// # Errors
    /// 500 when the environment says what none has.
    pub(crate) fn code_length(&self) -> Result<CodeLength> {
        store::code_length()
    }

    /// What changing an access in an organization needs.
    pub(crate) fn desk<'c>(&'c self, scope: &'c OrganizationScope) -> Desk<'c> {
        desk(&self.table, scope, &self.random, self.now)
    }

    /// What stands at a key in an organization that the caller belongs to, with the scope
    /// that found it. Looked for once more, strongly, when it is not there: so that what
    /// was just created always is. One round trip when it is found.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        key: impl Fn(&OrganizationScope) -> Option<Key>,
        reads: &[Read],
    ) -> Result<Option<(OrganizationScope, T)>> {
        for read in reads {
            for scope in self.caller.scopes() {
                let Some(key) = key(&scope) else { continue };
                if let Some(item) = self.table.get(&key, *read).await? {
                    return Ok(Some((scope, item)));
                }
            }
        }
        Ok(None)
    }
}

/// For what is only shown: cheap, and fresh where cheap does not find it.
pub(crate) const SHOWN: &[Read] = &[Read::Eventual, Read::Strong];

/// Serves `endpoint` until Lambda ends the process.
pub fn serve(endpoint: Endpoint) -> ExitCode {
    let handler = Handler::OfCaller(endpoint.handle);
    serve_requests(endpoint.operation, handler, Say::Alike(Error::response))
}

/// Serves an `endpoint` for ServiceStack's clients until Lambda ends the process.
pub fn serve_service(endpoint: ServiceEndpoint) -> ExitCode {
    let handler = Handler::OfService(endpoint.handle);
    serve_requests(endpoint.operation, handler, Say::AsAsked(service::error))
}

/// Serves an `endpoint` that is open to everyone until Lambda ends the process.
pub fn serve_open(endpoint: OpenEndpoint) -> ExitCode {
    let handler = Handler::Open(endpoint.handle);
    serve_requests(endpoint.operation, handler, Say::Alike(endpoint.say))
}

/// The answer to a request that was not served.
#[derive(Clone, Copy)]
enum Say {
    /// Always in one shape.
    Alike(fn(&Error) -> Response),
    /// As the request asks for it.
    AsAsked(fn(&Error, &Request) -> Response),
}

impl Say {
    /// What will be said of `request`, which is not there any more by then.
    fn of(self, request: &Request) -> Box<dyn Fn(&Error) -> Response + Send> {
        match self {
            Self::Alike(say) => Box::new(say),
            Self::AsAsked(say) => {
                let head = request.head();
                Box::new(move |error| say(error, &head))
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Handler {
    OfCaller(fn(Call) -> BoxFuture<'static, Result<Response>>),
    OfService(fn(Call) -> BoxFuture<'static, Result<Response>>),
    Open(fn(OpenCall) -> BoxFuture<'static, Result<Response>>),
}

fn serve_requests(operation: &'static str, handler: Handler, say: Say) -> ExitCode {
    let random = Random::new(SystemRandom::new());
    let answer = move |event| answer(operation, handler, say, random.clone(), event);
    run(async { lambda_http::run(service_fn(answer)).await })
}

/// What a function may depend on that is called with another event than an HTTP request.
#[derive(Debug)]
pub struct EventCall {
    /// The table.
    pub table: Table,
    /// Secure random numbers.
    pub random: Random,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

impl EventCall {
    async fn begin(random: Random) -> Result<Self> {
        let table = store::table(&random).await?;
        let now = now();
        Ok(Self { table, random, now })
    }

    /// What changing an access in an organization needs.
    pub(crate) fn desk<'c>(&'c self, scope: &'c OrganizationScope) -> Desk<'c> {
        desk(&self.table, scope, &self.random, self.now)
    }
}

fn desk<'c>(
    table: &'c Table,
    scope: &'c OrganizationScope,
    random: &'c Random,
    now: DateTime<Utc>,
) -> Desk<'c> {
    Desk {
        table,
        scope,
        random,
        now,
    }
}

/// What handles such an event.
pub type EventHandler<Event, Answer> = fn(Event, EventCall) -> BoxFuture<'static, Result<Answer>>;

/// Serves a function that is called with another event than an HTTP request. Of an error
/// its caller hears what `say` makes of it; the log has it whole.
pub(crate) fn serve_events<Event, Answer>(
    handle: EventHandler<Event, Answer>,
    say: fn(&Error) -> String,
) -> ExitCode
where
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    let random = Random::new(SystemRandom::new());
    let answer = move |event: LambdaEvent<Event>| {
        let random = random.clone();
        async move {
            let outcome = async {
                let call = EventCall::begin(random).await?;
                handle(event.payload, call).await
            };
            outcome.await.map_err(|error| {
                log_error(&error);
                Diagnostic {
                    error_type: error.code().to_owned(),
                    error_message: say(&error),
                }
            })
        }
    };
    run(async { lambda_runtime::run(service_fn(answer)).await })
}

fn run(function: impl Future<Output = Result<(), lambda_http::Error>>) -> ExitCode {
    log::start();
    // A door keeps the hours of its zone as this release has them.
    tracing::info!(time_zones = Zone::release(), "started");
    // Lambda gives a process one request at a time: one thread serves it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(function),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot go on");
            ExitCode::FAILURE
        }
    }
}

async fn answer(
    operation: &'static str,
    handler: Handler,
    say: Say,
    random: Random,
    event: lambda_http::Request,
) -> Result<Answer, Infallible> {
    let started = Instant::now();
    let (request_id, caller) = context(&event);
    let reading = Reading::of(event.method(), event.headers());
    let from_browser = event.headers().contains_key(ORIGIN);
    let reads = matches!(*event.method(), Method::GET | Method::HEAD);
    let request = request(event);
    let handling = request.handling.clone();
    let say = say.of(&request);
    let handled = handle(operation, handler, reads, request, caller.clone(), random);
    // A panic is answered like any other bug, and the process lives on.
    let result = match AssertUnwindSafe(handled).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(Error::Internal("panicked".to_owned())),
    };
    let mut response = result.unwrap_or_else(|error| {
        log_error(&error);
        say(&error)
    });
    if handling.is_lenient() {
        lenient(&mut response, handler, &handling.ignored());
    }
    let mut response = reading.answer(response);
    headers::add(response.headers_mut(), &request_id, from_browser);
    tracing::info!(
        operation,
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
fn lenient(response: &mut Response, handler: Handler, ignored: &[Fault]) {
    let applied = HeaderValue::from_static(LENIENT);
    response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    if ignored.is_empty() || !response.status().is_success() {
        return;
    }
    match handler {
        Handler::OfService(_) => service::with_ignored(response, ignored),
        Handler::OfCaller(_) | Handler::Open(_) => response.with_ignored(ignored),
    }
}

/// Whether an operation changes nothing, by its name, which begins with what it does.
fn only_reads(operation: &str) -> bool {
    operation.starts_with("get-") || operation.starts_with("list-")
}

/// The time, in milliseconds: as much as anyone wants to read of a stamp.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

async fn handle(
    operation: &'static str,
    handler: Handler,
    reads: bool,
    request: Request,
    caller: Option<Caller>,
    random: Random,
) -> Result<Response> {
    let now = now();
    request.check()?;
    match handler {
        Handler::OfCaller(handle) | Handler::OfService(handle) => {
            if let Handler::OfService(_) = handler {
                Format::of_answer(&request)?;
                // A link, a crawler or a prefetch must change nothing.
                if reads && !only_reads(operation) {
                    return Err(Error::MethodNotAllowed);
                }
            }
            let caller = caller.ok_or(Error::Unauthenticated)?;
            let table = store::table(&random).await?;
            let call = Call {
                operation,
                request,
                caller,
                table,
                random,
                now,
            };
            handle(call).await
        }
        Handler::Open(handle) => {
            let call = OpenCall {
                request,
                table: None,
                random,
                now,
            };
            handle(call).await
        }
    }
}

/// The id that API Gateway gave the request, and the caller that its authorizer found.
fn context(event: &lambda_http::Request) -> (String, Option<Caller>) {
    let Some(RequestContext::ApiGatewayV1(context)) = event.request_context_ref() else {
        return (String::new(), None);
    };
    let field = |name: &str| context.authorizer.fields.get(name)?.as_str();
    (
        context.request_id.clone().unwrap_or_default(),
        Caller::from_context(field),
    )
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

/// Where the client sent the request: with the stage in the path, or with what stands in
/// its place under a domain of one's own.
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

/// The cause of an answer that says nothing of it.
fn log_error(error: &Error) {
    match error {
        Error::Internal(_) => tracing::error!(%error, "failed"),
        Error::Throttled(_) | Error::Unavailable(_) => tracing::warn!(%error, "failed"),
        _ => tracing::debug!(%error, "refused"),
    }
}
