//! What a run leaves behind: `latest.json` and `latest.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::growth::Growth;
use crate::lag::Lag;
use crate::large::Large;
use crate::load::Measured;
use crate::machine::Machine;
use crate::memory::Memory;
use crate::rows::Spec;
use crate::side::Side;

/// One measured row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub row: char,
    pub title: &'static str,
    pub side: Side,
    pub organizations: u64,
    pub connections: u32,
    /// Requests a second that were sent, where that was fixed.
    pub offered_per_s: Option<u64>,
    pub seconds: f64,
    pub commands: u64,
    pub commands_per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Answers by status; 0 counts those that never came.
    pub statuses: BTreeMap<u16, u64>,
    /// Of the read models; stock keeps its view with the command.
    pub lag: Option<Lag>,
}

impl Row {
    #[must_use]
    pub fn new(spec: &Spec, offered_per_s: Option<u64>, measured: &Measured, lag: Option<Lag>) -> Self {
        Self {
            row: spec.row,
            title: spec.title,
            side: spec.side,
            organizations: spec.organizations,
            connections: spec.connections,
            offered_per_s,
            seconds: rounded(measured.duration.as_secs_f64()),
            commands: measured.commands,
            commands_per_s: rounded(measured.commands_per_second()),
            p50_ms: measured.quantile_ms(0.5),
            p99_ms: measured.quantile_ms(0.99),
            max_ms: measured.quantile_ms(1.0),
            statuses: measured.statuses.clone(),
            lag,
        }
    }
}

/// A whole run. Every ratio is against the faster of the two stock forms, at its best number of connections.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub quick: bool,
    pub ratio_thousand_organizations: f64,
    pub ratio_hot_organization: f64,
    pub batch_100_commands_per_s: f64,
    pub p99_half_load_ms: f64,
    pub stream_growth_ratio: f64,
    /// Priced consumptions a second in (k), over plain ones in (a) at as many connections.
    pub priced_ratio: f64,
    /// Of estimates by quantities at 2,000 a second, in (l).
    pub estimate_p99_ms: f64,
    /// Of signed webhooks at 1,000 a second, in (m).
    pub webhook_p99_ms: f64,
    /// Of the read models at full load in (a) and (b), and how soon they have caught up after it.
    pub projection_lag_max_s: f64,
    pub projection_caught_up_after_s: f64,
    /// The projector with a row an event, from the most events.
    pub rebuild_events_per_s: f64,
    /// Balance and first page of transactions at 1,000 queries a second, on the most events.
    pub query_p99_ms: f64,
    pub machine: Machine,
    pub rows: Vec<Row>,
    pub growth: Vec<Growth>,
    pub memory: Option<Memory>,
    pub large: Large,
}

impl Report {
    /// # Errors
    /// A row that a figure needs is missing.
    pub fn new(
        quick: bool,
        machine: Machine,
        rows: Vec<Row>,
        growth: Vec<Growth>,
        memory: Option<Memory>,
        large: Large,
    ) -> anyhow::Result<Self> {
        let batch = rows.iter().find(|row| row.title == "batches of 100").context("no row (d)")?;
        let half = rows.iter().find(|row| row.row == 'f' && row.side == Side::Ours).context("no row (f)")?;
        let of = |letter: char| rows.iter().filter(move |row| row.row == letter && row.side == Side::Ours);
        let (priced, estimates) = of('k').next().zip(of('l').next()).context("no rows (k) and (l)")?;
        let webhooks = of('m').next().context("no row (m)")?;
        let plain = of('a').find(|row| row.connections == priced.connections).context("no row (a) like (k)")?;
        let (shortest, longest) = growth.first().zip(growth.last()).context("no row (g)")?;
        let lags = || rows.iter().filter(|row| matches!(row.row, 'a' | 'b')).filter_map(|row| row.lag);
        let rebuild = large.rebuilds.iter().rev().find(|row| row.projector == "transactions").context("no row (i)")?;
        let screen = large.queries.iter().rev().find(|row| row.title != "balance").context("no row (j)")?;
        Ok(Self {
            quick,
            ratio_thousand_organizations: ratio(&rows, 'a')?,
            ratio_hot_organization: ratio(&rows, 'b')?,
            batch_100_commands_per_s: batch.commands_per_s,
            p99_half_load_ms: half.p99_ms,
            priced_ratio: rounded(priced.commands_per_s / plain.commands_per_s),
            estimate_p99_ms: estimates.p99_ms,
            webhook_p99_ms: webhooks.p99_ms,
            stream_growth_ratio: rounded(longest.warm_p50_ms / shortest.warm_p50_ms),
            projection_lag_max_s: lags().map(|lag| lag.max_s).fold(0.0, f64::max),
            projection_caught_up_after_s: lags().map(|lag| lag.caught_up_after_s).fold(0.0, f64::max),
            rebuild_events_per_s: rebuild.events_per_s,
            query_p99_ms: screen.p99_ms,
            machine,
            rows,
            growth,
            memory,
            large,
        })
    }

    /// Writes `latest.json` and `latest.md` into the folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        std::fs::write(folder.join("latest.json"), json)?;
        std::fs::write(folder.join("latest.md"), self.markdown()?)?;
        Ok(())
    }

    /// The tables.
    ///
    /// # Errors
    /// None in practice: writing to a string cannot fail.
    pub fn markdown(&self) -> anyhow::Result<String> {
        let mut text = String::from("# Measured\n\n");
        self.machine.describe(&mut text)?;
        let command = if self.quick { "make bench QUICK=1" } else { "make bench" };
        writeln!(text, "- command: `{command}`\n")?;
        self.write_figures(&mut text)?;
        self.write_rows(&mut text)?;
        self.write_growth(&mut text)?;
        if let Some(memory) = &self.memory {
            memory.describe(&mut text)?;
        }
        self.large.describe(&mut text)?;
        Ok(text)
    }

    fn write_figures(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "| figure | value | wanted |\n|---|---:|---|")?;
        let figures = [
            ("commands/s over stock, 1,000 organizations", self.ratio_thousand_organizations, "at least 10"),
            ("commands/s over stock, one hot organization", self.ratio_hot_organization, "at least 40"),
            ("commands/s in batches of 100", self.batch_100_commands_per_s, "at least 30,000"),
            ("p99 at half load, ms", self.p99_half_load_ms, "under 25"),
            ("warm cost at the longest stream over that at 10 events", self.stream_growth_ratio, "at most 1.2"),
            ("priced consumptions over plain ones", self.priced_ratio, "at least 0.8"),
            ("p99 of estimates at 2,000/s, ms", self.estimate_p99_ms, "under 5"),
            ("p99 of webhooks at 1,000/s, ms", self.webhook_p99_ms, "under 20"),
            ("lag of the read models at full load, s", self.projection_lag_max_s, "under 1"),
            ("read models caught up after it, s", self.projection_caught_up_after_s, "under 2"),
            ("events/s of a rebuild (transactions)", self.rebuild_events_per_s, "at least 100,000"),
            ("p99 of balance and transactions at 1,000 queries/s, ms", self.query_p99_ms, "under 5"),
        ];
        for (name, value, wanted) in figures {
            writeln!(text, "| {name} | {value} | {wanted} |")?;
        }
        writeln!(text, "\nStock is the faster of its two forms, at its best number of connections.\n")
    }

    fn write_rows(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "| row | what | side | connections | commands/s | p50 ms | p99 ms | lag s | caught up s | answers |"
        )?;
        writeln!(text, "|---|---|---|---:|---:|---:|---:|---:|---:|---|")?;
        for row in &self.rows {
            let statuses: Vec<String> =
                row.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
            let offered = row.offered_per_s.map(|rate| format!(" ({rate}/s sent)")).unwrap_or_default();
            writeln!(
                text,
                "| {} | {}{offered} | {} | {} | {:.0} | {:.2} | {:.2} | {} | {} | {} |",
                row.row,
                row.title,
                row.side.name(),
                row.connections,
                row.commands_per_s,
                row.p50_ms,
                row.p99_ms,
                row.lag.map_or_else(String::new, |lag| format!("{:.2}", lag.max_s)),
                row.lag.map_or_else(String::new, |lag| format!("{:.2}", lag.caught_up_after_s)),
                statuses.join(", ")
            )?;
        }
        writeln!(text)
    }

    fn write_growth(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "(g) One consumption at a time, by the events in its stream. Cold: the first after a restart.\n"
        )?;
        writeln!(text, "| events | warm p50 ms | warm p99 ms | cold median ms | cold worst ms |")?;
        writeln!(text, "|---:|---:|---:|---:|---:|")?;
        for row in &self.growth {
            writeln!(
                text,
                "| {} | {:.2} | {:.2} | {:.2} | {:.2} |",
                row.events, row.warm_p50_ms, row.warm_p99_ms, row.cold_median_ms, row.cold_worst_ms
            )?;
        }
        writeln!(text)
    }
}

/// Ours over the faster stock form.
fn ratio(rows: &[Row], letter: char) -> anyhow::Result<f64> {
    let best = |ours: bool| {
        let rates = rows.iter().filter(|row| row.row == letter && (row.side == Side::Ours) == ours);
        rates.map(|row| row.commands_per_s).reduce(f64::max).with_context(|| format!("no row ({letter})"))
    };
    Ok(rounded(best(true)? / best(false)?))
}

/// Two digits after the point say all that such a measurement can.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
