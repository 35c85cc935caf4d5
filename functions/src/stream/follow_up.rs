//! `follow-up`: the consequences of changes of the table. It removes what a deleted item has
//! left, records entries with access codes, and copies the time zone of an organization to its
//! doors.
//!
//! It is one function, since no more than two should read a shard of the stream at the same
//! time, and `remake-codes` is the other. Each change is for one of three handlers, and the filters
//! in template.yaml let nothing else through.

use aws_lambda_events::dynamodb::StreamRecord;
use latchkey::error::Result;
use latchkey::layout::Rezoned;

use super::clean_up::clean_up;
use super::record::record;
use super::zones::spread;
use crate::lambda::{Context, StreamHandler};

/// The function.
pub const HANDLER: StreamHandler = StreamHandler {
    operation: "follow-up",
    handle: |change, context| Box::pin(follow_up(change, context)),
};

async fn follow_up(change: StreamRecord, context: Context) -> Result<()> {
    // A removal has no new image; an entry is in that of its code.
    if change.new_image.is_empty() {
        return clean_up(change, context).await;
    }
    let (old, new) = (change.old_image.clone(), change.new_image.clone());
    match Rezoned::read(change.keys.clone(), old, new)? {
        Some(rezoned) => spread(rezoned, context).await,
        None => record(change, context).await,
    }
}
