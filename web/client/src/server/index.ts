// For an application's server: actions, the credit check, routes. None of it is for browsers, which must not have keys.

export * from "./credits.js";
export type { Hold, HoldOptions, InsufficientCredits } from "./check.js";
export * from "./routes.js";
export * from "./with_credit_check.js";
