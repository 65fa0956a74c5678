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

/// What stands in a data directory from its first use on.
pub(super) fn lock_file(data_dir: &Path) -> PathBuf {
    data_dir.join("owner.lock")
}

/// Whether a cluster may be there: `false` only for a folder that can be read and has none.
pub(super) fn may_exist(data_dir: &Path) -> bool {
    match std::fs::symlink_metadata(pg_data(data_dir)) {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Refuses a folder that holds something else.
pub(super) fn check_ours(data_dir: &Path) -> Result<(), PrivatePostgresError> {
    if lock_file(data_dir).exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(data_dir).map_err(PrivatePostgresError::io(data_dir))?;
    // The root of a file system of its own is not quite empty.
    if entries.flatten().any(|entry| entry.file_name() != "lost+found") {
        return Err(PrivatePostgresError::NotADataDir { path: data_dir.to_owned() });
    }
    Ok(())
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
    fn a_folder_with_other_things_in_it_is_refused() {
        let folder = std::env::temp_dir().join(format!("credit-ledger-other-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("made");
        check_ours(&folder).expect("it is empty");
        std::fs::write(folder.join("letters"), "dear").expect("written");
        let error = check_ours(&folder).expect_err("it holds letters");
        assert!(matches!(error, PrivatePostgresError::NotADataDir { .. }), "{error}");
        std::fs::write(lock_file(&folder), "").expect("written");
        check_ours(&folder).expect("it was ours before");
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn socket_paths_stay_short() {
        assert_eq!(socket_dir(Path::new("/data")), Path::new("/data/socket"));
        let long = PathBuf::from(format!("/{}", "deep/".repeat(30)));
        let short = socket_dir(&long);
        assert!(short.starts_with("/tmp") && short.as_os_str().len() <= SOCKET_DIR_BYTES_MAX);
        assert_eq!(short, socket_dir(&long));
    }
}
