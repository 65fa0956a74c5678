// The ledger, as a program sees it. Every call is one of the API's operations; `api` has all of them, typed by path.

import createClient, { type Client } from "openapi-fetch";
import { errorOf } from "./errors.js";
import type { components, paths } from "./generated/schema.js";
import { type Page, rows } from "./pages.js";
import { type RetryPolicy, defaultRetry } from "./retry.js";
import { type CreditSignal, type SubscribeOptions, follow } from "./subscribe.js";
import { type Credentials, transport } from "./transport.js";

type Schemas = components["schemas"];
type Query<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { parameters: { query?: infer Q } }
  ? NonNullable<Q>
  : never;

export type Balance = Schemas["BalanceAnswer"];
export type Transaction = Schemas["TransactionRow"];
export type UsageRow = Schemas["UsageRow"];
export type Purchase = Schemas["PurchaseRow"];
export type CreditPackage = Schemas["PackageView"];
export type Grant = Schemas["GrantAnswer"];
export type Consumption = Schemas["ConsumptionAnswer"];
export type Reservation = Schemas["ReservationAnswer"];
export type ReservationEnd = Schemas["ReservationEndAnswer"];
export type BrowserToken = Schemas["BrowserTokenAnswer"];
/** A payment to be made by the customer, at `url`. */
export type Checkout = Schemas["CheckoutAnswer"];
export type AutoRechargeState = Schemas["AutoRechargeState"];
export type AutoRechargeInput = Schemas["AutoRechargeBody"];
/** An amount, or usage that the price book prices. */
export type ConsumeInput = Schemas["ConsumeBody"];
export type ReserveInput = Schemas["ReserveBody"];
export type ConfirmInput = Schemas["ConfirmBody"];
export type GrantInput = Schemas["GrantBody"];
export type TransactionFilters = Query<"/v1/organizations/{org}/transactions", "get">;
export type UsageFilters = Query<"/v1/organizations/{org}/usage", "get">;
export type PurchaseFilters = Query<"/v1/organizations/{org}/purchases", "get">;
export type BalanceOptions = Query<"/v1/organizations/{org}/balance", "get">;

export interface CreditLedgerOptions {
  /** Such as `https://ledger.example.com`; of a page of the server itself, its own origin. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly retry?: RetryPolicy;
  readonly fetch?: typeof fetch;
}

/** A command's own key: the same key makes a later try, also of another process, the same command. */
export interface CommandOptions {
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface CheckoutOptions extends CommandOptions {
  /** Where a checkout returns to, such as `https://app.example.com/settings/billing`: in an allowed origin. */
  readonly billingUrl: string;
  /** Keep the card for auto-recharge, which the payment page says to the customer. */
  readonly saveCard?: boolean;
}

export class CreditLedger {
  /** Every operation of the API, by path. Sends and tries again as the methods do; errors are answered, not thrown. */
  readonly api: Client<paths>;
  readonly #send: (request: Request) => Promise<Response>;
  readonly #baseUrl: string;

  constructor(options: CreditLedgerOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "");
    const { credentials, retry = defaultRetry, fetch } = options;
    this.#send = transport({ credentials, retry, fetch });
    this.api = createClient<paths>({ baseUrl: this.#baseUrl, fetch: this.#send });
  }

  async balance(org: string, query: BalanceOptions = {}): Promise<Balance> {
    return value(await this.api.GET("/v1/organizations/{org}/balance", { params: { path: { org }, query } }));
  }

  /** A page of movements, newest first. */
  async transactions(org: string, query: TransactionFilters = {}): Promise<Page<Transaction>> {
    return value(await this.api.GET("/v1/organizations/{org}/transactions", { params: { path: { org }, query } }));
  }

  /** All movements, newest first, read page by page. */
  allTransactions(org: string, query: TransactionFilters = {}): AsyncGenerator<Transaction, void, void> {
    return rows((cursor) => this.transactions(org, cursor === undefined ? query : { ...query, cursor }));
  }

  async usage(org: string, query: UsageFilters = {}): Promise<Page<UsageRow>> {
    return value(await this.api.GET("/v1/organizations/{org}/usage", { params: { path: { org }, query } }));
  }

  allUsage(org: string, query: UsageFilters = {}): AsyncGenerator<UsageRow, void, void> {
    return rows((cursor) => this.usage(org, cursor === undefined ? query : { ...query, cursor }));
  }

  async purchases(org: string, query: PurchaseFilters = {}): Promise<Page<Purchase>> {
    return value(await this.api.GET("/v1/organizations/{org}/purchases", { params: { path: { org }, query } }));
  }

  /** How many decimals amounts have where people read them. */
  async scale(): Promise<number> {
    return (await value(await this.api.GET("/v1/price-book/scale"))).scale;
  }

  /** What is for sale, cheapest first. */
  async packages(): Promise<readonly CreditPackage[]> {
    return (await value(await this.api.GET("/v1/packages"))).data;
  }

  async consume(org: string, body: ConsumeInput, options: CommandOptions = {}): Promise<Consumption> {
    const params = { path: { org }, header: keyed(options) };
    return value(await this.api.POST("/v1/organizations/{org}/consumptions", { params, body, ...abort(options) }));
  }

  /** Holds credits for work in progress. */
  async reserve(org: string, body: ReserveInput, options: CommandOptions = {}): Promise<Reservation> {
    const params = { path: { org }, header: keyed(options) };
    return value(await this.api.POST("/v1/organizations/{org}/reservations", { params, body, ...abort(options) }));
  }

  /** Spends what the work cost, all that is held by default, and gives the rest back. */
  async confirm(org: string, id: string, body: ConfirmInput = {}, options: CommandOptions = {}): Promise<Consumption> {
    // A hold is confirmed once, so its id is key enough.
    const params = { path: { org, id }, header: keyed(options, `${id}:confirm`) };
    const path = "/v1/organizations/{org}/reservations/{id}/confirm";
    return value(await this.api.POST(path, { params, body, ...abort(options) }));
  }

  async cancel(org: string, id: string, options: CommandOptions = {}): Promise<ReservationEnd> {
    const params = { path: { org, id }, header: keyed(options, `${id}:cancel`) };
    const path = "/v1/organizations/{org}/reservations/{id}/cancel";
    return value(await this.api.POST(path, { params, body: {}, ...abort(options) }));
  }

  async grant(org: string, body: GrantInput, options: CommandOptions = {}): Promise<Grant> {
    const params = { path: { org }, header: keyed(options) };
    return value(await this.api.POST("/v1/organizations/{org}/grants", { params, body, ...abort(options) }));
  }

  /** A token for a page of this organization. Needs a key, so it is made by a server. */
  async createBrowserToken(org: string, body: Schemas["BrowserTokenBody"] = {}): Promise<BrowserToken> {
    const path = "/v1/organizations/{org}/browser-tokens";
    return value(await this.api.POST(path, { params: { path: { org } }, body }));
  }

  /** Starts a checkout, and answers where the customer pays. */
  async checkout(org: string, packageId: string, options: CheckoutOptions): Promise<Checkout> {
    const body = { package_id: packageId, ...returnUrls(options.billingUrl), save_card: options.saveCard ?? false };
    const params = { path: { org }, header: keyed(options) };
    const path = "/v1/organizations/{org}/checkout-sessions";
    return value(await this.api.POST(path, { params, body, ...abort(options) }));
  }

  /** The auto-recharge of an organization, and why the ledger does what it does. */
  async autoRecharge(org: string): Promise<AutoRechargeState> {
    return value(await this.api.GET("/v1/organizations/{org}/auto-recharge", { params: { path: { org } } }));
  }

  async setAutoRecharge(org: string, body: AutoRechargeInput, options: CommandOptions = {}): Promise<void> {
    const params = { path: { org }, header: keyed(options) };
    await value(await this.api.PUT("/v1/organizations/{org}/auto-recharge", { params, body, ...abort(options) }));
  }

  /** Goes on after a suspension. */
  async resumeAutoRecharge(org: string, options: CommandOptions = {}): Promise<void> {
    const params = { path: { org }, header: keyed(options) };
    const path = "/v1/organizations/{org}/auto-recharge/resume";
    await value(await this.api.POST(path, { params, body: {}, ...abort(options) }));
  }

  /** A request by its path, for what a server may or may not have; sent and refused as all others are. */
  async send<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const headers = new Headers({ accept: "application/json" });
    if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
    if (body !== undefined) headers.set("content-type", "application/json");
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await this.#send(new Request(`${this.#baseUrl}${path}`, { method, headers, ...init }));
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw await errorOf(response, answer);
    return answer as T;
  }

  /** What happens to the organization, as it happens. A browser token is shown types, sequences and balances. */
  subscribe(org: string, options: SubscribeOptions = {}): AsyncGenerator<CreditSignal, void, void> {
    const path = `/v1/organizations/${encodeURIComponent(org)}/events`;
    const open = (after: number, signal: AbortSignal) => this.stream(`${path}?after_sequence=${after}`, signal);
    return follow<CreditSignal>(open, options);
  }

  /** A stream of server-sent events, to be read with `messages`. */
  stream(path: string, signal: AbortSignal): Promise<Response> {
    return this.#send(new Request(`${this.#baseUrl}${path}`, { headers: { accept: "text/event-stream" }, signal }));
  }
}

/** A new key for a command. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

function keyed({ idempotencyKey }: CommandOptions, otherwise?: string): { "Idempotency-Key": string } {
  return { "Idempotency-Key": idempotencyKey ?? otherwise ?? newIdempotencyKey() };
}

function abort({ signal }: CommandOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The addresses that a checkout returns to say how it went, and prove nothing. */
function returnUrls(billingUrl: string): { success_url: string; cancel_url: string } {
  const at = (outcome: string) => {
    const url = new URL(billingUrl);
    url.searchParams.set("credits", outcome);
    return url.toString();
  };
  return { success_url: at("purchased"), cancel_url: at("cancelled") };
}

interface Result<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** What an operation answered in JSON, or the error that it stands for, thrown. */
export async function value<T>({ data, error, response }: Result<T>): Promise<Exclude<NonNullable<T>, string>> {
  if (!response.ok || data === undefined || data === null) throw await errorOf(response, error);
  return data as Exclude<NonNullable<T>, string>;
}
