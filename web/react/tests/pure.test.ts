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

  it("move the point of amounts by the scale, exactly, and of nothing else", () => {
    const format = formatFor("en-US", 2);
    expect(format.credits(123_456_789)).toBe("1,234,567.89");
    expect([0, 5, -5, -100].map((amount) => format.credits(amount))).toEqual(["0.00", "0.05", "-0.05", "-1.00"]);
    expect([5, 0, -120].map((amount) => format.signed(amount))).toEqual(["+0.05", "0.00", "-1.20"]);
    expect(format.axis(120_050)).toBe("1,200.5");
    expect(format.count(1200)).toBe("1,200");
    expect(formatFor("de-DE", 9).credits(999_999_999_999_999)).toBe("999.999,999999999");
    expect(formatFor("en-US", 9).credits(Number.MAX_SAFE_INTEGER)).toBe("9,007,199.254740991");
  });

  it("read what was typed as it is shown", () => {
    for (const [scale, typed, amount] of [[0, "1000", 1000], [2, "0.29", 29], [2, "-1.1", -110], [9, "999999.999999999", 999_999_999_999_999]] as const) {
      const format = formatFor("en-US", scale);
      expect(format.amount(typed)).toBe(amount);
      expect(Number(format.typed(amount))).toBe(Number(typed));
    }
    expect(formatFor("en-US", 2).typed(1)).toBe("0.01");
  });

  it("show no amount while the scale is not known", () => {
    const format = formatFor("en-US", null);
    expect([format.credits(5), format.signed(5), format.axis(5), format.typed(5)]).toEqual(["–", "–", "–", ""]);
    expect(format.amount("5")).toBeNaN();
    expect(format.count(5)).toBe("5");
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
