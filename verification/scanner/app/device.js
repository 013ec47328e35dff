// What this device knows and how it is set: one of each, for the whole page.

import { EDITIONS } from "../core/rules.js";
import { read, write } from "./kept.js";
import { at } from "./place.js";
import { asksFor, inWords } from "./profile.js";
import { Known } from "./trust.js";
import { Words, chosenTongue } from "./words.js";

export const PLAIN = { situation: "site_entry", schemes: [], level: null, root: null };
export const words = new Words();
export const known = new Known();
export const settings = { profile: PLAIN, keep: 24, sound: false, buzz: true, tongue: "" };
export const lists = { situations: {}, drafts: {} }; // situations by id; headlines in more languages, by language
export const order = Object.values(EDITIONS).at(-1).order; // the highest level first

// What this gate asks, as the core is asked it.
export const asked = () => asksFor(settings.profile, lists.situations, order);
export const profileInWords = (profile = settings.profile) => inWords(profile, lists.situations, known.trust, words);

export async function set(name, value) {
  settings[name] = value;
  await write(name, value);
}

export async function speak(lang) {
  await words.load(lang);
  await write("lang", lang);
}

export const clockOf = (moment, timeZone) =>
  new Date(moment).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short", ...(timeZone ? { timeZone } : {}) });

// From the files of the page and from what was kept; nothing of it waits for a network.
export async function beginDevice() {
  const json = (name) => fetch(at(`scan/${name}`)).then((told) => told.json());
  const kept = ["lang", ...Object.keys(settings)].map((name) => read(name).then((value) => [name, value]));
  const [situations, drafts, , ...had] = await Promise.all([json("situations.json"), json("drafts.json"), known.begin(), ...kept]);
  const newest = Object.values(situations).at(-1);
  Object.assign(lists, { situations: Object.fromEntries(newest.map((one) => [one.id, one])), drafts });
  const { lang, ...others } = Object.fromEntries(had.filter(([, value]) => value !== undefined));
  Object.assign(settings, others);
  if (!(settings.profile.situation in lists.situations)) settings.profile = PLAIN;
  await words.load(chosenTongue(lang));
}
