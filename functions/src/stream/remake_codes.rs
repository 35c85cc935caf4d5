//! `remake-codes`: gives all accesses of an organization new codes.
//!
//! Invoked with the item in which `reprogramming/ask.rs` requests it. It goes through the
//! accesses in pages. Each access is one transaction, which replaces its codes, updates its own
//! item and its grants, and keeps its counts of entries. At any moment the access has all its
//! codes, and a concurrent entry is counted. The position is recorded after each page;
//! `lambda/stream.rs` says how the work continues when its time is over. A repeated change does
//! nothing that is done already.

use aws_lambda_events::dynamodb::StreamRecord;
use futures_util::StreamExt;
use futures_util::stream;
use latchkey::access::draft::{Desk, Draft};
use latchkey::access::reprogramming::{Reprogramming, State};
use latchkey::access::{Access, Code};
use latchkey::access_code::CodeLength;
use latchkey::deed::Unrecorded;
use latchkey::error::{Conflict, Error, Result};
use latchkey::id::SpaceId;
use latchkey::table::{Items, Read};
use latchkey::warrant::Warrant;

use crate::accesses::carry_out;
use crate::lambda::{Context, StreamHandler, store};

/// The number of accesses in one read.
const PAGE: usize = 25;
/// The number of concurrent writes: enough not to wait for each, few enough that they do not
/// conflict at a space.
const AT_ONCE: usize = 8;

/// The function.
pub const HANDLER: StreamHandler = StreamHandler {
    operation: "remake-codes",
    handle: |change, context| Box::pin(remake(change, context)),
};

async fn remake(change: StreamRecord, context: Context) -> Result<()> {
    let asked: Reprogramming = latchkey::table::of_stream(change.new_image)?;
    let scope = asked.scope();
    let key = scope.reprogramming();
    let length = store::code_length()?;
    let desk = context.desk(&scope);
    loop {
        let there: Option<Reprogramming> = context.table.get(&key, Read::Strong).await?;
        let unfinished = |there: &Reprogramming| there.id == asked.id && there.state != State::Done;
        let Some(there) = there.filter(unfinished) else {
            return Ok(());
        };
        let (next, remade, kept) = page(desk, &there, length).await?;
        let further = there.further(next, remade, kept, context.now);
        let mut writes = context
            .table
            .transaction(&Warrant::System, Unrecorded::Consequence);
        writes.change((), &key, (&there, &further), there.version);
        // If someone else is further, or asked to take it up, it is read again.
        let _ = writes.send().await?;
        if further.state == State::Done {
            tracing::info!(
                reprogramming = %asked.id,
                remade = further.remade,
                kept = further.kept,
                "all access codes are regenerated"
            );
        }
    }
}

/// Remakes the codes of one page of accesses: where the next one begins, how many accesses
/// got new codes and how many kept theirs.
async fn page(
    desk: Desk<'_>,
    asked: &Reprogramming,
    length: CodeLength,
) -> Result<(Option<String>, u64, u64)> {
    let after = asked.after.as_deref();
    let accesses = desk.scope.accesses();
    let page = desk
        .table
        .page(&accesses, PAGE, after, Read::Strong)
        .await?;
    let (accesses, next): (Vec<Access>, _) = page;
    // An earlier invocation was stopped before it could record the page.
    let done = accesses
        .iter()
        .filter(|access| access.reprogrammed == Some(asked.id));
    let mut remade = done.count() as u64;
    let outcomes: Vec<Result<bool>> = stream::iter(accesses)
        .filter(|access| std::future::ready(asked.is_about(access, desk.now)))
        .map(|access| one(desk, asked, access, length))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut kept = 0;
    for outcome in outcomes {
        match outcome? {
            true => remade += 1,
            false => kept += 1,
        }
    }
    Ok((next, remade, kept))
}

/// New codes for one access; whether it got them. One that is gone meanwhile needs none.
async fn one(
    desk: Desk<'_>,
    asked: &Reprogramming,
    mut access: Access,
    length: CodeLength,
) -> Result<bool> {
    for attempt in desk.table.attempts() {
        let id = access.id;
        let codes = codes(desk, &access).await?;
        let after = Access {
            reprogrammed: Some(asked.id),
            date_modified: desk.now,
            ..access.clone()
        };
        let draft = Draft::recoded(desk, access, after, codes, length)?;
        match carry_out(desk, &Warrant::System, draft).await {
            Ok(()) => return Ok(true),
            // Better the old codes than none.
            Err(why @ (Error::Taken(_) | Error::InvalidInput(_))) => {
                tracing::warn!(access = %id, %why, "kept its codes");
                return Ok(false);
            }
            Err(Error::Conflict(Conflict::Changed)) => attempt.back_off().await?,
            Err(error) => return Err(error),
        }
        let again: Option<Access> = desk.table.get(&desk.scope.access(id), Read::Strong).await?;
        match again.filter(|access| asked.is_about(access, desk.now)) {
            Some(again) => access = again,
            None => return Ok(true),
        }
    }
    Err(Error::Unavailable(
        "other requests kept changing an access".to_owned(),
    ))
}

/// The items of the codes that an access has.
async fn codes(desk: Desk<'_>, access: &Access) -> Result<Vec<(SpaceId, Code)>> {
    let key =
        |space: &latchkey::access::AccessSpace| desk.scope.code(space.terms.space, &space.code);
    let keys: Vec<_> = access.spaces.iter().map(key).collect();
    let items: Items = desk.table.get_all(&keys, Read::Strong).await?;
    let mut codes = Vec::new();
    for (space, key) in access.spaces.iter().zip(&keys) {
        let code: Option<Code> = items.get(key)?;
        let own = code.filter(|code| code.terms.grant.id.access() == Some(access.id));
        codes.extend(own.map(|code| (space.terms.space, code)));
    }
    Ok(codes)
}
