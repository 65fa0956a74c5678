//! As whom the server runs: as ourselves, or as a user without rights where we are root, as whom PostgreSQL refuses to
//! run.

use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cluster;
use super::error::PrivatePostgresError;

const ROOT: u32 = 0;
/// Only its user may enter.
const PRIVATE_MODE: u32 = 0o700;

#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Who we are.
    own_uid: u32,
    /// The user to drop to; `None` when we are not root.
    user: Option<User>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    pub(super) fn of_server() -> Result<Self, PrivatePostgresError> {
        let own_uid = own_uid()?;
        if own_uid != ROOT {
            return Ok(Self { own_uid, user: None });
        }
        let passwd = Path::new("/etc/passwd");
        let text = std::fs::read_to_string(passwd).map_err(PrivatePostgresError::io(passwd))?;
        let user = ["postgres", "nobody"].iter().find_map(|name| user_in(&text, name));
        Ok(Self { own_uid, user: Some(user.ok_or(PrivatePostgresError::NoAccount)?) })
    }

    /// Makes the data directory, or takes an empty one, and answers its full path, which the server's user can enter.
    pub(super) fn prepare(&self, data_dir: &Path) -> Result<PathBuf, PrivatePostgresError> {
        let io = || PrivatePostgresError::io(data_dir);
        // With the usual rights, so that the server's user can pass; the folder itself is closed below.
        std::fs::create_dir_all(data_dir).map_err(io())?;
        let path = data_dir.canonicalize().map_err(io())?;
        // Before its owner and mode change: it may be somebody's home, given by mistake.
        cluster::check_ours(&path)?;
        self.make_private(&path)?;
        if let Some(user) = &self.user {
            let entered = self.command(Path::new("test")).arg("-x").arg(&path).status();
            if !entered.is_ok_and(|status| status.success()) {
                return Err(PrivatePostgresError::NotEnterable { user: user.name.clone(), path });
            }
        }
        Ok(path)
    }

    /// Makes a folder, or takes one that was made so before. Others may write where it is (`/tmp`): a link or a folder
    /// of another user, laid in our way, is refused.
    pub(super) fn make_socket_dir(&self, dir: &Path) -> Result<(), PrivatePostgresError> {
        let io = || PrivatePostgresError::io(dir);
        match DirBuilder::new().mode(PRIVATE_MODE).create(dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let found = std::fs::symlink_metadata(dir).map_err(io())?;
                let server = self.user.as_ref().map_or(self.own_uid, |user| user.uid);
                if !found.is_dir() || ![self.own_uid, server].contains(&found.uid()) {
                    return Err(PrivatePostgresError::NotOurs { path: dir.to_owned() });
                }
            }
            made => made.map_err(io())?,
        }
        self.make_private(dir)
    }

    fn make_private(&self, dir: &Path) -> Result<(), PrivatePostgresError> {
        let io = || PrivatePostgresError::io(dir);
        if let Some(user) = &self.user {
            chown(dir, Some(user.uid), Some(user.gid)).map_err(io())?;
        }
        std::fs::set_permissions(dir, Permissions::from_mode(PRIVATE_MODE)).map_err(io())
    }

    /// A command that runs as the server's user.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(user) = &self.user {
            // Without rights of ours: the standard library drops root's other groups too.
            command.uid(user.uid).gid(user.gid);
        }
        command
    }
}

fn own_uid() -> Result<u32, PrivatePostgresError> {
    let output = Command::new("id").arg("-u").output().map_err(PrivatePostgresError::io("id"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().map_err(|_| PrivatePostgresError::Program { program: "id -u".to_owned(), output: text })
}

fn user_in(passwd: &str, name: &str) -> Option<User> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next().filter(|found| *found == name)?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(User { name: found.to_owned(), uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_by_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(user_in(passwd, "postgres"), Some(User { name: "postgres".to_owned(), uid: 101, gid: 104 }));
        assert_eq!(user_in(passwd, "post"), None);
    }

    #[test]
    fn a_link_in_the_way_of_the_socket_is_refused() {
        let folder = std::env::temp_dir().join(format!("credit-ledger-link-{}", std::process::id()));
        let (target, link) = (folder.join("target"), folder.join("link"));
        std::fs::create_dir_all(&target).expect("made");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        let account = Account::of_server().expect("there is a user");
        let error = account.make_socket_dir(&link).expect_err("it is a link");
        assert!(matches!(error, PrivatePostgresError::NotOurs { .. }), "{error}");
        account.make_socket_dir(&target).expect("a folder of ours");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
