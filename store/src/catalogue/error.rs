//! Why the catalogue was not changed, or not read.

use domain::Timestamp;
use domain::package::{PackageId, PackageMistake};
use domain::price::Misplaced;

use crate::log::LogError;
use crate::postgres::error::of_read;

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("there is no package {0}")]
    NoPackage(PackageId),
    #[error("there is a package {0} already, with other terms: change it, or choose another id")]
    PackageExists(PackageId),
    #[error(transparent)]
    Package(#[from] PackageMistake),
    #[error("there are {0} packages already: retire and reuse some")]
    TooManyPackages(usize),
    #[error("the price book has mistakes: {}", sentence(.0))]
    Book(Vec<Misplaced>),
    /// Prices change for what comes, never for what was.
    #[error(
        "`valid_from` is {valid_from}, which is past or too soon for every server to know it: leave it out to publish at once"
    )]
    InThePast { valid_from: Timestamp },
    #[error("there is no version {0} of the price book")]
    NoVersion(u32),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<sqlx::Error> for CatalogueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(of_read(error))
    }
}

fn sentence(mistakes: &[Misplaced]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
