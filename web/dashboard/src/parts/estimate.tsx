// What usage would cost by the price book in force.

import { newIdempotencyKey } from "@credit-ledger/client";
import { Button, Failure, Field, Panel } from "@credit-ledger/react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { useFormat } from "./text.js";

interface Answer {
  readonly amount: number;
}

export function Estimate(): ReactNode {
  const format = useFormat();
  const ask = useMutation({
    mutationFn: (body: unknown) => ledger.send<Answer>("POST", "/v1/estimates", body, newIdempotencyKey()),
  });
  return (
    <Panel title="Estimate">
      <form
        className="cl-stack"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const unit = String(given.get("unit"));
          ask.mutate({ operation: given.get("operation"), quantities: { [unit]: Number(given.get("quantity")) } });
        }}
      >
        <Field label="Operation">{(ids) => <input {...ids} className="cl-input" name="operation" required placeholder="chat.completion" />}</Field>
        <div className="cl-grid">
          <Field label="Unit">{(ids) => <input {...ids} className="cl-input" name="unit" defaultValue="request" required />}</Field>
          <Field label="Quantity">{(ids) => <input {...ids} className="cl-input" name="quantity" type="number" min={0} step={1} defaultValue={1} required />}</Field>
        </div>
        {ask.error === null ? null : <Failure error={ask.error} />}
        <div className="cl-actions cl-actions-end">
          <strong className="cl-number" role="status">{ask.data === undefined ? "" : `${format.credits(ask.data.amount)} credits`}</strong>
          <Button type="submit" busy={ask.isPending}>
            Estimate
          </Button>
        </div>
      </form>
    </Panel>
  );
}
