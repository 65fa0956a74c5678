import { inject } from "vitest";
import { CreditLedger, type CreditLedgerOptions } from "../src/index.js";
import { adminKey } from "../../testing/server.js";

export { adminKey };

export const baseUrl = () => inject("ledgerUrl");

export function admin(options: Partial<CreditLedgerOptions> = {}): CreditLedger {
  return new CreditLedger({ baseUrl: baseUrl(), credentials: { apiKey: adminKey }, ...options });
}

let organizations = 0;

/** An organization of one test's own, with credits. */
export async function funded(amount: number): Promise<string> {
  organizations += 1;
  const org = `client-${process.pid}-${organizations}`;
  await admin().grant(org, { amount, reason: "test" });
  return org;
}

/** Answers the first requests itself, as a server in trouble would; the rest goes through. */
export function troubled(answers: ReadonlyArray<() => Response>): { fetch: typeof fetch; seen: Request[] } {
  const seen: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    seen.push(request.clone());
    const answer = answers[seen.length - 1];
    return answer === undefined ? fetch(request) : answer();
  };
  return { fetch: send, seen };
}
