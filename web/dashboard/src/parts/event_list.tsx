// Events with their JSON and their hash.

import type { components } from "@credit-ledger/client";
import type { ReactNode } from "react";
import { useFormat } from "./text.js";

export type LedgerEvent = components["schemas"]["EventView"];

export function EventList({ events }: { readonly events: readonly LedgerEvent[] }): ReactNode {
  const format = useFormat();
  return (
    <ul className="cl-list events">
      {events.map((event) => (
        <li key={event.id}>
          <details className="cl-receipt">
            <summary>
              <span>
                <span className="cl-what">{event.type}</span>
                <span className="cl-muted cl-about">
                  {organizationOf(event)} · #{event.sequence} · {event.actor}
                </span>
              </span>
              <time className="cl-muted cl-nowrap" dateTime={event.time}>{format.dateTime(event.time)}</time>
            </summary>
            <p className="cl-mono cl-break cl-muted">SHA-256 {event.chainhash}</p>
            <pre className="cl-mono json">{JSON.stringify(event.data, null, 2)}</pre>
          </details>
        </li>
      ))}
    </ul>
  );
}

function organizationOf(event: LedgerEvent): string {
  return decodeURIComponent(event.source.split("/").at(-1) ?? "");
}
