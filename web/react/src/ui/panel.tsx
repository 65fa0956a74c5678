// A titled part of a page.

import { type ReactNode, useId } from "react";

export interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}

export function Panel({ title, actions, children, className }: PanelProps): ReactNode {
  const id = useId();
  return (
    <section className={["cl-panel", className].filter(Boolean).join(" ")} aria-labelledby={id}>
      <header className="cl-panel-head">
        <h2 id={id}>{title}</h2>
        {actions === undefined ? null : <div className="cl-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}
