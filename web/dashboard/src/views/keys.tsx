// API keys.

import { type components, value } from "@credit-ledger/client";
import { Dialog, Field, Panel } from "@credit-ledger/react";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useList } from "../use_list.js";

type Key = components["schemas"]["KeyView"];
const queryKey = ["keys"];

export default function Keys(): ReactNode {
  const client = useQueryClient();
  const format = useFormat();
  const readAgain = () => client.invalidateQueries({ queryKey });
  const [made, setMade] = useState<string | undefined>(undefined);
  const list = useList<Key>(queryKey, async () => value(await ledger.api.GET("/v1/keys")));
  const columns: readonly Column<Key>[] = [
    { name: "Name", show: (row) => <><span className="cl-what">{row.name || "Unnamed"}</span><span className="cl-muted cl-about">{row.id}</span></> },
    { name: "Scope", show: (row) => <span className="cl-badge">{row.scope}</span> },
    { name: "Organization", isMinor: true, show: (row) => row.organization_id ?? "All" },
    { name: "Made", isMinor: true, show: (row) => <span className="cl-nowrap cl-muted">{format.day(row.created_at)}</span> },
    { name: "Actions", isNumber: true, show: (row) => (row.revoked_at ? <span className="cl-badge" data-tone="bad">Revoked</span> : <Revoke row={row} onDone={readAgain} />) },
  ];
  return (
    <>
      <div className="title">
        <h1>API keys</h1>
        <Make onMade={async (key) => { setMade(key); await readAgain(); }} />
      </div>
      <Panel title="All keys">
        <Listing list={list} caption="API keys" columns={columns} rowKey={(row) => row.id} empty="There are no keys but the bootstrap key" />
      </Panel>
      <Dialog title="The new key" isOpen={made !== undefined} onClose={() => setMade(undefined)}>
        <p className="cl-hint">It is shown this once.</p>
        <p className="cl-note cl-mono cl-break">{made}</p>
      </Dialog>
    </>
  );
}

function Make({ onMade }: { readonly onMade: (key: string) => Promise<void> }): ReactNode {
  return (
    <Confirm
      action="Make a key"
      title="Make a key"
      explanation="One for each service, so that each can be revoked alone."
      kind="primary"
      hasReason={false}
      more={
        <>
          <Field label="Name">{(ids) => <input {...ids} className="cl-input" name="name" required maxLength={255} />}</Field>
          <Field label="Scope">
            {(ids) => (
              <select {...ids} className="cl-select" name="scope" defaultValue="read">
                <option value="read">read</option>
                <option value="command">command: also spends</option>
                <option value="admin">admin: also grants, changes settings and keys</option>
              </select>
            )}
          </Field>
          <Field label="Organization" hint="Empty: all of them.">{(ids) => <input {...ids} className="cl-input" name="organization" maxLength={64} />}</Field>
        </>
      }
      run={async ({ text }) => {
        const organization_id = text("organization") || null;
        const scope = text("scope") as Key["scope"];
        const key = await value(await ledger.api.POST("/v1/keys", { body: { name: text("name"), scope, organization_id } }));
        await onMade(key.key ?? "");
      }}
    />
  );
}

function Revoke({ row, onDone }: { readonly row: Key; readonly onDone: () => Promise<void> }): ReactNode {
  return (
    <Confirm
      action="Revoke"
      title={`Revoke ${row.name || "this key"}`}
      explanation="It stops working within five seconds, with the tokens and sessions that came of it, for good."
      kind="danger"
      hasReason={false}
      run={async () => {
        await value(await ledger.api.DELETE("/v1/keys/{id}", { params: { path: { id: row.id } } }));
        await onDone();
      }}
    />
  );
}
