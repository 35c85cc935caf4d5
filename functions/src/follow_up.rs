//! `follow-up`: what follows a change of the table. What a deleted thing has left is taken away,
//! who came in with an access code is written down, and doors take over the zone of their
//! organization.
//!
//! It is one function, since no more than two should read a shard of the stream at the same
//! time, and `remake-codes` is the other. Each change is for one of three handlers, and the filters
//! in template.yaml let nothing else through.

use std::process::ExitCode;

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::table::Rezoned;
use latchkey::wire::Result;

use crate::clean_up::clean_up;
use crate::entries::record::record;
use crate::lambda::{EventCall, EventHandler, serve_stream};
use crate::zones::spread;

/// What it does with one change of the table.
pub const HANDLE: EventHandler<StreamRecord, ()> = |change, call| Box::pin(follow_up(change, call));

/// Serves the function until Lambda ends the process.
pub fn serve() -> ExitCode {
    serve_stream("follow-up", HANDLE)
}

async fn follow_up(change: StreamRecord, call: EventCall) -> Result<()> {
    // Of what was removed there is no new image; an entry is in that of its code.
    if change.new_image.is_empty() {
        return clean_up(change, call).await;
    }
    let (old, new) = (change.old_image.clone(), change.new_image.clone());
    match Rezoned::read(change.keys.clone(), old, new)? {
        Some(rezoned) => spread(rezoned, call).await,
        None => record(change, call).await,
    }
}
