import { describe, expect, it } from "vitest";
import { CreditLedger, type CreditSignal } from "../src/index.js";
import { admin, baseUrl, funded } from "./support.js";

async function first(count: number, stream: AsyncIterable<CreditSignal>): Promise<CreditSignal[]> {
  const seen: CreditSignal[] = [];
  for await (const event of stream) {
    seen.push(event);
    if (seen.length === count) break;
  }
  return seen;
}

describe("subscriptions", () => {
  it("show a page types, sequences and balances as they come, and go on where a connection broke", async () => {
    const org = await funded(100);
    const { token } = await admin().createBrowserToken(org, { ttl_seconds: 60 });
    let opened = 0;
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      opened += 1;
      if (opened > 1 || response.body === null) return response;
      // The first connection breaks after its first event.
      let text = "";
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          text += new TextDecoder().decode(chunk);
          controller.enqueue(chunk);
          if (text.includes("data:")) controller.terminate();
        },
      });
      return new Response(response.body.pipeThrough(cut), response);
    };
    const page = new CreditLedger({ baseUrl: baseUrl(), credentials: { token: async () => token }, fetch: flaky });
    const states: string[] = [];
    const seen: CreditSignal[] = [];
    for await (const event of page.subscribe(org, { onState: (state) => states.push(state) })) {
      seen.push(event);
      if (seen.length === 3) break;
      await admin().consume(org, { amount: seen.length });
    }
    expect(seen).toEqual([
      { type: "CreditsGranted", sequence: 1, balance: 100 },
      { type: "CreditsConsumed", sequence: 2, balance: 99 },
      { type: "CreditsConsumed", sequence: 3, balance: 97 },
    ]);
    expect(opened).toBe(2);
    expect(states.filter((state) => state === "open")).toHaveLength(2);
  });

  it("end with an error that would come again", async () => {
    const { token } = await admin().createBrowserToken(await funded(1));
    const page = new CreditLedger({ baseUrl: baseUrl(), credentials: { token: async () => token } });
    await expect(first(1, page.subscribe("another"))).rejects.toMatchObject({ code: "organization_not_found" });
  });

  it("stop when they are told to", async () => {
    const org = await funded(1);
    const stop = new AbortController();
    const events = first(9, admin().subscribe(org, { signal: stop.signal, afterSequence: 1 }));
    setTimeout(() => stop.abort(), 100);
    expect(await events).toEqual([]);
  });
});
