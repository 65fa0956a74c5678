// All organizations, with search by the beginning of their ids.

import { type components, value } from "@credit-ledger/client";
import { Button, Empty, type Format, Panel } from "@credit-ledger/react";
import { type ReactNode, useDeferredValue, useState } from "react";
import { Link, useLocation } from "wouter";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import { useList } from "../use_list.js";

type Row = components["schemas"]["OrganizationRow"];

const columns = (format: Format): readonly Column<Row>[] => [
  { name: "Organization", show: (row) => <Link href={`/organizations/${encodeURIComponent(row.organization_id)}`}>{row.organization_id}</Link> },
  { name: "State", show: (row) => <State row={row} /> },
  { name: "Available", isNumber: true, show: (row) => format.credits(row.available) },
  { name: "Held", isNumber: true, isMinor: true, show: (row) => format.credits(row.reserved) },
  { name: "Used", isNumber: true, isMinor: true, show: (row) => format.credits(row.lifetime_used) },
  { name: "Last event", isMinor: true, show: (row) => <span className="cl-muted cl-nowrap">{format.dateTime(row.updated_at)}</span> },
];

export default function Organizations(): ReactNode {
  const [typed, setTyped] = useState("");
  const prefix = useDeferredValue(typed.trim());
  const [, go] = useLocation();
  const mayGrant = useMay("admin");
  const format = useFormat();
  const list = useList<Row>(["organizations", prefix], async (cursor) => {
    const query = { limit: 50, ...(prefix === "" ? {} : { prefix }), ...(cursor === undefined ? {} : { cursor }) };
    return value(await ledger.api.GET("/v1/organizations", { params: { query } }));
  });
  return (
    <>
      <div className="title">
        <h1>Organizations</h1>
        {mayGrant ? (
          <Confirm
            action="New organization"
            title="New organization"
            explanation="An organization begins with its first credits. Its id is your own: letters, digits and . _ : -"
            amount={{ label: "Credits", isCredits: true }}
            more={<IdField />}
            run={async ({ amount = 0, reason, text }, idempotencyKey) => {
              await ledger.grant(text("id"), { amount, reason }, { idempotencyKey });
              go(`/organizations/${encodeURIComponent(text("id"))}`);
            }}
          />
        ) : null}
      </div>
      <Panel
        title="All organizations"
        actions={
          <input className="cl-input" type="search" aria-label="Search by id" placeholder="Id begins with…" value={typed} onChange={(event) => setTyped(event.target.value)} />
        }
      >
        <Listing
          list={list}
          caption="Organizations"
          columns={columns(format)}
          rowKey={(row) => row.organization_id}
          empty={
            prefix === "" ? (
              <Empty title="No organizations yet">The first grant or purchase of an organization makes it.</Empty>
            ) : (
              <Empty title={`No id begins with “${prefix}”`}>
                <Button onClick={() => setTyped("")}>Show all</Button>
              </Empty>
            )
          }
        />
      </Panel>
    </>
  );
}

function IdField(): ReactNode {
  return (
    <div className="cl-field">
      <label htmlFor="new-organization">Id</label>
      <input id="new-organization" className="cl-input" name="id" required maxLength={64} pattern="[A-Za-z0-9][A-Za-z0-9._:\-]*" />
    </div>
  );
}

function State({ row }: { readonly row: Row }): ReactNode {
  if (row.debt > 0) return <span className="cl-badge" data-tone="bad">In debt</span>;
  if (row.low_balance) return <span className="cl-badge" data-tone="warn">Low</span>;
  return <span className="cl-badge" data-tone="good">Fine</span>;
}
