//! `POST /v2/users`.
//!
//! Writes the user, their address and their number, each as an item that can be there but
//! once, and the credential, in one transaction: one round trip.

use chrono::TimeDelta;
use latchkey::caller::OrganizationScope;
use latchkey::directory::{
    Group, InGroup, NewUser, Reference, User, UserCreated, UserGroup, UserInvitation, UserKind,
};
use latchkey::error::{Error, FaultCode, Result};
use latchkey::id::UserGroupId;
use latchkey::wire::idempotency::IdempotencyKey;
use latchkey::wire::{Query, Request, Response, error};
use serde::Serialize;
use serde_json::Value;

use super::tokens::sign_in_link;
use crate::directory::{Extra, create_with};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint::new("create-user", |call| Box::pin(create(call)));

/// Create a user.
///
/// Returns the user's ID, an invitation, and the invitation's token. The token is shown only
/// once. It is an access token of the new user, which ends at `invitation.expiration`; the
/// caller must send it to the user. It speaks for the roles that the user is created with, and
/// never for roles that they are given later. `invitation.url` is a sign-in link that contains
/// the token: with it, the user can link an app to the account once.
///
/// With `kind` `service` the user is a service account for a program. A service account cannot
/// be invited; an API key speaks for it.
///
/// Allowed roles: `Admin`, `TenantAdmin`.
#[utoipa::path(
    post,
    path = "/v2/users",
    tag = "Users",
    operation_id = ENDPOINT.operation,
    params(
        ("userGroupId" = Option<UserGroupId>, Query, description = "A user group to add the user to."),
        ("groupAdmin" = Option<bool>, Query, description = "Whether the user is an admin of that group, who may list its members.", example = true),
        IdempotencyKey,
    ),
    request_body = NewUser,
    responses(
        (status = 201, description = "Created.", body = UserCreated),
        (status = 403, description = "The caller's roles do not allow this."),
        (
            status = 409,
            description = "Another user, whose ID is in `userId`, has the e-mail address or \
                the phone number.",
            body = error::Body,
            example = json!({"message": "Another user has this e-mail address or phone number", "code": "alreadyExistsError", "errorMessage": "Another user has this e-mail address or phone number", "errorCode": "alreadyExistsError", "userId": 2})
        ),
    ),
)]
pub(crate) async fn create(mut call: Call) -> Result<Response> {
    let group = asked(&mut call.request)?;
    create_with(call, &move |call, scope, user| {
        let mut extra = invite(call, scope, user)?;
        if let Some(group) = group {
            group.join(scope, user, &mut extra)?;
        }
        Ok(extra)
    })
    .await
}

/// The group that a new user is put into.
#[derive(Clone, Copy)]
struct Into {
    group: UserGroupId,
    admin: bool,
}

/// Reads the query, which this operation alone has beside a body.
fn asked(request: &mut Request) -> Result<Option<Into>> {
    let query = Query::of(request);
    let group = query.optional("userGroupId", "the number of a group of users");
    let admin = query.name("groupAdmin", &[("true", true), ("false", false)]);
    if group.is_none() && admin == Some(true) {
        query.fault("userGroupId", FaultCode::Required, "of which group?");
    }
    query.finish()?;
    request.query.clear();
    let admin = admin.unwrap_or(false);
    Ok(group.map(|group| Into { group, admin }))
}

impl Into {
    /// Puts a new user into the group, on both sides.
    fn join(self, scope: &OrganizationScope, user: &mut User, extra: &mut Extra) -> Result<()> {
        user.groups.insert(self.group);
        let link = UserGroup::link(scope, self.group, user.id);
        if let Some((key, edge)) = link.item {
            let admin = self.admin;
            extra.items.push((key, json(&InGroup { admin, ..edge })?));
        }
        extra.joins.push(Reference {
            to: scope.user_group(self.group),
            field: "userGroupId".to_owned(),
        });
        Ok(())
    }
}

/// How long an invitation may be good, in days.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Checks when an invitation shall end.
fn expiration(call: &Call, user: &User) -> Result<()> {
    let Some(end) = user.invited_until else {
        return Ok(());
    };
    let (first, last) = (call.now, call.now + LONGEST);
    if end.timestamp() > first.timestamp() && end <= last {
        return Ok(());
    }
    let message = format!("expected a moment after {first:?} and not after {last:?}");
    Err(Error::invalid(
        "invitation.expiration",
        FaultCode::OutOfRange,
        message,
    ))
}

fn invite(call: &Call, scope: &OrganizationScope, user: &mut User) -> Result<Extra> {
    expiration(call, user)?;
    let mut extra = Extra::default();
    if user.kind == UserKind::Service {
        return Ok(extra);
    }
    let token = call.random.uuid()?;
    let (key, credential) = user.invite(scope, token, call.now);
    extra.items.push((key, json(&credential)?));
    let expiration = credential.expires_at.unwrap_or(call.now);
    let url = sign_in_link(call, token);
    let invitation = json(&UserInvitation { url, expiration })?;
    extra.answer.insert("invitation".to_owned(), invitation);
    extra.answer.insert("token".to_owned(), json(&token)?);
    Ok(extra)
}

fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}
