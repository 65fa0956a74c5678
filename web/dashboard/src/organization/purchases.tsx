// Purchases, their refunds, and recording one that was paid elsewhere.

import { type Purchase, value } from "@credit-ledger/client";
import { Field, PurchaseHistory, useCreditPackages } from "@credit-ledger/react";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import type { PartProps } from "../views/organization.js";

export default function Purchases({ org }: PartProps): ReactNode {
  const mayManage = useMay("admin");
  return (
    <>
      {mayManage ? (
        <div className="cl-actions">
          <Record org={org} />
        </div>
      ) : null}
      <PurchaseHistory actions={mayManage ? (row) => <Refund org={org} row={row} /> : undefined} />
    </>
  );
}

function Record({ org }: PartProps): ReactNode {
  const packages = useCreditPackages();
  const format = useFormat();
  const offered = packages.data ?? [];
  if (offered.length === 0) return null;
  return (
    <Confirm
      action="Record a payment"
      title="Record a payment"
      explanation="For a package that was paid elsewhere, by invoice or wire. A payment reference is used once."
      hasReason={false}
      more={
        <>
          <Field label="Package">
            {(ids) => (
              <select {...ids} className="cl-select" name="package">
                {offered.map((item) => (
                  <option key={item.id} value={item.id}>
                    {item.name}, {format.credits(item.credits)} for {format.money(item.price_cents, item.currency)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Payment reference" hint="Such as the invoice's number.">
            {(ids) => <input {...ids} className="cl-input" name="reference" maxLength={255} required />}
          </Field>
        </>
      }
      run={async ({ text }, key) => {
        const params = { path: { org }, header: { "Idempotency-Key": key } };
        const body = { package_id: text("package"), payment_reference: text("reference") };
        return value(await ledger.api.POST("/v1/organizations/{org}/purchases", { params, body }));
      }}
    />
  );
}

function Refund({ org, row }: PartProps & { readonly row: Purchase }): ReactNode {
  if (row.status !== "completed" && row.status !== "partly_revoked") return null;
  return (
    <div className="cl-actions row-action">
      <Confirm
        action="Refund purchase"
        title="Refund this purchase"
        explanation="Takes back what is left of its credits; what was already spent becomes a debt."
        kind="danger"
        amount={{ label: "Minor units of the currency", hint: "Such as cents. Empty: all that has not been refunded.", isOptional: true }}
        run={async ({ amount, reason }, key) => {
          const params = { path: { org, id: row.id }, header: { "Idempotency-Key": key } };
          const body = { reason, ...(amount === undefined ? {} : { amount_minor: amount }) };
          return value(await ledger.api.POST("/v1/organizations/{org}/purchases/{id}/refund", { params, body }));
        }}
      />
    </div>
  );
}
