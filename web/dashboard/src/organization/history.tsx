// All movements, with the refund of a consumption.

import { type Transaction, value } from "@credit-ledger/client";
import { CreditHistory } from "@credit-ledger/react";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { Confirm } from "../parts/confirm.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import type { PartProps } from "../views/organization.js";

export default function History({ org }: PartProps): ReactNode {
  const mayRefund = useMay("command");
  const csv = <Download org={org} />;
  return <CreditHistory actions={csv} detail={(row) => (mayRefund ? <Refund org={org} row={row} /> : null)} />;
}

function Download({ org }: PartProps): ReactNode {
  const save = async () => {
    const path = `/v1/organizations/${encodeURIComponent(org)}/transactions?limit=1000`;
    const response = await fetch(path, { headers: { accept: "text/csv" } });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = `${org}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" className="cl-button cl-button-plain" onClick={() => void save()}>
      Newest 1,000 as CSV
    </button>
  );
}

function Refund({ org, row }: PartProps & { readonly row: Transaction }): ReactNode {
  const format = useFormat();
  const id = row.entity_id;
  if (row.type !== "consumption" || !id || row.amount === 0) return null;
  return (
    <span className="row-action">
      <Confirm
        action="Refund"
        title="Refund usage"
        explanation={`Gives credits back to the grants that they came from, at most the ${format.credits(-row.amount)} that were taken.`}
        amount={{ label: "Credits", hint: "Empty: all that has not been refunded.", isCredits: true, isOptional: true }}
        run={async ({ amount, reason }, key) => {
          const params = { path: { org, id }, header: { "Idempotency-Key": key } };
          const body = { reason, ...(amount === undefined ? {} : { amount }) };
          return value(await ledger.api.POST("/v1/organizations/{org}/consumptions/{id}/refund", { params, body }));
        }}
      />
    </span>
  );
}
