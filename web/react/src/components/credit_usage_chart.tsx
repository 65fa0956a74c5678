// Usage by day and operation, as a chart and as a table for who does not see it.

import { type ReactNode, Suspense, lazy, useMemo, useState } from "react";
import { type Chart, chartOf, firstDay } from "../chart_data.js";
import { useCredits } from "../context.js";
import { useUsage } from "../hooks.js";
import { Panel } from "../ui/panel.js";
import { Empty, Failure, Skeleton } from "../ui/states.js";

/** The drawing and its library come when there is something to draw. */
const StackedColumns = lazy(() => import("./stacked_columns.js"));

export interface CreditUsageChartProps {
  /** Days up to today; the reader may choose another span unless it is given. */
  readonly days?: number;
  readonly title?: string;
}

const spans = [7, 30, 90] as const;
const height = "15rem";

export function CreditUsageChart({ days, title = "Usage" }: CreditUsageChartProps): ReactNode {
  const { format } = useCredits();
  const [chosen, setChosen] = useState<number>(30);
  const span = days ?? chosen;
  // The day may change while the page is open: the next choice or load sees it.
  const from = useMemo(() => firstDay(span, new Date()), [span]);
  const usage = useUsage({ from: from.toISOString(), bucket: "day", group_by: "operation" });
  const chart = useMemo(() => (usage.data === undefined ? undefined : chartOf(usage.data, from, span)), [usage.data, from, span]);
  const choice =
    days === undefined ? (
      <select className="cl-select" aria-label="Span" value={span} onChange={(event) => setChosen(Number(event.target.value))}>
        {spans.map((n) => (
          <option key={n} value={n}>
            Last {n} days
          </option>
        ))}
      </select>
    ) : null;
  return (
    <Panel title={title} actions={choice}>
      {usage.error === null ? null : <Failure error={usage.error} retry={() => void usage.refetch()} />}
      {usage.isLoading ? <Skeleton height={height} /> : null}
      {chart !== undefined && chart.total === 0 ? (
        <Empty title="No usage in this time">Credits that are spent appear here within a second.</Empty>
      ) : null}
      {chart !== undefined && chart.total > 0 ? (
        <>
          <p className="cl-hint">
            <strong className="cl-number" data-testid="usage-total">{format.credits(chart.total)}</strong> credits in {span} days
          </p>
          <Suspense fallback={<Skeleton height={height} />}>
            <StackedColumns chart={chart} />
          </Suspense>
          <AsTable chart={chart} />
        </>
      ) : null}
    </Panel>
  );
}

function AsTable({ chart }: { readonly chart: Chart }): ReactNode {
  const { format } = useCredits();
  const used = chart.columns.filter((column) => column.total > 0);
  return (
    <details className="cl-as-table">
      <summary>Show as a table</summary>
      <div className="cl-scroll" role="group" aria-label="Usage by day" tabIndex={0}>
        <table className="cl-table">
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              {chart.series.map((name) => (
                <th key={name} scope="col" className="cl-right">{name}</th>
              ))}
              <th scope="col" className="cl-right">Total</th>
            </tr>
          </thead>
          <tbody>
            {used.map((column) => (
              <tr key={column.bucket}>
                <th scope="row">{format.usageDay(column.bucket)}</th>
                {column.parts.map((part) => (
                  <td key={part.series} className="cl-right cl-number">{format.credits(part.credits)}</td>
                ))}
                <td className="cl-right cl-number">{format.credits(column.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
