import type { UsageRow } from "@credit-ledger/client";
import { describe, expect, it } from "vitest";
import { chartOf, firstDay, others } from "../src/chart_data.js";
import { formatFor, movement, movementTypes } from "../src/format.js";
import { tokenSource } from "../src/token.js";

const row = (day: number, operation: string | null, credits: number): UsageRow => ({
  bucket: `2026-11-0${day}T00:00:00Z`,
  operation,
  credits,
  count: 1,
  shortfall: 0,
  quantities: {},
});

describe("charts", () => {
  const from = new Date("2026-11-01T00:00:00Z");

  it("have a column for each day, and the same total as the rows", () => {
    const chart = chartOf([row(1, "a", 5), row(3, "b", 7), row(3, "a", 1)], from, 4);
    expect(chart.columns.map((column) => column.total)).toEqual([5, 0, 8, 0]);
    expect(chart.series).toEqual(["b", "a"]);
    expect(chart.total).toBe(13);
  });

  it("put the smallest together where they are many", () => {
    const rows = "abcdefgh".split("").map((name, n) => row(1, name, 10 - n));
    const chart = chartOf(rows, from, 1);
    expect(chart.series).toEqual(["a", "b", "c", "d", "e", others]);
    expect(chart.columns[0]?.parts.at(-1)).toEqual({ series: others, credits: 5 + 4 + 3 });
    expect(chart.total).toBe(52);
  });

  it("end today", () => {
    expect(firstDay(30, new Date("2026-11-30T23:59:00Z"))).toEqual(from);
  });
});

describe("formats", () => {
  it("are the reader's", () => {
    expect(formatFor("en-US").credits(1234567)).toBe("1,234,567");
    expect(formatFor("de-DE").credits(1234567)).toBe("1.234.567");
    expect(formatFor("en-US").signed(5)).toBe("+5");
    expect(formatFor("en-US").money(99_900, "usd")).toBe("$999.00");
    expect(formatFor("en-US").money(1_000, "jpy")).toBe("¥1,000");
    expect(formatFor("en-US").usageDay("2026-11-01T00:00:00Z")).toBe("Nov 1");
  });

  it("know every kind of movement", () => {
    for (const type of movementTypes) expect(movement(type)).not.toBe(type);
    expect(movement("new_kind")).toBe("new_kind");
  });
});

describe("tokens", () => {
  it("are shared, and replaced before they end", async () => {
    let now = 0;
    let asked = 0;
    const source = tokenSource(
      async () => ({ token: `t${(asked += 1)}`, expires_at: new Date(now + 900_000).toISOString() }),
      () => now,
    );
    expect(await Promise.all([source(), source()])).toEqual(["t1", "t1"]);
    now = 839_000;
    expect(await source()).toBe("t1");
    now = 841_000;
    expect(await source()).toBe("t2");
  });

  it("are asked for again after a failure", async () => {
    let fails = true;
    const source = tokenSource(async () => {
      if (fails) throw new Error("away");
      return { token: "t", expires_at: new Date(Date.now() + 1000).toISOString() };
    });
    await expect(source()).rejects.toThrow("away");
    fails = false;
    expect(await source()).toBe("t");
  });
});
