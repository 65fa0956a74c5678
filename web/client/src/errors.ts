// What can go wrong, as classes. Every answer of the server that is not a success is a problem (RFC 9457) with a stable
// `code`; the most common ones have a class of their own.

/** The body of an answer that is not a success. Some problems carry further fields, the numbers of their sentence. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable; the thing to compare with. */
  readonly code: string;
  readonly detail: string;
  readonly [field: string]: unknown;
}

/** The server answered with a problem. */
export class LedgerError extends Error {
  override readonly name: string = "LedgerError";

  constructor(
    readonly problem: Problem,
    /** Under which the request is found in the server's log. */
    readonly requestId: string | undefined,
  ) {
    super(problem.detail || problem.title);
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** There are not enough credits. Nothing was spent. */
export class InsufficientCreditsError extends LedgerError {
  override readonly name = "InsufficientCreditsError";

  get required(): number {
    return number(this.problem["required"]);
  }

  get balance(): number {
    return number(this.problem["balance"]);
  }

  /** What could be spent, overdraft included. */
  get available(): number {
    return number(this.problem["available"]);
  }
}

/** The key or token is missing, unknown, revoked or expired. */
export class UnauthorizedError extends LedgerError {
  override readonly name = "UnauthorizedError";
}

/** The server asked to come back later, also after the tries that were made. A command may be sent again with its key. */
export class UnavailableError extends LedgerError {
  override readonly name = "UnavailableError";
}

/** No answer came. Whether a command took effect is found by sending it again with the same key. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** The error that an answer stands for. */
export async function errorOf(response: Response, body: unknown): Promise<LedgerError> {
  const problem = asProblem(body, response);
  const requestId = response.headers.get("x-request-id") ?? undefined;
  if (problem.code === "insufficient_credits") return new InsufficientCreditsError(problem, requestId);
  if (problem.status === 401) return new UnauthorizedError(problem, requestId);
  if (problem.status === 429 || problem.status === 503) return new UnavailableError(problem, requestId);
  return new LedgerError(problem, requestId);
}

function asProblem(body: unknown, response: Response): Problem {
  if (typeof body === "object" && body !== null && "code" in body && typeof body.code === "string") {
    return body as unknown as Problem;
  }
  // Of something between us and the server.
  const title = response.statusText || "Unexpected answer";
  const detail = `the answer ${response.status} is not of a credit ledger`;
  return { type: "about:blank", title, status: response.status, code: "unexpected_answer", detail };
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
