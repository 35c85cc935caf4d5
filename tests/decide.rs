//! May this person open this door now, and why?

use reqwest::Method;
use serde_json::{Value, json};

use crate::system::{Answer, Call, Store, System, Tenant, keys};

/// A system with organization 7.
pub struct World {
    pub store: Store,
    pub system: System,
    pub tenant: Tenant,
}

impl World {
    pub async fn start() -> Self {
        Self::of(Tenant::new(7)).await
    }

    pub async fn of(tenant: Tenant) -> Self {
        let store = Store::start().await;
        let system = System::on(&store).await;
        store.put(&tenant.world).await;
        Self {
            store,
            system,
            tenant,
        }
    }

    /// Creates a share as `user`, and gives its number.
    pub async fn share(&self, user: usize, changes: Value) -> u64 {
        let body = self.tenant.share(changes);
        let answer = self
            .system
            .user(self.tenant.token(user))
            .post("/v2/shares", &body)
            .await
            .ok();
        answer.json()["shareId"].as_u64().unwrap()
    }

    async fn ask(&self, user: usize, device: u64, query: &str) -> Answer {
        let path = format!("/v2/devices/{device}/decision{query}");
        self.system.user(self.tenant.token(user)).get(&path).await
    }

    pub async fn decided(&self, user: usize, device: u64, query: &str) -> Value {
        let answer = self.ask(user, device, query).await.ok();
        answer.assert_headers();
        answer.json()
    }

    async fn is_allowed(&self, user: usize, device: u64) -> bool {
        self.decided(user, device, "").await["allowed"]
            .as_bool()
            .unwrap()
    }

    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) {
        let token = self.tenant.token(1);
        let answer = self.system.call(method, path, token, body.as_ref()).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_allowed_decision_says_by_which_grants_until_when_and_when_next() {
    let world = World::start().await;
    let rule = json!({"dayOfWeek": "Monday", "recurrence": "Weekly", "period": {"startTime": "09:00:00", "endTime": "17:00:00"}});
    let id = world
        .share(
            1,
            json!({
                "receiver": {"userId": 4}, "source": {"deviceId": 2}, "schedule": [rule],
                "startDate": "2030-01-01", "permissions": {"remoteActivate": true}
            }),
        )
        .await;
    // A Monday, at ten in the morning in Amsterdam.
    let answer = world.decided(4, 2, "?at=2030-01-07T10:00:00%2B01:00").await;
    assert_eq!(
        answer,
        json!({
            "userId": 4,
            "timeZone": "Europe/Amsterdam",
            "allowed": true,
            "at": "2030-01-07T09:00:00Z",
            "permissions": {"administrate": false, "remoteActivate": true, "assignKeyfob": false},
            "because": [{
                "kind": "share", "id": id, "rule": rule,
                "from": "2030-01-07T08:00:00Z", "until": "2030-01-07T16:00:00Z"
            }],
            "next": {"from": "2030-01-14T08:00:00Z", "until": "2030-01-14T16:00:00Z"}
        })
    );
    let answer = world.decided(4, 2, "?at=2030-01-07T17:00:00%2B01:00").await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["permissions"]["remoteActivate"], false);
    assert_eq!(answer["because"][0]["failed"], "outsideSchedule");
    assert_eq!(answer["next"]["from"], "2030-01-14T08:00:00Z");
    // Now is before the first day.
    let answer = world.decided(4, 2, "").await;
    assert_eq!(answer["because"][0]["failed"], "beforeStart");
    assert_eq!(answer["next"]["from"], "2030-01-07T08:00:00Z");
    let answer = world
        .decided(4, 2, "?at=2030-01-07T09:00:00Z&permission=administrate")
        .await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["because"][0]["failed"], "permissionLacking");
    assert_eq!(answer["permissions"]["remoteActivate"], true);
    // A user without grants is told that there are none.
    let answer = world.decided(5, 2, "").await;
    assert_eq!(answer["because"], json!([]));
    assert_eq!(answer["next"], Value::Null);
}

#[tokio::test]
async fn a_right_comes_through_groups_and_goes_with_them_at_once() {
    let world = World::start().await;
    let groups = json!({"receiver": {"userGroupId": 2}, "source": {"deviceGroupId": 2}});
    world.share(1, groups).await;
    assert!(!world.is_allowed(4, 2).await);
    let (put, delete) = (|| Method::PUT, || Method::DELETE);
    let (user, device) = ("/v2/user-groups/2/users/4", "/v2/device-groups/2/devices/2");
    world.admin(put(), user, None).await;
    assert!(!world.is_allowed(4, 2).await);
    world.admin(put(), device, None).await;
    assert!(world.is_allowed(4, 2).await);
    assert!(!world.is_allowed(5, 2).await);
    world.admin(delete(), user, None).await;
    assert!(!world.is_allowed(4, 2).await);
    let members = json!({"members": [4, 5]});
    world.admin(put(), "/v2/user-groups/2", Some(members)).await;
    assert!(world.is_allowed(4, 2).await);
    world.admin(delete(), device, None).await;
    assert!(!world.is_allowed(4, 2).await);
    world.admin(put(), device, None).await;
    assert!(world.is_allowed(5, 2).await);
    world.admin(delete(), "/v2/device-groups/2", None).await;
    assert!(!world.is_allowed(5, 2).await);
    world
        .share(1, json!({"receiver": {"userGroupId": 2}}))
        .await;
    assert!(world.is_allowed(5, 1).await);
    world.admin(delete(), "/v2/user-groups/2", None).await;
    assert!(!world.is_allowed(5, 1).await);
}

#[tokio::test]
async fn a_group_that_is_deleted_leaves_no_trace_in_its_members() {
    let world = World::start().await;
    let mut ids = Vec::new();
    let token = world.tenant.token(1);
    for number in 0..70 {
        let user = json!({"organizationId": 7, "firstName": "A", "lastName": format!("{number}")});
        let made = world.system.user(token).post("/v2/users", &user).await;
        ids.push(made.json()["userId"].as_u64().unwrap());
    }
    for id in &ids {
        let path = format!("/v2/user-groups/2/users/{id}");
        world.admin(Method::PUT, &path, None).await;
    }
    world
        .admin(Method::DELETE, &format!("/v2/users/{}", ids[3]), None)
        .await;
    world.admin(Method::DELETE, "/v2/user-groups/2", None).await;
    for item in world.store.items().await {
        let text = format!("{item:?}");
        let key = item["SK"].as_s().unwrap();
        assert!(!key.contains(&keys::user_group(2)), "{key}");
        let groups = item.get("groups").map(|groups| format!("{groups:?}"));
        assert!(
            groups.is_none_or(|groups| !groups.contains("\"2\"")),
            "{text}"
        );
    }
    // A space and a group of devices go out of their devices, too.
    let space = json!({"organizationId": 7, "name": "S", "devices": [1, 2]});
    let made = world
        .system
        .user(token)
        .post("/v2/spaces", &space)
        .await
        .json();
    let path = format!("/v2/spaces/{}", made["spaceId"].as_str().unwrap());
    world.admin(Method::DELETE, &path, None).await;
    world
        .admin(Method::DELETE, "/v2/device-groups/1", None)
        .await;
    let device = world.system.user(token).get("/v2/devices/1").await.json();
    assert_eq!(
        (&device["spaces"], &device["groups"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_share_made_by_right_of_another_holds_only_while_that_one_holds() {
    let world = World::start().await;
    let right = |user: u64| json!({"receiver": {"userId": user}, "source": {"deviceId": 2}, "permissions": {"administrate": true}});
    // From the admin to user 4, from there to 5, 6 and 7.
    world.share(1, right(4)).await;
    world.share(4, right(5)).await;
    world.share(5, right(6)).await;
    let last = world
        .share(
            6,
            json!({"receiver": {"userId": 8}, "source": {"deviceId": 2}}),
        )
        .await;
    assert!(world.is_allowed(8, 2).await);
    // Who shared on is gone.
    world.admin(Method::DELETE, "/v2/users/5", None).await;
    let answer = world.decided(8, 2, "").await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(
        answer["because"],
        json!([{"kind": "share", "id": last, "failed": "revokedSource"}])
    );
    assert!(world.is_allowed(4, 2).await);

    // Through a group, it holds only while who shared on is in it.
    let through = json!({"receiver": {"userGroupId": 1}, "permissions": {"administrate": true}});
    world.share(1, through).await;
    world.share(2, json!({"receiver": {"userId": 9}})).await;
    assert!(world.is_allowed(9, 1).await);
    world
        .admin(Method::DELETE, "/v2/user-groups/1/users/2", None)
        .await;
    assert!(!world.is_allowed(9, 1).await);
}

#[tokio::test]
async fn a_named_schedule_is_followed_when_it_changes() {
    let world = World::start().await;
    world.share(1, json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "scheduleId": 1, "startDate": "2030-01-01"})).await;
    let at = async |at: &str| world.decided(4, 2, &format!("?at={at}")).await["allowed"].clone();
    assert_eq!(at("2030-01-07T12:00:00Z").await, true);
    assert_eq!(at("2030-01-08T12:00:00Z").await, false);
    let tuesdays = json!({"rules": [{"dayOfWeek": "Tuesday", "recurrence": "Weekly"}]});
    world
        .admin(Method::PUT, "/v2/schedules/1", Some(tuesdays))
        .await;
    assert_eq!(at("2030-01-07T12:00:00Z").await, false);
    assert_eq!(at("2030-01-08T12:00:00Z").await, true);
}

#[tokio::test]
async fn someone_with_many_grants_is_decided_as_well() {
    let world = World::start().await;
    for day in 1..=28 {
        let day = format!("2030-01-{day:02}");
        for (user, device) in [(4, 1), (4, 2)] {
            let past = json!({"receiver": {"userId": user}, "source": {"deviceId": device}, "startDate": day, "endDate": day});
            world.share(1, past).await;
        }
    }
    let answer = world.decided(4, 2, "?at=2030-01-28T12:00:00Z").await;
    assert_eq!(answer["allowed"], true);
    let answer = world.decided(4, 1, "?at=2031-01-28T12:00:00Z").await;
    assert_eq!(answer["because"].as_array().unwrap().len(), 28);
    // What this user has passed on holds, too.
    let right = world.share(1, json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "permissions": {"administrate": true}})).await;
    assert!(right > 0);
    world
        .share(
            4,
            json!({"receiver": {"userId": 5}, "source": {"deviceId": 2}}),
        )
        .await;
    assert!(world.is_allowed(5, 2).await);
}

#[tokio::test]
async fn the_reads_of_a_decision_are_strongly_consistent() {
    let world = World::start().await;
    let right = |user: Value, source: Value| json!({"receiver": user, "source": source, "permissions": {"administrate": true}, "scheduleId": 1});
    let (user, group) = (json!({"userId": 4}), json!({"userGroupId": 1}));
    world.share(1, right(user, json!({"deviceId": 1}))).await;
    world
        .share(1, right(group, json!({"deviceGroupId": 1})))
        .await;
    // The credentials are known to the gateway, whose own reads are not counted.
    for user in [1, 2, 4] {
        world.ask(user, 9, "").await;
    }
    world.store.calls();
    for (user, of) in [(4, ""), (2, ""), (1, "?userId=2"), (4, "?userId=2")] {
        let status = world.ask(user, 1, of).await.status;
        assert!(status == 200 || user == 4, "{status}");
        let calls = world.store.calls();
        assert!(
            !calls.is_empty() && calls.iter().all(is_strong),
            "{calls:?}"
        );
    }
}

/// Whether a call reads strongly.
fn is_strong(call: &Call) -> bool {
    match call.operation.as_str() {
        "GetItem" | "Query" => call.request["ConsistentRead"] == true,
        "BatchGetItem" => {
            let tables = call.request["RequestItems"].as_object().unwrap();
            tables.values().all(|table| table["ConsistentRead"] == true)
        }
        _ => false,
    }
}

#[tokio::test]
async fn a_question_with_faults_is_told_each_of_them() {
    let world = World::start().await;
    let answer = world
        .ask(1, 1, "?userId=x&at=tomorrow&permission=all")
        .await;
    answer.assert_error(400, "invalidInputErrorError");
    let mut fields = answer.fields();
    fields.sort();
    assert_eq!(fields, ["at", "permission", "userId"]);
    let answer = world.ask(1, 1, "?userId=99").await;
    answer.assert_error(400, "invalidInputErrorError");
    assert_eq!(answer.fields(), ["userId"]);
    world
        .ask(1, 99, "")
        .await
        .assert_error(404, "notFoundError");
    let path = "/v2/devices/x/decision";
    let answer = world.system.user(world.tenant.token(1)).get(path).await;
    answer.assert_error(404, "notFoundError");
    // About others, only the roles of decisions may ask.
    world
        .ask(4, 1, "?userId=5")
        .await
        .assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_revocation_is_seen_by_the_next_decision() {
    let world = World::start().await;
    for _ in 0..20 {
        world
            .admin(Method::PUT, "/v2/user-groups/2/users/4", None)
            .await;
        world
            .admin(Method::PUT, "/v2/user-groups/2/users/5", None)
            .await;
        let group = json!({"organizationId": 7, "name": "G", "members": [4]});
        let made = world
            .system
            .user(world.tenant.token(1))
            .post("/v2/user-groups", &group)
            .await
            .json();
        let id = &made["userGroupId"];
        world
            .share(1, json!({"receiver": {"userGroupId": id}}))
            .await;
        assert!(world.is_allowed(4, 1).await);
        let path = format!("/v2/user-groups/{id}");
        // Many ask while it is deleted. Everyone who asks after the answer is refused.
        let asking = async {
            let mut refused = false;
            for _ in 0..10 {
                let allowed = world.is_allowed(4, 1).await;
                assert!(!(refused && allowed), "allowed again");
                refused = !allowed;
            }
        };
        tokio::join!(asking, world.admin(Method::DELETE, &path, None));
        assert!(!world.is_allowed(4, 1).await);
    }
}

#[tokio::test]
async fn a_grant_whose_named_schedule_is_gone_opens_nothing() {
    let world = World::start().await;
    let kept = json!({"receiver": {"userId": 4}, "source": {"deviceId": 2}, "scheduleId": 1});
    world.share(1, kept).await;
    world.store.delete_items(&keys::schedules()).await;
    let answer = world.decided(4, 2, "").await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(answer["because"][0]["failed"], "revokedSource");
}

#[tokio::test]
async fn a_narrowed_share_narrows_those_below_it() {
    let world = World::start().await;
    let all = json!({"administrate": true, "remoteActivate": true, "assignKeyfob": true});
    let right = |user: u64| json!({"receiver": {"userId": user}, "source": {"deviceId": 2}, "permissions": all.clone()});
    // From the admin to user 4, from there to 5, 6 and 7.
    let first = world.share(1, right(4)).await;
    world.share(4, right(5)).await;
    world.share(5, right(6)).await;
    let last = world.share(6, right(7)).await;
    let first = format!("/v2/shares/{first}");
    let change = async |body: Value| world.admin(Method::PUT, &first, Some(body)).await;
    let may = async |permission: &str| {
        let answer = world
            .decided(7, 2, &format!("?permission={permission}"))
            .await;
        answer["allowed"].as_bool().unwrap()
    };
    assert!(may("remoteActivate").await && may("administrate").await);
    // A permission less.
    change(json!({"permissions": {"remoteActivate": false}})).await;
    let answer = world.decided(7, 2, "").await;
    assert_eq!(answer["allowed"], true);
    let left = json!({"administrate": true, "remoteActivate": false, "assignKeyfob": true});
    assert_eq!(answer["permissions"], left);
    assert!(!may("remoteActivate").await);
    // Only at some times.
    let monday = json!([{"dayOfWeek": "Monday", "recurrence": "Weekly"}]);
    change(json!({"schedule": monday})).await;
    let at = async |at: &str| world.decided(7, 2, &format!("?at={at}")).await;
    assert_eq!(at("2030-01-07T12:00:00Z").await["allowed"], true);
    let answer = at("2030-01-08T12:00:00Z").await;
    assert_eq!(answer["because"][0]["failed"], "outsideSchedule");
    assert_eq!(answer["next"]["from"], "2030-01-13T23:00:00Z");
    // No longer than until a day.
    change(json!({"schedule": [], "endDate": "2030-06-30"})).await;
    assert_eq!(at("2030-06-30T12:00:00Z").await["allowed"], true);
    let answer = at("2030-07-01T12:00:00Z").await;
    assert_eq!(
        answer["because"],
        json!([{"kind": "share", "id": last, "failed": "revokedSource"}])
    );
    // Without the right to share on.
    change(json!({"permissions": {"administrate": false}})).await;
    assert!(!world.is_allowed(7, 2).await && world.is_allowed(4, 2).await);
    change(json!({"permissions": {"administrate": true}})).await;
    assert!(world.is_allowed(7, 2).await);
    // Not at all.
    world.admin(Method::DELETE, &first, None).await;
    for user in [4, 5, 6, 7] {
        assert!(!world.is_allowed(user, 2).await);
    }
}

#[tokio::test]
async fn a_door_that_leaves_its_group_ends_what_was_shared_on_by_right_of_the_group() {
    let world = World::start().await;
    let right = json!({"receiver": {"userId": 4}, "source": {"deviceGroupId": 1}, "permissions": {"administrate": true}});
    world.share(1, right).await;
    let last = world.share(4, json!({"receiver": {"userId": 5}})).await;
    assert!(world.is_allowed(5, 1).await);
    let in_group = "/v2/device-groups/1/devices/1";
    world.admin(Method::DELETE, in_group, None).await;
    let answer = world.decided(5, 1, "").await;
    assert_eq!(answer["allowed"], false);
    assert_eq!(
        answer["because"],
        json!([{"kind": "share", "id": last, "failed": "revokedSource"}])
    );
    world.admin(Method::PUT, in_group, None).await;
    assert!(world.is_allowed(5, 1).await);
}
