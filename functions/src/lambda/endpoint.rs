//! What one function serves.

use latchkey::caller::Caller;
use latchkey::error::{Error, Fault, Result};
use latchkey::table::BoxFuture;
use latchkey::wire::service::{self, Format};
use latchkey::wire::{Request, Response};

use super::call::{Call, OpenCall};
use super::refused::Asked;

/// The handler of an endpoint.
type Handle<Call> = fn(Call) -> BoxFuture<'static, Result<Response>>;

/// An endpoint of the API.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// The name of its binary, in template.yaml and in the log.
    pub operation: &'static str,
    kind: Kind,
}

/// The caller of an endpoint, and the form of its errors. Code that only some kinds need is
/// behind pointers, so that the programs of the others do not contain it.
#[derive(Clone, Copy)]
enum Kind {
    Caller(Handle<Call>),
    Service(Handle<Call>, fn(&Error, &Request) -> Response),
    Open(Handle<OpenCall>, fn(&Error) -> Response),
}

impl Endpoint {
    /// An endpoint that knows its caller.
    pub(crate) const fn new(operation: &'static str, handle: Handle<Call>) -> Self {
        let kind = Kind::Caller(handle);
        Self { operation, kind }
    }

    /// An endpoint that is asked and answers as ServiceStack's clients do: in the format that is
    /// asked for, errors too. A request for another format is refused before anything is done.
    pub(crate) const fn service(operation: &'static str, handle: Handle<Call>) -> Self {
        let kind = Kind::Service(handle, service::error);
        Self { operation, kind }
    }

    /// An endpoint that is open to everyone: template.yaml gives its route no authorizer. It
    /// answers with what `error_response` makes of an error.
    pub(crate) const fn open(
        operation: &'static str,
        handle: Handle<OpenCall>,
        error_response: fn(&Error) -> Response,
    ) -> Self {
        let kind = Kind::Open(handle, error_response);
        Self { operation, kind }
    }

    /// Whether it is for ServiceStack's clients.
    #[must_use]
    pub fn is_service(self) -> bool {
        matches!(self.kind, Kind::Service(..))
    }

    /// Handles a call of `caller`, if somebody is known to call.
    ///
    /// # Errors
    /// The endpoint's answer; 401 if it needs a caller and there is none; 403 for an app whose
    /// scopes do not allow the operation.
    pub async fn handle(self, caller: Option<Caller>, mut call: OpenCall) -> Result<Response> {
        match self.kind {
            Kind::Open(handle, _) => handle(call).await,
            Kind::Caller(handle) | Kind::Service(handle, _) => {
                let caller = caller.ok_or(Error::Unauthenticated)?;
                caller.may_call(self.operation)?;
                call.author = call.author.by((&caller).into());
                let context = call.context().await?;
                let asked = Asked::of(&context.table, &call, &caller);
                let call = Call {
                    operation: self.operation,
                    request: call.request,
                    caller,
                    context,
                };
                let answer = handle(call).await;
                if let (Err(error), Some(asked)) = (&answer, asked) {
                    asked.refused(error).await;
                }
                answer
            }
        }
    }

    /// Checks what must be right of every request, before anything is done. `reads` says that
    /// its method is one that changes nothing.
    pub(super) fn check(self, request: &Request, reads: bool) -> Result<()> {
        request.check()?;
        if self.is_service() {
            Format::of_answer(request)?;
            // A link, a crawler or a prefetch must change nothing.
            if reads && !self.only_reads() {
                return Err(Error::MethodNotAllowed);
            }
        }
        Ok(())
    }

    /// Whether it changes nothing, by its name, which begins with what it does.
    fn only_reads(self) -> bool {
        self.operation.starts_with("get-") || self.operation.starts_with("list-")
    }

    /// Makes the answer to `request` from an error, after the request is gone.
    #[must_use]
    pub fn error_response(self, request: &Request) -> Box<dyn Fn(&Error) -> Response + Send> {
        match self.kind {
            Kind::Caller(_) => Box::new(Error::response),
            Kind::Open(_, response) => Box::new(response),
            Kind::Service(_, response) => {
                let head = request.head();
                Box::new(move |error| response(error, &head))
            }
        }
    }

    /// Says in a response what of the request was ignored.
    pub(super) fn with_ignored(self, response: &mut Response, ignored: &[Fault]) {
        if self.is_service() {
            service::with_ignored(response, ignored);
        } else {
            response.with_ignored(ignored);
        }
    }
}
