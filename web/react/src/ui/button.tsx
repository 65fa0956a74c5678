// Buttons.

import type { ButtonHTMLAttributes, ReactNode } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: "primary" | "plain" | "danger";
  readonly busy?: boolean;
}

export function Button({ kind = "plain", busy = false, className, children, ...rest }: ButtonProps): ReactNode {
  const classes = ["cl-button", `cl-button-${kind}`, className].filter(Boolean).join(" ");
  return (
    <button type="button" {...rest} className={classes} aria-busy={busy} disabled={busy || rest.disabled}>
      {children}
    </button>
  );
}
