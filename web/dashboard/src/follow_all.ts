// The feed of all organizations: the newest of it, then what comes.

import { messages } from "@credit-ledger/client";
import { ledger } from "./ledger.js";
import type { LedgerEvent } from "./parts/event_list.js";

const pauseMs = 1_000;

/** Calls back with each event, from the end of the log on, until it is told to stop. */
export async function followAll(
  signal: AbortSignal,
  seen: (event: LedgerEvent) => void,
  state: (text: string) => void,
): Promise<void> {
  let place = "end";
  while (!signal.aborted) {
    try {
      const response = await ledger.stream(`/v1/events?after=${encodeURIComponent(place)}`, signal);
      if (!response.ok || response.body === null) throw new Error(`answer ${response.status}`);
      state("Connected");
      for await (const { id, data } of messages(response.body)) {
        if (id !== undefined) place = id;
        if (data !== undefined) seen(JSON.parse(data) as LedgerEvent);
      }
    } catch {
      if (signal.aborted) return;
      state("Connecting again…");
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
