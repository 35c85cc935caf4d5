//! Who may open this device, and when?

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::decide::World;
use crate::system::Answer;

impl World {
    pub async fn holders_page(&self, path: &str) -> Answer {
        let answer = self.system.user(self.tenant.token(1)).get(path).await.ok();
        answer.assert_headers();
        answer
    }

    pub async fn holders(&self, device: u64) -> Vec<Value> {
        let path = format!("/v2/devices/{device}/holders");
        let answer = self.holders_page(&path).await;
        assert_eq!(answer.header("link"), None);
        answer.json().as_array().unwrap().clone()
    }

    /// The address of the page after one.
    pub fn next(&self, answer: &Answer) -> Option<String> {
        let link = answer.header("link")?;
        let url = link.strip_prefix('<')?.split_once('>')?.0;
        Some(url.strip_prefix(self.system.url())?.to_owned())
    }
}

fn ids(holders: &[Value]) -> Vec<u64> {
    holders
        .iter()
        .map(|holder| holder["id"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn holders_are_listed_with_their_grants_and_times() {
    let world = World::start().await;
    let rule = json!({"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "09:00:00", "endTime": "17:00:00"}});
    let later = world
        .share(
            1,
            json!({
                "receiver": {"userId": 4}, "startDate": "2090-01-01", "schedule": [rule],
                "permissions": {"remoteActivate": true}
            }),
        )
        .await;
    let always = world
        .share(
            1,
            json!({
                "receiver": {"userGroupId": 1}, "source": {"deviceGroupId": 1},
                "endDate": "2090-06-30"
            }),
        )
        .await;
    let other = json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}});
    world.share(1, other).await;

    let mut holders = world.holders(1).await;
    let mut now = holders[1]["now"].take();
    assert!(now["from"].take().is_string());
    assert_eq!(now["until"], "2090-06-30T22:00:00Z");
    let by_hand = json!({"administrate": false, "remoteActivate": false, "assignKeyfob": false});
    assert_eq!(
        json!(holders),
        json!([
            {
                "kind": "share", "id": later,
                "receiver": {"user": {"id": 4, "firstName": "User 4", "lastName": "Of 7"}},
                "source": {"deviceId": 1},
                "permissions": {"administrate": false, "remoteActivate": true, "assignKeyfob": false},
                "startDate": "2090-01-01", "schedule": [rule], "state": "Upcoming",
                "holdsNow": false, "failed": "beforeStart",
                // The first Monday of that year, at nine in Amsterdam.
                "next": {"from": "2090-01-02T08:00:00Z", "until": "2090-01-02T16:00:00Z"}
            },
            {
                "kind": "share", "id": always,
                "receiver": {"userGroup": {"id": 1, "name": "Group 1"}},
                "source": {"deviceGroupId": 1},
                "permissions": by_hand,
                "endDate": "2090-06-30", "schedule": [], "state": "Active",
                "holdsNow": true, "now": null
            }
        ])
    );
}

#[tokio::test]
async fn it_says_the_same_as_a_decision() {
    let world = World::start().await;
    let to = |user: u64, more: Value| {
        let mut share = json!({"receiver": {"userId": user}, "source": {"deviceId": 2}});
        let more = more.as_object().unwrap().clone();
        share.as_object_mut().unwrap().extend(more);
        share
    };
    let closed = json!({"rules": [{"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "10:00:00", "endTime": "10:00:01"}}]});
    world
        .admin(Method::PUT, "/v2/schedules/1", Some(closed))
        .await;
    world
        .share(1, to(4, json!({"permissions": {"administrate": true}})))
        .await;
    world.share(1, to(5, json!({"scheduleId": 1}))).await;
    world.share(4, to(6, json!({}))).await;
    world
        .share(1, to(7, json!({"startDate": "2090-01-01"})))
        .await;
    let taken = world
        .share(1, to(8, json!({"permissions": {"administrate": true}})))
        .await;
    world.share(8, to(9, json!({}))).await;
    world.admin(Method::DELETE, "/v2/users/8", None).await;

    let holders = world.holders(2).await;
    assert!(!ids(&holders).contains(&taken), "of a deleted user");
    let users: Vec<_> = holders
        .iter()
        .map(|holder| holder["receiver"]["user"]["id"].as_u64().unwrap())
        .collect();
    assert_eq!(users, [4, 5, 6, 7, 9]);
    for (holder, user) in holders.iter().zip(users) {
        let path = format!("/v2/devices/2/decision?userId={user}");
        let decision = world.holders_page(&path).await.json();
        assert_eq!(decision["allowed"], holder["holdsNow"], "{holder}");
        assert_eq!(decision["because"][0]["id"], holder["id"], "{holder}");
        assert_eq!(
            decision["because"][0]["failed"], holder["failed"],
            "{holder}"
        );
        assert_eq!(decision["next"], holder["next"], "{holder}");
    }
    assert_eq!(holders[1]["scheduleId"], 1);
    assert_eq!(holders[1]["schedule"][0]["period"]["startTime"], "10:00:00");
    assert_eq!(holders[4]["failed"], "revokedSource");
}

#[tokio::test]
async fn ended_grants_and_deleted_receivers_are_left_out() {
    let world = World::start().await;
    let past =
        json!({"receiver": {"userId": 4}, "startDate": "2020-01-01", "endDate": "2020-01-02"});
    world.share(1, past).await;
    world
        .share(1, json!({"receiver": {"userGroupId": 2}}))
        .await;
    let stays = world.share(1, json!({"receiver": {"userId": 5}})).await;
    let through = json!({"receiver": {"userId": 6}, "source": {"deviceGroupId": 1}});
    let through = world.share(1, through).await;
    world.admin(Method::DELETE, "/v2/user-groups/2", None).await;
    assert_eq!(ids(&world.holders(1).await), [stays, through]);
    world
        .admin(Method::DELETE, "/v2/device-groups/1/devices/1", None)
        .await;
    assert_eq!(ids(&world.holders(1).await), [stays]);
}

#[tokio::test]
async fn all_are_found_in_pages_over_the_device_and_its_groups() {
    let world = World::start().await;
    let into = "/v2/device-groups/2/devices/1";
    world.admin(Method::PUT, into, None).await;
    let mut expected = BTreeSet::new();
    for user in 2..=4 {
        for source in [
            json!({"deviceId": 1}),
            json!({"deviceGroupId": 1}),
            json!({"deviceGroupId": 2}),
        ] {
            let past = json!({"receiver": {"userId": user}, "source": source, "startDate": "2020-01-01", "endDate": "2020-01-02"});
            world.share(1, past).await;
            let share = json!({"receiver": {"userId": user}, "source": source});
            expected.insert(world.share(1, share).await);
        }
    }
    for size in [1, 2, 3, 4, 100] {
        let (mut found, mut count) = (BTreeSet::new(), 0);
        let mut path = Some(format!("/v2/devices/1/holders?size={size}"));
        while let Some(page) = path {
            let answer = world.holders_page(&page).await;
            let holders = ids(answer.json().as_array().unwrap());
            assert!(holders.len() <= size, "{holders:?}");
            count += holders.len();
            assert!(count <= expected.len(), "it goes round in a ring");
            found.extend(holders);
            path = world.next(&answer);
        }
        assert_eq!((&found, count), (&expected, 9), "{size}");
    }

    let first = world.holders_page("/v2/devices/1/holders?size=2").await;
    let next = world.next(&first).unwrap();
    let elsewhere = next.replace("/devices/1/", "/devices/2/");
    for path in [elsewhere, "/v2/devices/1/holders?size=0".to_owned()] {
        let answer = world.system.user(world.tenant.token(1)).get(&path).await;
        answer.assert_error(400, "invalidInputErrorError");
    }
}

#[tokio::test]
async fn only_the_roles_of_decisions_may_ask() {
    let world = World::start().await;
    let right = json!({"receiver": {"userId": 4}, "permissions": {"administrate": true}});
    world.share(1, right).await;
    world.share(1, json!({"receiver": {"userId": 5}})).await;
    let ask = async |user: usize, device: &str| {
        let path = format!("/v2/devices/{device}/holders");
        world.system.user(world.tenant.token(user)).get(&path).await
    };
    ask(4, "1").await.ok();
    for (user, device) in [(4, "2"), (5, "1")] {
        ask(user, device)
            .await
            .assert_error(403, "insufficientRightsError");
    }
    for device in ["99", "x"] {
        ask(1, device).await.assert_error(404, "notFoundError");
    }
    assert_eq!(ask(1, "2").await.json(), json!([]));
}
