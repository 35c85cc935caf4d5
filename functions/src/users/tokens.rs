//! The token that a user was invited with: what its operations have in common.

use latchkey::caller::OrganizationScope;
use latchkey::directory::{Resource, User};
use latchkey::error::{Error, Result};
use latchkey::id::UserId;
use latchkey::table::Read;

use uuid::Uuid;

use crate::lambda::Call;
use crate::scopes::{writes, writing};

/// The purpose of each item of a transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// The first answer to a request with a key.
    Idempotency,
    /// The user.
    User,
    /// A token.
    Token,
}

/// The path of the page that a sign-in link leads to, before the token.
pub(crate) const SIGN_IN: &str = "/sign-in/";

/// The link by which a user signs in once, when they link an app to their account.
pub(super) fn sign_in_link(call: &Call, token: Uuid) -> String {
    let url = call.request.url.as_str();
    let base = url.rsplit_once("/v2/users").map_or("", |(base, _)| base);
    format!("{base}{SIGN_IN}{token}")
}

/// A user whom the caller may invite. One round trip.
///
/// # Errors
/// 403 if the caller may invite nobody, 404 if the user does not exist.
pub(super) async fn find(call: &Call, id: UserId) -> Result<(OrganizationScope, User)> {
    writing(call)?;
    let key = |scope: &OrganizationScope| writes(scope).then(|| scope.user(id));
    let found = call.find::<User>(key, &[Read::Strong]).await?;
    found.ok_or(Error::NotFound(User::WHAT))
}
