// Credits held for work in progress.

import { type components, value } from "@credit-ledger/client";
import { Empty, Panel, creditKeys, orNone } from "@credit-ledger/react";
import { type ReactNode, useState } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import { useList } from "../use_list.js";
import type { PartProps } from "../views/organization.js";

type Row = components["schemas"]["ReservationRow"];

export default function Reservations({ org }: PartProps): ReactNode {
  const mayCancel = useMay("command");
  const format = useFormat();
  const [status, setStatus] = useState("pending");
  const list = useList<Row>(creditKeys.of(org, "reservations", status), async (cursor) => {
    const query = { limit: 50, ...(status === "" ? {} : { status }), ...(cursor === undefined ? {} : { cursor }) };
    const params = { path: { org }, query: query as never };
    return orNone(ledger.api.GET("/v1/organizations/{org}/reservations", { params }).then(value), { data: [] });
  });
  const columns: readonly Column<Row>[] = [
    { name: "For", show: (row) => <What row={row} /> },
    { name: "Held", isNumber: true, show: (row) => format.credits(row.amount) },
    { name: "Spent", isNumber: true, show: (row) => (row.confirmed_amount == null ? "–" : format.credits(row.confirmed_amount)) },
    { name: "Status", show: (row) => <span className="cl-badge">{row.status}</span> },
    { name: "Until", show: (row) => <span className="cl-nowrap cl-muted">{format.dateTime(row.ended_at ?? row.expires_at)}</span> },
    {
      name: "Actions",
      isNumber: true,
      show: (row) =>
        mayCancel && row.status === "pending" ? (
          <Confirm
            action="Cancel"
            title="Cancel this reservation"
            explanation="The held credits are free again. Work that is still going on will find its hold gone."
            kind="danger"
            hasReason={false}
            run={(_, idempotencyKey) => ledger.cancel(org, row.id, { idempotencyKey })}
          />
        ) : null,
    },
  ];
  return (
    <Panel
      title="Reservations"
      actions={
        <select className="cl-select" aria-label="State" value={status} onChange={(event) => setStatus(event.target.value)}>
          <option value="pending">Open</option>
          <option value="confirmed">Confirmed</option>
          <option value="cancelled">Cancelled</option>
          <option value="expired">Expired</option>
          <option value="">All</option>
        </select>
      }
    >
      <Listing
        list={list}
        caption="Reservations"
        columns={columns}
        rowKey={(row) => row.id}
        empty={<Empty title="Nothing is held">Work that reserves its credits is listed here while it lasts.</Empty>}
      />
    </Panel>
  );
}

function What({ row }: { readonly row: Row }): ReactNode {
  return (
    <>
      <span className="cl-what">{row.operation ?? "Work"}</span>
      <span className="cl-muted cl-about">{[row.description, row.subject].filter(Boolean).join(" · ")}</span>
    </>
  );
}
