// Following an organization's events over `fetch`, which, unlike `EventSource`, sends a token in a header.

import { LedgerError, UnavailableError, errorOf } from "./errors.js";
import { type StreamMessage, messages } from "./sse.js";
import { sleep } from "./retry.js";
import { either } from "./signals.js";

/** What a browser token is shown of an event; a key gets the whole event. */
export interface CreditSignal {
  readonly type: string;
  readonly sequence: number;
  readonly balance?: number;
}

export type ConnectionState = "connecting" | "open" | "closed";

export interface SubscribeOptions {
  /** Only events after this one: a `last_sequence` that was seen. */
  readonly afterSequence?: number;
  readonly signal?: AbortSignal;
  readonly onState?: (state: ConnectionState) => void;
}

/** The longest pause between tries to connect. */
const pauseMaxMs = 15_000;
const pauseFirstMs = 500;
/** A little more than two heartbeats of the server: a connection that is silent for so long is dead. */
const silenceMaxMs = 35_000;

/**
 * Events as they happen, resumed after the last one that was seen whenever the connection breaks. Ends when the signal
 * says so, or with an error that a new connection would meet again.
 */
export async function* follow<E extends { readonly sequence: number }>(
  open: (lastSequence: number, signal: AbortSignal) => Promise<Response>,
  options: SubscribeOptions = {},
): AsyncGenerator<E, void, void> {
  let last = options.afterSequence ?? 0;
  let pause = pauseFirstMs;
  const signal = options.signal ?? new AbortController().signal;
  while (!signal.aborted) {
    options.onState?.("connecting");
    try {
      for await (const event of connection<E>(open, last, signal, () => options.onState?.("open"))) {
        pause = pauseFirstMs;
        last = event.sequence;
        yield event;
      }
    } catch (error) {
      if (error instanceof LedgerError && !(error instanceof UnavailableError) && error.status !== 401) {
        options.onState?.("closed");
        throw error;
      }
    }
    if (signal.aborted) break;
    await sleep(pause / 2 + Math.random() * pause, signal).catch(() => undefined);
    pause = Math.min(pause * 2, pauseMaxMs);
  }
  options.onState?.("closed");
}

async function* connection<E>(
  open: (lastSequence: number, signal: AbortSignal) => Promise<Response>,
  last: number,
  outer: AbortSignal,
  opened: () => void,
): AsyncGenerator<E, void, void> {
  const silence = new AbortController();
  const signal = either(outer, silence.signal);
  const restart = () => setTimeout(() => silence.abort(), silenceMaxMs);
  let timer = restart();
  try {
    const response = await open(last, signal);
    if (!response.ok || response.body === null) throw await errorOf(response, await response.json().catch(() => null));
    opened();
    for await (const message of messages(response.body)) {
      clearTimeout(timer);
      timer = restart();
      const event = eventOf<E>(message);
      if (event !== undefined) yield event;
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function eventOf<E>({ data }: StreamMessage): E | undefined {
  return data === undefined ? undefined : (JSON.parse(data) as E);
}
