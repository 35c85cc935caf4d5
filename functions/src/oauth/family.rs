//! Ending a family of tokens.

use latchkey::error::{Error, Result};
use latchkey::table::{If, Key, Table};
use latchkey::token::Family;
use latchkey::warrant::Warrant;

use super::client::Client;

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
pub(super) async fn end(table: &Table, client: &Client, mut last: Family) -> Result<()> {
    let key = client.scope.tokens(client.id, last.id);
    let table = table.on_behalf_of((&client.credential).into());
    for _ in table.attempts() {
        let deed = client.scope.deed(last.id.into()).removed(&last);
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
