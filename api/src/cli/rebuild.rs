//! `credit-ledger rebuild`.

use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use projections::Projector;
use projections::projectors;
use projections::rebuild::{self, Phase, Progress, RebuildError, Rebuilt};

use super::output::say;
use super::{Database, DatabaseArgs, Failure, Purpose};
use crate::clock::SystemClock;

/// Makes a projector's tables anew from the log, beside the live ones, and swaps. Servers go on meanwhile.
///
/// A rebuild that was cut off goes on where it was when it is run again. It needs the right to create tables.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger rebuild usage\n  \
    DATABASE_URL=postgres://owner@db/ledger credit-ledger rebuild transactions --json")]
pub struct Rebuild {
    /// Which projector; `credit-ledger status` lists them.
    projector: String,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Rebuild {
    pub async fn run(self) -> Result<(), Failure> {
        let projector = find(&self.projector)?;
        let database = self.database.open(Purpose::Use).await?;
        let rebuilt = rebuild(&database, projector).await;
        database.close().await;
        let Rebuilt { generation, events, resumed, leftover } = rebuilt.map_err(failure)?;
        let name = &self.projector;
        if self.json {
            say(serde_json::json!({"projector": name, "generation": generation, "events": events, "resumed": resumed,
                                   "leftover": leftover}));
            return Ok(());
        }
        let how = if resumed { ", going on where a rebuild before was cut off" } else { "" };
        say(format_args!("rebuilt {name} from {events} events as generation {generation}{how}"));
        if leftover {
            say("somebody still reads the tables of before; the next rebuild drops them");
        }
        Ok(())
    }
}

fn find(name: &str) -> Result<Arc<dyn Projector>, Failure> {
    let all = projectors::all();
    let names = all.iter().map(|projector| projector.name()).collect::<Vec<_>>().join(", ");
    let found = all.into_iter().find(|projector| projector.name() == name);
    found.ok_or_else(|| Failure::usage(format!("there is no projector {name:?}; there are: {names}")))
}

async fn rebuild(database: &Database, projector: Arc<dyn Projector>) -> Result<Rebuilt, RebuildError> {
    let style = ProgressStyle::with_template("{msg:10} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style.expect("the template is one of indicatif's"));
    let told = bar.clone();
    let progress = move |Progress { phase, events, total }| {
        told.set_message(match phase {
            Phase::Filling => "filling",
            Phase::Indexing => "indexing",
            Phase::Swapping => "swapping",
        });
        told.set_length(total);
        told.set_position(events);
    };
    let clock = Arc::new(SystemClock::new());
    let rebuilt = rebuild::Rebuild::new(database.options().clone(), projector, clock).run(&progress).await;
    bar.finish_and_clear();
    rebuilt
}

fn failure(error: RebuildError) -> Failure {
    match error {
        RebuildError::Busy | RebuildError::Stopped { .. } | RebuildError::Behind { .. } | RebuildError::SwapBlocked => {
            Failure::finding(error)
        }
        RebuildError::Database(_) | RebuildError::Feed(_) | RebuildError::Unanswered => {
            Failure::caused("the rebuild did not end", &error)
        }
    }
}
