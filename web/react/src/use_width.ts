// The width that an element has on the page, so that a drawing fits it and its text keeps its size.

import { type RefCallback, useCallback, useState } from "react";

/** Before it is measured, and where nothing can be. */
const assumed = 640;

export function useWidth(): [RefCallback<HTMLElement>, number] {
  const [width, setWidth] = useState(assumed);
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.max(200, Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
