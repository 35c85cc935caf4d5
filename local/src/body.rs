//! Reading a body that may be too large.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;

/// How many times the limit is still read, so that the sender receives the answer: closing the
/// connection on a client that is still sending looks like a broken one.
const DISCARDED: usize = 10;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than the limit.
    TooLarge,
    /// The sender went away in the middle of it.
    BrokenOff,
}

/// The whole body, if it is at most `limit` bytes.
pub(crate) async fn read(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut read = Vec::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unread::BrokenOff)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size += data.len();
        if size <= limit {
            read.extend_from_slice(&data);
        } else if size > limit.saturating_mul(DISCARDED) {
            break;
        }
    }
    if size > limit {
        return Err(Unread::TooLarge);
    }
    Ok(Bytes::from(read))
}
