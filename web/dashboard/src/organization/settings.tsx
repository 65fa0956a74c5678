// Thresholds, the overdraft, and auto-recharge.

import { newIdempotencyKey, value } from "@credit-ledger/client";
import { AutoRechargeSettings, Button, CreditsInput, Empty, Failure, Field, Panel, Skeleton, creditKeys, orNone } from "@credit-ledger/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import { useFormat } from "../parts/text.js";
import { useMay } from "../session.js";
import type { PartProps } from "../views/organization.js";

export default function Settings({ org }: PartProps): ReactNode {
  return (
    <div className="columns even">
      <Thresholds org={org} />
      <AutoRechargeSettings canChange={useMay("admin")} />
    </div>
  );
}

/** The ledger's own threshold where an organization has none. */
const thresholdMost = 1000;
const path = "/v1/organizations/{org}/settings";

async function saved(org: string) {
  return value(await ledger.api.GET(path, { params: { path: { org } } }));
}

type Saved = Awaited<ReturnType<typeof saved>>;

function Thresholds({ org }: PartProps): ReactNode {
  const mayChange = useMay("admin");
  const format = useFormat();
  const client = useQueryClient();
  const queryKey = creditKeys.of(org, "settings");
  const { data, error, isLoading } = useQuery({
    queryKey,
    queryFn: async () => orNone<Saved | null>(saved(org), null),
  });
  const save = useMutation({
    mutationFn: async (body: { low_balance_threshold: number | null; overdraft_limit: number }) => {
      const params = { path: { org }, header: { "Idempotency-Key": newIdempotencyKey() } };
      return value(await ledger.api.PUT(path, { params, body }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: creditKeys.all(org) }),
  });
  return (
    <Panel title="Balance">
      {isLoading ? <Skeleton lines={4} /> : null}
      {error === null ? null : <Failure error={error} />}
      {data === null ? <Empty title="No credits yet">Thresholds can be set with the first credits.</Empty> : null}
      {!data ? null : (
        <form
          key={data.last_sequence}
          className="cl-stack"
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget);
            const threshold = String(given.get("threshold") ?? "");
            save.mutate({
              low_balance_threshold: threshold === "" ? null : format.amount(threshold),
              overdraft_limit: format.amount(String(given.get("overdraft") ?? "")),
            });
          }}
        >
          <fieldset className="plain cl-stack" disabled={!mayChange}>
            <legend className="cl-hidden">Thresholds</legend>
            <Field label="Low balance below" hint={`Empty: 10 % of the last top-up, at most ${format.credits(thresholdMost)}.`}>
              {(ids) => <CreditsInput ids={ids} name="threshold" format={format} min={0} amount={data.low_balance_threshold} />}
            </Field>
            <Field label="Overdraft limit" hint="How far below zero the balance may go.">
              {(ids) => <CreditsInput ids={ids} name="overdraft" format={format} min={0} amount={data.overdraft_limit} />}
            </Field>
          </fieldset>
          {save.error === null ? null : <Failure error={save.error} />}
          <div className="cl-actions cl-actions-end">
            {mayChange ? (
              <Button kind="primary" type="submit" busy={save.isPending} disabled={format.scale === null}>
                Save
              </Button>
            ) : (
              <p className="cl-hint">Changing these needs an admin key.</p>
            )}
          </div>
        </form>
      )}
    </Panel>
  );
}
