// An application for `runtimes.test.ts`: a handler that is charged for, in whatever runs it.

import { CreditLedger } from "../src/index.js";
import { withCreditCheck } from "../src/server/index.js";

type HandlerFor = (baseUrl: string, apiKey: string, org: string) => (request: Request) => Promise<Response>;

(globalThis as unknown as { handlerFor: HandlerFor }).handlerFor = (baseUrl, apiKey, org) => {
  const ledger = new CreditLedger({ baseUrl, credentials: { apiKey } });
  const handler = (request: Request) => Response.json({ asked: new URL(request.url).pathname });
  return withCreditCheck(handler, 10, { ledger, organizationId: () => org });
};
