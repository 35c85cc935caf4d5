//! Spaces that are booked: exclusive accesses, many of them, short ones and long ones.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use latchkey::access::exclusive::{Day, Summary, Taken};
use latchkey::access::template::TemplateThing;
use latchkey::directory::{Resource, Space};
use latchkey::id::SpaceId;
use latchkey::table::{Item, to_item};
use serde_json::json;
use uuid::Uuid;

use crate::service::{assert_error, faults};
use crate::system::{Answer, Store, System, Tenant, keys, scope};

const TEMPLATE: &str = "0192a5b07c0070008000000000000002";
const PATH: &str = "/BusinessUserAccess";

fn space(number: usize) -> Uuid {
    Uuid::from_u128(0x0192_a5b0_7c00_7000_8000_0000_0000_0000 + number as u128)
}

/// An hour of 2030, counted from its beginning.
fn hour(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_893_456_000 + hours * 3600, 0).unwrap()
}

struct Home {
    store: Store,
    system: System,
    tenant: Tenant,
}

impl Home {
    async fn with_spaces(spaces: usize) -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        let mut tenant = Tenant::new(7);
        let ids = (1..=spaces).map(|number| SpaceId::from(space(number)));
        tenant.world.spaces = ids
            .clone()
            .map(|id| Space {
                name: format!("Space {id}"),
                ..Space::blank(id)
            })
            .collect();
        tenant.world.templates[0].things = ids.map(TemplateThing::of).collect();
        store.put(&tenant.world).await;
        system.user(tenant.token(1)).get("/things").await.ok();
        store.calls();
        Self {
            store,
            system,
            tenant,
        }
    }

    /// An access to these spaces, alone or not, for these hours.
    async fn book(&self, spaces: &[usize], alone: bool, from: i64, until: Option<i64>) -> Answer {
        let things = spaces.iter().map(
            |number| json!({"ThingId": space(*number).simple().to_string(), "Exclusive": alone}),
        );
        let body = json!({
            "AccessTemplateId": TEMPLATE, "BusinessUserId": 2,
            "ValidFrom": hour(from), "ValidTo": until.map(hour), "Spaces": things.collect::<Vec<_>>(),
        });
        self.system
            .user(self.tenant.token(1))
            .post(PATH, &body)
            .await
    }

    async fn booked(&self, alone: bool, from: i64, until: Option<i64>) -> String {
        let answer = self.book(&[1], alone, from, until).await.ok();
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn is_taken(&self, answer: &Answer) {
        assert_error(answer, "json", 409, "Conflict");
    }

    async fn refused(&self, alone: bool, from: i64, until: Option<i64>) -> Answer {
        let answer = self.book(&[1], alone, from, until).await;
        self.is_taken(&answer);
        answer
    }

    async fn rebook(&self, id: &str, alone: bool, from: i64, until: Option<i64>) -> Answer {
        let thing = json!({"ThingId": space(1).simple().to_string(), "Exclusive": alone});
        let body = json!({
            "BusinessUserAccessId": id, "ValidFrom": hour(from), "ValidTo": until.map(hour),
            "Spaces": [thing],
        });
        self.system
            .user(self.tenant.token(1))
            .put(PATH, &body)
            .await
    }

    async fn cancel(&self, id: &str) {
        let path = format!("{PATH}?BusinessUserAccessId={id}");
        self.system
            .user(self.tenant.token(1))
            .delete(&path)
            .await
            .ok();
    }

    /// Calls of the store, read units and write units since the last time.
    fn cost(&self) -> (usize, f64, f64) {
        let calls = self.store.calls();
        let read: f64 = calls.iter().map(|call| call.read_units).sum();
        let written = calls.iter().map(|call| call.write_units).sum();
        (calls.len(), read, written)
    }

    /// Books every hour of this many days from the beginning of 2030 on, except the first hour
    /// of each.
    async fn fill(&self, days: i64) {
        let (scope, table) = (scope(7), self.store.table());
        let mut items: Vec<Item> = Vec::new();
        for day in 0..days {
            let taken = (1..24).map(|number| Taken {
                access: Uuid::new_v4().into(),
                from: hour(24 * day + number),
                until: Some(hour(24 * day + number + 1)),
                hours: None,
            });
            let date = hour(24 * day).date_naive();
            let day = Day::of(date, &taken.collect::<Vec<_>>());
            items.push(to_item(&scope.day(space(1).into(), date), &day).unwrap());
        }
        let key = scope.space(space(1).into());
        let mut booked = to_item(&key, &self.tenant.world.spaces[0]).unwrap();
        let summary = Summary::until(hour(24 * days));
        booked.extend(to_item(&key, &summary).unwrap());
        items.push(booked);
        for items in items.chunks(latchkey::table::WRITTEN_AT_ONCE) {
            table.put_batch(items.to_vec()).await.unwrap();
        }
        self.store.calls();
    }
}

#[tokio::test]
async fn a_space_with_a_hundred_thousand_bookings_is_booked_read_and_changed_at_the_usual_cost() {
    let home = Home::with_spaces(2).await;
    // The cost of a booking at a space that has others on the same day.
    for number in 1..24 {
        home.book(&[2], true, number, Some(number + 1)).await.ok();
    }
    home.store.calls();
    home.book(&[2], true, 0, Some(1)).await.ok();
    let usual = home.cost();

    let days = 4_400;
    home.fill(days).await;
    for day in [0, 1, days / 2, days - 1] {
        let from = 24 * day;
        home.refused(true, from, Some(from + 2)).await;
        home.refused(false, from + 1, Some(from + 2)).await;
        home.store.calls();
        let made = home.booked(true, from, Some(from + 1)).await;
        assert_eq!(home.cost(), usual, "{day}");
        home.refused(true, from, Some(from + 1)).await;
        home.cancel(&made).await;
        home.booked(false, from, Some(from + 1)).await;
    }
    // One after all of them, as if there were none.
    home.store.calls();
    let after = home.booked(true, 24 * days, Some(24 * days + 2)).await;
    let (calls, read, written) = home.cost();
    assert_eq!((calls, read), (2, usual.1));
    assert!(written <= usual.2, "{written}");
    home.cancel(&after).await;

    // A booking that ends long after it is refused because of the first that it overlaps.
    let answer = home.refused(false, 0, None).await;
    assert!(answer.body.contains("free from"), "{}", answer.body);
    home.refused(true, 24, Some(24 * days)).await;
    home.booked(false, 24 * days + 1, None).await;

    let path = format!("/v2/spaces/{}", space(1));
    home.store.calls();
    let token = home.tenant.token(1);
    home.system.user(token).get(&path).await.ok();
    assert!(home.cost().1 <= 1.0);
    let change = json!({"name": "Meeting room"});
    home.system.user(token).put(&path, &change).await.ok();
    assert_eq!(home.cost(), (2, 1.0, 7.0));
}

#[tokio::test]
async fn long_and_short_ones_keep_out_each_other() {
    let home = Home::with_spaces(1).await;
    let (week, month) = (7 * 24, 30 * 24);
    let long = home.booked(true, 0, Some(month)).await;
    home.refused(true, week, Some(week + 1)).await;
    home.refused(false, week, Some(week + 1)).await;
    home.refused(false, month - 1, None).await;
    home.refused(true, -week, Some(1)).await;
    let before = home.booked(true, -week, Some(0)).await;
    let short = home.booked(true, month, Some(month + 1)).await;
    home.refused(true, month - 1, Some(month + 1)).await;
    // A month that overlaps the short one.
    let answer = home.rebook(&long, true, 0, Some(month + 1)).await;
    home.is_taken(&answer);
    home.cancel(&short).await;
    home.rebook(&long, true, 0, Some(month + 1)).await.ok();
    home.refused(true, month, Some(month + 1)).await;
    // It becomes a short one, and that one a long one again.
    home.rebook(&long, true, week, Some(week + 2)).await.ok();
    home.refused(false, week + 1, Some(week + 2)).await;
    let other = home.booked(true, week - 1, Some(week)).await;
    let answer = home.rebook(&long, true, 0, Some(month)).await;
    home.is_taken(&answer);
    home.cancel(&other).await;
    home.rebook(&long, true, 0, None).await.ok();
    let answer = home.refused(true, 100 * month, Some(100 * month + 1)).await;
    assert!(answer.body.contains("without end"), "{}", answer.body);
    // Not alone any more, it keeps out nobody.
    home.rebook(&long, false, 0, None).await.ok();
    let endless = home.booked(true, week, None).await;
    home.cancel(&endless).await;
    home.cancel(&before).await;
    home.booked(true, -week, Some(week)).await;
    let left = home.store.sort_keys(&keys::bookings()).await;
    assert_eq!(
        left.iter()
            .filter(|key| key.contains(&keys::longs()))
            .count(),
        1,
        "{left:?}"
    );
}

#[tokio::test]
async fn a_short_one_moves_within_its_day_and_out_of_it() {
    let home = Home::with_spaces(1).await;
    let own = home.booked(true, 8, Some(10)).await;
    home.booked(true, 12, Some(14)).await;
    home.rebook(&own, true, 9, Some(12)).await.ok();
    home.refused(true, 11, Some(12)).await;
    let answer = home.rebook(&own, true, 9, Some(13)).await;
    home.is_taken(&answer);
    // Like any of several, it must not overlap the others either.
    let answer = home.rebook(&own, false, 9, Some(13)).await;
    home.is_taken(&answer);
    home.booked(true, 8, Some(9)).await;
    home.rebook(&own, true, 48, Some(50)).await.ok();
    home.booked(true, 9, Some(12)).await;
    home.refused(false, 49, Some(50)).await;
    home.cancel(&own).await;
    home.booked(false, 49, Some(50)).await;
}

#[tokio::test]
async fn concurrent_bookings_never_overlap_and_none_is_refused_without_an_overlap() {
    let home = Home::with_spaces(1).await;
    // All hours of one day. Whose turn does not come in time asks again, as clients do.
    let patient = async |from: i64| {
        let mut answer = home.book(&[1], true, from, Some(from + 1)).await;
        for _ in 0..8 {
            if answer.status != 503 && !answer.body.contains("changed meanwhile") {
                break;
            }
            answer = home.book(&[1], true, from, Some(from + 1)).await;
        }
        answer
    };
    let all = join_all((0..24).map(patient)).await;
    for answer in &all {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    // One hour of the next day.
    let all = join_all((0..24).map(|_| home.book(&[1], true, 30, Some(31)))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 1);

    // Hours, weeks and what has no end, of which some are not alone.
    let wanted: Vec<(bool, i64, Option<i64>)> = (0..32)
        .map(|number| {
            let from = 1000 + 24 * number;
            match number % 4 {
                0 | 1 => (true, from, Some(from + 30)),
                2 => (number % 8 == 2, from, Some(from + 200)),
                _ => (number == 31, from + 500, None),
            }
        })
        .collect();
    let ask =
        |(alone, from, until): &(bool, i64, Option<i64>)| home.book(&[1], *alone, *from, *until);
    let answers = join_all(wanted.iter().map(ask)).await;
    // An exclusive access excludes those made later. The order in which they were made is
    // unknown, but of two exclusive ones that overlap one is refused.
    let made: Vec<_> = wanted
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.status == 200)
        .collect();
    assert!(!made.is_empty());
    for (place, ((alone, from, until), _)) in made.iter().enumerate() {
        for ((other_alone, other_from, other_until), _) in &made[..place] {
            let before = |end: Option<i64>, start| end.is_none_or(|end| start < end);
            let meet = before(*until, *other_from) && before(*other_until, *from);
            assert!(!(meet && *alone && *other_alone), "{from} {other_from}");
        }
    }
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        home.is_taken(answer);
    }
}

#[tokio::test]
async fn days_of_many_spaces_that_are_too_much_for_one_transaction_are_refused_as_such() {
    let home = Home::with_spaces(20).await;
    let spaces: Vec<_> = (1..=20).collect();
    let answer = home.book(&spaces, true, 0, Some(72)).await.is(400);
    assert_eq!(faults(&answer)[0].0, "spaces");
    // For one day, and for a year, they are not.
    home.book(&spaces, true, 0, Some(24)).await.ok();
    home.book(&spaces, true, 24, Some(365 * 24)).await.ok();
    let answer = home.book(&spaces, false, 100, Some(101)).await;
    home.is_taken(&answer);
}

#[tokio::test]
async fn the_bookings_of_a_space_go_with_it() {
    let store = Store::start_with_streams().await;
    let system = System::on(&store).await;
    let home = Home {
        tenant: Tenant::new(7),
        store,
        system,
    };
    home.store.put(&home.tenant.world).await;
    home.booked(true, 0, Some(1)).await;
    home.booked(true, 24, Some(365 * 24)).await;
    assert_eq!(home.store.sort_keys(&keys::bookings()).await.len(), 2);
    let path = format!("/v2/spaces/{}", space(1));
    let deleted = home.system.user(home.tenant.token(1)).delete(&path).await;
    assert_eq!(deleted.status, 204);
    let started = std::time::Instant::now();
    while !home.store.sort_keys(&keys::bookings()).await.is_empty() {
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
