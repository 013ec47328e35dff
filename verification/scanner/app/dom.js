// Elements without markup: nothing here is ever parsed, so nothing that a code says can become more than text.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

export const icon = (name) =>
  svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" }, svg("use", { href: `#i-${name}` }));

export function setIcon(place, name) {
  place.querySelector("use").setAttribute("href", `#i-${name}`);
}

// Days stay on one line each.
const DAY = /[0-9]{4}-[0-9]{2}-[0-9]{2}/g;
export function unbroken(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(DAY)) {
    parts.push(text.slice(from, found.index), el("span.day", {}, found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}
