// Grants in the order in which they are spent, and what expires when.

import { type components, value } from "@credit-ledger/client";
import { Panel, creditKeys, orNone } from "@credit-ledger/react";
import { type ReactNode, useState } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import { useList } from "../use_list.js";
import type { PartProps } from "../views/organization.js";

type Row = components["schemas"]["Listed_GrantRow"]["data"][number];

export default function Grants({ org }: PartProps): ReactNode {
  const mayVoid = useMay("admin");
  const format = useFormat();
  const [status, setStatus] = useState("active");
  const list = useList<Row>(creditKeys.of(org, "grants", status), async (cursor) => {
    const query = { limit: 50, ...(status === "" ? {} : { status }), ...(cursor === undefined ? {} : { cursor }) };
    const params = { path: { org }, query: query as never };
    return orNone(ledger.api.GET("/v1/organizations/{org}/grants", { params }).then(value), { data: [] });
  });
  const columns: readonly Column<Row>[] = [
    { name: "Grant", show: (row) => <What row={row} /> },
    { name: "Left", isNumber: true, show: (row) => format.credits(row.remaining) },
    { name: "Of", isNumber: true, show: (row) => format.credits(row.amount) },
    { name: "Held", isNumber: true, isMinor: true, show: (row) => format.credits(row.held) },
    { name: "Ends", show: (row) => <span className="cl-nowrap">{row.expires_at ? format.day(row.expires_at) : "Never"}</span> },
    { name: "Priority", isNumber: true, isMinor: true, show: (row) => row.priority },
    { name: "Actions", isNumber: true, show: (row) => (mayVoid && status === "active" ? <Void org={org} id={row.id} /> : null) },
  ];
  return (
    <Panel
      title="Grants"
      actions={
        <select className="cl-select" aria-label="State" value={status} onChange={(event) => setStatus(event.target.value)}>
          <option value="active">Active</option>
          <option value="scheduled">Scheduled</option>
          <option value="expired">Expired</option>
          <option value="">All</option>
        </select>
      }
    >
      <Listing list={list} caption="Grants" columns={columns} rowKey={(row) => row.id} empty="No such grants" />
    </Panel>
  );
}

function What({ row }: { readonly row: Row }): ReactNode {
  const only = row.applies_to.length > 0 ? `only for ${row.applies_to.join(", ")}` : "";
  return (
    <>
      <span className="cl-what">{row.category === "paid" ? "Paid" : "Promotional"}</span>
      <span className="cl-muted cl-about">{[row.reason, only].filter(Boolean).join(" · ")}</span>
    </>
  );
}

function Void({ org, id }: PartProps & { readonly id: string }): ReactNode {
  return (
    <Confirm
      action="Void"
      title="Void this grant"
      explanation="What is left of it, and not held, is taken away for good."
      kind="danger"
      run={async ({ reason }, key) => {
        const params = { path: { org, id }, header: { "Idempotency-Key": key } };
        return value(await ledger.api.POST("/v1/organizations/{org}/grants/{id}/void", { params, body: { reason } }));
      }}
    />
  );
}
