// `withCreditCheck` for handlers of Node's own requests and answers: Express, and API routes of Next.js pages.

import { type Cost } from "./credits.js";
import { type Hold, type HoldOptions, hold, unchecked } from "./check.js";

/** As much of a request as is needed. */
export interface NodeRequest {
  readonly headers: Record<string, string | string[] | undefined>;
}

/** As much of an answer as is needed. */
export interface NodeResponse {
  statusCode: number;
  readonly writableFinished: boolean;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
  once(event: "finish" | "close", listener: () => void): unknown;
}

export interface NodeCreditCheckOptions<Req> extends HoldOptions {
  /** Whose credits: from the application's own session. */
  readonly organizationId: (request: Req) => string | Promise<string>;
}

/**
 * The handler with a credit check: the cost is held before it runs, spent once it has answered 2xx, and given back
 * otherwise, also when the client goes away before the answer. Without enough credits the answer is a 402.
 */
export function withCreditCheck<Req extends NodeRequest, Res extends NodeResponse, Rest extends readonly unknown[]>(
  handler: (request: Req, response: Res, ...rest: Rest) => unknown,
  cost: Cost | ((request: Req) => Cost | Promise<Cost>),
  options: NodeCreditCheckOptions<Req>,
): (request: Req, response: Res, ...rest: Rest) => Promise<unknown> {
  return async (request, response, ...rest) => {
    let held;
    try {
      const organization = await options.organizationId(request);
      const price = typeof cost === "function" ? await cost(request) : cost;
      const key = request.headers["idempotency-key"];
      held = await hold(options, organization, price, typeof key === "string" ? key : undefined);
    } catch (error) {
      const { status, body } = unchecked(error);
      return answer(response, status, body);
    }
    if ("error" in held) return answer(response, 402, held);
    settleAtTheEnd(response, held);
    try {
      return await handler(request, response, ...rest);
    } catch (error) {
      await held.cancel();
      throw error;
    }
  };
}

function settleAtTheEnd(response: NodeResponse, held: Hold): void {
  response.once("finish", () => {
    const isOk = response.statusCode >= 200 && response.statusCode < 300;
    void (isOk ? held.confirm() : held.cancel());
  });
  response.once("close", () => {
    if (!response.writableFinished) void held.cancel();
  });
}

function answer(response: NodeResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}
