// What a gate asks: a situation, schemes, a level, set on this device by a set-up code. It may only ask for more.

import { own } from "./own.js";
import { ROOT_KEY } from "./trust.js";

const CODE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;
const MEMBERS = new Set(["situation", "scheme", "level", "root"]);
const MOST_SCHEMES = 50;

// order: the levels, the highest first
// {situation, schemes, level, root}, or null where it is none: a set-up code is read whole or not at all.
export function readProfile(text, situations, order) {
  const asked = new URLSearchParams(text.slice(text.indexOf("#gate?") + 6));
  const [situation, level, root] = ["situation", "level", "root"].map((name) => asked.get(name));
  const schemes = asked.getAll("scheme");
  const once = ["situation", "level", "root"].every((name) => asked.getAll(name).length <= 1);
  const known = [...asked.keys()].every((name) => MEMBERS.has(name));
  if (!once || !known || !own(situations, situation)) return null;
  if (schemes.length > MOST_SCHEMES || new Set(schemes).size !== schemes.length || !schemes.every((code) => CODE.test(code))) return null;
  // What the situation asks for stands: a code that asks for something else instead is none.
  const taken = situations[situation].schemes ?? [];
  if (taken.length && schemes.length && !schemes.some((code) => taken.includes(code))) return null;
  if (level !== null && !order.includes(level)) return null;
  if (root !== null && !ROOT_KEY.test(root)) return null;
  return { situation, schemes, level, root };
}

// What is asked here: the situation as it is, made stricter by the profile.
export function asksFor(profile, situations, order) {
  const situation = situations[profile.situation];
  const [own, more] = [situation.level ?? null, profile.level];
  const level = own === null || (more !== null && order.indexOf(more) < order.indexOf(own)) ? more : own;
  return { ...situation, level };
}

// In one line, with the scheme's own name where it is known.
export function inWords(profile, situations, trust, words) {
  const title = situations[profile.situation].title[words.lang] ?? situations[profile.situation].title;
  const schemes = profile.schemes.map((code) => trust?.schemes.get(code)?.title[words.lang] ?? code);
  if (!schemes.length && !profile.level) return words.say("profile_none", { situation: title });
  return [title, schemes.join(", "), profile.level && `≥ ${profile.level}`].filter(Boolean).join(" · ");
}
