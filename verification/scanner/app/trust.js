// What the scanner believes: one signed file, held against the registry's root key, which is pinned once.
//
// The key is pinned from the registry itself at the first start, or by a set-up code. From then on nothing is believed but
// what it has signed, wherever a file comes from, and another key is refused until a person has compared it. A key that
// was stolen stays so, on this device, for good. All tabs believe the same.

import { readTrust, RootEnded } from "../core/check.js";
import { alone, readAll, tellOthers, writeAll } from "./kept.js";
import { at } from "./place.js";

const LONGEST_WAIT = 20_000;
const SKEW = 5 * 60_000; // a clock may differ so much
const MINUTE = 60_000;
const MOST_BYTES = 67_108_864;
export const ROOT_KEY = /^[!-*,-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}={0,2}$/;

export class Refused extends Error {
  constructor(why) {
    super(why);
    this.why = why; // not_trusted, root_changed, root_ended, older, no_net; asked: a person is just being asked for the key
  }
}

const keyOf = (root) => /\+([^+]{8})\+(.+)$/.exec(root)[2].replace(/=+$/, "");

export class Known {
  trust = null;
  root = null;
  tag = null;
  latest = 0; // the latest that this device's clock has shown
  asking = () => false; // whether a person is being asked for the key
  #ended = new Set(); // keys that were stolen
  #stored = {}; // root and mark, as they were last seen on the device
  #coming = null;

  // Whether the key that is pinned was stolen.
  get ended() {
    return this.root !== null && this.#ended.has(keyOf(this.root));
  }

  get asOf() {
    return this.trust ? this.trust.as_of : null;
  }

  age(now) {
    return this.trust ? Math.max(0, now - this.asOf) : null;
  }

  // Whether the clock shows what is past: knowledge would look younger than it is.
  setBack(now) {
    return this.trust !== null && now < this.latest - SKEW;
  }

  // Never earlier than it has been.
  now(now) {
    return this.setBack(now) ? this.latest : now;
  }

  // What time it is, from time to time.
  tick(now) {
    if (this.trust && now >= this.latest + MINUTE) this.#setLatest(now);
  }

  #setLatest(now) {
    this.latest = now;
    return writeAll({ latest: now });
  }

  // What the device holds, and another tab has perhaps put there meanwhile, holds here.
  async agree() {
    let stored;
    try {
      stored = await readAll(["root", "mark", "ended", "latest"]);
    } catch {
      return; // a device that keeps nothing says nothing
    }
    const { root, mark } = this.#stored;
    this.latest = stored.latest ?? this.latest;
    this.#learnEnds(stored.ended);
    if (!("root" in this.#stored) || stored.root !== root || stored.mark !== mark) await alone(() => this.#agree());
  }

  // heard: what another tab tells, of what there was no room for on the device
  hear({ ended, root, kept }) {
    this.#learnEnds(ended);
    if (root && !kept && root !== this.root) Object.assign(this, { root, trust: null, tag: null });
  }

  #learnEnds(keys) {
    for (const key of keys ?? []) this.#ended.add(key);
    if (this.ended) Object.assign(this, { trust: null, tag: null });
  }

  async #agree() {
    let stored;
    try {
      stored = await readAll(["root", "mark", "ended", "trust", "tag"]);
    } catch {
      return;
    }
    const { root, mark, trust: text, tag = null } = stored;
    const [otherRoot, otherMark] = [root !== this.#stored.root, mark !== this.#stored.mark || !("mark" in this.#stored)];
    this.#stored = { root, mark };
    if (root && otherRoot && root !== this.root) Object.assign(this, { root, trust: null, tag: null });
    this.#learnEnds(stored.ended);
    if (!text || this.ended || root !== this.root || !(otherRoot || otherMark)) return;
    try {
      const trust = await readTrust(text, root);
      if (!this.trust || this.asOf <= trust.as_of) Object.assign(this, { trust, tag });
    } catch {
      // From another version of the scanner, or damaged: nothing is better.
      await this.#keep({ trust: undefined, tag: undefined });
    }
  }

  // On the device as well, where there is room; it is used in any case.
  async #keep(given) {
    const mark = crypto.randomUUID();
    const ended = this.#ended.size ? [...this.#ended] : undefined;
    const kept = await writeAll({ ...given, ended, mark });
    if (kept) this.#stored = { root: "root" in given ? given.root : this.#stored.root, mark };
    tellOthers({ root: this.root, ended, kept });
    return kept;
  }

  // From the registry, once for all who want it at the same time. Raises Refused.
  refresh() {
    if (!this.#coming) {
      const coming = this.#fetched().finally(() => this.#coming === coming && (this.#coming = null));
      this.#coming = coming;
    }
    return this.#coming;
  }

  async #fetched() {
    await this.agree();
    if (this.ended) throw new Refused("root_ended");
    const { trust } = this;
    const headers = this.tag && trust ? { "If-None-Match": this.tag } : {};
    let answer, text, root;
    try {
      if (!this.root) root = (await asked("trust.root").then((told) => told.text())).trim();
      answer = await asked("trust.jws", headers);
      text = answer.status === 304 ? null : await answer.text();
    } catch {
      throw new Refused("no_net");
    }
    await alone(async () => {
      await this.#agree();
      // Whoever was asked meanwhile has the last word: what the registry says of itself comes after it.
      if (!this.root && this.asking()) throw new Refused("asked");
      if (!this.root) await this.#pin(root ?? "");
      else if (root && root !== this.root) throw new Refused("root_changed");
      if (text !== null) await this.#take(text, answer.headers.get("etag"));
      // Nothing is newer than this, whatever the clock has shown before.
      if (this.setBack(Date.now()) && Date.now() >= this.asOf - SKEW) await this.#setLatest(Date.now());
    });
  }

  // A key that somebody has compared. What the former one has signed is not believed any more. Raises Refused.
  pin(root) {
    return alone(async () => {
      await this.#agree();
      this.#coming = null; // what is on its way was asked for before
      await this.#pin(root);
    });
  }

  async #pin(root) {
    if (!ROOT_KEY.test(root)) throw new Refused("not_trusted");
    if (this.#ended.has(keyOf(root))) throw new Refused("root_ended");
    if (root === this.root) return;
    Object.assign(this, { root, trust: null, tag: null });
    await this.#keep({ root, trust: undefined, tag: undefined });
  }

  // A file from anywhere. Raises Refused.
  take(text) {
    return alone(async () => {
      await this.#agree();
      await this.#take(text);
    });
  }

  async #take(text, tag = null) {
    if (this.ended) throw new Refused("root_ended");
    if (!this.root || text.length > MOST_BYTES) throw new Refused("not_trusted");
    let trust;
    try {
      trust = await readTrust(text.trim(), this.root);
    } catch (fault) {
      if (!(fault instanceof RootEnded)) throw new Refused(signedByAnother(text, this.root) ? "root_changed" : "not_trusted");
      // What is here was signed with a key that says of itself that it is stolen: whoever has it may have made that, too.
      this.#learnEnds([keyOf(this.root)]);
      const gone = { trust: undefined, tag: undefined };
      if (!(await this.#keep(gone))) {
        await writeAll(gone); // what takes away needs no room, and makes some
        await this.#keep(gone);
      }
      throw new Refused("root_ended");
    }
    // An old file is not put in the place of a newer one: what was withdrawn meanwhile would be good again.
    if (this.trust && trust.as_of < this.asOf) throw new Refused("older");
    Object.assign(this, { trust, tag });
    await this.#keep({ root: this.root, trust: text.trim(), tag: tag ?? undefined });
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
