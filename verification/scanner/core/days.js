// Days and moments. A day is a text, 2026-11-20, so that days compare as texts do; a moment is milliseconds since 1970.
// What day it is, a time zone decides: the browser's own data, as Python has its own.

const DAY = 86_400_000;
export const EARLIEST = "1900-01-01";
export const LATEST = "2200-12-31";
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** @param {unknown} text @returns {text is string} */
export function isDay(text) {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith("0000")) return false;
  const midnight = midnightOf(text);
  return !Number.isNaN(midnight) && isoDay(midnight) === text; // 30 February is 2 March to some
}

/** The moment a text names, whole seconds, or null where it names none. @param {unknown} text */
export function momentOf(text) {
  const parts = typeof text === "string" ? MOMENT.exec(text) : null;
  if (parts === null || !isDay(parts[1]) || parts[2] > "23" || parts[3] > "59" || parts[4] > "59") return null;
  const [hour, minute, second] = [parts[2], parts[3], parts[4]].map(Number);
  const local = midnightOf(parts[1]) + ((hour * 60 + minute) * 60 + second) * 1000;
  if (parts[5] === "Z") return local;
  const [hours, minutes] = parts[5].slice(1).split(":").map(Number);
  if (hours > 23 || minutes > 59) return null;
  return local - (parts[5][0] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** @param {string} day */
export const midnightOf = (day) => Date.parse(`${day}T00:00:00Z`);

/** @param {number} moment */
const isoDay = (moment) => new Date(moment).toISOString().slice(0, -14);

/** @param {string} day @param {number} count */
export const addDays = (day, count) => isoDay(midnightOf(day) + count * DAY);

/** A moment in UTC and whole seconds: 2026-11-20T15:13:00Z. @param {number} moment */
export const stampUtc = (moment) => `${new Date(moment).toISOString().slice(0, -5)}Z`;

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {string} zone */
function clock(zone) {
  let found = clocks.get(zone);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    clocks.set(zone, found);
  }
  return found;
}

/** Whether a time zone has that name, spelled so. @param {unknown} name @returns {name is string} */
export function isZone(name) {
  if (typeof name !== "string" || !/^[A-Z][A-Za-z0-9_+/-]*$/.test(name)) return false; // no bare offset, no lower case
  try {
    const known = clock(name).resolvedOptions().timeZone;
    return known === name || known.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/** How far a zone's clocks are ahead of UTC at a moment. @param {number} moment @param {string} zone */
function offsetAt(moment, zone) {
  const whole = Math.floor(moment / 1000) * 1000;
  /** @type {Record<string, number>} */
  const told = {};
  for (const { type, value } of clock(zone).formatToParts(whole)) told[type] = Number(value);
  return Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second) - whole;
}

/**
 * The first instant of a day where a zone's time is kept.
 *
 * Where clocks go over midnight, that is the first of two midnights; where there is none, it is the moment that would
 * have been midnight by the clocks as they stood before.
 * @param {string} day @param {string} zone
 */
export function startOf(day, zone) {
  const midnight = midnightOf(day);
  const before = midnight - offsetAt(midnight - DAY, zone);
  if (offsetAt(before, zone) === midnight - before) return before;
  const after = midnight - offsetAt(midnight + DAY, zone);
  return offsetAt(after, zone) === midnight - after ? after : before;
}

/** The first instant after a day: days are inclusive to their end. @param {string} day @param {string} zone */
export const endOf = (day, zone) => startOf(addDays(day, 1), zone);

/** The day it is at a moment, where a zone's time is kept. @param {number} moment @param {string} zone */
export const dayAt = (moment, zone) => isoDay(moment + offsetAt(moment, zone));

/**
 * A moment as an XML Schema dateTimeStamp, with the offset that applies there then.
 * @param {number} moment @param {string} zone
 */
export function stampOf(moment, zone) {
  const offset = offsetAt(moment, zone);
  const seconds = Math.abs(offset) / 1000;
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  const odd = seconds % 60 ? `:${two(seconds % 60)}` : "";
  const sign = offset < 0 ? "-" : "+";
  const local = new Date(moment + offset).toISOString().slice(0, -5);
  return `${local}${sign}${two(seconds / 3600)}:${two((seconds / 60) % 60)}${odd}`;
}
