//! `credit-ledger price-book`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use domain::Scale;
use domain::package::Package;
use sqlx::PgPool;
use store::catalogue::price_books::{self, Publication};
use store::catalogue::{Author, packages};

use super::actor::author;
use super::output::say;
use super::packages::failure;
use super::{DatabaseArgs, Failure, Purpose};
use crate::answers::{PriceBookVersion, PriceBookView};
use crate::catalogue::diff::{Change, Difference};
use crate::catalogue::file::CatalogueFile;

/// Versions that one list shows.
const VERSIONS_MAX: u32 = 1_000;

/// Publishes what operations cost, and shows what was published.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger price-book publish credit-ledger.toml\n  \
    credit-ledger price-book show --version 3\n  credit-ledger price-book list\n  credit-ledger price-book diff 3 4")]
pub struct PriceBook {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Publish a TOML file: its prices as the next version, its packages as they are there. Packages that the file does
    /// not name stay as they are. What has not changed makes no new version.
    Publish {
        /// As `credit-ledger init` writes it.
        file: PathBuf,
        /// Check the file and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// The version in force, or another one.
    // `--version` is that of the book here.
    #[command(disable_version_flag = true)]
    Show {
        /// Default the one in force.
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// All versions, newest first.
    List,
    /// What has changed between two versions.
    Diff {
        /// The version before.
        from: u32,
        /// The version after.
        to: u32,
    },
}

impl PriceBook {
    pub async fn run(self) -> Result<(), Failure> {
        if let Action::Publish { file, dry_run: true } = &self.action {
            let read = read(file)?;
            let prices = read.book.map_or(0, |book| book.prices.len());
            say(format_args!("{}: {} packages and {prices} prices are sound", file.display(), read.packages.len()));
            return Ok(());
        }
        let database = self.database.open(Purpose::Use).await?;
        let result = self.action.run(database.pool(), self.json).await;
        database.close().await;
        result
    }
}

impl Action {
    async fn run(self, pool: &PgPool, json: bool) -> Result<(), Failure> {
        match self {
            Self::Publish { file, .. } => {
                let published = publish(pool, read(&file)?, &author()).await?;
                print_published(&published, scale(pool).await?, json);
            }
            Self::Show { version } => {
                let now = author().at;
                let publication = match version {
                    Some(version) => price_books::version(pool, version).await.map_err(failure)?,
                    None => price_books::in_force(pool, now).await.map_err(failure)?.ok_or_else(none)?,
                };
                let view = PriceBookView::from(&publication);
                let text = if json { serde_json::to_string(&view) } else { serde_json::to_string_pretty(&view) };
                say(text.expect("plain JSON"));
            }
            Self::List => {
                for publication in price_books::list(pool, None, VERSIONS_MAX).await.map_err(failure)? {
                    print_version(&publication, json);
                }
            }
            Self::Diff { from, to } => {
                let before = price_books::version(pool, from).await.map_err(failure)?;
                let after = price_books::version(pool, to).await.map_err(failure)?;
                let (before, after) = (before.published.book.document(), after.published.book.document());
                print_difference(&Difference::between(before, after), json);
            }
        }
        Ok(())
    }
}

/// # Errors
/// The file cannot be read, or has mistakes: all of them, by line.
pub(super) fn read(file: &Path) -> Result<CatalogueFile, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    CatalogueFile::read(&text).map_err(|mistakes| {
        let lines: Vec<_> = mistakes.iter().map(|mistake| format!("{name}, {mistake}")).collect();
        Failure::finding(lines.join("\n"))
    })
}

/// Makes the catalogue what the file says.
pub(super) async fn publish(
    pool: &PgPool,
    file: CatalogueFile,
    by: &Author,
) -> Result<(Vec<Package>, Option<Publication>), Failure> {
    let mut made = Vec::with_capacity(file.packages.len());
    for (id, terms) in file.packages {
        made.push(packages::put(pool, &id, terms, by).await.map_err(failure)?);
    }
    let publication = match file.book {
        Some(book) => Some(price_books::publish(pool, book, by).await.map_err(failure)?),
        None => None,
    };
    Ok((made, publication))
}

/// How people are shown amounts, by the book in force.
pub(super) async fn scale(pool: &PgPool) -> Result<Scale, Failure> {
    let in_force = price_books::in_force(pool, author().at).await.map_err(failure)?;
    Ok(in_force.map(|publication| publication.published.book.scale()).unwrap_or_default())
}

/// Amounts as the file that was published has them shown, or else the book in force.
pub(super) fn print_published(
    (packages, publication): &(Vec<Package>, Option<Publication>),
    in_force: Scale,
    json: bool,
) {
    let scale = publication.as_ref().map_or(in_force, |publication| publication.published.book.scale());
    for package in packages.iter().filter(|_| !json) {
        say(super::packages::line(package, packages, scale));
    }
    let Some(publication) = publication else { return };
    print_version(publication, json);
    if scale != in_force && !json {
        let (then, now) = (scale.decimals(), in_force.decimals());
        say(format_args!("from then on people are shown amounts with {then} decimals; now they have {now}"));
    }
}

fn print_version(publication: &Publication, json: bool) {
    let version = PriceBookVersion::from(publication);
    if json {
        return say(serde_json::to_string(&version).expect("plain JSON"));
    }
    let PriceBookVersion { version, valid_from, prices, actor, .. } = version;
    say(format_args!("price book version {version}: {prices} prices, from {} on, by {actor}", valid_from.to_rfc3339()));
}

fn print_difference(difference: &Difference, json: bool) {
    if json {
        return say(serde_json::to_string(difference).expect("plain JSON"));
    }
    let shown = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let Difference { settings, added, removed, changed } = difference;
    for Change { of, before, after } in settings.iter().chain(changed) {
        say(format_args!("~ {of}\n    - {}\n    + {}", shown(before), shown(after)));
    }
    removed.iter().for_each(|Change { of, before, .. }| say(format_args!("- {of} {}", shown(before))));
    added.iter().for_each(|Change { of, after, .. }| say(format_args!("+ {of} {}", shown(after))));
}

fn none() -> Failure {
    Failure::finding("no price book is in force")
}
