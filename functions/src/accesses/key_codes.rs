//! `GET /mobileb/keycodes/all`.
//!
//! Reads a page of the caller's grants to spaces, then their accesses with the spaces: two round
//! trips.

use http::StatusCode;
use latchkey::access::Access;
use latchkey::access_code::AccessCode;
use latchkey::caller::OrganizationScope;
use latchkey::directory::Space;
use latchkey::error::Result;
use latchkey::grant::{Grant, Receiver, Source};
use latchkey::id::{AccessId, SpaceId};
use latchkey::table::{Items, Read};
use latchkey::wire::Response;
use latchkey::wire::service::types::{self, Enumerated, Enumeration};
use latchkey::wire::service::{self, Data};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::lambda::{Call, Endpoint};
use crate::lists::{self, Listed, ListedData};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::service("list-key-codes", |call| Box::pin(list(call)));

/// A page of codes.
#[derive(Debug, ToSchema)]
#[schema(as = AllKeyCodesResponse)]
#[expect(dead_code, reason = "the shape of what is written")]
pub(crate) struct KeyCodes {
    /// The codes.
    data: Vec<KeyCodeView>,
}

/// By what means a door is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyLockType {
    /// A code that is typed.
    KeyPad,
}

impl Enumerated for KeyLockType {
    const VALUES: &'static [(&'static str, u8, Self)] = &[("KeyPad", 3, Self::KeyPad)];
}

impl PartialSchema for KeyLockType {
    fn schema() -> RefOr<Schema> {
        types::enumeration::<Self>("How the door is opened")
    }
}

impl ToSchema for KeyLockType {}

/// A code of the caller's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ThingKeyCodeView)]
pub(crate) struct KeyCodeView {
    /// The space.
    thing_id: SpaceId,
    /// The name of the space.
    #[schema(examples("Meeting room"))]
    thing_name: String,
    /// The space again: every thing is a smart space.
    smartspace_id: SpaceId,
    /// The name of the space again.
    #[schema(examples("Meeting room"))]
    smartspace_name: String,
    /// How the door is opened.
    #[schema(value_type = KeyLockType)]
    key_lock_type: Enumeration<KeyLockType>,
    /// The code.
    access_key_code: AccessCode,
}

/// List the caller's own codes.
///
/// The access codes of the caller's own accesses that are valid now, in pages. The same operation
/// is at `/json/reply/GetAllKeyCodes`, `/jsv/reply/GetAllKeyCodes` and `/api/GetAllKeyCodes`.
///
/// Who may: everyone.
#[utoipa::path(
    get,
    path = "/mobileb/keycodes/all",
    tag = "Accesses",
    operation_id = ENDPOINT.operation,
    params(ListedData),
    responses(
        (status = 200, description = "A page.", content((KeyCodes = "application/json"), (KeyCodes = "text/jsv")), headers(("Link"), ("Cache-Control"))),
    ),
)]
pub(crate) async fn list(mut call: Call) -> Result<Response> {
    let (Listed { scope, page }, ()) = lists::asked(&mut call, &[], |_| ())?;
    let own = scope.accessible_to(Receiver::User(call.caller.user()));
    let after = page.after.as_deref();
    let grants = call.table.page(&own, page.size, after, Read::Eventual);
    let (grants, next): (Vec<Grant>, _) = grants.await?;
    let of = grants.iter().filter_map(of_access);
    let of: Vec<_> = of.collect();
    let keys = of.iter();
    let keys: Vec<_> = keys
        .flat_map(|(access, space)| [scope.access(*access), scope.space(*space)])
        .collect();
    let items = call.table.get_all(&keys, Read::Eventual).await?;
    let mut data = Vec::new();
    for (access, space) in of {
        data.extend(code(&call, &scope, &items, (access, space))?);
    }
    let response = service::answer(&call.request, StatusCode::OK, &Data { data })?.no_store();
    Ok(page.linked(&call.request, response, next.as_deref()))
}

/// The access and the space of a grant.
fn of_access(grant: &Grant) -> Option<(AccessId, SpaceId)> {
    match grant.source {
        Source::Space(space) => Some((grant.id.access()?, space)),
        Source::Device(_) | Source::DeviceGroup(_) => None,
    }
}

/// The code of an access to a space, if both are there and the access is valid now.
fn code(
    call: &Call,
    scope: &OrganizationScope,
    items: &Items,
    (access, space): (AccessId, SpaceId),
) -> Result<Option<KeyCodeView>> {
    let access: Option<Access> = items.get(&scope.access(access))?;
    let Some(access) = access.filter(|access| access.is_active(call.now)) else {
        return Ok(None);
    };
    let thing: Option<Space> = items.get(&scope.space(space))?;
    let (Some(thing), Some(of)) = (thing, access.space(space)) else {
        return Ok(None);
    };
    Ok(Some(KeyCodeView {
        thing_id: space,
        thing_name: thing.name.clone(),
        smartspace_id: space,
        smartspace_name: thing.name,
        key_lock_type: Enumeration(KeyLockType::KeyPad),
        access_key_code: of.code.clone(),
    }))
}
