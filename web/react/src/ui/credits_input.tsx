// An amount of credits, typed as amounts are shown.

import type { ReactNode } from "react";
import type { Format } from "../format.js";

export interface CreditsInputProps {
  /** Of its field. */
  readonly ids: object;
  readonly name: string;
  readonly format: Format;
  /** The least that may be typed; anything where it is left out. */
  readonly min?: number;
  readonly isRequired?: boolean;
  readonly amount?: number | null | undefined;
}

/** Its form reads it with `format.amount`. While the scale is not known nothing can be typed. */
export function CreditsInput({ ids, name, format, min, isRequired = false, amount }: CreditsInputProps): ReactNode {
  return (
    <input
      {...ids}
      // Another scale gives what was typed another meaning, so it begins anew.
      key={format.scale}
      className="cl-input"
      name={name}
      type="number"
      step={format.typed(1)}
      {...(min === undefined ? {} : { min: format.typed(min) })}
      required={isRequired}
      disabled={format.scale === null}
      defaultValue={amount == null ? "" : format.typed(amount)}
    />
  );
}
