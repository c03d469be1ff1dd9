// What is looked at, kept in the address of the page: a link, a reload, back and forward show the same.

import { Problem, queryOf } from "./api.js";
import { fingerprintOf } from "./text.js";

const EMPTY = { q: "", since: "", until: "", mode: "", literal: "", read_dates: "", sort: "", n: "", article: "", at: "", answer: "", similar: "", thread: "" };
const LISTS = { source: [], lang: [], where: [] }; // that may be repeated
const MOST_VALUES = 20; // of each
export const PAGE = 10; // hits that are asked for at once
const MOST = 100; // that the server gives at once
const SIGN = /[<>!]=|==?|[<>]/;
const TYPES = { "=": "eq", "==": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" };

/** What the query of an address asks for. */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const asked = {};
  for (const name of Object.keys(EMPTY)) asked[name] = (query.get(name) ?? "").trim();
  for (const name of Object.keys(LISTS)) asked[name] = [...new Set(query.getAll(name).map((value) => value.trim()).filter(Boolean))].slice(0, MOST_VALUES);
  asked.since = firstDay(asked.since);
  asked.until = lastDay(asked.until);
  return asked;
}

/** The address that asks for it. */
export function addressOf(asked) {
  const { q, since, until, ...rest } = { ...EMPTY, ...asked };
  const { source, lang, where } = { ...LISTS, ...asked };
  return `?${queryOf({ q, since, until, source, lang, where, ...rest })}`;
}

/** Of `asked`, what decides which articles are found, and in which order. */
export function searchOf({ q, since, until, source, lang, where, mode, literal, read_dates, sort }) {
  return { q, since, until, source, lang, where, mode, literal, read_dates, sort };
}

/** The question alone, without what narrows it. */
export function unfiltered(asked) {
  return { ...searchOf(asked), since: "", until: "", ...LISTS };
}

export function isFiltered({ since, until, source, lang, where }) {
  return Boolean(since || until || source.length || lang.length || where.length);
}

/** A condition such as "section!=Sport": {key, sign, value}; null for what is none. */
export function conditionOf(text) {
  const sign = SIGN.exec(text);
  const key = sign ? text.slice(0, sign.index).trim() : "";
  return key ? { key, sign: sign[0], value: text.slice(sign.index + sign[0].length).trim() } : null;
}

/**
 * How the server is asked for what is found: {values} for an address, or {body} where several values of a field are wanted, of which an address says that all must
 * be met.
 */
export function wantedOf(asked) {
  const { source, lang, where, q, ...values } = searchOf(asked);
  const counted = Map.groupBy(conditionsOf(where).filter(({ sign }) => TYPES[sign] === "eq"), ({ key }) => key);
  if ([...counted.values()].every((each) => each.length === 1)) return { values: { q, ...values, source, lang, where } };
  return { body: bodyOf(asked) };
}

function conditionsOf(where) {
  const conditions = where.map(conditionOf);
  if (conditions.includes(null)) throw new Problem(422, `the condition "${where[conditions.indexOf(null)]}" is not understood: expected one such as section=Sport`);
  return conditions;
}

/** What is wanted, as a body. */
export function bodyOf(asked) {
  const { source, lang, where, q, ...values } = searchOf(asked);
  const conditions = conditionsOf(where);
  const wanted = new Map();
  for (const { key, sign, value } of conditions) if (TYPES[sign] === "eq") wanted.set(key, [...(wanted.get(key) ?? []), value]);
  const parts = [...wanted].map(([key, value]) => ({ type: "in", key, value }));
  for (const [key, value] of [["source", source], ["language", lang]]) if (value.length) parts.push({ type: "in", key, value });
  for (const { key, sign, value } of conditions) if (TYPES[sign] !== "eq") parts.push({ type: TYPES[sign], key, value });
  const body = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined));
  for (const name of ["literal", "read_dates"]) if (name in body) body[name] = body[name] === "true" || body[name] === true;
  if (q) body.query = q;
  return parts.length ? { ...body, filter: { type: "and", filters: parts } } : body;
}

/** How many hits are shown. */
export function shownOf({ n }) {
  const count = Math.trunc(Number(n));
  return count > PAGE ? Math.min(count, MOST) : PAGE;
}

/** A span, such as "120-260", of the article's text; of a passage with its fingerprint, if it has one. */
export function spanOf(text) {
  const found = /^(\d{1,9})-(\d{1,9})(?:-([0-9a-f]{8}))?$/.exec(text);
  if (!found) return null;
  const [start, end] = [Number(found[1]), Number(found[2])];
  return start < end ? { start, end, fingerprint: found[3] ?? "" } : null;
}

/** A passage, {start, end, text}, as an address has it: the fingerprint of a whole text finds it again in an article that was changed. */
export function passageIn({ start, end, text }) {
  return [...text].length === end - start ? `${start}-${end}-${fingerprintOf(text)}` : `${start}-${end}`;
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
