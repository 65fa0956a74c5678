//! As whom the server runs: as ourselves, or as a user without rights where we are root, as whom PostgreSQL refuses to
//! run.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::PrivatePostgresError;

/// Only its user may enter.
const PRIVATE_MODE: u32 = 0o700;

#[derive(Clone, Debug)]
pub(super) struct Account {
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
        if !is_root()? {
            return Ok(Self { user: None });
        }
        let passwd = Path::new("/etc/passwd");
        let text = std::fs::read_to_string(passwd).map_err(PrivatePostgresError::io(passwd))?;
        let user = ["postgres", "nobody"].iter().find_map(|name| user_in(&text, name));
        Ok(Self { user: Some(user.ok_or(PrivatePostgresError::NoAccount)?) })
    }

    /// Makes the data directory and answers its full path, which the server's user can enter.
    pub(super) fn prepare(&self, data_dir: &Path) -> Result<PathBuf, PrivatePostgresError> {
        self.make_private_dir(data_dir)?;
        let path = data_dir.canonicalize().map_err(PrivatePostgresError::io(data_dir))?;
        if let Some(user) = &self.user {
            let entered = self.command(Path::new("test")).arg("-x").arg(&path).status();
            if !entered.is_ok_and(|status| status.success()) {
                return Err(PrivatePostgresError::NotEnterable { user: user.name.clone(), path });
            }
        }
        Ok(path)
    }

    /// Makes a folder that only the server's user may enter, or checks that an existing one is so.
    pub(super) fn make_private_dir(&self, dir: &Path) -> Result<(), PrivatePostgresError> {
        let io = || PrivatePostgresError::io(dir);
        if !dir.exists() {
            std::fs::DirBuilder::new().recursive(true).mode(PRIVATE_MODE).create(dir).map_err(io())?;
        }
        if let Some(user) = &self.user {
            chown(dir, Some(user.uid), Some(user.gid)).map_err(io())?;
        }
        // Fails for a folder that belongs to another user, as one laid in our way in /tmp would.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(PRIVATE_MODE)).map_err(io())
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

    /// Gives a file of ours to the server's user.
    pub(super) fn give(&self, path: &Path) -> Result<(), PrivatePostgresError> {
        let Some(user) = &self.user else { return Ok(()) };
        chown(path, Some(user.uid), Some(user.gid)).map_err(PrivatePostgresError::io(path))
    }
}

fn is_root() -> Result<bool, PrivatePostgresError> {
    let output = Command::new("id").arg("-u").output().map_err(PrivatePostgresError::io("id"))?;
    Ok(output.stdout.trim_ascii() == b"0")
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
}
