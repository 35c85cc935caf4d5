//! Ending a family of tokens.

use latchkey::table::{Failed, Item, Key, Only, Table, from_item};
use latchkey::token::Family;
use latchkey::wire::{Error, Result};

/// How often a family is tried that has another last pair meanwhile.
const MAX_ATTEMPTS: u32 = 8;

/// Ends the family that stands at `key`, whatever its last pair is by now; `last` is the one
/// that it is thought to be. One round trip when it is. Nothing when the family has ended.
///
/// # Errors
/// 429 and 503.
pub(super) async fn end(table: &Table, key: &Key, mut last: Family) -> Result<()> {
    for _ in 0..MAX_ATTEMPTS {
        let only = Only {
            says: Some(last.pair()),
            ..Only::default()
        };
        let writes = table
            .old_transaction()
            .delete((), key, only)?
            .clear((), &Key::credential(&last.access))?;
        match writes.send().await {
            Ok(()) => return Ok(()),
            Err(Failed::Error(error)) => return Err(error),
            Err(Failed::Refused(refused)) => match standing(refused)? {
                Some(family) => last = family,
                None => return Ok(()),
            },
        }
    }
    Err(Error::Unavailable(
        "others kept using the family".to_owned(),
    ))
}

/// The family as it stands in the table, out of the refusal of what was to change it alone.
fn standing(refused: Vec<((), Option<Item>)>) -> Result<Option<Family>> {
    let item = refused.into_iter().find_map(|(_, item)| item);
    item.map(from_item).transpose()
}
