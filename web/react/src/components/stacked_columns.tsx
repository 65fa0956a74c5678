// The drawing of a usage chart. Scales are d3's; the elements are React's, so that style sheets colour them.

import { scaleBand, scaleLinear } from "d3-scale";
import { type ReactNode, useState } from "react";
import type { Chart, Column } from "../chart_data.js";
import { useCredits } from "../context.js";
import { useWidth } from "../use_width.js";

const height = 240;
const margin = { top: 8, right: 4, bottom: 24, left: 52 };
/** Room for a label of a day. */
const labelWidth = 64;

export default function StackedColumns({ chart }: { readonly chart: Chart }): ReactNode {
  const { format } = useCredits();
  const [figure, width] = useWidth();
  const [pointed, setPointed] = useState<Column | undefined>(undefined);
  const x = scaleBand<string>(chart.columns.map((column) => column.bucket), [margin.left, width - margin.right]).padding(0.25);
  const top = Math.max(...chart.columns.map((column) => column.total));
  const y = scaleLinear([0, top], [height - margin.bottom, margin.top]).nice(4);
  const step = Math.ceil((chart.columns.length * labelWidth) / width);
  const label = `Credits used by day: ${format.credits(chart.total)} in all, at most ${format.credits(top)} in a day`;
  return (
    <figure className="cl-chart" ref={figure}>
      <svg viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={label} onPointerLeave={() => setPointed(undefined)}>
        {y.ticks(4).map((tick) => (
          <g key={tick} transform={`translate(0 ${y(tick)})`}>
            <line className="cl-chart-line" x1={margin.left} x2={width - margin.right} />
            <text className="cl-chart-text" x={margin.left - 8} dy="0.32em" textAnchor="end">{format.axis(tick)}</text>
          </g>
        ))}
        {chart.columns.map((column, n) => (
          <g key={column.bucket} transform={`translate(${x(column.bucket) ?? 0} 0)`} onPointerEnter={() => setPointed(column)}>
            <rect className="cl-chart-reach" x={-x.step() * 0.125} width={x.step()} y={margin.top} height={height - margin.top - margin.bottom} />
            {stacked(column).map((part, series) => (
              <rect key={part.series} className={`cl-series-${series + 1}`} width={x.bandwidth()} y={y(part.to)} height={y(part.from) - y(part.to)} />
            ))}
            {n % step === 0 ? (
              <text className="cl-chart-text" x={x.bandwidth() / 2} y={height - 6} textAnchor="middle">{format.usageDay(column.bucket)}</text>
            ) : null}
          </g>
        ))}
      </svg>
      <figcaption className="cl-legend">
        {chart.series.map((name, series) => (
          <span key={name}>
            <span className={`cl-swatch cl-series-${series + 1}`} aria-hidden="true" />
            {name}
            {pointed === undefined ? null : (
              <strong className="cl-number"> {format.credits(pointed.parts[series]?.credits ?? 0)}</strong>
            )}
          </span>
        ))}
        <span className="cl-muted cl-chart-day">{pointed === undefined ? "" : format.usageDay(pointed.bucket)}</span>
      </figcaption>
    </figure>
  );
}

/** Where each part begins and ends, from the bottom up. */
function stacked(column: Column): { series: string; from: number; to: number }[] {
  let height = 0;
  return column.parts.map(({ series, credits }) => {
    const from = height;
    height += credits;
    return { series, from, to: height };
  });
}
