//! The setting in which cases are counted: a table whose client has a meter, the routes of the
//! template, and a clock that always moves on.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use http::header::LOCATION;
use latchkey::deed::Author;
use latchkey::secret::Random;
use latchkey::table::Table;
use latchkey::wire::Request;
use latchkey_functions::{Context, Endpoint, OpenCall};
use latchkey_local::calls::Asked;
use latchkey_local::template::{Integration, Stack};
use ring::rand::SystemRandom;
use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::ask::Ask;
use crate::house::{self, House, ORGANIZATION};
use crate::meter::{Called, Cost, Meter};
use crate::store::{Store, functions};

/// The function that remakes all codes.
pub const REMAKES: &str = "remake-codes";

/// The cost of one case.
#[derive(Debug, Clone)]
pub struct Row {
    /// The name of the case.
    pub case: String,
    /// The function that served it.
    pub function: String,
    /// Whether API Gateway calls it.
    pub has_route: bool,
    /// The costs that DynamoDB reported.
    pub cost: Cost,
    /// The body of the answer.
    pub bytes: usize,
}

/// The costs of all cases.
#[derive(Debug)]
pub struct Counts {
    /// Each case.
    pub rows: Vec<Row>,
    /// The calls of DynamoDB of each function.
    pub used: BTreeMap<String, BTreeSet<Asked>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    body: String,
    /// Where the client is sent on to.
    location: Option<String>,
}

impl Answer {
    /// Its body as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).map_err(|error| format!("{error}: {}", self.body).into())
    }

    /// A text or a number of its body, as a path takes it.
    ///
    /// # Errors
    /// It has no such field.
    pub fn field(&self, name: &str) -> Result<String> {
        match &self.json()?[name] {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(format!("no {name} in {}", self.body).into()),
        }
    }

    /// A parameter of the address that the client is sent on to.
    ///
    /// # Errors
    /// It is sent nowhere, or without such a parameter.
    pub fn parameter(&self, name: &str) -> Result<String> {
        let location = self.location.as_deref().unwrap_or_default();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let mut found = form_urlencoded::parse(query.as_bytes());
        let found = found.find(|(given, _)| given == name);
        let found = found.map(|(_, value)| value.into_owned());
        found.ok_or_else(|| format!("no {name} in {location}").into())
    }

    /// The number of items in it.
    ///
    /// # Errors
    /// It is no list.
    pub fn count(&self) -> Result<usize> {
        let body = self.json()?;
        let list = body.as_array().or_else(|| body["data"].as_array());
        Ok(list.ok_or_else(|| format!("no list: {}", self.body))?.len())
    }
}

/// Counts cases.
pub struct Bench {
    /// The organization of the cases.
    pub house: House,
    /// The table, counted.
    pub table: Table,
    /// Its address.
    pub store: Store,
    /// The system's random numbers.
    pub random: Random,
    /// Whether all codes are remade, which takes long where there are many.
    pub remakes: bool,
    meter: Meter,
    routes: matchit::Router<BTreeMap<String, String>>,
    functions: BTreeSet<String>,
    seconds: AtomicI64,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    rows: Vec<Row>,
    asked: BTreeSet<(String, String)>,
    service: BTreeSet<String>,
    used: BTreeMap<String, BTreeSet<Asked>>,
    /// The first request of each function that changes something.
    changes: BTreeMap<&'static str, (Endpoint, Ask)>,
}

impl Bench {
    /// One with the house in a store, and nothing else in it.
    ///
    /// # Errors
    /// The template has invalid routes, or the store refuses the organization.
    pub async fn new(stack: &Stack, store: Store) -> Result<Self> {
        let random = Random::new(SystemRandom::new());
        let house = House::new(house::id(ORGANIZATION)?, &random)?;
        store.sink().put(house.world.items()?).await?;
        let meter = Meter::default();
        Ok(Self {
            table: store.table(&meter),
            store,
            house,
            random,
            remakes: true,
            meter,
            routes: routes(stack)?,
            functions: functions(stack).into_values().collect(),
            seconds: AtomicI64::new(0),
            counted: Mutex::default(),
        })
    }

    /// The time: a second later each time, so that ids never clash, on a Tuesday at noon, so
    /// that the answers have the same length in every run.
    pub fn now(&self) -> DateTime<Utc> {
        let seconds = self.seconds.fetch_add(1, Ordering::Relaxed);
        let tuesday = DateTime::from_timestamp_millis(1_894_104_000_123).unwrap_or_default();
        tuesday + TimeDelta::seconds(seconds)
    }

    /// Counts one request.
    ///
    /// # Errors
    /// It is answered with another status than the case says.
    pub async fn case(&self, case: &str, of: Endpoint, ask: Ask) -> Result<Answer> {
        self.meter.take();
        if ask.method != "GET" {
            let mut counted = self.counted();
            let first = counted.changes.entry(of.operation);
            first.or_insert_with(|| (of, ask.clone()));
        }
        let asked = self
            .answer(of, ask)
            .await
            .map_err(|error| format!("{case}: {error}"));
        let (route, answer) = asked?;
        self.add(case, of.operation, true, answer.body.len());
        let mut counted = self.counted();
        counted.asked.insert(route);
        if of.is_service() {
            counted.service.insert(of.operation.to_owned());
        }
        Ok(answer)
    }

    /// Has each function that changes something refuse it to a user who may change nothing: what
    /// that asks of the table, its policy must allow, too.
    /// `further` are refused by themselves.
    pub async fn refusals(&self, user: u64, further: Vec<(Endpoint, Ask)>) {
        let changes = self.counted().changes.clone().into_values();
        for (endpoint, ask) in changes.chain(further) {
            let operation = endpoint.operation;
            self.meter.take();
            // How it is refused is no matter: some things such a user does not find.
            drop(self.answer(endpoint, ask.by(user)).await);
            let (_, asked) = self.meter.take_all();
            let mut counted = self.counted();
            counted
                .used
                .entry(operation.to_owned())
                .or_default()
                .extend(asked);
        }
    }

    /// Counts one event of a function that has no route.
    ///
    /// # Errors
    /// It fails.
    pub async fn event<T: Serialize>(
        &self,
        case: &str,
        function: &'static str,
        handled: impl Future<Output = latchkey::error::Result<T>>,
    ) -> Result<T> {
        self.meter.take();
        let answer = handled.await.map_err(|error| format!("{case}: {error}"))?;
        let bytes = match serde_json::to_string(&answer)?.as_str() {
            "null" => 0,
            body => body.len(),
        };
        self.add(case, function, false, bytes);
        Ok(answer)
    }

    /// The input of such a function.
    pub fn context(&self) -> Context {
        Context {
            table: self.table.written_by(Author::system("event", self.now())),
            random: self.random.clone(),
            now: self.now(),
        }
    }

    /// The calls of DynamoDB since the last time; recorded from the first time on.
    pub fn called(&self) -> Vec<Called> {
        self.meter.called()
    }

    /// Has the next transaction conflict with another at all that it checks: its caller, or what
    /// it refers to, is checked by many at once.
    pub fn conflict(&self) {
        self.meter.conflict();
    }

    /// Asks without counting: for what a case needs to be there.
    ///
    /// # Errors
    /// As for [`Bench::case`].
    pub async fn ask(&self, of: Endpoint, ask: Ask) -> Result<Answer> {
        Ok(self.answer(of, ask).await?.1)
    }

    /// The counts. Every route and every function of the template must be in them.
    ///
    /// # Errors
    /// One is not.
    pub fn rows(self, stack: &Stack) -> Result<Counts> {
        let counted = self
            .counted
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let served: BTreeSet<_> = counted
            .rows
            .iter()
            .map(|row| row.function.clone())
            .collect();
        let mut missing: Vec<_> = self.functions.difference(&served).cloned().collect();
        missing.retain(|function| self.remakes || function != REMAKES);
        let names = functions(stack);
        for route in &stack.api.routes {
            let Integration::Function(function) = &route.integration else {
                continue;
            };
            // It costs what the `GET` does.
            if route.method == "HEAD" {
                continue;
            }
            let function = names.get(function).map_or("", String::as_str);
            // An operation for ServiceStack's clients costs the same at each of its routes.
            let one_of_many = counted.service.contains(function);
            let asked = (route.method.clone(), route.path.clone());
            if !one_of_many && !counted.asked.contains(&asked) {
                missing.push(format!("{} {} ({function})", route.method, route.path));
            }
        }
        if missing.is_empty() {
            return Ok(Counts {
                rows: counted.rows,
                used: counted.used,
            });
        }
        Err(format!(
            "no case in bench/src/cases for: {}\n{}",
            missing.join(", "),
            "bench/src/cases/mod.rs says how to add one"
        )
        .into())
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, case: &str, function: &str, has_route: bool, bytes: usize) {
        let (cost, asked) = self.meter.take_all();
        let mut counted = self.counted();
        let used = counted.used.entry(function.to_owned()).or_default();
        used.extend(asked);
        counted.rows.push(Row {
            case: case.to_owned(),
            function: function.to_owned(),
            has_route,
            cost,
            bytes,
        });
    }

    /// The answer, and the method and path of the route that it came by.
    async fn answer(&self, of: Endpoint, ask: Ask) -> Result<((String, String), Answer)> {
        let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
        let found = self
            .routes
            .at(path)
            .map_err(|_| format!("template.yaml has no {path}"))?;
        let method = found.value.get(ask.method);
        let route = method.ok_or_else(|| format!("template.yaml has no {} {path}", ask.method))?;
        let (function, route) = route.split_once(' ').unwrap_or_default();
        if function != of.operation {
            let operation = of.operation;
            return Err(format!("{} {path} is for {function}, not {operation}", ask.method).into());
        }
        let parameters = found.params.iter();
        let mut query: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        query.sort();
        let request = Request {
            headers: ask.headers,
            url: format!("https://api.example.com/prod{path}"),
            path: parameters
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            query,
            body: ask.body.into_bytes(),
            ..Request::default()
        };
        let error_response = of.error_response(&request);
        let caller = house::caller(ask.user, ask.space)?;
        let call = OpenCall {
            request,
            author: Author {
                // As long as API Gateway's, so that deeds are as large as they are there.
                request_id: Some("c6af9ac6-7b61-11e6-9a41-93e8deadbeef".to_owned()),
                address: Some("203.0.113.77".to_owned()),
                ..Author::system(of.operation, self.now())
            },
            reads: ask.method == "GET",
            table: Some(self.table.clone()),
            random: ask.random.unwrap_or_else(|| self.random.clone()),
            now: self.now(),
        };
        let response = of.handle(Some(caller), call).await;
        let response = response.unwrap_or_else(|error| error_response(&error));
        let status = response.status();
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.map(str::to_owned);
        let body = response.into_body();
        let expected = ask
            .status
            .map_or(status.is_success(), |expected| status == expected);
        if !expected {
            return Err(format!("{} {}: {status} {body}", ask.method, ask.target).into());
        }
        Ok((
            (ask.method.to_owned(), route.to_owned()),
            Answer { body, location },
        ))
    }
}

/// For each path, by method: the function that serves it, and the path of its route.
fn routes(stack: &Stack) -> Result<matchit::Router<BTreeMap<String, String>>> {
    let names = functions(stack);
    let mut paths: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for route in &stack.api.routes {
        if let Integration::Function(function) = &route.integration {
            let function = names.get(function).ok_or("a route of no function")?;
            let by_method = paths.entry(&route.path).or_default();
            by_method.insert(route.method.clone(), format!("{function} {}", route.path));
        }
    }
    let mut routes = matchit::Router::new();
    for (path, by_method) in paths {
        routes.insert(path, by_method)?;
    }
    Ok(routes)
}
