// What a code is, before it is judged. Pure. An address in a code is never opened, whatever it is.

const CERTIFICATE = /^(?:https?:\/\/[a-z0-9._:[\]-]+(?:\/[a-z0-9._~-]+)*\/v#)?(?<digits>[1-9][0-9]{59,1999})$/i;
const NUMBER_PAGE = /^https?:\/\/[^\s#?]{1,200}\/v\/(?<number>[0-9a-z]{4}(?:-?[0-9a-z]{4}){3})$/i;
const NUMBER = /^[0-9A-HJKMNP-TV-Z]{16}$/;
const GATE = /^https?:\/\/[^\s#?]{1,200}\/scan#gate\?(?<asked>[^\s#]{1,1500})$/i;

export function whatIs(text) {
  const certificate = CERTIFICATE.exec(text);
  if (certificate) return { kind: "certificate", text, same: certificate.groups.digits };
  if (GATE.test(text)) return { kind: "gate", text, same: text };
  const page = NUMBER_PAGE.exec(text);
  if (page) return { kind: "number", text: page.groups.number, same: normalNumber(page.groups.number) ?? text };
  return { kind: "other", text, same: text };
}

// The 16 characters of a number, or null. Like the registry: O is read as 0, I and L as 1, blanks and dashes do not count.
export function normalNumber(text) {
  const plain = text.toUpperCase().replace(/[\s\u2010-\u2015-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return NUMBER.test(plain) ? plain : null;
}

export const shownNumber = (number) => number.match(/.{4}/g).join("-");

const TOGETHER = 600; // milliseconds within which two codes count as being in view at once

// What is in view, over some frames: one code to judge, several to choose from, one that is none of ours, or nothing.
export class View {
  #seen = new Map();

  clear() {
    this.#seen.clear();
  }

  // now: milliseconds; codes: of this frame
  look(codes, now) {
    for (const code of codes) {
      const found = whatIs(code.text);
      if (found.kind !== "other") this.#seen.set(found.same, { ...found, corners: code.corners, at: now });
    }
    for (const [same, one] of this.#seen) if (now - one.at > TOGETHER) this.#seen.delete(same);
    const ours = [...this.#seen.values()];
    if (ours.length > 1) return { kind: "several", codes: ours };
    if (ours.length === 1 && codes.length > 0) return { kind: "one", code: ours[0] };
    return { kind: codes.length ? "other" : "nothing" };
  }
}
