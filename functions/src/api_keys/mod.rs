//! `/v2/api-keys`.

pub mod create;
pub mod delete;
pub mod list;

use latchkey::caller::OrganizationScope;
use latchkey::credential::ApiKey;
use latchkey::id::ApiKeyId;
use latchkey::table::{If, Key, Read, Table};
use latchkey::token::Family;
use latchkey::warrant::Warrant;
use latchkey::wire::Result;

/// The operations of this folder, for the API document.
#[derive(utoipa::OpenApi)]
#[openapi(paths(create::create, list::list, list::get, delete::delete))]
pub(crate) struct Api;

/// What people call one.
const WHAT: &str = "API key";

/// What its id is called.
const ID_FIELD: &str = "apiKeyId";

/// The version of every key: they are made and revoked, and do not change.
const VERSION: u64 = 1;

/// How many families are ended at once: each is two items, and a transaction has a hundred at
/// most, of which one is the key.
const PAGE: usize = 49;

/// Takes a key away. Its credential goes first: from then on nobody is given a token for it,
/// since who gives one out checks that the credential is there. Then its tokens go, in pages,
/// and with the last of them the key. One that stops half way is finished by another. The right
/// to do so is checked as the credential goes.
///
/// # Errors
/// 403, 429 and 503.
pub(crate) async fn revoke(
    table: &Table,
    by: &Warrant,
    scope: &OrganizationScope,
    key: &ApiKey,
) -> Result<()> {
    let credential = Key::credential(&key.hash);
    let mut writes = table.transaction(by);
    writes.delete((), &credential, If::Always);
    writes.send_unconditional().await?;
    while !end_tokens(table, scope, key.id).await? {}
    Ok(())
}

/// Ends a page of what was given out to the key, and with the last of it the key. Whether it
/// was the last.
async fn end_tokens(table: &Table, scope: &OrganizationScope, id: ApiKeyId) -> Result<bool> {
    let prefix = scope.all_tokens(id);
    let (families, next) = table
        .page::<Family>(&prefix, PAGE, None, Read::Strong)
        .await?;
    let mut writes = table.transaction(&Warrant::Further);
    for family in &families {
        writes.delete((), &scope.tokens(id, family.id), If::Always);
        writes.delete((), &Key::credential(&family.access), If::Always);
    }
    if next.is_none() {
        writes.delete((), &scope.api_key(id), If::Always);
    }
    writes.send_unconditional().await?;
    Ok(next.is_none())
}
