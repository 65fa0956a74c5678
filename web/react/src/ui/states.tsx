// The states that every component has besides its content: loading, empty, failed.

import { LedgerError } from "@credit-ledger/client";
import type { ReactNode } from "react";
import { Button } from "./button.js";

/** Room for what is loading, of about its size, so that nothing jumps. */
export function Skeleton({ lines = 1, height }: { readonly lines?: number; readonly height?: string }): ReactNode {
  return (
    <div className="cl-skeletons" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="cl-skeleton" style={height === undefined ? undefined : { height }} />
      ))}
    </div>
  );
}

/** Nothing is there, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="cl-empty">
      <p className="cl-empty-title">{title}</p>
      {children === undefined ? null : <div className="cl-muted">{children}</div>}
    </div>
  );
}

/** What went wrong, in words, and a way to try again. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }): ReactNode {
  return (
    <div className="cl-note cl-note-bad" role="alert">
      <span>{explain(error)}</span>
      {retry === undefined ? null : <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

const sentences: Readonly<Record<string, string>> = {
  route_not_found: "This server does not offer that yet.",
  origin_not_allowed: "Payments cannot return to this page: its origin is not among those that the server allows.",
  payments_off: "Payments are not set up on this server yet. Please contact support to buy credits.",
  scope_too_small: "Your key does not allow this.",
  token_expired: "Your session has ended. Please reload the page.",
};

/** A sentence for a person. */
export function explain(error: unknown): string {
  if (error instanceof LedgerError) return sentences[error.code] ?? sentence(error.message);
  if (error instanceof Error && error.name === "ConnectionError") return "The server cannot be reached at the moment.";
  return "Something went wrong.";
}

/** The API's details begin small and have no full stop. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
