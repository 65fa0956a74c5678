//! Who works at the command line.

use store::Clock;
use store::catalogue::Author;

use crate::clock::SystemClock;

/// `cli:<os user>`, as it stands in metadata and versions.
#[must_use]
pub fn actor() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    format!("cli:{}", user.as_deref().unwrap_or("unknown"))
}

/// Who changes the catalogue, now.
#[must_use]
pub fn author() -> Author {
    Author { actor: actor(), at: SystemClock::new().now() }
}
