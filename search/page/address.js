// What is looked at, kept in the address of the page: a link, a reload, back and forward show the same.

import { queryOf } from "./api.js";

const EMPTY = { q: "", since: "", until: "", source: "", lang: "", mode: "", literal: "", n: "", article: "", at: "", answer: "", similar: "", thread: "" };
export const PAGE = 10; // hits that are asked for at once
const MOST = 100; // that the server gives at once

/** What the query of an address asks for. */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const asked = { ...EMPTY };
  for (const name of Object.keys(EMPTY)) asked[name] = (query.get(name) ?? "").trim();
  asked.since = firstDay(asked.since);
  asked.until = lastDay(asked.until);
  return asked;
}

/** The address that asks for it. */
export function addressOf(asked) {
  return `?${queryOf({ ...EMPTY, ...asked })}`;
}

/** Of `asked`, what decides which articles are found. */
export function searchOf({ q, since, until, source, lang, mode, literal }) {
  return { q, since, until, source, lang, mode, literal };
}

/** How many hits are shown. */
export function shownOf({ n }) {
  const count = Math.trunc(Number(n));
  return count > PAGE ? Math.min(count, MOST) : PAGE;
}

/** A span, such as "120-260", of the article's text. */
export function spanOf(text) {
  const found = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  if (!found) return null;
  const [start, end] = [Number(found[1]), Number(found[2])];
  return start < end ? { start, end } : null;
}

/** A year or a month as the first or the last of its days, which a field for a date can show; anything else as it is. */
function firstDay(text) {
  return text.replace(/^(\d{4})$/, "$1-01-01").replace(/^(\d{4}-\d\d)$/, "$1-01");
}

function lastDay(text) {
  const month = text.replace(/^(\d{4})$/, "$1-12");
  return /^\d{4}-\d\d$/.test(month) ? lastOfMonth(month) : month;
}

/** The last day of a month such as "2024-02". */
export function lastOfMonth(month) {
  const [year, number] = month.split("-").map(Number);
  const days = new Date(Date.UTC(2000 + (year % 400), number, 0)).getUTCDate(); // the calendar repeats itself every 400 years
  return `${month}-${String(days).padStart(2, "0")}`;
}
