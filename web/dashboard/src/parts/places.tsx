// A row of links, of which one is where the reader is. On a phone it scrolls, and that one is in sight.

import { type ReactNode, useEffect, useRef } from "react";

export interface PlacesProps {
  readonly className: "places" | "tabs";
  readonly label: string;
  /** What is current: when it changes, it comes into sight. */
  readonly here: string;
  readonly children: ReactNode;
}

export function Places({ className, label, here, children }: PlacesProps): ReactNode {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = row.current?.querySelector("[aria-current]");
    current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here]);
  return (
    <nav className={className} aria-label={label} ref={row}>
      {children}
    </nav>
  );
}
