// `withCreditCheck` for everything that answers a `Request` with a `Response`: Next.js route handlers, Hono, Workers.

import { type Cost } from "./credits.js";
import { type HoldOptions, hold, unchecked } from "./check.js";

/** A handler; frameworks pass more than the request. */
export type Handler<Rest extends readonly unknown[] = readonly unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

export interface CreditCheckOptions extends HoldOptions {
  /** Whose credits: from the application's own session. */
  readonly organizationId: (request: Request) => string | Promise<string>;
}

/**
 * The handler with a credit check: the cost is held before it runs, spent when it answers 2xx, and given back otherwise.
 * Without enough credits the answer is a 402 and the handler does not run. A request with an `Idempotency-Key` that is
 * sent again is charged once.
 */
export function withCreditCheck<Rest extends readonly unknown[]>(
  handler: Handler<Rest>,
  cost: Cost | ((request: Request) => Cost | Promise<Cost>),
  options: CreditCheckOptions,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    let held;
    try {
      const organization = await options.organizationId(request);
      const price = typeof cost === "function" ? await cost(request.clone()) : cost;
      held = await hold(options, organization, price, request.headers.get("idempotency-key") ?? undefined);
    } catch (error) {
      const { status, body } = unchecked(error);
      return Response.json(body, { status });
    }
    if ("error" in held) return Response.json(held, { status: 402 });
    try {
      const response = await handler(request, ...rest);
      await (response.ok ? held.confirm() : held.cancel());
      return response;
    } catch (error) {
      await held.cancel();
      throw error;
    }
  };
}
