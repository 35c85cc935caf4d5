//! `POST /v2/users`: create a user.
//!
//! Who may: the roles that write the directory.
//!
//! Answers with the id an invitation and its token, which is shown this once: an access
//! token of the new user's that ends at `invitation.expiration`, for them to take up the
//! account with. How it reaches them is the caller's business.
//!
//! 409 names the user who has the e-mail address or the phone number already.
//!
//! Writes the user, their address and their number, each as an item that can be there but
//! once, and the credential, in one transaction: one round trip.

use latchkey::caller::OrganizationScope;
use latchkey::credential::{Credential, CredentialHash};
use latchkey::directory::{User, UserInvitation};
use latchkey::invitation;
use latchkey::table::Key;
use latchkey::wire::{Error, Result};
use serde::Serialize;
use serde_json::Value;

use crate::directory::{Extra, create_with};
use crate::lambda::{Call, Endpoint};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    operation: "create-user",
    handle: |call| Box::pin(create_with(call, invite)),
};

fn invite(call: &Call, scope: &OrganizationScope, user: &User) -> Result<Extra> {
    let token = call.random.uuid()?;
    let expiration = invitation::expiration(call.now);
    let credential = Credential {
        id: format!("invitation-{}", user.id),
        organization: scope.organization(),
        user: user.id,
        expires_at: Some(expiration),
    };
    let key = Key::credential(&CredentialHash::of_token(token));
    let mut extra = Extra::default();
    extra.items.push((key, json(&credential)?));
    let invitation = json(&UserInvitation { expiration })?;
    extra.answer.insert("invitation".to_owned(), invitation);
    extra.answer.insert("token".to_owned(), json(&token)?);
    Ok(extra)
}

fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}
