//! The files of a cluster: where they are, and how they are made.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::PrivatePostgresError;
use super::find::Binaries;

/// A Unix socket's path must fit the kernel's 108 bytes; PostgreSQL adds `/.s.PGSQL.5432.lock`.
const SOCKET_DIR_BYTES_MAX: usize = 80;

/// PostgreSQL's own folder.
pub(super) fn pg_data(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

pub(super) fn log_file(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.log")
}

/// The folder of the socket: below the data directory, or a short name where that path is too long.
pub(super) fn socket_dir(data_dir: &Path) -> PathBuf {
    let near = data_dir.join("socket");
    if near.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        return near;
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
    Path::new("/tmp").join(format!("credit-ledger-{}", hex::encode(&digest[..8])))
}

/// The major version that made the cluster, with the folder for messages.
pub(super) fn version(data_dir: &Path) -> Option<(u32, &Path)> {
    let text = std::fs::read_to_string(pg_data(data_dir).join("PG_VERSION")).ok()?;
    Some((text.trim().parse().ok()?, data_dir))
}

/// The first line of the postmaster's own file.
pub(super) fn postmaster_pid(data_dir: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(pg_data(data_dir).join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// Makes the cluster under another name and renames it, so that a killed `initdb` leaves nothing half made.
pub(super) async fn init(data_dir: &Path, binaries: &Binaries, account: &Account) -> Result<(), PrivatePostgresError> {
    let target = pg_data(data_dir);
    if target.join("PG_VERSION").exists() {
        return Ok(());
    }
    let making = data_dir.join("postgres.new");
    if making.exists() {
        std::fs::remove_dir_all(&making).map_err(PrivatePostgresError::io(&making))?;
    }
    let mut command = account.command(&binaries.dir.join("initdb"));
    command
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(&making)
        .env("HOME", data_dir)
        .current_dir(data_dir);
    let output = tokio::process::Command::from(command).output().await.map_err(PrivatePostgresError::io("initdb"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&text).trim().to_owned();
        return Err(PrivatePostgresError::Program { program: "initdb".to_owned(), output });
    }
    std::fs::rename(&making, &target).map_err(PrivatePostgresError::io(&target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_paths_stay_short() {
        assert_eq!(socket_dir(Path::new("/data")), Path::new("/data/socket"));
        let long = PathBuf::from(format!("/{}", "deep/".repeat(30)));
        let short = socket_dir(&long);
        assert!(short.starts_with("/tmp") && short.as_os_str().len() <= SOCKET_DIR_BYTES_MAX);
        assert_eq!(short, socket_dir(&long));
    }
}
