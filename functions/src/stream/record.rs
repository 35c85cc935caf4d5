//! The record of entries: writes down who came in.
//!
//! `follow_up.rs` passes it changes of access codes with an entry (`entries/create.rs`). The ID
//! and the time of the entry are the key of the audit item, so a repeat writes the same item.
//! Other changes of a code have no new entry, and write nothing.

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::deed::Unrecorded;
use latchkey::error::Result;
use latchkey::layout::Entered;

use crate::lambda::Context;

/// Records the entry that `change` reports, if it does.
pub(crate) async fn record(change: StreamRecord, context: Context) -> Result<()> {
    let entered = Entered::read(change.keys, change.old_image, change.new_image)?;
    let Some(Entered { scope, entry }) = entered else {
        return Ok(());
    };
    let key = scope.audit(&entry);
    context.table.put(&key, &entry, Unrecorded::Audit).await
}
