//! `credit-ledger init`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use domain::Scale;

use super::actor::author;
use super::output::say;
use super::price_book::{print_published, publish};
use super::{DatabaseArgs, Failure, Purpose};
use crate::catalogue::file::CatalogueFile;
use crate::recipes::{Recipe, guide, notes, with_notes};

/// The guide that stands beside the file.
const GUIDE: &str = "CREDITS.md";

/// Writes a recipe for a kind of product (packages and prices, with comments) and publishes it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  credit-ledger init standard\n  credit-ledger init ai-tokens gpt-4o claude-sonnet-4\n  \
    credit-ledger init api-calls tiered --write billing/credits.toml --notes AGENTS.md"
)]
pub struct Init {
    #[command(subcommand)]
    recipe: Kind,
    /// Where the recipe is written; CREDITS.md is written beside it.
    #[arg(long, global = true, default_value = "credit-ledger.toml", value_name = "FILE")]
    write: PathBuf,
    /// Replace a file that is there and differs.
    #[arg(long, global = true)]
    force: bool,
    /// Write the files only.
    #[arg(long, global = true)]
    no_publish: bool,
    /// Keep a section `## Credit System` in this file (CLAUDE.md, AGENTS.md); the rest of it stays as it is.
    #[arg(long, global = true, value_name = "FILE")]
    notes: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Packages for $10, $50 and $100, and a number of credits an operation.
    Standard,
    /// Token packages, and prices by model and kind of token.
    AiTokens {
        /// Models to have prices of; default the usual ones.
        models: Vec<String>,
    },
    /// Prices by endpoint.
    ApiCalls {
        /// Cheaper by the month's use.
        #[arg(value_parser = ["tiered"])]
        tiers: Option<String>,
    },
}

impl Init {
    pub async fn run(self) -> Result<(), Failure> {
        let recipe = match &self.recipe {
            Kind::Standard => Recipe::Standard,
            Kind::AiTokens { models } => Recipe::AiTokens(models.clone()),
            Kind::ApiCalls { tiers } => Recipe::ApiCalls { tiered: tiers.is_some() },
        };
        let text = recipe.text().map_err(Failure::usage)?;
        let file = CatalogueFile::read(&text).expect("a test reads every recipe");
        self.write_files(&text, &file)?;
        if self.no_publish {
            return Ok(());
        }
        // Before the first `serve` there is no ledger yet.
        let database = self.database.open(Purpose::Migrate).await?;
        let published = match database.migrate(None).await {
            Ok(_) => publish(database.pool(), file, &author()).await,
            Err(failure) => Err(failure),
        };
        database.close().await;
        print_published(&published?, Scale::default(), false);
        Ok(())
    }

    fn write_files(&self, text: &str, file: &CatalogueFile) -> Result<(), Failure> {
        let name = self.write.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let beside = self.write.with_file_name(GUIDE);
        let guide = guide(file, &name);
        for (path, text) in [(self.write.as_path(), text), (beside.as_path(), &guide)] {
            self.may_write(path, text)?;
        }
        write(&self.write, text)?;
        write(&beside, &guide)?;
        let Some(path) = &self.notes else { return Ok(()) };
        let before = if path.exists() { read(path)? } else { String::new() };
        let after = with_notes(&before, &notes(file, &name));
        let after = after.map_err(|error| Failure::finding(format!("--notes {}: the file {error}", path.display())))?;
        write(path, &after)
    }

    fn may_write(&self, path: &Path, text: &str) -> Result<(), Failure> {
        if self.force || !path.exists() || read(path)? == text {
            return Ok(());
        }
        let detail =
            format!("{} is there and differs; --write chooses another name, --force replaces it", path.display());
        Err(Failure::finding(detail))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    say(format_args!("wrote {}", path.display()));
    Ok(())
}
