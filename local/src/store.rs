//! The embedded DynamoDB, behind its own HTTP listener.
//!
//! Functions, tables and demo data reach it with the SDK over HTTP like any other DynamoDB,
//! so that it can be replaced by another. It runs on threads of its own, because a call into
//! SQLite blocks the thread that makes it.
//!
//! On durability: the store syncs its log at checkpoints and not at each commit (SQLite's
//! `synchronous=NORMAL`). An acknowledged write survives the end of this program however it
//! comes; only the end of the operating system may take the last ones back, never half of
//! one. For data on a developer's machine that buys five times the writes.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database;
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// How often items past their time to live are deleted. DynamoDB takes up to days.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How long requests in flight may take when the store stops.
const LONGEST_FAREWELL: Duration = Duration::from_secs(2);

/// An open store.
pub struct Store {
    address: SocketAddr,
    file: Option<PathBuf>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // The lock lives as long as the open file.
    _lock: Option<File>,
}

impl Store {
    /// Opens the store in `folder`, which is made if need be, or one that is forgotten at the
    /// end, and serves it on `listener`.
    ///
    /// # Errors
    /// The folder cannot be used, or another process has it open.
    pub fn open(folder: Option<&Path>, listener: TcpListener) -> Result<Self> {
        let unusable = |error: dynoxide::DynoxideError| {
            let place = folder.map_or("in memory".to_owned(), |folder| {
                folder.display().to_string()
            });
            Error::Store(format!(
                "the store {place} cannot be opened: {error}. Delete it to begin with an empty one, \
                 or choose another --data-dir"
            ))
        };
        let (database, file, lock) = match folder {
            None => (Database::memory().map_err(unusable)?, None, None),
            Some(folder) => {
                let lock = lock(folder)?;
                let file = folder.join("store.db");
                let database = Database::new(&file.to_string_lossy()).map_err(unusable)?;
                // The one way to synchronous=NORMAL that the engine offers.
                database.enable_bulk_loading().map_err(unusable)?;
                database.disable_bulk_loading().map_err(unusable)?;
                (database, Some(file), Some(lock))
            }
        };
        let failed =
            |source: std::io::Error| Error::Store(format!("the store cannot be served: {source}"));
        let address = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(listener, database, stopped))
            .map_err(failed)?;
        Ok(Self {
            address,
            file,
            stop: Some(stop),
            thread: Some(thread),
            _lock: lock,
        })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file that it is in, unless it is in memory.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("store")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!("the store has no threads: {error}"),
    };
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return tracing::error!("the store cannot listen: {error}"),
        };
        let (begin, begun) = oneshot::channel();
        let serving =
            dynoxide::server::serve_with_shutdown(listener, database.clone(), async move {
                let _ = begun.await;
            });
        let serving = tokio::spawn(serving);
        let sweeping = tokio::spawn(sweep(database));
        let _ = stopped.await;
        sweeping.abort();
        let _ = begin.send(());
        let _ = tokio::time::timeout(LONGEST_FAREWELL, serving).await;
    });
    runtime.shutdown_timeout(LONGEST_FAREWELL);
}

async fn sweep(database: Database) {
    let mut timer = tokio::time::interval(SWEEP_EVERY);
    loop {
        timer.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(items)) => tracing::debug!("deleted {items} expired items"),
            Ok(Err(error)) => tracing::warn!("expired items cannot be deleted: {error}"),
        }
    }
}

/// Takes the folder for this process. The operating system gives it back when the process
/// ends, however it ends.
fn lock(folder: &Path) -> Result<File> {
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(file_error(folder))?;
    let path = folder.join("lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(file_error(&path))?;
    match file.try_lock() {
        Ok(()) => {
            // For the message to a second process.
            let _ = file.set_len(0);
            let _ = write!(file, "{}", std::process::id());
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            Err(Error::Store(format!(
                "the store in {} is open in process {}: stop that one, or choose another --data-dir or --in-memory",
                folder.display(),
                holder.trim()
            )))
        }
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}
