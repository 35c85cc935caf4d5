//! The position of a function in a stream.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The places in the shards of one stream, kept in a file where the store is.
///
/// A place is kept after its batch is done: whatever ends this program, what was not done is
/// given again, and nothing is left out.
#[derive(Debug)]
pub(super) struct Places {
    file: Option<PathBuf>,
    kept: Kept,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    /// A table that was created again has another stream.
    stream: String,
    shards: BTreeMap<String, Place>,
}

/// The position in one shard.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Place {
    /// Up to this sequence number.
    After(String),
    /// All of it.
    Done,
}

impl Places {
    /// The places in `stream` that `file` knows, if it is of this stream.
    pub(super) fn open(file: Option<PathBuf>, stream: &str) -> Self {
        let kept = file
            .as_ref()
            .and_then(|file| std::fs::read(file).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .filter(|kept: &Kept| kept.stream == stream);
        Self {
            file,
            kept: kept.unwrap_or_else(|| Kept {
                stream: stream.to_owned(),
                shards: BTreeMap::new(),
            }),
        }
    }

    pub(super) fn of(&self, shard: &str) -> Option<&Place> {
        self.kept.shards.get(shard)
    }

    /// Whether nothing of the stream has been done.
    pub(super) fn is_new(&self) -> bool {
        self.kept.shards.is_empty()
    }

    /// Takes note of a place. What cannot be written is told: then more is repeated.
    pub(super) async fn keep(&mut self, shard: &str, place: Place) {
        self.kept.shards.insert(shard.to_owned(), place);
        let Some(file) = &self.file else { return };
        let text = serde_json::to_vec(&self.kept).unwrap_or_default();
        // Renamed, so that no half of it is ever read.
        let new = file.with_extension("new");
        let written = async {
            tokio::fs::write(&new, text).await?;
            tokio::fs::rename(&new, file).await
        };
        if let Err(error) = written.await {
            tracing::warn!("{}: {error}", file.display());
        }
    }

    /// Forgets the place in a shard, which then begins at its beginning.
    pub(super) fn forget(&mut self, shard: &str) {
        self.kept.shards.remove(shard);
    }
}
