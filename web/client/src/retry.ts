// When to send again what may safely be sent again.

/** How often and how long to try. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  /** The longest wait that is accepted, also where the server asks for one. */
  readonly maxDelayMs: number;
}

/** Four tries within about ten seconds: longer than a server takes to restart, shorter than people wait. */
export const defaultRetry: RetryPolicy = { attempts: 4, firstDelayMs: 200, maxDelayMs: 5_000 };

/** Whether a second sending cannot have a second effect. */
export function isRepeatable(request: Request): boolean {
  return request.method === "GET" || request.method === "HEAD" || request.headers.has("idempotency-key");
}

/** Answers that a later try may better: overload, limits, and gateways whose server is away. */
export function isTransient(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/**
 * The wait before try `attempt + 1`, or `undefined` where there is none. Doubled each time, and half of it random, so
 * that clients that failed together do not come back together. The server's `Retry-After` is the least.
 */
export function delayMs(
  policy: RetryPolicy,
  attempt: number,
  retryAfter: string | null,
  random: () => number = Math.random,
  now: () => number = Date.now,
): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  const ceiling = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs);
  const jittered = ceiling / 2 + (random() * ceiling) / 2;
  const asked = retryAfterMs(retryAfter, now);
  if (asked > policy.maxDelayMs) return undefined;
  return asked > 0 ? asked + jittered / 2 : jittered;
}

function retryAfterMs(header: string | null, now: () => number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now());
}

/** Waits, unless it is told to stop. */
export function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", stop, { once: true });
    function done() {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
  });
}
