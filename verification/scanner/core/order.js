// The levels of an edition: which is higher, and which meets a demand for which. The editions are data, made from
// `levels/rules` by `python -m verification.scanner_texts`.

import { EDITIONS } from "./rules.js";

/** @typedef {{ edition: string, order: string[], owner_ceiling: string }} Order highest first */

export const editions = Object.keys(EDITIONS).sort();

/**
 * The levels of the edition named; else of the one in force that day; else of the first there is.
 * @param {string | null} edition @param {string} day
 * @returns {Order}
 */
export function rulesFor(edition, day) {
  const name = edition ?? editions.filter((one) => one <= day).at(-1);
  const known = name !== undefined && Object.hasOwn(EDITIONS, name) ? name : editions[0];
  return { edition: known, ...EDITIONS[known] };
}

/** Place in display order; 0 is the highest. @param {Order} rules @param {string} level */
export const rank = (rules, level) => rules.order.indexOf(level);

/** The lower of two levels. @param {Order} rules @param {string} one @param {string} other */
export const lower = (rules, one, other) => (rank(rules, one) >= rank(rules, other) ? one : other);

/**
 * Whether a certificate of one level meets a demand for another: the same or a higher level does, but a demand for C1
 * is met by B only where the examination was third-party.
 * @param {string} held @param {string} needed @param {boolean} thirdParty @param {Order} rules
 */
export const satisfies = (held, needed, thirdParty, rules) =>
  needed === "C1" && held === "B" ? thirdParty : rank(rules, held) <= rank(rules, needed);
