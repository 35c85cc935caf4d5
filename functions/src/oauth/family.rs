//! Ending a family of tokens.

use latchkey::caller::OrganizationScope;
use latchkey::error::{Error, Result};
use latchkey::id::ApiKeyId;
use latchkey::table::{If, Key, Table};
use latchkey::token::Family;
use latchkey::warrant::Warrant;

/// The purpose of each item of the transaction.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Family,
    Access,
}

/// Ends a family of `client`, whatever its latest pair is; `last` is the expected one. One round
/// trip if it is. Does nothing if the family has ended.
///
/// # Errors
/// 429 and 503.
pub(super) async fn end(
    table: &Table,
    (id, scope): (ApiKeyId, &OrganizationScope),
    mut last: Family,
) -> Result<()> {
    let key = scope.tokens(id, last.id);
    for _ in table.attempts() {
        let deed = scope.deed(last.id.into()).removed(&last);
        let mut writes = table.transaction(&Warrant::Secret, deed);
        writes.delete(Part::Family, &key, last.is_last());
        writes.delete(Part::Access, &Key::credential(&last.access), If::Always);
        let Err(refused) = writes.send().await? else {
            return Ok(());
        };
        match refused.item(Part::Family)? {
            Some(family) => last = family,
            None => return Ok(()),
        }
    }
    Err(Error::Unavailable(
        "other requests kept using the token family".to_owned(),
    ))
}
