import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createCredits, getCreditsRoutes, withCreditCheck } from "../src/server/index.js";
import { type NodeResponse, withCreditCheck as withNodeCreditCheck } from "../src/server/express.js";
import { admin, funded } from "./support.js";

const request = (init: RequestInit & { path?: string } = {}) => new Request(`http://app.test${init.path ?? "/"}`, init);
const billingUrl = "https://app.test/billing";
const balance = async (org: string) => (await admin().balance(org, { consistency: "strong" })).available;

describe("actions", () => {
  it("consume, grant, reserve, confirm and cancel", async () => {
    const org = await funded(100);
    const credits = createCredits({ ledger: admin(), organizationId: async () => org, billingUrl });
    expect(await credits.getCreditBalance()).toBe(100);
    await credits.consumeCredits(10, "export");
    await credits.grantFreeCredits(org, 5, "welcome_bonus");
    expect(await credits.getCreditBalance(org)).toBe(95);
    const held = await credits.reserveCredits(org, 50);
    await credits.confirmReservation(held.id, 20);
    await credits.cancelReservation(await credits.reserveCredits(org, 50));
    expect(await balance(org)).toBe(75);
    expect(await credits.getCreditBalance("nobody")).toBe(0);
  });
});

describe("withCreditCheck", () => {
  const check = (org: string) => ({ ledger: admin(), organizationId: () => org });

  it("spends on 2xx, gives back otherwise", async () => {
    const org = await funded(100);
    const table = [
      [() => new Response("done"), 200, 90],
      [() => new Response("no", { status: 422 }), 422, 90],
    ] as const;
    for (const [handler, status, left] of table) {
      const response = await withCreditCheck(handler, 10, check(org))(request());
      expect([response.status, await balance(org)]).toEqual([status, left]);
    }
    const broken = withCreditCheck(() => Promise.reject(new Error("broken")), 10, check(org));
    await expect(broken(request())).rejects.toThrow("broken");
    expect(await balance(org)).toBe(90);
  });

  it("answers 402 without running the handler", async () => {
    const org = await funded(5);
    let ran = false;
    const response = await withCreditCheck(() => ((ran = true), new Response()), 10, check(org))(request());
    expect([response.status, await response.json()]).toEqual([402, { error: "Insufficient credits", required: 10, balance: 5 }]);
    expect(ran).toBe(false);
  });

  it("charges a repeated request once, and passes on what frameworks add", async () => {
    const org = await funded(100);
    const handler = withCreditCheck((_: Request, context: { id: string }) => new Response(context.id), () => 10, check(org));
    for (const _ of [1, 2]) {
      const response = await handler(request({ headers: { "idempotency-key": "one" } }), { id: "7" });
      expect(await response.text()).toBe("7");
    }
    expect(await balance(org)).toBe(90);
  });

  it("does no work that cannot be checked", async () => {
    const away = admin({ fetch: () => Promise.reject(new TypeError("away")), retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 } });
    const options = { ledger: away, organizationId: () => "any" };
    const response = await withCreditCheck(() => new Response(), 1, options)(request());
    expect(response.status).toBe(503);
  });

  it("settles handlers of Node's own", async () => {
    const org = await funded(100);
    const handler = withNodeCreditCheck(
      (incoming: { url?: string | undefined; headers: Record<string, string | string[] | undefined> }, outgoing: NodeResponse) => {
        outgoing.statusCode = incoming.url === "/bad" ? 500 : 200;
        outgoing.end("x");
      },
      30,
      check(org),
    );
    const server = createServer((incoming, outgoing) => void handler(incoming, outgoing)).listen(0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const statuses: number[] = [];
    for (const path of ["/", "/bad", "/", "/", "/"]) {
      statuses.push((await fetch(url + path)).status);
      // The credits are settled after the answer.
      await expect.poll(async () => (await admin().balance(org, { consistency: "strong" })).reserved).toBe(0);
    }
    server.close();
    expect(statuses).toEqual([200, 500, 200, 200, 402]);
    expect(await balance(org)).toBe(10);
  });
});

describe("routes", () => {
  it("answer for who is signed in, and spend only for the application's own servers", async () => {
    const org = await funded(100);
    const routes = getCreditsRoutes({
      ledger: admin(),
      billingUrl,
      organizationId: (incoming) => incoming.headers.get("x-org") ?? undefined,
      mayConsume: (incoming) => incoming.headers.get("x-internal") === "yes",
    });
    const headers = { "x-org": org };
    const post = (body: unknown, more = {}) => request({ method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) });
    expect((await routes.balance.GET(request())).status).toBe(401);
    expect(await (await routes.balance.GET(request({ headers }))).json()).toMatchObject({ balance: 100 });
    expect((await routes.consume.POST(post({ amount: 10 }))).status).toBe(403);
    expect((await routes.consume.POST(post({ amount: 10 }, { "x-internal": "yes" }))).status).toBe(200);
    const missing = await routes.consume.POST(post({ amount: 1000 }, { "x-internal": "yes" }));
    expect([missing.status, await missing.json()]).toEqual([402, { error: "Insufficient credits", required: 1000, balance: 90 }]);
    const history = await routes.history.GET(request({ path: "/?limit=1&unknown=1", headers }));
    expect(((await history.json()) as { data: unknown[] }).data).toHaveLength(1);
    expect(await (await routes.token.POST(post({}))).json()).toMatchObject({ organization_id: org });
    expect((await routes.purchase.POST(post({}))).status).toBe(422);
  });
});
