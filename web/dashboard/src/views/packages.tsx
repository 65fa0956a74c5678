// Packages: what is for sale.

import { type CreditPackage, value } from "@credit-ledger/client";
import { Empty, Field, Panel } from "@credit-ledger/react";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { type Column, Listing } from "../parts/listing.js";
import { useFormat } from "../parts/text.js";
import { useMay, useSession } from "../session.js";
import { useList } from "../use_list.js";

const queryKey = ["packages"];

export default function Packages(): ReactNode {
  const client = useQueryClient();
  const format = useFormat();
  const isBound = Boolean(useSession().organization_id);
  const mayManage = useMay("admin") && !isBound;
  const readAgain = () => client.invalidateQueries({ queryKey });
  const list = useList<CreditPackage>(queryKey, async () => ({ data: await ledger.packages() }));
  const columns: readonly Column<CreditPackage>[] = [
    { name: "Package", show: (row) => <What row={row} /> },
    { name: "Credits", isNumber: true, show: (row) => format.credits(row.credits) },
    { name: "Bonus", isNumber: true, isMinor: true, show: (row) => format.credits(row.bonus_credits) },
    { name: "Price", isNumber: true, show: (row) => format.money(row.price_cents, row.currency) },
    { name: "Discount", isNumber: true, isMinor: true, show: (row) => (row.discount_permille ? format.percent(row.discount_permille / 1000) : "–") },
    { name: "Actions", isNumber: true, show: (row) => (mayManage ? <Retire row={row} onDone={readAgain} /> : null) },
  ];
  return (
    <>
      <div className="title">
        <h1>Packages</h1>
        {mayManage ? <Add onDone={readAgain} /> : null}
      </div>
      <Panel title="For sale">
        <Listing
          list={list}
          caption="Packages"
          columns={columns}
          rowKey={(row) => row.id}
          empty={<Empty title="Nothing is for sale">Add a package here, or begin with <code>credit-ledger init standard</code>.</Empty>}
        />
      </Panel>
    </>
  );
}

function What({ row }: { readonly row: CreditPackage }): ReactNode {
  return (
    <>
      <span className="cl-what">{row.name}</span>
      <span className="cl-muted cl-about">{[row.id, ...row.features].join(" · ")}</span>
    </>
  );
}

interface ActionProps {
  readonly onDone: () => Promise<void>;
}

function Add({ onDone }: ActionProps): ReactNode {
  return (
    <Confirm
      action="Add a package"
      title="Add a package"
      explanation="It is for sale at once. Later changes are new versions; purchases keep the one they were made by."
      kind="primary"
      hasReason={false}
      amount={{ label: "Credits", isCredits: true }}
      more={
        <>
          <Field label="Id" hint="A word of your own.">{(ids) => <input {...ids} className="cl-input" name="id" required maxLength={64} />}</Field>
          <Field label="Name">{(ids) => <input {...ids} className="cl-input" name="name" required maxLength={255} />}</Field>
          <Field label="Price" hint="In minor units of the currency, such as cents.">{(ids) => <input {...ids} className="cl-input" name="price" type="number" min={0} step={1} required />}</Field>
          <Field label="Currency">{(ids) => <input {...ids} className="cl-input" name="currency" defaultValue="USD" maxLength={3} required />}</Field>
        </>
      }
      run={async ({ amount = 0, text }) => {
        const body = { id: text("id"), name: text("name"), credits: amount, price_cents: Number(text("price")), currency: text("currency") };
        await value(await ledger.api.POST("/v1/packages", { body }));
        await onDone();
      }}
    />
  );
}

function Retire({ row, onDone }: ActionProps & { readonly row: CreditPackage }): ReactNode {
  return (
    <Confirm
      action="Retire"
      title={`Retire ${row.name}`}
      explanation="It is no longer for sale. What was bought stays."
      kind="danger"
      hasReason={false}
      run={async () => {
        await value(await ledger.api.POST("/v1/packages/{id}/retire", { params: { path: { id: row.id } } }));
        await onDone();
      }}
    />
  );
}
