//! Fills an organization with shares and accesses, as many as one likes.
//!
//! There are two ways in. A DynamoDB is written to with BatchWriteItem, many at once, what it
//! leaves over again. The embedded store also takes items past its API, thousands in a
//! transaction: docs/scale.md says how much that is worth.

use std::io::IsTerminal;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use chrono::{NaiveTime, TimeDelta};
use indicatif::{ProgressBar, ProgressStyle};
use latchkey::access::template::TemplateThing;
use latchkey::access::{Access, AccessSpace, AccessTemplate, SpaceTerms};
use latchkey::directory::{Device, Resource, Space, User};
use latchkey::grant::{Receiver, Source};
use latchkey::id::{OrganizationId, SpaceId};
use latchkey::table::{Item, Read};
use latchkey::timing::Period;
use latchkey_demo::{World, ZONE};
use serde::de::IgnoredAny;

use crate::Result;
use crate::house::{House, access, code, created, id, share, space_id};
use crate::store::Sink;

/// The number of each that is made at a time: some megabytes of items.
const PAGE: u64 = 5_000;
/// The first number of what is loaded: behind all of [`House`], before all that is made later.
const FIRST: u64 = 1_000_000;
/// The number of shares of a user, and of a device.
const SHARES_OF_A_USER: u64 = 20;
const SHARES_OF_A_DEVICE: u64 = 100;
/// The number of accesses of a user, and of a floor of three spaces.
const ACCESSES_OF_A_USER: u64 = 2;
const ACCESSES_OF_A_FLOOR: u64 = 100;
const SPACES_OF_A_FLOOR: u64 = 3;
/// The number of codes with six digits, and a step that reaches all of them.
const CODES: u64 = 1_000_000;
const STRIDE: u64 = 7_919;
/// How often progress is printed if there is no progress bar.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// The default number of accesses: one for every ten shares.
pub fn accesses_beside(shares: u64) -> u64 {
    shares.div_ceil(10)
}

/// Shares and accesses between users, devices and spaces of their own.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    organization: OrganizationId,
    shares: u64,
    accesses: u64,
}

impl Population {
    /// So many shares and accesses.
    pub fn new(organization: OrganizationId, shares: u64, accesses: u64) -> Self {
        Self {
            organization,
            shares,
            accesses,
        }
    }

    /// Its items, some thousands at a time, each time with the number of shares and accesses
    /// among them.
    pub fn pages(self) -> impl Iterator<Item = Result<(u64, Vec<Item>)>> {
        let of_each = [self.shares, self.accesses, self.users(), self.devices()];
        let last = of_each.into_iter().max().unwrap_or(0);
        (0..last)
            .step_by(PAGE as usize)
            .map(move |first| self.page(first..last.min(first + PAGE)))
    }

    fn users(self) -> u64 {
        let by_shares = self.shares.div_ceil(SHARES_OF_A_USER);
        by_shares.max(self.accesses.div_ceil(ACCESSES_OF_A_USER))
    }

    fn floors(self) -> u64 {
        self.accesses.div_ceil(ACCESSES_OF_A_FLOOR)
    }

    /// At least one for each space.
    fn devices(self) -> u64 {
        let by_shares = self.shares.div_ceil(SHARES_OF_A_DEVICE);
        by_shares.max(self.floors() * SPACES_OF_A_FLOOR)
    }

    fn page(self, numbers: Range<u64>) -> Result<(u64, Vec<Item>)> {
        let (users, devices, floors) = (self.users(), self.devices(), self.floors());
        let mut world = World::empty(self.organization, "", ZONE.parse()?);
        for number in numbers {
            // The first numbers of all make what shares and accesses are between.
            if number < users {
                world.users.push(User {
                    first_name: "Robin".to_owned(),
                    last_name: format!("Resident {number}"),
                    email_address: Some(format!("resident.{number}@example.com")),
                    ..User::blank(id(FIRST + number)?)
                });
            }
            if number < devices {
                let space = Some(number).filter(|space| *space < floors * SPACES_OF_A_FLOOR);
                world.devices.push(Device {
                    name: format!("Door {number}"),
                    time_zone: Some(ZONE.parse()?),
                    location: Some("Ground floor, behind the garden".to_owned()),
                    spaces: space.map(space_of).into_iter().collect(),
                    ..Device::blank(id(FIRST + number)?)
                });
            }
            if number < floors {
                let spaces = number * SPACES_OF_A_FLOOR..(number + 1) * SPACES_OF_A_FLOOR;
                world.templates.push(AccessTemplate {
                    name: format!("Guests of floor {number}"),
                    things: spaces
                        .clone()
                        .map(space_of)
                        .map(TemplateThing::of)
                        .collect(),
                    ..AccessTemplate::blank(space_id(FIRST + number).into())
                });
                for space in spaces {
                    world.spaces.push(Space {
                        name: format!("Room {space}"),
                        location: Some("First floor".to_owned()),
                        devices: [id(FIRST + space)?].into(),
                        ..Space::blank(space_of(space))
                    });
                }
            }
            if number < self.shares {
                let receiver = Receiver::User(id(FIRST + number % users)?);
                let source = Source::Device(id(FIRST + number % devices)?);
                let share = share(self.organization, FIRST + number, receiver, source)?;
                world.shares.push(share);
            }
            if number < self.accesses {
                world.accesses.push(self.access(number)?);
            }
        }
        let made = world.shares.len() + world.accesses.len();
        Ok((made as u64, world.contents()?))
    }

    /// An access to one, two or three spaces of a floor. Some have no end, some are counted,
    /// some have hours.
    fn access(self, number: u64) -> Result<Access> {
        let floor = number % self.floors();
        // The how manieth of its floor: it has less codes than there are.
        let place = number / self.floors();
        let hours = Period {
            start: NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default(),
            end: NaiveTime::from_hms_opt(22, 0, 0).unwrap_or_default(),
        };
        let spaces = (0..=place % SPACES_OF_A_FLOOR).map(|behind| {
            let space = floor * SPACES_OF_A_FLOOR + (place + behind) % SPACES_OF_A_FLOOR;
            let terms = SpaceTerms {
                space: space_of(space),
                count: Some(10).filter(|_| (place + behind).is_multiple_of(2)),
                hours: Some(hours).filter(|_| place.is_multiple_of(5)),
                exclusive: false,
            };
            // No two of a space have the same: `STRIDE` has no divisor that `CODES` has.
            let code = code(((place + 1) * STRIDE + space) % CODES)?;
            Ok(AccessSpace { terms, code })
        });
        let until = created() + TimeDelta::days(3_650);
        let until = Some(until).filter(|_| !place.is_multiple_of(4));
        let user = id(FIRST + number % self.users())?;
        let spaces = spaces.collect::<Result<_>>()?;
        let made_for = (FIRST + floor, user);
        access(self.organization, FIRST + number, made_for, until, spaces)
    }
}

/// The space of a number.
fn space_of(number: u64) -> SpaceId {
    space_id(FIRST + number).into()
}

impl Sink {
    /// The embedded store in a folder, which must not be there yet.
    ///
    /// # Errors
    /// It exists already, or cannot be created.
    pub async fn folder(folder: &Path) -> Result<Self> {
        let file = folder.join("store.db");
        if file.exists() {
            return Err(format!("{} already exists", file.display()).into());
        }
        std::fs::create_dir_all(folder)?;
        let stack = crate::store::stack()?;
        let store = crate::store::Store::at(crate::store::schema(&stack)?, Some(&file)).await?;
        Ok(store.sink())
    }

    /// A DynamoDB: AWS's own, or another one at a URL.
    pub async fn dynamodb(table: &str, endpoint: Option<&str>, at_once: usize) -> Self {
        let https = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        // A table that was just made takes some thousand units a second, and splits while it
        // refuses more: patience, not haste.
        let retries = RetryConfig::adaptive().with_max_attempts(20);
        let mut config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(https)
            .retry_config(retries);
        if let Some(url) = endpoint {
            config = config.endpoint_url(url);
        }
        let client = Client::new(&config.load().await);
        Self::Table(crate::store::table(client, table), at_once)
    }

    /// Creates an organization with the [`House`] and this many additional shares and accesses,
    /// and returns the API key of its admin.
    ///
    /// # Errors
    /// It exists already, or the store refuses something.
    pub async fn organization(&self, number: u64, shares: u64, accesses: u64) -> Result<String> {
        let random = latchkey::secret::Random::new(ring::rand::SystemRandom::new());
        let house = House::new(id(number)?, &random)?;
        if let Self::Table(table, _) = self {
            let key = house.world.scope()?.organization_key();
            if table.get::<IgnoredAny>(&key, Read::Strong).await?.is_some() {
                return Err(format!("organization {number} already exists").into());
            }
        }
        self.put(house.world.items()?).await?;
        let organization = house.world.organization.id;
        self.fill(Population::new(organization, shares, accesses))
            .await?;
        Ok(format!("{}.{}", house.api_key.id, house.api_key.reveal()))
    }

    /// Puts a population, and shows how far it is.
    ///
    /// # Errors
    /// The store refuses something.
    pub async fn fill(&self, population: Population) -> Result<()> {
        if let Self::Embedded(database, _) = self {
            database.enable_bulk_loading()?;
        }
        let progress = Progress::new(population.shares + population.accesses);
        for page in population.pages() {
            let (made, items) = page?;
            self.put(items).await?;
            progress.add(made);
        }
        progress.finish();
        if let Self::Embedded(database, _) = self {
            database.disable_bulk_loading()?;
        }
        Ok(())
    }
}

/// A bar on a terminal, else a line now and then.
struct Progress {
    bar: ProgressBar,
    started: Instant,
    said: std::cell::Cell<Instant>,
}

impl Progress {
    fn new(all: u64) -> Self {
        let bar = ProgressBar::new(all);
        let style =
            "  {bar:40.cyan} {human_pos} of {human_len} shares and accesses, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        let now = Instant::now();
        Self {
            bar,
            started: now,
            said: now.into(),
        }
    }

    fn add(&self, made: u64) {
        self.bar.inc(made);
        if !std::io::stderr().is_terminal() && self.said.get().elapsed() >= SAY_EVERY {
            self.said.set(Instant::now());
            self.say();
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
        // A step without duration is not printed.
        if self.started.elapsed() >= Duration::from_secs(1) {
            self.say();
        }
    }

    fn say(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or(0));
        eprintln!("  {done} of {of} shares and accesses in {seconds:.0} s");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[tokio::test]
    async fn both_ways_in_put_shares_and_accesses() {
        let stack = crate::store::stack().unwrap();
        let schema = crate::store::schema(&stack).unwrap();
        let store = crate::store::Store::at(schema, None).await.unwrap();
        let table = store.table(&crate::meter::Meter::default());
        let by_api = Sink::Table(table.clone(), 4);
        for (sink, number) in [(store.sink(), 8), (by_api, 9)] {
            sink.organization(number, 30, 20).await.unwrap();
            let world = World::empty(id(number).unwrap(), "", latchkey::timing::Zone::UTC);
            let accesses = world.scope().unwrap().accesses();
            let page = table.page::<Access>(&accesses, 100, None, Read::Strong);
            assert_eq!(
                page.await.unwrap().0.len() as u64,
                crate::house::ACCESSES + 20
            );
        }
        let again = Sink::Table(table, 4).organization(9, 1, 1).await;
        assert!(again.is_err(), "one that is there is refused");
    }

    #[test]
    fn no_item_is_made_twice_and_every_access_has_a_grant_and_a_code_a_space() {
        for (shares, accesses) in [(0, 0), (10, 1), (2_000, 0), (0, 350), (12_000, 1_234)] {
            let population = Population::new(id(7).unwrap(), shares, accesses);
            let (mut made, mut items, mut kinds) = (0, 0, BTreeMap::new());
            let mut keys = std::collections::BTreeSet::new();
            for page in population.pages() {
                let (count, page) = page.unwrap();
                made += count;
                items += page.len();
                for item in page {
                    let key = item["SK"].as_s().unwrap().clone();
                    let kind = key.split('#').next().unwrap().to_owned();
                    let is_of_space = kind == "GRANT" && key.contains("#SPACE#");
                    let stands_apart = ["USER", "DEVICE", "SPACE"].contains(&kind.as_str());
                    assert_eq!(
                        stands_apart || is_of_space || key.contains("#DEVICE#"),
                        item.contains_key("listedIn")
                    );
                    let kind = if is_of_space { "GRANT SPACE" } else { &kind };
                    *kinds.entry(kind.to_owned()).or_insert(0_u64) += 1;
                    keys.insert(key);
                }
            }
            let of = |kind| kinds.get(kind).copied().unwrap_or(0);
            assert_eq!(made, shares + accesses);
            assert_eq!(keys.len(), items);
            assert_eq!((of("SHARE"), of("ACCESS")), (shares, accesses));
            assert_eq!(of("CODE"), of("GRANT SPACE"));
            assert!((accesses..=3 * accesses).contains(&of("CODE")));
        }
    }
}
