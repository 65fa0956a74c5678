// Numbers, money and dates in the reader's language.

export interface Format {
  readonly credits: (amount: number) => string;
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

export function formatFor(locale: string | undefined): Format {
  const credits = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: "exceptZero" });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const usageDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const date = (time: string | Date) => (typeof time === "string" ? new Date(time) : time);
  return {
    credits: (amount) => credits.format(amount),
    signed: (amount) => signed.format(amount),
    money: (minor, currency) => money(locale, minor, currency),
    percent: (share) => percent.format(share),
    day: (time) => day.format(date(time)),
    usageDay: (time) => usageDay.format(date(time)),
    shortDay: (time) => shortDay.format(date(time)),
    time: (time) => clock.format(date(time)),
    dateTime: (time) => dateTime.format(date(time)),
  };
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
