//! `record-entries`: writes down who came in.
//!
//! Invoked with changes of access codes that tell of an entry (`entries/create.rs`). The audit
//! item has the id and the moment of the entry in its key: told of the same one twice, this
//! writes the same item twice. Other changes of a code have no new entry, and write nothing.

use std::process::ExitCode;

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::table::Entered;
use latchkey::wire::Result;

use crate::lambda::{EventCall, EventHandler, serve_stream};

/// What it does with one change of the table.
pub const HANDLE: EventHandler<StreamRecord, ()> = |change, call| Box::pin(record(change, call));

/// Serves the function until Lambda ends the process.
pub fn serve() -> ExitCode {
    serve_stream("record-entries", HANDLE)
}

async fn record(change: StreamRecord, call: EventCall) -> Result<()> {
    let entered = Entered::read(change.keys, change.old_image, change.new_image)?;
    let Some(Entered { scope, entry }) = entered else {
        return Ok(());
    };
    call.table
        .put(&scope.audit(entry.at, entry.id), &entry)
        .await
}
