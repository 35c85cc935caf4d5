//! Which spaces a door's controller speaks for.

use latchkey::directory::{Resource, Space};
use latchkey_demo::{ACCESS_CODE, DOOR_TOKEN};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::system::{Answer, SPACE, Store, System, Tenant, access_space, is_of};

/// Another space of organization 7.
const CELLAR: Uuid = uuid!("0192a5b0-7c00-7000-8000-00000000ce11");
/// One that nobody has.
const NOWHERE: Uuid = uuid!("0192a5b0-7c00-7000-8000-00000000dead");
/// The controller of the hall.
const DOOR: usize = 9;

struct Scene {
    store: Store,
    system: System,
    tenant: Tenant,
}

/// Organization 7 with two spaces, at a gateway that asks the authorizer each time. User 9
/// controls the hall; 407192 opens both spaces.
async fn scene() -> Scene {
    let store = Store::start_with_streams().await;
    let system = System::unforgiving(&store).await;
    let mut tenant = Tenant::new(7).with_controller(DOOR);
    tenant.world.spaces.push(Space {
        name: "Cellar".to_owned(),
        ..Space::blank(CELLAR.into())
    });
    let spaces = [SPACE, CELLAR].map(|space| access_space(space, "407192"));
    let mut access = tenant.access(1, 4, spaces.into());
    for space in &mut access.spaces {
        space.terms.count = Some(100);
    }
    tenant.world.accesses.push(access);
    store.put(&tenant.world).await;
    Scene {
        store,
        system,
        tenant,
    }
}

impl Scene {
    fn admin(&self) -> Uuid {
        self.tenant.token(1)
    }

    async fn enter(&self, bearer: &str, space: Uuid) -> Answer {
        let path = format!("/v2/spaces/{space}/entries");
        let asked = self.system.request(Method::POST, &path).bearer_auth(bearer);
        let asked = asked.header("content-type", "application/json");
        Answer::of(asked.body(json!({"code": "407192"}).to_string())).await
    }

    /// The answers of the two spaces, and of one that does not exist: 200 or 404.
    async fn opens(&self, bearer: &str) -> [u16; 3] {
        let mut statuses = [0; 3];
        for (status, space) in statuses.iter_mut().zip([SPACE, CELLAR, NOWHERE]) {
            let answer = self.enter(bearer, space).await;
            *status = answer.status.as_u16();
            if *status != 200 {
                // Not one word more than of a space that nobody has.
                answer.assert_error(*status, "notFoundError");
                assert!(answer.json().get("details").is_none(), "{}", answer.body);
            }
        }
        statuses
    }

    async fn door_opens(&self) -> [u16; 3] {
        self.opens(&self.tenant.token(DOOR).to_string()).await
    }

    async fn bind(&self, spaces: Value) -> Answer {
        let path = format!("/v2/users/{DOOR}");
        let body = json!({"spaces": spaces});
        self.system.user(self.admin()).put(&path, &body).await
    }

    async fn key(&self, body: Value) -> Answer {
        self.system
            .user(self.admin())
            .post("/v2/api-keys", &body)
            .await
    }

    async fn new_key(&self, user: usize, spaces: Value) -> (String, String) {
        let body = json!({"organizationId": 7, "name": "Door", "userId": user, "spaces": spaces});
        let answer = self.key(body).await.created();
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        (text("apiKeyId"), text("secret"))
    }

    /// How often the codes of the two spaces were used, and how many entries were recorded.
    async fn counted(&self) -> (Vec<u32>, usize) {
        let mut items = self.store.items().await;
        // The demo organization has a code of its own.
        items.retain(|item| is_of(item, 7));
        let used = items.iter().filter_map(|item| item.get("used"));
        let mut used: Vec<u32> = used
            .map(|used| used.as_n().unwrap().parse().unwrap())
            .collect();
        used.sort_unstable();
        let audited = items.iter().filter(|item| item.contains_key("deed"));
        (used, audited.count())
    }
}

#[tokio::test]
async fn a_controller_opens_counts_and_audits_at_its_own_spaces_and_at_no_other() {
    let scene = scene().await;
    assert_eq!(scene.door_opens().await, [200, 404, 404]);
    let mut counted = scene.counted().await;
    for _ in 0..100 {
        if counted.1 == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        counted = scene.counted().await;
    }
    assert_eq!(counted, (vec![0, 1], 1));

    // Bound to both, to the other, to none.
    let spaces = json!([SPACE.simple().to_string(), CELLAR.simple().to_string()]);
    let bound = scene.bind(spaces.clone()).await.ok();
    assert_eq!(bound.json()["spaces"], spaces);
    assert_eq!(scene.door_opens().await, [200, 200, 404]);
    scene.bind(json!([CELLAR])).await.ok();
    assert_eq!(scene.door_opens().await, [404, 200, 404]);
    scene.bind(json!([])).await.ok();
    assert_eq!(scene.door_opens().await, [404, 404, 404]);

    // To what the organization does not have nobody is bound, nor by a slip of the hand.
    let answer = scene.bind(json!([SPACE, NOWHERE])).await;
    answer.assert_error(400, "invalidInputErrorError");
    assert_eq!(answer.fields(), ["spaces"]);
    let answer = scene.bind(json!([SPACE, "hall"])).await;
    assert_eq!(answer.fields(), ["spaces[1]"]);
    assert_eq!(scene.door_opens().await, [404, 404, 404]);
}

#[tokio::test]
async fn a_binding_gives_no_role() {
    let scene = scene().await;
    let path = "/v2/users/4";
    let bound = json!({"spaces": [SPACE]});
    scene
        .system
        .user(scene.admin())
        .put(path, &bound)
        .await
        .ok();
    let answer = scene.enter(&scene.tenant.token(4).to_string(), SPACE).await;
    answer.assert_error(403, "insufficientRightsError");
}

#[tokio::test]
async fn a_user_is_made_a_controller_in_one_request() {
    let scene = scene().await;
    let new = json!({
        "organizationId": 7, "firstName": "Cellar", "lastName": "Door",
        "roles": ["Device"], "spaces": [CELLAR],
    });
    let made = scene
        .system
        .user(scene.admin())
        .post("/v2/users", &new)
        .await
        .created();
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(scene.opens(&token).await, [404, 200, 404]);
    let mut new = new;
    new["spaces"] = json!([NOWHERE]);
    let refused = scene
        .system
        .user(scene.admin())
        .post("/v2/users", &new)
        .await;
    refused.assert_error(400, "invalidInputErrorError");
    assert_eq!(refused.fields(), ["spaces"]);
}

#[tokio::test]
async fn a_key_is_bound_to_its_spaces_and_so_are_its_tokens() {
    let scene = scene().await;
    // For a user who is bound to nothing: one key for each door.
    scene.bind(json!([])).await.ok();
    let (id, secret) = scene.new_key(DOOR, json!([CELLAR])).await;
    let bearer = format!("{id}.{secret}");
    assert_eq!(scene.opens(&bearer).await, [404, 200, 404]);
    let client = Some((id.as_str(), secret.as_str()));
    let form = [("grant_type", "client_credentials")];
    let pair = scene.system.form("/v2/oauth/token", client, &form).await;
    let pair = pair.json();
    let text = |name: &str| pair[name].as_str().unwrap();
    assert_eq!(scene.opens(text("access_token")).await, [404, 200, 404]);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text("refresh_token")),
    ];
    let next = scene.system.form("/v2/oauth/token", client, &form).await;
    let next = next.json();
    let token = next["access_token"].as_str().unwrap();
    assert_eq!(scene.opens(token).await, [404, 200, 404]);

    let path = format!("/v2/api-keys/{id}");
    let shown = scene.system.user(scene.admin()).get(&path);
    let cellar = CELLAR.simple().to_string();
    assert_eq!(shown.await.json()["spaces"], json!([cellar]));

    // For a bound user, it opens the spaces that both are bound to.
    scene.bind(json!([SPACE])).await.ok();
    assert_eq!(scene.opens(&bearer).await, [404, 404, 404]);
    let (id, secret) = scene.new_key(DOOR, json!([SPACE, CELLAR])).await;
    assert_eq!(
        scene.opens(&format!("{id}.{secret}")).await,
        [200, 404, 404]
    );
}

#[tokio::test]
async fn the_key_of_a_controller_has_no_other_role_of_its_user() {
    let scene = scene().await;
    let (id, secret) = scene.new_key(1, json!([SPACE])).await;
    let bearer = format!("{id}.{secret}");
    let answer = scene.enter(&bearer, SPACE).await;
    answer.assert_error(403, "insufficientRightsError");
    let users = scene.system.request(Method::GET, "/v2/users/2");
    let answer = Answer::of(users.bearer_auth(&bearer)).await;
    answer.assert_error(404, "notFoundError");
}

#[tokio::test]
async fn a_key_is_bound_to_spaces_that_are_there_and_to_one_at_least() {
    let scene = scene().await;
    let body = |spaces: Value| json!({"organizationId": 7, "name": "N", "spaces": spaces});
    for (spaces, field) in [
        (json!([]), "spaces"),
        (json!([NOWHERE]), "spaces"),
        (json!(["hall"]), "spaces[0]"),
        (json!(SPACE), "spaces"),
        (json!(vec![SPACE; 33]), "spaces"),
    ] {
        let answer = scene.key(body(spaces.clone())).await;
        answer.assert_error(400, "invalidInputErrorError");
        assert_eq!(answer.fields(), [field], "{spaces}");
    }
}

#[tokio::test]
async fn the_demo_front_door_opens_the_lobby_alone() {
    let system = System::start().await;
    let cellar = json!({"organizationId": 1, "name": "Cellar"});
    let cellar = system.admin().post("/v2/spaces", &cellar).await.json();
    let cellar = cellar["spaceId"].as_str().unwrap();
    let template = json!({"name": "T", "things": [{"thingId": cellar}]});
    let template = system
        .admin()
        .post("/access/template", &template)
        .await
        .json();
    let access = json!({
        "accessTemplateId": template["id"], "businessUserId": 2,
        "validFrom": "2026-01-01T00:00:00Z", "spaces": [{"thingId": cellar}],
    });
    system
        .admin()
        .post("/BusinessUserAccess", &access)
        .await
        .ok();
    let path = format!("/BusinessUserAccesses?ThingId={cellar}");
    let own = system.admin().get(&path).await.json();
    let code = &own["data"][0]["thingBusinessUserAccesses"][0]["accessCode"];
    let enter = async |space: &str, code: &Value| {
        let path = format!("/v2/spaces/{space}/entries");
        let body = json!({"code": code});
        system.user(DOOR_TOKEN).post(&path, &body).await
    };
    let lobby = SPACE.to_string();
    enter(&lobby, &json!(ACCESS_CODE)).await.ok();
    enter(cellar, code).await.assert_error(404, "notFoundError");
}
