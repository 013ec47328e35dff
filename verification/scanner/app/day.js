// The day's checks: when, which number, what was answered. No names. They end by themselves.

import { add, all, empty, remove } from "./kept.js";

const HOUR = 3_600_000;
const MOST = 5000;
export const KEEPS = [0, 12, 24, 168]; // hours

export async function remember(row, hours) {
  if (hours > 0) await add("checks", row);
}

// The newest first; those whose time is over are gone.
export async function checks(hours, now) {
  const rows = await all("checks");
  const good = rows.filter((row) => now - new Date(row.at).getTime() <= hours * HOUR).slice(-MOST);
  const stay = new Set(good.map((row) => row.id));
  for (const row of rows) if (!stay.has(row.id)) await remove("checks", row.id);
  return good.reverse();
}

export const forgetChecks = () => empty("checks");

// A table that spreadsheets read as text: a cell that begins like a formula gets a mark before it.
export function csv(rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",;\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(";")).join("\r\n")}\r\n`;
}
