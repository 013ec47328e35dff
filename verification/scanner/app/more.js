// What is there beside scanning: the knowledge, the gate, the day's checks, the device; and a report of a problem.

import { KEEPS, checks, csv, forgetChecks } from "./day.js";
import { clockOf, lists, set, setProfile, settings, speak, words } from "./device.js";
import { byId, el, icon } from "./dom.js";
import { refresh, takeFile, tellKnown } from "./known_shown.js";
import { own } from "./own.js";
import { REASONS, plainNote, report, send } from "./report.js";
import { screen } from "./screen.js";
import { TONGUES } from "./words.js";

const NAMES = { sv: "Svenska", nb: "Norsk", en: "English" };
const MOST_SHOWN = 100;

// ---- the day

async function drawDay() {
  const rows = await checks(settings.keep, Date.now());
  const row = ({ at, number, outcome, headline }) =>
    el(
      `li.${outcome}`,
      {},
      icon(outcome),
      el("span", {}, own(words.texts.headlines, headline)?.title ?? headline),
      el("span.number", {}, number || "–"),
      el("time", { datetime: at }, clockOf(at).slice(-5)),
    );
  byId("day").replaceChildren(...rows.slice(0, MOST_SHOWN).map(row));
  byId("day").hidden = rows.length === 0;
  byId("day-told").textContent = rows.length ? "" : words.say("day_none");
  byId("export").disabled = byId("delete").disabled = rows.length === 0;
}

async function saveDay() {
  const columns = ["time", "number", "outcome", "headline"].map((name) => words.say(`column_${name}`));
  const rows = (await checks(settings.keep, Date.now())).reverse();
  const table = csv([columns, ...rows.map(({ at, number, outcome, headline }) => [at, number, outcome, headline])]);
  const address = URL.createObjectURL(new Blob([table], { type: "text/csv" }));
  el("a", { href: address, download: `bevis-${new Date().toISOString().slice(0, 10)}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function notSure() {
  delete byId("delete").dataset.sure;
  byId("delete").textContent = words.say("delete");
}

async function deleteDay() {
  const button = byId("delete");
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    button.textContent = words.say("delete_sure");
    return;
  }
  notSure();
  await forgetChecks();
  await drawDay();
  byId("day-told").textContent = words.say("deleted");
}

// ---- the page of it

// spoken: what is to be done once another language was chosen
export function drawMore(spoken) {
  tellKnown();
  notSure();
  drawDay().catch(() => undefined);
  const keeps = KEEPS.map((hours) => el("option", { value: hours, selected: hours === settings.keep }, words.say(`keep_${hours}`)));
  byId("keep").replaceChildren(...keeps);
  const tongue = (lang) =>
    el(
      "button",
      { type: "button", lang, "aria-pressed": String(lang === words.lang), onclick: () => speak(lang).then(spoken) },
      NAMES[lang],
    );
  byId("tongues").replaceChildren(...TONGUES.map(tongue));
  const drafts = Object.entries(lists.drafts).map(([lang, said]) =>
    el("option", { value: lang, lang, selected: lang === settings.tongue }, said.name),
  );
  byId("tongue-more").replaceChildren(el("option", { value: "" }, words.say("tongue_none")), ...drafts);
  byId("sound").checked = settings.sound;
  byId("buzz").checked = settings.buzz;
  byId("known-told").textContent = "";
  tellInstalled();
}

export function tellInstalled() {
  byId("installed").textContent = words.say(navigator.serviceWorker?.controller ? "installed_yes" : "installed_not");
}

export function listenToMore(on, spoken) {
  on("refresh", "click", () => refresh(true));
  on("from-file", "click", () => byId("trust-file").click());
  on("trust-file", "change", ({ target }) => takeFile(target.files[0]).finally(() => (target.value = "")));
  on("drop-profile", "click", async () => {
    await setProfile(undefined);
    drawMore(spoken);
  });
  on("keep", "change", ({ target }) => set("keep", Number(target.value)).then(drawDay));
  on("sound", "change", ({ target }) => set("sound", target.checked));
  on("buzz", "change", ({ target }) => set("buzz", target.checked));
  on("tongue-more", "change", ({ target }) => set("tongue", target.value));
  on("export", "click", saveDay);
  on("delete", "click", deleteDay);
  on("report-form", "submit", async (event) => {
    event.preventDefault();
    const told = await sendReport(event.target);
    if (told !== "report_refused" && told !== "storage_full") drawReport();
    byId("report-told").textContent = words.say(told);
  });
}

// ---- a report

export function drawReport() {
  const choice = (reason, place) =>
    el(
      "label.switch",
      {},
      el("input", { type: "radio", name: "reason", value: reason, checked: place === 0 }),
      el("span", {}, words.say(`report_${reason}`)),
    );
  byId("report-reasons").replaceChildren(...REASONS.map(choice));
  byId("report-note").value = "";
  byId("report-told").textContent = "";
}

async function sendReport(form) {
  const note = plainNote(byId("report-note").value);
  let taken;
  try {
    taken = await report(new FormData(form).get("reason"), note, screen.last?.told ?? null);
  } catch {
    return "storage_full";
  }
  if (!taken) return "report_full";
  let { waiting, refused } = await send();
  if (waiting) ({ waiting, refused } = await send()); // what was under way may have begun before this one
  return refused ? "report_refused" : waiting ? "report_waits" : "report_sent";
}
