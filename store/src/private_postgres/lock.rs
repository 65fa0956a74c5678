//! One owner a data directory.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::cluster;
use super::error::PrivatePostgresError;

/// How often and how long to ask: an owner that is ending lets go within this time.
const RETRY: Duration = Duration::from_millis(50);
const RETRIES: u32 = 60;

/// Takes the lock, waiting for an owner that is ending.
pub(super) async fn take(data_dir: &Path) -> Result<File, PrivatePostgresError> {
    for _ in 0..RETRIES {
        if let Some(lock) = try_take(data_dir)? {
            return Ok(lock);
        }
        tokio::time::sleep(RETRY).await;
    }
    Err(PrivatePostgresError::InUse { data_dir: data_dir.to_owned() })
}

/// Takes the lock if nobody has it; the kernel frees it with its holder, however that ends.
pub(super) fn try_take(data_dir: &Path) -> Result<Option<File>, PrivatePostgresError> {
    let path = cluster::lock_file(data_dir);
    let io = || PrivatePostgresError::io(&path);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(io()(error)),
    }
}
