//! Where PostgreSQL's binaries are.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::PrivatePostgresError;

/// The oldest major version that the ledger runs on.
const MAJOR_MIN: u32 = 15;

/// A folder with `initdb` and `postgres` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
}

/// The newest installed binaries, or those of the major version that made the cluster.
pub(super) fn binaries(cluster: Option<(u32, &Path)>) -> Result<Binaries, PrivatePostgresError> {
    let found: Vec<Binaries> = candidates().into_iter().filter_map(|dir| probe(&dir)).collect();
    if let Some((wanted, data_dir)) = cluster {
        return found.iter().find(|binaries| binaries.major == wanted).cloned().ok_or_else(|| {
            let majors: Vec<String> = found.iter().map(|binaries| binaries.major.to_string()).collect();
            let data_dir = data_dir.display().to_string();
            if majors.is_empty() { none() } else { other(data_dir, wanted, &majors) }
        });
    }
    let newest = found.first().cloned().ok_or_else(none)?;
    if newest.major < MAJOR_MIN {
        return Err(PrivatePostgresError::TooOld { found: newest.major });
    }
    Ok(newest)
}

fn other(data_dir: String, wanted: u32, majors: &[String]) -> PrivatePostgresError {
    PrivatePostgresError::OtherMajor { data_dir, wanted, found: majors.join(", ") }
}

fn none() -> PrivatePostgresError {
    match std::env::var_os("PG_BIN_DIR") {
        Some(dir) => PrivatePostgresError::NotInBinDir { dir: dir.into() },
        None => PrivatePostgresError::NotInstalled,
    }
}

/// Folders to look in, the most particular first: an explicit choice hides all others.
fn candidates() -> Vec<PathBuf> {
    if let Some(dir) = std::env::var_os("PG_BIN_DIR") {
        return vec![dir.into()];
    }
    let mut dirs = Vec::new();
    dirs.extend(versioned("/usr/lib/postgresql", "bin"));
    dirs.extend(pg_config());
    dirs.extend(versioned("/opt/homebrew/opt", "bin"));
    dirs.extend(versioned("/usr/local/opt", "bin"));
    dirs.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    dirs
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// `root/*/leaf`, the highest version number first.
fn versioned(root: &str, leaf: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.trim_start_matches("postgresql@").parse().ok()?;
            Some((number, entry.path().join(leaf)))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, path)| path).collect()
}

fn probe(dir: &Path) -> Option<Binaries> {
    if !dir.join("initdb").is_file() {
        return None;
    }
    // The server starts in another working directory.
    let dir = dir.canonicalize().ok()?;
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let major = major_of(&String::from_utf8(output.stdout).ok()?)?;
    Some(Binaries { dir, major })
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian ...)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions_are_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("something else"), None);
    }

    #[test]
    fn a_cluster_of_another_major_is_refused_with_the_reason() {
        let error = binaries(Some((9, Path::new("/data")))).expect_err("nobody has PostgreSQL 9");
        assert!(matches!(error, PrivatePostgresError::OtherMajor { wanted: 9, .. }), "{error}");
        assert!(error.to_string().contains("PG_BIN_DIR"), "{error}");
    }
}
