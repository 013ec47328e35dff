// What this device knows and how it is set: one of each, for the whole page.

import { EDITIONS } from "../core/rules.js";
import { hearOthers, readAll, tellOthers, writeAll } from "./kept.js";
import { own } from "./own.js";
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
  await writeAll({ [name]: value });
}

// What this gate asks, for all tabs; undefined: nothing but what everybody asks.
export async function setProfile(profile) {
  settings.profile = profile ?? PLAIN;
  const kept = await writeAll({ profile });
  if (kept) profileStored = inJson(profile);
  tellOthers({ profile: kept ? null : settings.profile });
}

let profileStored; // as it was last seen on the device
const inJson = (profile) => JSON.stringify(profile ?? null);

// What another tab of this device has changed holds here: one key, one trust, one profile.
export async function agree() {
  await known.agree();
  const { profile } = await readAll(["profile"]).catch(() => ({ profile: settings.profile }));
  if (inJson(profile) !== profileStored) takeProfile(profile);
}

function takeProfile(profile) {
  profileStored = inJson(profile);
  settings.profile = own(lists.situations, profile?.situation) ? profile : PLAIN;
}

// changed: what is to be done then
export const hearOtherTabs = (changed) =>
  hearOthers(async (heard) => {
    known.hear(heard);
    await agree();
    if (heard.profile) settings.profile = heard.profile;
    changed();
  });

export async function speak(lang) {
  await words.load(lang);
  await writeAll({ lang });
}

export const clockOf = (moment, timeZone) =>
  new Date(moment).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short", ...(timeZone ? { timeZone } : {}) });

// From the files of the page and from what was kept; nothing of it waits for a network.
export async function beginDevice() {
  const json = (name) => fetch(at(`scan/${name}`)).then((told) => told.json());
  const kept = readAll(["lang", ...Object.keys(settings)]).catch(() => ({}));
  const [situations, drafts, had] = await Promise.all([json("situations.json"), json("drafts.json"), kept, known.agree()]);
  const newest = Object.values(situations).at(-1);
  Object.assign(lists, { situations: Object.fromEntries(newest.map((one) => [one.id, one])), drafts });
  const { lang, profile, ...others } = had;
  Object.assign(settings, Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)));
  takeProfile(profile);
  await words.load(chosenTongue(lang));
}
