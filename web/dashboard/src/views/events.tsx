// The whole ledger's events as they are committed.

import { Button, Empty, Panel } from "@credit-ledger/react";
import { type ReactNode, useEffect, useState } from "react";
import { EventList, type LedgerEvent } from "../parts/event_list.js";
import { followAll } from "../follow_all.js";

/** Kept on the page; older ones are in the log. */
const keptMax = 200;

export default function Events(): ReactNode {
  const [events, setEvents] = useState<readonly LedgerEvent[]>([]);
  const [isPaused, setPaused] = useState(false);
  const [state, setState] = useState("Connecting…");
  useEffect(() => {
    if (isPaused) return undefined;
    const stop = new AbortController();
    const add = (event: LedgerEvent) => setEvents((before) => [event, ...before].slice(0, keptMax));
    followAll(stop.signal, add, setState).catch(() => setState("The stream has ended."));
    return () => stop.abort();
  }, [isPaused]);
  return (
    <>
      <div className="title">
        <h1>Events</h1>
        <Button onClick={() => setPaused(!isPaused)}>{isPaused ? "Go on" : "Pause"}</Button>
      </div>
      <Panel title="Live" actions={<span className="cl-hint" role="status">{isPaused ? "Paused" : state}</span>}>
        {events.length === 0 ? <Empty title="Waiting for events">They appear here as they are committed.</Empty> : null}
        <EventList events={events} />
      </Panel>
    </>
  );
}
