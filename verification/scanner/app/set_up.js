// A set-up code: what it would set is shown first, and nothing is set before somebody says yes.

import { tell } from "./answers.js";
import { known, lists, order, profileInWords, setProfile, words } from "./device.js";
import { byId, el, icon } from "./dom.js";
import { refresh, tellKnown } from "./known_shown.js";
import { root } from "./place.js";
import { readProfile } from "./profile.js";
import { screen, show, standing } from "./screen.js";
import { shownRoot } from "./trust.js";

// done: what is shown afterwards, and where it is not wanted
export function askProfile(text, done) {
  const base = text.slice(0, text.indexOf("#gate?")).replace(/scan$/i, "");
  if (base.toLowerCase() !== root.href.toLowerCase()) return tell({ plain: "profile_elsewhere", title: "profile_title" });
  const asked = readProfile(text, lists.situations, order);
  if (!asked) return tell({ plain: "profile_bad", title: "profile_title" });
  const { root: key, ...profile } = asked;
  const yes = async () => {
    try {
      if (key) await known.pin(key);
    } catch (fault) {
      return tell({ plain: fault.why ?? "fault", title: "profile_title" });
    }
    await setProfile({ ...profile, root: null });
    standing.delete("root_changed");
    tellKnown();
    if (question.isConnected && screen.view === "verdict") done();
    refresh();
  };
  const no = () => {
    done();
    if (!known.trust) refresh(); // which has waited for an answer
  };
  const other = key && known.root && key !== known.root;
  const question = el(
    "article.ask-profile",
    {},
    el("h1", { tabindex: "-1" }, words.say("profile_ask")),
    el("p.lead", {}, words.say("profile_ask_says")),
    el(
      "div.card",
      {},
      el("p.holder", {}, profileInWords(asked)),
      key && el("p.hint", {}, words.say("profile_root")),
      key && el("p.code", {}, shownRoot(key).name, el("br"), `${shownRoot(key).id} · ${shownRoot(key).key}`),
      other && el("p.state.old", {}, icon("invalid"), el("span", {}, words.say("profile_root_other"))),
    ),
    el(
      "div.pair",
      {},
      el("button.action", { type: "button", onclick: yes }, words.say("yes_set")),
      el("button.action.quiet", { type: "button", onclick: no }, words.say("cancel")),
    ),
  );
  byId("verdict").replaceChildren(question);
  known.asking = () => Boolean(key) && question.isConnected && screen.view === "verdict";
  screen.last = null;
  show("verdict");
}
