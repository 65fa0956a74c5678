// The page around the billing page, and what they say to each other.
//
// We ask with `{type: "credit-ledger:token?"}`; it answers `{type: "credit-ledger:token", organization_id, token,
// expires_at, billing_url?, locale?}`. Only messages of the page right around this one are read.

import type { PageToken } from "@credit-ledger/react";

export interface Embedder {
  readonly organizationId: string;
  readonly billingUrl: string | undefined;
  readonly locale: string | undefined;
  readonly getToken: () => Promise<PageToken>;
}

interface TokenMessage extends PageToken {
  readonly type: "credit-ledger:token";
  readonly organization_id: string;
  readonly billing_url?: string;
  readonly locale?: string;
}

export function isFramed(): boolean {
  return window.parent !== window;
}

/** Asks until there is an answer: the other page may not listen yet. */
const askAgainMs = 1_000;

/** Tells who is around, once it has answered with a first token. Answers how to stop asking. */
export function askEmbedder(found: (embedder: Embedder) => void): () => void {
  const stop = new AbortController();
  void nextToken(stop.signal).then((first) => {
    let unused: TokenMessage | undefined = first;
    const getToken = async () => {
      const token = unused ?? (await nextToken(stop.signal));
      unused = undefined;
      return token;
    };
    found({ organizationId: first.organization_id, billingUrl: first.billing_url, locale: first.locale, getToken });
  });
  return () => stop.abort();
}

function nextToken(signal: AbortSignal): Promise<TokenMessage> {
  return new Promise((resolve) => {
    // The question holds no secret, so any page may hear it.
    const ask = () => window.parent.postMessage({ type: "credit-ledger:token?" }, "*");
    const timer = setInterval(ask, askAgainMs);
    const listening = new AbortController();
    const end = () => {
      clearInterval(timer);
      listening.abort();
    };
    signal.addEventListener("abort", end, { once: true });
    window.addEventListener(
      "message",
      (event: MessageEvent<unknown>) => {
        if (event.source !== window.parent || !isToken(event.data)) return;
        end();
        resolve(event.data);
      },
      { signal: listening.signal },
    );
    ask();
  });
}

function isToken(data: unknown): data is TokenMessage {
  return typeof data === "object" && data !== null && "type" in data && data.type === "credit-ledger:token";
}
