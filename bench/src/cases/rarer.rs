//! What the usual cases of an endpoint do not reach: rights that rest on more than one item,
//! members that change, codes that are taken.

use latchkey_functions::activations::{activate, deactivate};
use latchkey_functions::decisions::{decide, effective};
use latchkey_functions::shares::{
    calendar, claim, create, create_calendar_link, create_web_key, delete as delete_share,
    delete_calendar_link, delete_web_key, get as get_share, get_calendar, list, update,
};
use latchkey_functions::{
    accesses, device_groups, reprogramming, spaces, templates, user_groups, users,
};
use serde_json::{Value, json};

use super::{new, share, shared};
use crate::Result;
use crate::ask::{Ask, delete, get, post, put};
use crate::bench::Bench;
use crate::house::{GROUPED_USER, TENANT_ADMIN, space_id};

/// A user with a right to a device by right of a group's share.
const KEEPER: u64 = 38;
const DEVICE: u64 = 38;
/// Whom the device is shared with further.
const USER: u64 = 39;
/// Whom it is shared with as often as may be.
const CROWDED: u64 = 45;
/// A space of its own, with many accesses.
const SPACE: u64 = 41;

pub(super) async fn run(bench: &Bench) -> Result<()> {
    below_a_group(bench).await?;
    members(bench).await?;
    codes(bench).await
}

/// The shares above one that was made by right of a group's.
async fn below_a_group(bench: &Bench) -> Result<()> {
    let right = || json!({"administrate": true, "remoteActivate": true});
    for source in [json!({"deviceId": DEVICE}), json!({"deviceGroupId": 1})] {
        let group = json!({
            "source": source, "receiver": {"userGroupId": 1}, "permissions": right(),
        });
        shared(bench, post("/v2/shares", &new(group))).await?;
        let keeper = json!({
            "source": source, "receiver": {"userId": KEEPER}, "permissions": right(),
        });
        let keeper = post("/v2/shares", &new(keeper)).by(GROUPED_USER);
        shared(bench, keeper).await?;
    }
    let path = |what: &str| format!("/v1/devices/{DEVICE}/{what}");
    let of = |ask: Ask| ask.by(KEEPER);
    let below = "by a share below a group's";
    let decision = of(get(format!("/v2/devices/{DEVICE}/decision")));
    bench
        .case(&format!("decision, {below}"), decide::ENDPOINT, decision)
        .await?;
    let open = of(post(path("remote-activation"), &Value::Null));
    bench
        .case(
            &format!("activate device, {below}"),
            activate::ENDPOINT,
            open,
        )
        .await?;
    let close = of(post(path("remote-deactivation"), &Value::Null));
    bench
        .case(
            &format!("deactivate device, {below}"),
            deactivate::ENDPOINT,
            close,
        )
        .await?;
    let case = format!("get device group, {below}");
    let ask = of(get("/v2/device-groups/1"));
    bench
        .case(&case, device_groups::list::ENDPOINT, ask)
        .await?;

    let fields = || json!({"endDate": "2099-12-31"});
    let case = format!("create share, {below}");
    bench
        .case(&case, create::ENDPOINT, of(share(DEVICE, USER, fields())))
        .await?;
    let path = shared(bench, share(DEVICE, USER, fields())).await?;
    let case = "get share, by right of another";
    bench
        .case(case, get_share::ENDPOINT, of(get(&path)))
        .await?;
    let case = "get a share's calendar, by right of another";
    let ask = of(get(format!("{path}/calendar")));
    bench.case(case, calendar::ENDPOINT, ask).await?;
    let link = format!("{path}/calendar-link");
    let make = || of(post(&link, &Value::Null));
    bench.ask(create_calendar_link::ENDPOINT, make()).await?;
    let case = "create calendar link, in place of one, by right of another";
    let made = bench
        .case(case, create_calendar_link::ENDPOINT, make())
        .await?;
    let url = made.field("url")?;
    let ask = get(&url[url.find("/v2/").unwrap_or_default()..]);
    let case = "get a calendar by the link of who administrates";
    bench.case(case, get_calendar::ENDPOINT, ask).await?;
    bench
        .ask(delete_calendar_link::ENDPOINT, of(delete(&link)))
        .await?;
    let case = "list the shares of a device, by right of another";
    let ask = of(get(format!("/v2/shares?deviceId={DEVICE}")));
    bench.case(case, list::ENDPOINT, ask).await?;
    let key = format!("{path}/web-key");
    let case = "create web key, by right of another";
    let ask = of(post(&key, &Value::Null));
    bench.case(case, create_web_key::ENDPOINT, ask).await?;
    let case = "delete web key, by right of another";
    bench
        .case(case, delete_web_key::ENDPOINT, of(delete(&key)))
        .await?;
    let case = format!("update share, {below}");
    let change = put(&path, &json!({"endDate": "2098-12-31"}));
    bench.case(&case, update::ENDPOINT, of(change)).await?;
    let case = format!("delete share, {below}");
    bench
        .case(&case, delete_share::ENDPOINT, of(delete(&path)))
        .await?;

    let open = json!({"source": {"deviceId": DEVICE}, "scheduleId": 9});
    let open = post("/v2/shares", &new(open)).by(GROUPED_USER);
    let open = bench.ask(create::ENDPOINT, open).await?;
    let claimed = post("/v2/shares/claim", &json!({"token": open.field("token")?})).by(USER);
    let case = "claim share, that was shared on by right of a group's";
    bench.case(case, claim::ENDPOINT, claimed).await?;

    // As many as allowed, one of which is deleted, so that they are counted again.
    let mut last = String::new();
    for _ in 0..20 {
        last = shared(bench, of(share(DEVICE, CROWDED, json!({})))).await?;
    }
    bench.ask(delete_share::ENDPOINT, of(delete(&last))).await?;
    let open = json!({"source": {"deviceId": DEVICE}});
    let open = bench
        .ask(create::ENDPOINT, of(post("/v2/shares", &new(open))))
        .await?;
    let claimed = json!({"token": open.field("token")?});
    let case = "claim share, that must be counted with 19 others";
    bench
        .case(
            case,
            claim::ENDPOINT,
            post("/v2/shares/claim", &claimed).by(CROWDED),
        )
        .await?;

    let case = "effective permissions, of one device";
    let ask = of(get(format!(
        "/v2/effective-device-permissions?deviceId={DEVICE}"
    )));
    bench.case(case, effective::ENDPOINT, ask).await?;
    Ok(())
}

async fn members(bench: &Bench) -> Result<()> {
    let change = json!({"emailAddress": "new@example.com", "phoneNumber": "+4915112345670"});
    let case = "update user, another e-mail address and phone number";
    for (counted, change) in [
        (false, change),
        (true, json!({"emailAddress": "newer@example.com"})),
    ] {
        let ask = put(format!("/v2/users/{USER}"), &change);
        match counted {
            false => bench.ask(users::update::ENDPOINT, ask).await?,
            true => bench.case(case, users::update::ENDPOINT, ask).await?,
        };
    }
    let change = |field: &str, members: [u64; 2]| json!({field: members});
    for (case, path, field, endpoint) in [
        (
            "update user group, one member for another",
            "/v2/user-groups/8",
            "members",
            user_groups::update::ENDPOINT,
        ),
        (
            "update device group, one device for another",
            "/v2/device-groups/8",
            "devices",
            device_groups::update::ENDPOINT,
        ),
    ] {
        bench
            .ask(endpoint, put(path, &change(field, [42, 43])))
            .await?;
        let ask = put(path, &change(field, [43, 44]));
        bench.case(case, endpoint, ask).await?;
    }
    let space = format!("/v2/spaces/{}", space_id(SPACE + 1));
    let ask = put(space, &change("devices", [42, 43]));
    bench
        .case("update space, 2 devices", spaces::update::ENDPOINT, ask)
        .await?;
    let space = format!("/v2/spaces/{}", space_id(SPACE + 1));
    let unknown = put(space, &change("devices", [43, 9_999])).answered(400);
    let case = "update space, a device that does not exist";
    bench.case(case, spaces::update::ENDPOINT, unknown).await?;
    Ok(())
}

/// Codes that others have, and a remaking that is asked for twice.
async fn codes(bench: &Bench) -> Result<()> {
    let template = json!({"name": "Crowd", "things": [{"thingId": space_id(SPACE)}, {"thingId": space_id(SPACE + 1)}]});
    let template = post("/access/template", &template);
    let template = bench
        .ask(templates::create::ENDPOINT, template)
        .await?
        .field("id")?;
    let access = |space: u64| {
        let access = json!({
            "accessTemplateId": template, "businessUserId": USER,
            "validFrom": "2030-02-01T12:00:00Z", "validTo": "2030-02-02T12:00:00Z",
            "spaces": [{"thingId": space_id(space)}],
        });
        post("/BusinessUserAccess", &access).with_the_same_code()
    };
    for space in [SPACE, SPACE + 1] {
        bench.ask(accesses::create::ENDPOINT, access(space)).await?;
    }
    let case = "create access, in place of a code that is taken twice";
    let made = bench
        .case(case, accesses::create::ENDPOINT, access(SPACE))
        .await?;
    let change = json!({
        "businessUserAccessId": made.field("id")?, "validFrom": "2030-02-01T12:00:00Z",
        "spaces": [{"thingId": space_id(SPACE + 1)}],
    });
    let change = put("/BusinessUserAccess", &change).with_the_same_code();
    let case = "update access, to a space where its code is taken twice";
    bench.case(case, accesses::update::ENDPOINT, change).await?;
    let again = put("/BusinessUserAccesses/reprogramcodes", &json!({})).by(TENANT_ADMIN);
    let case = "reprogram codes, asked again";
    bench
        .case(case, reprogramming::ask::ENDPOINT, again)
        .await?;
    Ok(())
}
