// What the scanner believes: one signed file, held against the registry's root key, which is pinned once.
//
// The key is pinned from the registry itself at the first start, or by a set-up code. From then on nothing is believed but
// what it has signed, wherever a file comes from, and another key is refused until a person has compared it.

import { readTrust, RootEnded } from "../core/check.js";
import { forget, read, write } from "./kept.js";
import { at } from "./place.js";

const LONGEST_WAIT = 20_000;
const MOST_BYTES = 67_108_864;
export const ROOT_KEY = /^[!-*,-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}={0,2}$/;

export class Refused extends Error {
  constructor(why) {
    super(why);
    this.why = why; // not_trusted, root_changed, root_ended, older, no_net
  }
}

export class Known {
  trust = null;
  root = null;
  tag = null;
  #coming = null;

  async begin() {
    this.root = (await read("root")) ?? null;
    const text = await read("trust");
    if (!text || !this.root) return;
    try {
      this.trust = await readTrust(text, this.root);
      this.tag = (await read("tag")) ?? null;
    } catch {
      await forget("trust"); // from another version of the scanner, or damaged: nothing is better
    }
  }

  get asOf() {
    return this.trust ? this.trust.as_of : null;
  }

  age(now) {
    return this.trust ? Math.max(0, now - this.asOf) : null;
  }

  // From the registry, once for all who want it at the same time. Raises Refused.
  refresh() {
    this.#coming ??= this.#fetched().finally(() => (this.#coming = null));
    return this.#coming;
  }

  async #fetched() {
    const headers = this.tag && this.trust ? { "If-None-Match": this.tag } : {};
    let answer, text, root;
    try {
      if (!this.root) root = (await asked("trust.root").then((told) => told.text())).trim();
      answer = await asked("trust.jws", headers);
      text = answer.status === 304 ? null : await answer.text();
    } catch {
      throw new Refused("no_net");
    }
    if (root) await this.pin(root);
    if (text !== null) await this.take(text, answer.headers.get("etag"));
  }

  // A key that somebody has compared, or the first one there is. What the former one has signed is not believed any more.
  async pin(root) {
    if (!ROOT_KEY.test(root)) throw new Refused("not_trusted");
    if (root === this.root) return;
    await write("root", root);
    await Promise.all([forget("trust"), forget("tag")]);
    Object.assign(this, { root, trust: null, tag: null });
  }

  // A file from the registry or from anywhere. Raises Refused.
  async take(text, tag = null) {
    if (!this.root) throw new Refused("not_trusted");
    if (text.length > MOST_BYTES) throw new Refused("not_trusted");
    let trust;
    try {
      trust = await readTrust(text.trim(), this.root);
    } catch (fault) {
      if (fault instanceof RootEnded) await this.#drop();
      throw new Refused(fault instanceof RootEnded ? "root_ended" : signedByAnother(text, this.root) ? "root_changed" : "not_trusted");
    }
    // An old file is not put in the place of a newer one: what was withdrawn meanwhile would be good again.
    if (this.trust && trust.as_of < this.asOf) throw new Refused("older");
    await write("trust", text.trim());
    await (tag ? write("tag", tag) : forget("tag"));
    Object.assign(this, { trust, tag });
  }

  // What is here was signed with a key that says of itself that it is stolen: whoever has it may have made that, too.
  async #drop() {
    await Promise.all([forget("trust"), forget("tag")]);
    Object.assign(this, { trust: null, tag: null });
  }
}

async function asked(path, headers = {}) {
  const answer = await fetch(at(path), { headers, cache: "no-store", signal: AbortSignal.timeout(LONGEST_WAIT) });
  if (!answer.ok && answer.status !== 304) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

function signedByAnother(text, root) {
  try {
    const header = JSON.parse(atob(text.trim().split(".")[0].replace(/-/g, "+").replace(/_/g, "/")));
    return header.typ === "bevis-trust+jws" && header.kid !== root.split("+")[1];
  } catch {
    return false;
  }
}

// A root key as a person compares it: the name and id apart, the key in groups.
export function shownRoot(root) {
  const [, name, id, key] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(root);
  return { name, id, key: key.match(/.{1,4}/g).join(" ") };
}
