import { describe, expect, it } from "vitest";
import { CreditLedger, InsufficientCreditsError, LedgerError, UnauthorizedError, UnavailableError } from "../src/index.js";
import { admin, baseUrl, funded, troubled } from "./support.js";

/** As `fetch` fails where nobody answers. */
const away = (): Response => {
  throw new TypeError("fetch failed");
};

describe("commands", () => {
  it("spend, and say what is missing", async () => {
    const org = await funded(100);
    const spent = await admin().consume(org, { amount: 60, operation: "chat" });
    expect(spent.balance_after).toBe(40);
    const refused = admin().consume(org, { amount: 41 });
    await expect(refused).rejects.toBeInstanceOf(InsufficientCreditsError);
    await expect(refused).rejects.toMatchObject({ required: 41, balance: 40, available: 40, status: 402 });
  });

  it("have one effect, however often they are sent", async () => {
    const org = await funded(100);
    const busy = () => Response.json({ code: "overloaded" }, { status: 503, headers: { "retry-after": "0" } });
    const { fetch, seen } = troubled([busy, away, busy]);
    const spent = await admin({ fetch, retry: { attempts: 5, firstDelayMs: 1, maxDelayMs: 10 } }).consume(org, { amount: 10 });
    expect(spent.balance_after).toBe(90);
    expect(seen).toHaveLength(4);
    const keys = new Set(seen.map((request) => request.headers.get("idempotency-key")));
    expect(keys.size).toBe(1);
    const again = await admin().consume(org, { amount: 10 }, { idempotencyKey: [...keys][0]! });
    expect(again).toEqual(spent);
  });

  it("give up in the end, and are not sent again without a key", async () => {
    const busy = () => Response.json({ code: "overloaded", status: 503 }, { status: 503 });
    const { fetch, seen } = troubled([busy, busy, busy, busy]);
    const client = admin({ fetch, retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 10 } });
    await expect(client.balance("any")).rejects.toBeInstanceOf(UnavailableError);
    expect(seen).toHaveLength(2);
    await expect(client.createBrowserToken("any")).rejects.toBeInstanceOf(UnavailableError);
    expect(seen).toHaveLength(3);
  });

  it("are cancelled by their signal", async () => {
    const stop = new AbortController();
    const { fetch } = troubled([() => (stop.abort(new Error("enough")), away())]);
    await expect(admin({ fetch }).consume("any", { amount: 1 }, { signal: stop.signal })).rejects.toThrow("enough");
  });
});

describe("reads", () => {
  it("walk through all pages", async () => {
    const org = await funded(1000);
    const amounts = [1, 2, 3, 4, 5, 6, 7];
    let sequence = 0;
    for (const amount of amounts) sequence = (await admin().consume(org, { amount })).sequence;
    const seen: number[] = [];
    for await (const row of admin().allTransactions(org, { limit: 3, min_sequence: sequence })) seen.push(row.amount);
    expect(seen).toEqual([...amounts.reverse().map((amount) => -amount), 1000]);
  });

  it("say who is not let in, and what is not there", async () => {
    const stranger = new CreditLedger({ baseUrl: baseUrl(), credentials: { apiKey: "wrong" } });
    await expect(stranger.balance("any")).rejects.toBeInstanceOf(UnauthorizedError);
    const missing = admin().balance("nobody");
    await expect(missing).rejects.toMatchObject({ code: "organization_not_found", status: 404 });
    await expect(missing).rejects.toSatisfy((error: LedgerError) => error.requestId !== undefined);
  });
});

describe("reservations", () => {
  it("end once, and ending them again the same way is the same", async () => {
    const org = await funded(100);
    const held = await admin().reserve(org, { amount: 30 });
    const done = await admin().confirm(org, held.id, { amount: 20 });
    expect(done.balance_after).toBe(80);
    expect(await admin().confirm(org, held.id, { amount: 20 })).toEqual(done);
    const other = await admin().reserve(org, { amount: 30 });
    expect(await admin().cancel(org, other.id)).toMatchObject({ status: "cancelled", available_after: 80 });
  });
});
