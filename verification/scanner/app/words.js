// All that is said, in the language of the device or the one chosen.

import { own } from "./own.js";
import { at } from "./place.js";
import { fill } from "./verdict.js";

export const TONGUES = ["sv", "nb", "en"];

const best = (wanted) => {
  const tag = String(wanted ?? "").split("-")[0].toLowerCase();
  const known = { no: "nb", nn: "nb" }[tag] ?? tag;
  return TONGUES.includes(known) ? known : null;
};

export function chosenTongue(kept) {
  const asked = new URLSearchParams(location.search).get("lang");
  for (const one of [asked, kept, ...navigator.languages]) if (best(one)) return best(one);
  return "sv";
}

export class Words {
  async load(lang) {
    const answer = await fetch(at(`scan/texts.${lang}.json`));
    if (!answer.ok) throw new Error(`texts.${lang}: ${answer.status}`);
    this.texts = await answer.json();
    this.lang = lang;
    return this;
  }

  get page() {
    return this.texts.pages;
  }

  say(key, given = {}) {
    return fill(own(this.texts.scanner, key) ?? "", given);
  }

  // How old knowledge is, rounded up: nothing is told to be younger than it is.
  age(milliseconds) {
    const { old, now } = this.texts.words.age;
    return milliseconds < 60_000 ? now : fill(old, { span: this.span(milliseconds) });
  }

  span(milliseconds) {
    const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
    const [unit, name] = milliseconds > 4 * day ? [day, "day"] : milliseconds >= hour ? [hour, "hour"] : [minute, "minute"];
    const n = Math.max(1, Math.ceil(milliseconds / unit));
    return fill(this.texts.words.span[name][n === 1 ? 0 : 1], { n });
  }
}
