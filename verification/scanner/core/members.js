// What stands in documents, read strictly: one reader a kind of value, put together to those of whole records.
//
// A reader takes what is given and gives what it means, or throws a Fault that says where. Records keep the names
// their members have in the documents.

import { characters, isObject, Malformed } from "./strict.js";
import { EARLIEST, isDay, isZone, LATEST, momentOf } from "./days.js";
import { isNumber } from "./number.js";

export const LEVELS = ["B", "C1", "C2", "D", "E", "F"];
export const LANGUAGES = ["sv", "nb", "en"];
// Controls, marks that turn text around, and lines; two joiners are written within names in several scripts.
const DECEIVES = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** @template [T=any] @typedef {(given: unknown) => T} Reader */
/** @typedef {{ read: Reader, missing?: () => any }} Member */

/** A value that is not what it should be. */
export class Fault extends Malformed {
  /** @param {string} says */
  constructor(says) {
    super(says);
    /** @type {(string | number)[]} where it stands, from the outside in */
    this.path = [];
  }
}

/** @template T @param {string | number} step @param {() => T} read @returns {T} */
function within(step, read) {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof Fault) fault.path.unshift(step);
    throw fault;
  }
}

/** @param {number} longest in characters @returns {Reader<string>} */
export const text = (longest) => (given) => {
  if (typeof given !== "string" || given === "" || characters(given) > longest)
    throw new Fault(`is no text of 1 to ${longest} characters`);
  if (given !== given.trim()) throw new Fault("must not begin or end with a space");
  if (DECEIVES.test(given)) throw new Fault("must not contain an invisible character");
  return given;
};

/** @param {RegExp} pattern @param {string} says @param {number} longest @returns {Reader<string>} */
export const matching =
  (pattern, says, longest = Number.POSITIVE_INFINITY) =>
  (given) => {
    if (typeof given !== "string" || given.length > longest || !pattern.test(given)) throw new Fault(says);
    return given;
  };

/** @param {(given: any) => boolean} holds @param {string} says @returns {Reader} */
export const such = (holds, says) => (given) => {
  if (!holds(given)) throw new Fault(says);
  return given;
};

export const sentence = text(500);
export const name = text(120);
export const code = matching(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/, "is no code");
export const number = such((given) => typeof given === "string" && isNumber(given), "is no certificate number");
export const edition = matching(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, "is no edition");
export const day = such(isDay, "is no day such as 2026-03-01");
export const boundedDay = such(
  (given) => isDay(given) && EARLIEST <= given && given <= LATEST,
  `is no day between ${EARLIEST} and ${LATEST}`,
);
export const zone = such(isZone, "must be a time zone's name, such as Europe/Stockholm");
export const flag = such((given) => typeof given === "boolean", "is neither true nor false");

/** @param {string[]} values @returns {Reader<any>} */
export const oneOf = (...values) => such((given) => values.includes(given), `is none of ${values.join(", ")}`);
export const level = oneOf(...LEVELS);

/** @param {number} least @param {number} most @returns {Reader<number>} */
export const integer = (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  such((given) => Number.isInteger(given) && least <= given && given <= most, `is no integer from ${least}`);

/** A moment with its time zone, in milliseconds. @type {Reader<number>} */
export const moment = (given) => {
  const found = momentOf(given);
  if (found === null) throw new Fault("is no moment with its time zone, such as 2026-03-01T12:00:00Z");
  return found;
};

/** @template T @param {Reader<T>} read @param {number} least @param {number} most @returns {Reader<T[]>} */
export const list =
  (read, least = 0, most = Number.POSITIVE_INFINITY) =>
  (given) => {
    if (!Array.isArray(given)) throw new Fault("is no list");
    if (given.length < least || given.length > most) throw new Fault("has too few or too many entries");
    return given.map((each, at) => within(at, () => read(each)));
  };

/**
 * An object whose names are data, as a Map.
 * @template K, V @param {Reader<K>} readName @param {Reader<V>} read @param {number} least @returns {Reader<Map<K, V>>}
 */
export const mapping =
  (readName, read, least = 0) =>
  (given) => {
    if (!isObject(given)) throw new Fault("is no object");
    const names = Object.keys(given);
    if (names.length < least) throw new Fault("has too few entries");
    return new Map(names.map((each) => within(each, () => [readName(each), read(given[each])])));
  };

/**
 * The same as an object, where names are few and known to be harmless.
 * @template V @param {Reader<string>} readName @param {Reader<V>} read @param {number} least
 * @returns {Reader<Record<string, V>>}
 */
export const named =
  (readName, read, least = 0) =>
  (given) =>
    Object.fromEntries(mapping(readName, read, least)(given));

/** A text in one language or more. */
export const byLanguage = named(oneOf(...LANGUAGES), sentence, 1);

/** @param {Reader} read @returns {Member} what must be there */
export const must = (read) => ({ read });

/** @param {Reader} read @returns {Member} what may be missing, or null */
export const may = (read) => ({ read: (given) => (given === null ? null : read(given)), missing: () => null });

/** @param {Reader} read @param {any} instead @returns {Member} what may be missing, and then means something */
export const or = (read, instead) => ({ read, missing: () => instead });

/** @param {Record<string, Member>} members of an object that has no others @returns {Reader<any>} */
export const record = (members) => (given) => {
  if (!isObject(given)) throw new Fault("is no object");
  for (const found of Object.keys(given)) if (!Object.hasOwn(members, found)) within(found, unknown);
  return Object.fromEntries(
    Object.entries(members).map(([each, { read, missing }]) =>
      within(each, () => {
        if (Object.hasOwn(given, each)) return [each, read(given[each])];
        if (missing === undefined) throw new Fault("is missing");
        return [each, missing()];
      }),
    ),
  );
};

/** @returns {never} */
function unknown() {
  throw new Fault("is not known here");
}
