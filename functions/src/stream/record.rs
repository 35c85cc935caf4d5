//! The record of entries: writes down who came in.
//!
//! `follow_up.rs` hands it changes of access codes that tell of an entry (`entries/create.rs`).
//! The audit item has the id and the moment of the entry in its key: told of the same one twice, this
//! writes the same item twice. Other changes of a code have no new entry, and write nothing.

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::table::Entered;
use latchkey::wire::Result;

use crate::lambda::Context;

/// Writes down the entry that `change` tells of, if it does.
pub(crate) async fn record(change: StreamRecord, context: Context) -> Result<()> {
    let entered = Entered::read(change.keys, change.old_image, change.new_image)?;
    let Some(Entered { scope, entry }) = entered else {
        return Ok(());
    };
    context.table.put(&scope.audit(&entry), &entry).await
}
