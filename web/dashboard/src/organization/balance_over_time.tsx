// The balance after each of the newest movements, as steps.

import { Empty, Failure, Panel, Skeleton, creditKeys, orNone, useCredits, useWidth } from "@credit-ledger/react";
import { useQuery } from "@tanstack/react-query";
import { scaleLinear, scaleTime } from "d3-scale";
import { area, curveStepAfter, line } from "d3-shape";
import type { ReactNode } from "react";
import { ledger } from "../ledger.js";
import type { PartProps } from "../views/organization.js";

const height = 240;
const margin = { top: 8, right: 4, bottom: 24, left: 52 };
/** Room for a label of the time. */
const labelWidth = 110;
/** What one page of the API has: a busy organization is shown a shorter time. */
const movementsMax = 1000;
const dayMs = 86_400_000;
const spanMs = 30 * dayMs;

interface Point {
  readonly at: Date;
  readonly balance: number;
}

export default function BalanceOverTime({ org }: PartProps): ReactNode {
  const found = useQuery({
    queryKey: creditKeys.of(org, "balance-over-time"),
    queryFn: async (): Promise<readonly Point[]> => {
      const now = new Date();
      const from = new Date(now.getTime() - spanMs).toISOString();
      const page = await orNone(ledger.transactions(org, { from, limit: movementsMax }), { data: [] });
      const points = page.data.map((row) => ({ at: new Date(row.created_at), balance: row.balance_after })).reverse();
      const last = points.at(-1);
      // It has stood since the last movement.
      return last === undefined ? [] : [...points, { at: now, balance: last.balance }];
    },
  });
  return (
    <Panel title="Balance over time">
      {found.isLoading ? <Skeleton height="15rem" /> : null}
      {found.error === null ? null : <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 ? <Empty title="No movements in 30 days">Credits that come or go are drawn here.</Empty> : null}
      {found.data !== undefined && found.data.length > 0 ? <Steps points={found.data} /> : null}
    </Panel>
  );
}

function Steps({ points }: { readonly points: readonly Point[] }): ReactNode {
  const { format } = useCredits();
  const [figure, width] = useWidth();
  const first = points[0] as Point;
  const last = points.at(-1) as Point;
  const x = scaleTime([first.at, last.at], [margin.left, width - margin.right]);
  const spannedMs = last.at.getTime() - first.at.getTime();
  const balances = points.map((point) => point.balance);
  const y = scaleLinear([Math.min(0, ...balances), Math.max(1, ...balances)], [height - margin.bottom, margin.top]).nice(4);
  const path = line<Point>((p) => x(p.at), (p) => y(p.balance)).curve(curveStepAfter)([...points]) ?? "";
  const below = area<Point>((p) => x(p.at), y(0), (p) => y(p.balance)).curve(curveStepAfter)([...points]) ?? "";
  const label = `The balance was ${format.credits(first.balance)} on ${format.dateTime(first.at)} and is ${format.credits(last.balance)}`;
  return (
    <figure className="cl-chart" ref={figure}>
      <p className="cl-hint">Since {format.dateTime(first.at)}</p>
      <svg viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={label}>
        {y.ticks(4).map((tick) => (
          <g key={tick} transform={`translate(0 ${y(tick)})`}>
            <line className="cl-chart-line" x1={margin.left} x2={width - margin.right} />
            <text className="cl-chart-text" x={margin.left - 8} dy="0.32em" textAnchor="end">{format.axis(tick)}</text>
          </g>
        ))}
        <path className="balance-area" d={below} />
        <path className="balance-line" d={path} />
        {x.ticks(Math.floor(width / labelWidth)).map((tick) => (
          <text key={tick.getTime()} className="cl-chart-text" x={x(tick)} y={height - 6} textAnchor={x(tick) > width - labelWidth / 2 ? "end" : "middle"}>{spannedMs < 2 * dayMs ? format.time(tick) : format.shortDay(tick)}</text>
        ))}
      </svg>
    </figure>
  );
}
