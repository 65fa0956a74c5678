// How far the read models are.

import { Failure, Panel, Skeleton } from "@credit-ledger/react";
import type { components } from "@credit-ledger/client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useFormat } from "../parts/text.js";

type Readiness = components["schemas"]["Readiness"];

const everyMs = 2_000;

export default function Projections(): ReactNode {
  const found = useQuery({
    queryKey: ["readiness"],
    // A server that is not ready says so with a 503 and the same body.
    queryFn: async (): Promise<Readiness> => (await fetch("/readyz")).json() as Promise<Readiness>,
    refetchInterval: everyMs,
  });
  return (
    <>
      <div className="title">
        <h1>Projections</h1>
      </div>
      <Panel title="Read models of this server">
        {found.isLoading ? <Skeleton lines={4} /> : null}
        {found.error === null ? null : <Failure error={found.error} retry={() => void found.refetch()} />}
        {found.data === undefined ? null : <Standing readiness={found.data} />}
      </Panel>
    </>
  );
}

function Standing({ readiness }: { readonly readiness: Readiness }): ReactNode {
  const format = useFormat();
  const { lag_events, lag_ms, stopped, outdated } = readiness.projections;
  return (
    <>
      <dl className="cl-parts first">
        <div>
          <dt>Server</dt>
          <dd><span className="cl-badge" data-tone={readiness.status === "ready" ? "good" : "bad"}>{readiness.status}</span></dd>
        </div>
        <div>
          <dt>Events behind</dt>
          <dd className="cl-number">{format.count(lag_events)}</dd>
        </div>
        <div>
          <dt>Behind by</dt>
          <dd className="cl-number">{format.count(lag_ms)} ms</dd>
        </div>
      </dl>
      {stopped.map((one) => (
        <p key={`${one.projector}-${one.partition}`} className="cl-note cl-note-bad spaced">
          {one.projector} has stopped in partition {one.partition} at position {format.count(one.position)}. The reason is in the log and in `credit-ledger status`.
        </p>
      ))}
      {outdated.map((name) => (
        <p key={name} className="cl-note cl-note-warn spaced">
          {name} waits for `credit-ledger rebuild {name}`.
        </p>
      ))}
    </>
  );
}
