//! What a person sees meanwhile, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Fast enough to look alive.
const TICK: Duration = Duration::from_millis(200);

/// A bar over all measurements.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    #[must_use]
    pub fn new(measurements: u64) -> Self {
        let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} {elapsed_precise} {msg}")
            .expect("the template is a constant");
        let bar = ProgressBar::new(measurements).with_style(style);
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// What is being measured.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// One measurement is done; its result stays on the screen.
    pub fn done(&self, result: &str) {
        self.bar.suspend(|| eprintln!("{result}"));
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
