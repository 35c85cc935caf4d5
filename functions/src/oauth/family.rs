//! Ending a family of tokens.

use latchkey::table::{If, Key, Table};
use latchkey::token::Family;
use latchkey::warrant::Warrant;
use latchkey::wire::{Error, Result};

/// What each item of the transaction is there for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Family,
    Access,
}

/// Ends the family that stands at `key`, whatever its last pair is by now; `last` is the one
/// that it is thought to be. One round trip when it is. Nothing when the family has ended.
///
/// # Errors
/// 429 and 503.
pub(super) async fn end(table: &Table, key: &Key, mut last: Family) -> Result<()> {
    for _ in table.attempts() {
        let mut writes = table.transaction(&Warrant::Secret);
        writes.delete(Part::Family, key, last.is_last());
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
