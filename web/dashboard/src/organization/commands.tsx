// What an operator may do to a balance.

import { value } from "@credit-ledger/client";
import { Field } from "@credit-ledger/react";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { useMay } from "../session.js";
import type { PartProps } from "../views/organization.js";

const dayS = 86_400;

export function Commands({ org }: PartProps): ReactNode {
  if (!useMay("admin")) return null;
  return (
    <div className="cl-actions">
      <Confirm
        action="Grant credits"
        title={`Grant credits to ${org}`}
        explanation="Promotional credits, without a payment. They are spent before paid ones of the same end."
        kind="primary"
        amount={{ label: "Credits", isCredits: true }}
        more={
          <Field label="Valid for (days)" hint="Empty: without an end.">
            {(ids) => <input {...ids} className="cl-input" name="days" type="number" min={1} max={36500} step={1} />}
          </Field>
        }
        run={({ amount = 0, reason, text }, idempotencyKey) => {
          const days = Number(text("days"));
          const end = days > 0 ? { expires_in_seconds: days * dayS } : {};
          return ledger.grant(org, { amount, reason, ...end }, { idempotencyKey });
        }}
      />
      <Confirm
        action="Adjust"
        title={`Adjust the balance of ${org}`}
        explanation="Puts a mistake right, up or down. Held credits are not touched."
        amount={{ label: "Credits", hint: "Below zero takes away.", isCredits: true, isSigned: true }}
        run={async ({ amount = 0, reason }, key) => {
          const params = { path: { org }, header: { "Idempotency-Key": key } };
          return value(await ledger.api.POST("/v1/organizations/{org}/adjustments", { params, body: { amount, reason } }));
        }}
      />
    </div>
  );
}
