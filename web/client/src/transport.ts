// Sends requests: with credentials, within a time, and again where that is safe. A try again is the same request with
// the same idempotency key, so a command has one effect however often it is sent.

import { ConnectionError } from "./errors.js";
import { type RetryPolicy, delayMs, isRepeatable, isTransient, sleep } from "./retry.js";
import { either } from "./signals.js";

/** Longer than the server lets a request take. */
export const requestTimeoutMs = 35_000;

/** Who calls: an API key, a browser token that may change, or (`"session"`) the dashboard's cookie. */
export type Credentials =
  | { readonly apiKey: string }
  | { readonly token: () => Promise<string> }
  | "session";

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly retry: RetryPolicy;
  readonly fetch?: typeof fetch | undefined;
}

/** As `fetch`, with all of that. */
export function transport(options: TransportOptions): (request: Request) => Promise<Response> {
  const send = options.fetch ?? ((request) => fetch(request));
  return async (request) => {
    const policy = isRepeatable(request) ? options.retry : { ...options.retry, attempts: 1 };
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await once(send, await authorized(request.clone(), options.credentials), request.signal);
      const retryAfter = outcome instanceof Response ? outcome.headers.get("retry-after") : null;
      const isFinal = outcome instanceof Response && !isTransient(outcome.status);
      const wait = isFinal ? undefined : delayMs(policy, attempt, retryAfter);
      if (wait === undefined) {
        if (outcome instanceof Response) return outcome;
        throw outcome;
      }
      await sleep(wait, request.signal);
    }
  };
}

async function authorized(request: Request, credentials: Credentials): Promise<Request> {
  if (credentials === "session") return request;
  const secret = "apiKey" in credentials ? credentials.apiKey : await credentials.token();
  request.headers.set("authorization", `Bearer ${secret}`);
  return request;
}

async function once(
  send: typeof fetch,
  request: Request,
  signal: AbortSignal,
): Promise<Response | ConnectionError> {
  try {
    // A stream has no end, and so no time.
    const isStream = request.headers.get("accept")?.includes("text/event-stream") ?? false;
    const limit = isStream ? signal : either(signal, AbortSignal.timeout(requestTimeoutMs));
    return await send(new Request(request, { signal: limit }));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return new ConnectionError(`no answer from ${new URL(request.url).origin}`, { cause: error });
  }
}
