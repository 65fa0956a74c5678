// From rows of usage to the columns of a chart.

import type { UsageRow } from "@credit-ledger/client";

export interface Column {
  /** The start of the day or hour, UTC. */
  readonly bucket: string;
  readonly total: number;
  readonly parts: readonly { readonly series: string; readonly credits: number }[];
}

export interface Chart {
  /** Largest first; the last may be all others. */
  readonly series: readonly string[];
  readonly columns: readonly Column[];
  readonly total: number;
}

/** Series of their own; more colours cannot be told apart. */
const seriesMax = 5;
export const others = "Other";
const unnamed = "Without a name";
const dayMs = 86_400_000;

/** A column for each day of the span, those without usage included, and a series for each of the largest operations. */
export function chartOf(rows: readonly UsageRow[], from: Date, days: number): Chart {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(nameOf(row), (totals.get(nameOf(row)) ?? 0) + row.credits);
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const own = ranked.length > seriesMax + 1 ? ranked.slice(0, seriesMax) : ranked;
  const series = own.length < ranked.length ? [...own, others] : own;
  const columns = Array.from({ length: days }, (_, n) => {
    const bucket = new Date(from.getTime() + n * dayMs).toISOString().slice(0, 10);
    const ofDay = rows.filter((row) => row.bucket.startsWith(bucket));
    const parts = series.map((name) => ({ series: name, credits: sum(ofDay, (row) => place(row, own) === name) }));
    return { bucket: `${bucket}T00:00:00Z`, parts, total: parts.reduce((all, part) => all + part.credits, 0) };
  });
  return { series, columns, total: columns.reduce((all, column) => all + column.total, 0) };
}

function nameOf(row: UsageRow): string {
  return row.operation ?? unnamed;
}

function place(row: UsageRow, own: readonly string[]): string {
  const name = nameOf(row);
  return own.includes(name) ? name : others;
}

function sum(rows: readonly UsageRow[], counts: (row: UsageRow) => boolean): number {
  return rows.reduce((all, row) => (counts(row) ? all + row.credits : all), 0);
}

/** The first day of a span that ends today, UTC. */
export function firstDay(days: number, now: Date): Date {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return new Date(today - (days - 1) * dayMs);
}
