// The client of Credit Ledger: Node 20, browsers, edge runtimes.

export * from "./client.js";
export * from "./errors.js";
export type { components, paths } from "./generated/schema.js";
export { type Page, rows } from "./pages.js";
export { type RetryPolicy, defaultRetry } from "./retry.js";
export { type StreamMessage, messages } from "./sse.js";
export type { ConnectionState, CreditSignal, SubscribeOptions } from "./subscribe.js";
export type { Credentials } from "./transport.js";
