//! `/v2/api-keys`.

pub mod create;
pub mod delete;
pub mod list;

use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::deed::{Recorded, Unrecorded};
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::ApiKeyId;
use latchkey::table::{If, Key, Read, Table, Transaction};
use latchkey::token::Family;
use latchkey::warrant::Warrant;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create::create, list::list, list::get, delete::delete))]
pub(crate) struct Api;

/// The name of the kind, in words.
const WHAT: &str = "API key";

/// The name of its ID.
const ID_FIELD: &str = "apiKeyId";

/// The version of every key: they are made and revoked, and do not change.
const VERSION: u64 = 1;

/// The number of families that are ended at once: each is two items, and a transaction has at
/// most a hundred, of which one is the key, and one the first answer to a request.
const PAGE: usize = 48;

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Idempotency,
    Key,
    Token,
}

/// Deletes a key. Its credential goes first: from then on no token is issued for it, because
/// issuing checks the credential. Then its tokens go, in pages, and the key with the last of
/// them. A deletion that stops half way is completed by another one. The right to delete is
/// checked together with the credential, and the deed is written: from then on the key is invalid.
///
/// # Errors
/// 403, 429 and 503.
pub(crate) async fn revoke(table: &Table, scope: &OrganizationScope, key: &ApiKey) -> Result<()> {
    let by = (&Warrant::System, Unrecorded::Consequence.into());
    revoke_with(table, by, scope, key, |_| Ok(())).await
}

/// The same, with other writes in the last transaction.
async fn revoke_with(
    table: &Table,
    (by, recorded): (&Warrant, Recorded),
    scope: &OrganizationScope,
    key: &ApiKey,
    last: impl Fn(&mut Transaction<'_, Part>) -> Result<()> + Sync,
) -> Result<()> {
    let credential = Key::credential(&key.hash);
    let mut writes = table.transaction(by, recorded);
    writes.delete((), &credential, If::Always);
    writes.send_unconditional().await?;
    let at = scope.api_key(key.id);
    while !end_tokens(table, scope, key.id, (&at, &last)).await? {}
    Ok(())
}

/// What else is written with the last of it.
type Last<'l> = &'l (dyn Fn(&mut Transaction<'_, Part>) -> Result<()> + Sync);

/// Ends a page of what was given out to a client, and with the last of it what stands at `at`: the
/// key or the app. Whether it was the last.
///
/// # Errors
/// 429 and 503.
pub(crate) async fn end_tokens(
    table: &Table,
    scope: &OrganizationScope,
    id: ApiKeyId,
    (at, last): (&Key, Last<'_>),
) -> Result<bool> {
    let prefix = scope.all_tokens(id);
    let (families, next) = table
        .page::<Family>(&prefix, PAGE, None, Read::Strong)
        .await?;
    let mut writes = table.transaction(&Warrant::Further, Unrecorded::Step("delete-api-key"));
    for family in &families {
        writes.delete(Part::Token, &scope.tokens(id, family.id), If::Always);
        writes.delete(Part::Token, &Key::credential(&family.access), If::Always);
    }
    if next.is_none() {
        writes.delete(Part::Key, at, If::Always);
        last(&mut writes)?;
    }
    // Only the first answer to another request with the same key can refuse it.
    let done_before = |_| Error::Conflict(Conflict::Changed);
    writes.send().await?.map_err(done_before)?;
    Ok(next.is_none())
}
