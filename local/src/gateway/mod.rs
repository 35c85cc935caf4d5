//! The part of API Gateway in front of the functions: a REST API with one stage, as
//! `AWS::Serverless::Api` describes it.
//!
//! A request goes the way it goes in API Gateway: its resource and method are found, the
//! method's throttle and authorizer let it pass, the integration answers, and whatever of
//! this fails becomes a gateway response. Locally the path has no stage in front, as behind
//! a custom domain name with an empty base path.
//!
//! - `routes`: which method of which resource.
//! - `exchange`: one request and what is known of it.
//! - `variables`: `$context`, in headers and templates.
//! - `authorizer`, `policy`: who may.
//! - `event`: what functions and authorizers are sent.
//! - `proxy_response`: what a function sent back, as HTTP.
//! - `failure`: what can fail on the way.
//! - `own`: what API Gateway answers by itself: gateway responses and mock integrations.
//! - `throttle`: the limits.

mod authorizer;
mod event;
mod exchange;
mod failure;
mod own;
mod policy;
mod proxy_response;
mod routes;
mod throttle;
mod variables;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::StatusCode;

use crate::body::{self, Unread};
use crate::lambda::{Functions, Outcome, Refusal};
use crate::template::{CustomResponse, Integration, RestApi};
use authorizer::Authorizers;
use exchange::{Exchange, Stage};
use failure::{Failure, ResponseType};
use routes::Routes;

/// The most that API Gateway takes in a request body.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// A REST API ready to answer.
pub struct Gateway {
    routes: Routes,
    authorizers: Authorizers,
    responses: std::collections::BTreeMap<String, CustomResponse>,
    functions: Functions,
    stage: Stage,
}

impl Gateway {
    /// The API of a template, in front of its functions.
    ///
    /// # Errors
    /// Two routes that API Gateway would not take side by side, in one line.
    pub fn new(
        api: RestApi,
        functions: Functions,
        region: &str,
        port: u16,
    ) -> Result<Self, String> {
        Ok(Self {
            routes: Routes::new(api.routes, &api.id)?,
            authorizers: Authorizers::new(api.authorizers),
            responses: api.responses,
            functions,
            stage: Stage {
                api_id: api.id,
                name: api.stage,
                region: region.to_owned(),
                port,
            },
        })
    }

    /// The HTTP service.
    pub fn router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    async fn answer(&self, exchange: &mut Exchange<'_>, body: Body) -> Result<Response, Failure> {
        let method = self.routes.find(exchange)?;
        exchange.body = body::read(body, LARGEST_BODY).await.map_err(|unread| {
            Failure::of(match unread {
                Unread::TooLarge => ResponseType::RequestTooLarge,
                Unread::BrokenOff => ResponseType::BadRequestBody,
            })
        })?;
        if let Some(throttle) = &method.throttle
            && !throttle.admits(Instant::now())
        {
            return Err(Failure::of(ResponseType::Throttled));
        }
        if let Some(name) = &method.authorizer {
            exchange.caller = Some(
                self.authorizers
                    .admit(name, exchange, &self.functions)
                    .await?,
            );
        }
        match &method.integration {
            Integration::Mock(mock) => Ok(own::mocked(mock, exchange)),
            Integration::Function(function) => {
                tokio::time::timeout(method.timeout, self.proxy(function, exchange))
                    .await
                    .map_err(|_| {
                        let limit = method.timeout.as_secs_f64();
                        tracing::warn!(
                            function,
                            "no answer within the {limit} s of its integration"
                        );
                        Failure::of(ResponseType::IntegrationTimeout)
                    })?
            }
        }
    }

    async fn proxy(&self, function: &str, exchange: &Exchange<'_>) -> Result<Response, Failure> {
        let payload = event::proxy(exchange);
        let pool = self.functions.get(function).ok_or(Failure::internal(500))?;
        match pool.invoke(payload, exchange.trace_id.clone()).await {
            Ok(Outcome::Answer(payload)) => {
                proxy_response::parse(&payload, exchange).map_err(|why| {
                    tracing::error!(function, "malformed Lambda proxy response: {why}");
                    Failure::internal(502)
                })
            }
            Ok(Outcome::Failure(_)) => Err(Failure::internal(502)),
            // An answer, not an invocation, is what failed: API Gateway gives 502 for a
            // function that failed and 500 where Lambda would not invoke it.
            Err(refusal) => {
                tracing::error!(function, "{refusal}");
                Err(match refusal {
                    Refusal::TooLarge => Failure::of(ResponseType::RequestTooLarge),
                    _ => Failure::internal(500),
                })
            }
        }
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let mut exchange = Exchange::new(parts, peer, &gateway.stage);
    let mut response = match gateway.answer(&mut exchange, body).await {
        Ok(response) => response,
        Err(failure) => own::failed(&failure, &exchange, &gateway.responses),
    };
    let headers = response.headers_mut();
    own::put(headers, "x-amzn-requestid", &exchange.request_id);
    own::put(headers, "x-amz-apigw-id", &exchange.extended_request_id);
    log(&exchange, response.status(), started.elapsed());
    response
}

fn log(exchange: &Exchange<'_>, status: StatusCode, took: Duration) {
    tracing::info!(
        target: "latchkey_local::request",
        "{} {} {} {:.1} ms",
        exchange.method,
        exchange.path,
        status.as_u16(),
        took.as_secs_f64() * 1_000.0
    );
}
