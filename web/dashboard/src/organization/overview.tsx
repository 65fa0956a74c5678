// The first look at an organization.

import { CreditBalance, CreditHistory, CreditUsageChart, Empty, Failure, Panel, Skeleton, creditKeys, orNone, useCredits } from "@credit-ledger/react";
import { value } from "@credit-ledger/client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, Suspense, lazy } from "react";
import { ledger } from "../ledger.js";
import { Commands } from "./commands.js";
import type { PartProps } from "../views/organization.js";

const BalanceOverTime = lazy(() => import("./balance_over_time.js"));

export function Overview({ org }: PartProps): ReactNode {
  return (
    <>
      <Commands org={org} />
      <div className="columns">
        <CreditBalance canBuy={false} />
        <Forecast org={org} />
      </div>
      <div className="columns even">
        <CreditUsageChart title="Usage by operation" />
        <Suspense fallback={<Panel title="Balance over time"><Skeleton height="15rem" /></Panel>}>
          <BalanceOverTime org={org} />
        </Suspense>
      </div>
      <CreditHistory filters={{ limit: 10 }} canFilter={false} />
    </>
  );
}

type Forecasted = Awaited<ReturnType<typeof forecast>>;

async function forecast(org: string) {
  return value(await ledger.api.GET("/v1/organizations/{org}/forecast", { params: { path: { org } } }));
}

function Forecast({ org }: PartProps): ReactNode {
  const { format } = useCredits();
  const { data, isLoading, error, refetch } = useQuery({
    queryKey: creditKeys.of(org, "forecast"),
    queryFn: () => orNone<Forecasted | null>(forecast(org), null),
  });
  return (
    <Panel title="Forecast">
      {isLoading ? <Skeleton lines={3} /> : null}
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === null ? <Empty title="Nothing to foresee yet">It begins with the first credits that are spent.</Empty> : null}
      {!data ? null : (
        <dl className="cl-facts">
          <div>
            <dt>Spends a day</dt>
            <dd className="cl-number">{format.credits(data.credits_per_day)} credits</dd>
          </div>
          <div>
            <dt>Lasts until</dt>
            <dd>{data.runs_out_at ? format.day(data.runs_out_at) : "Not within what can be foreseen"}</dd>
          </div>
          {data.expiring_unused.map((lot) => (
            <div key={lot.grant_id}>
              <dt>Will expire unused</dt>
              <dd className="cl-number">
                {format.credits(lot.amount)} on {format.day(lot.expires_at)}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
