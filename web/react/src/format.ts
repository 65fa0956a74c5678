// Numbers, money and dates in the reader's language.

export interface Format {
  /** Decimals that amounts are shown with: the price book's `scale`. `null` while it is not known. */
  readonly scale: number | null;
  readonly credits: (amount: number) => string;
  /** For an axis: without zeros at the end. */
  readonly axis: (amount: number) => string;
  /** An amount as it is typed, for the value, the step and the bounds of an input. */
  readonly typed: (amount: number) => string;
  /** The amount that was typed. */
  readonly amount: (typed: string) => number;
  /** A number of anything but credits. */
  readonly count: (number: number) => string;
  /** With its sign, for movements. */
  readonly signed: (amount: number) => string;
  readonly money: (minor: number, currency: string) => string;
  readonly percent: (share: number) => string;
  readonly day: (time: string | Date) => string;
  /** A day of usage, which is counted in UTC. */
  readonly usageDay: (time: string | Date) => string;
  /** For the axis of a chart of days, and of one of hours. */
  readonly shortDay: (time: string | Date) => string;
  readonly time: (time: string | Date) => string;
  readonly dateTime: (time: string | Date) => string;
}

/** In place of an amount whose scale is not known: a hundred times too much is worse than nothing. */
const unknown = "–";

/** With `scale` decimals in amounts; `null` where they are not known, and no amount is shown. */
export function formatFor(locale: string | undefined, scale: number | null = 0): Format {
  const digits = { minimumFractionDigits: scale ?? 0, maximumFractionDigits: scale ?? 0 };
  const credits = new Intl.NumberFormat(locale, digits);
  const signed = new Intl.NumberFormat(locale, { ...digits, signDisplay: "exceptZero" });
  const axis = new Intl.NumberFormat(locale, { maximumFractionDigits: scale ?? 0 });
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const shown = (format: Intl.NumberFormat, amount: number) => (scale === null ? unknown : format.format(shifted(amount, scale)));
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const usageDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const date = (time: string | Date) => (typeof time === "string" ? new Date(time) : time);
  return {
    scale,
    credits: (amount) => shown(credits, amount),
    signed: (amount) => shown(signed, amount),
    axis: (amount) => shown(axis, amount),
    typed: (amount) => (scale === null ? "" : shifted(amount, scale)),
    amount: (typed) => (scale === null ? Number.NaN : Math.round(Number(typed) * 10 ** scale)),
    count: (number) => count.format(number),
    money: (minor, currency) => money(locale, minor, currency),
    percent: (share) => percent.format(share),
    day: (time) => day.format(date(time)),
    usageDay: (time) => usageDay.format(date(time)),
    shortDay: (time) => shortDay.format(date(time)),
    time: (time) => clock.format(date(time)),
    dateTime: (time) => dateTime.format(date(time)),
  };
}

/** The amount with its point moved, exactly, as text: a quotient of floats would not be. */
function shifted(amount: number, scale: number): `${number}` {
  const whole = Math.round(amount);
  const digits = String(Math.abs(whole)).padStart(scale + 1, "0");
  const sign = whole < 0 ? "-" : "";
  const end = digits.length - scale;
  return `${sign}${digits.slice(0, end)}${scale === 0 ? "" : "."}${digits.slice(end)}` as `${number}`;
}

function money(locale: string | undefined, minor: number, currency: string): string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: currency.toUpperCase() });
  return format.format(minor / minorUnits(currency));
}

/** Minor units in a currency's major one: 100 cents in a dollar, and a yen is its own. */
export function minorUnits(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency: currency.toUpperCase() });
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}

const movements: Readonly<Record<string, string>> = {
  purchase: "Purchase",
  grant: "Credits granted",
  consumption: "Usage",
  refund: "Usage refunded",
  expiration: "Expired",
  void: "Voided",
  revocation: "Purchase refunded",
  reinstatement: "Purchase reinstated",
  adjustment: "Adjustment",
};

/** The kinds of movements, as the API filters by them. */
export const movementTypes: readonly string[] = Object.keys(movements);

/** A kind of movement in words. */
export function movement(type: string): string {
  return movements[type] ?? type;
}
