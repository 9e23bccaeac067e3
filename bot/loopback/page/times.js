// Times and ids: a snowflake is a time in its upper 42 bits.

const DISCORD_EPOCH_MS = 1420070400000;
const DAY_MS = 86_400_000;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const shortDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const longDay = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [
  ["year", 365 * DAY_MS],
  ["month", 30 * DAY_MS],
  ["day", DAY_MS],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

let made = 0n;

/** Make an id for something that the server has not numbered yet. */
export function newNonce() {
  made = (made + 1n) & 0xfffn;
  return String((BigInt(Date.now() - DISCORD_EPOCH_MS) << 22n) | made);
}

/** Order ids by age. */
export function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Tell whether two times fall on one day of the reader's calendar. */
export function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

export function clockTime(date) {
  return clock.format(date);
}

/** Say when a message was written, as briefly as its age allows. */
export function messageTime(date) {
  const now = new Date();
  if (sameDay(date, now)) return `Today at ${clock.format(date)}`;
  if (sameDay(date, new Date(now - DAY_MS))) return `Yesterday at ${clock.format(date)}`;
  return `${shortDay.format(date)}, ${clock.format(date)}`;
}

export function dayLabel(date) {
  return longDay.format(date);
}

export function fullTime(date) {
  return new Intl.DateTimeFormat(undefined, STYLES.F).format(date);
}

/** Show a `<t:…>` timestamp in the style that its letter names. */
export function styledTime(date, style = "f") {
  if (style !== "R") return new Intl.DateTimeFormat(undefined, STYLES[style]).format(date);
  const gap = date - Date.now();
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(gap) >= ms) ?? UNITS.at(-1);
  return relative.format(Math.round(gap / size), unit);
}
