// The four routes of an application's credits, for a router of `Request -> Response` handlers.
//
// They run with the application's key and for the organization of its own session, so a page of the application needs no
// token for them.

import type { CreditLedger, TransactionFilters } from "../client.js";
import { InsufficientCreditsError, LedgerError } from "../errors.js";
import { createCredits } from "./credits.js";

export interface RoutesOptions {
  readonly ledger: CreditLedger;
  /** Whose credits: from the application's own session. Throws, or answers `undefined`, for who is not signed in. */
  readonly organizationId: (request: Request) => string | undefined | Promise<string | undefined>;
  /** Where a checkout returns to: in an origin that the ledger allows. */
  readonly billingUrl: string;
  /** Whether the request may spend: `consume` is for the application's own servers. Default: nobody. */
  readonly mayConsume?: (request: Request) => boolean | Promise<boolean>;
}

type Route = (request: Request) => Promise<Response>;

export interface CreditsRoutes {
  readonly balance: { readonly GET: Route };
  readonly purchase: { readonly POST: Route };
  readonly history: { readonly GET: Route };
  readonly consume: { readonly POST: Route };
  /** For `CreditProvider`: a token for the page of whoever is signed in. */
  readonly token: { readonly POST: Route };
}

/** Filters of `history` that are passed on. */
const filters = ["type", "from", "to", "operation", "limit", "cursor"] as const;

export function getCreditsRoutes(options: RoutesOptions): CreditsRoutes {
  const { ledger } = options;
  const route = (answer: (organization: string, request: Request) => Promise<unknown>): Route => {
    return async (request) => {
      try {
        const organization = await options.organizationId(request);
        if (organization === undefined) return Response.json({ error: "Not signed in" }, { status: 401 });
        const body = await answer(organization, request);
        return body instanceof Response ? body : Response.json(body);
      } catch (error) {
        return refusal(error);
      }
    };
  };
  const credits = (organization: string) => createCredits({ ...options, organizationId: () => organization });
  return {
    balance: { GET: route((organization) => ledger.balance(organization)) },
    history: { GET: route((organization, request) => ledger.transactions(organization, filtersOf(request))) },
    purchase: {
      POST: route(async (organization, request) => {
        const { package_id: id } = await body(request);
        if (typeof id !== "string") return Response.json({ error: "`package_id` is missing" }, { status: 422 });
        return credits(organization).purchaseCredits(id, keyOf(request));
      }),
    },
    consume: {
      POST: route(async (organization, request) => {
        if (!(await options.mayConsume?.(request))) return Response.json({ error: "Not allowed" }, { status: 403 });
        return ledger.consume(organization, await body(request), keyOf(request));
      }),
    },
    token: { POST: route((organization) => ledger.createBrowserToken(organization)) },
  };
}

function filtersOf(request: Request): TransactionFilters {
  const given = new URL(request.url).searchParams;
  const known = filters.flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : []));
  return Object.fromEntries(known) as TransactionFilters;
}

async function body(request: Request): Promise<Record<string, unknown>> {
  const value: unknown = await request.json().catch(() => null);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function keyOf(request: Request): { idempotencyKey?: string } {
  const key = request.headers.get("idempotency-key");
  return key === null ? {} : { idempotencyKey: key };
}

/** The ledger's problem, but for what only the application may know: its own key does not work. */
function refusal(error: unknown): Response {
  if (error instanceof InsufficientCreditsError) {
    const { required, balance } = error;
    return Response.json({ error: "Insufficient credits", required, balance }, { status: 402 });
  }
  if (error instanceof LedgerError && error.status !== 401 && error.status !== 403) {
    return Response.json(error.problem, { status: error.status });
  }
  console.error("a route of credits failed", error);
  return Response.json({ error: "Credits are not available at the moment" }, { status: 503 });
}
