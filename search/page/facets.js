// What narrows the results: dates, sources, languages, sections, authors, folders, with how many articles each would leave.

import { conditionOf, isFiltered, unfiltered } from "./address.js";
import { button, dateInWords, element, languageInWords } from "./text.js";
import { timelineOf } from "./timeline.js";

const SHOWN = 6; // values of a field before one asks for more
const LISTS = { source: "source", language: "lang" }; // fields that have a name of their own in the address
const NAMES = { source: "Source", language: "Language", section: "Section", path: "Folder", published: "Year" };
const PRESETS = { day: 1, week: 7, month: 30 }; // days
const open = new Set(); // fields of which all values are shown

/** Show `answer`, what /facets says, in `column`; null where it is not known. `period` has the dates of the question, and `go` takes what is to be asked for instead. */
export function showFacets(column, answer, asked, period, go) {
  const focused = column.contains(document.activeElement) ? document.activeElement.dataset.name ?? document.activeElement.getAttribute("aria-label") : null;
  const parts = [element("div", { class: "facets-head" }, element("h2", {}, "Filters"), isFiltered(asked) ? button("Clear filters", () => go(unfiltered(asked)), { id: "clear", "data-name": "clear" }) : null)];
  if (answer && !answer.complete) parts.push(element("p", { class: "caption" }, "Counts are minimums: only the 1,000 best passages were checked. Articles that only mention a word are not counted."));
  const dates = asked.since || asked.until ? asked : period;
  parts.push(datesOf(answer, asked, dates, go));
  for (const field of answer?.fields ?? []) {
    const made = fieldOf(field, asked, go, answer.complete ? "" : "+");
    if (made) parts.push(made);
  }
  column.replaceChildren(...parts);
  column.hidden = false;
  if (focused) [...column.querySelectorAll("[data-name], [aria-label]")].find((each) => (each.dataset.name ?? each.getAttribute("aria-label")) === focused)?.focus({ preventScroll: true });
}

function datesOf(answer, asked, dates, go) {
  const box = element("fieldset", {}, element("legend", {}, "Published"));
  const bars = answer && timelineOf(answer, { since: dates.since ?? "", until: dates.until ?? "" }, (since, until) => go({ ...asked, since, until, n: "" }));
  if (bars) box.append(bars);
  const years = answer?.fields.find(({ key }) => key === "published");
  if (answer?.unplaced && !years?.values.length && !answer.months.length && !asked.since && !asked.until) {
    box.append(element("p", { class: "caption" }, "None of these articles has a date"));
    return box;
  }
  const presets = element("div", { class: "presets" }, element("span", {}, "Last"));
  const counted = answer?.counted_from; // in an archive whose newest article is old
  for (const [words, days] of Object.entries(PRESETS)) {
    const since = daysBefore(counted ? new Date(`${counted}T00:00`) : new Date(), days);
    const chosen = asked.since === since && !asked.until;
    presets.append(button(words, () => go({ ...asked, since: chosen ? "" : since, until: "", n: "" }), { "aria-pressed": String(chosen), "aria-label": `Last ${words}` }));
  }
  const fields = [["From", "since"], ["To", "until"]].map(([words, name]) => {
    const input = element("input", { name, type: "date", max: "9999-12-31", value: asked[name], "data-name": name });
    input.addEventListener("change", () => {
      const begun = input.value && input.value < "1000"; // of a year, the first digits
      if (!begun && input.validity.valid && input.value !== asked[name]) go({ ...asked, [name]: input.value, n: "" });
    });
    return element("label", {}, element("span", {}, words), input);
  });
  const told = counted ? [element("p", { class: "caption" }, `Counted from ${dateInWords(counted)}, the day of the newest article`)] : [];
  box.append(presets, ...told, element("div", { class: "dates" }, ...fields));
  return box;
}

/** The day so many days before `day`, which is changed. */
function daysBefore(day, days) {
  day.setDate(day.getDate() - days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function fieldOf(field, asked, go, sign) {
  const chosen = chosenOf(field.key, asked);
  const counts = new Map(field.values.map(({ value, count }) => [value.toLowerCase(), { value, count }]));
  // What is asked for is there, also where nothing has it.
  for (const [value] of chosen) if (!counts.has(value.toLowerCase())) counts.set(value.toLowerCase(), { value, count: 0 });
  const all = [...counts.values()];
  const having = all.reduce((sum, { count }) => sum + count, 0);
  // What all have narrows nothing, and what hardly any has is of little use.
  if (!chosen.size && (counts.size < (field.missing ? 1 : 2) || 100 * having < field.missing)) return null;
  const isChosen = ({ value }) => [...chosen.keys()].some((each) => each.toLowerCase() === value.toLowerCase());
  const shown = open.has(field.key) ? all : all.filter((each, place) => place < SHOWN || isChosen(each));
  const name = NAMES[field.key] ?? field.key.charAt(0).toUpperCase() + field.key.slice(1);
  const box = element("fieldset", {}, element("legend", {}, name), element("ul", {}, ...shown.map((each) => rowOf(field.key, name, each, chosen, asked, go, sign))));
  if (all.length > shown.length || (open.has(field.key) && all.length > SHOWN)) {
    const more = open.has(field.key) ? "Show fewer" : `Show all ${all.length.toLocaleString("en")}`;
    const toggle = button(more, () => {
      open[open.has(field.key) ? "delete" : "add"](field.key);
      const renewed = fieldOf(field, asked, go, sign);
      box.replaceWith(renewed);
      renewed.querySelector(".all").focus({ preventScroll: true });
    }, { class: "all", "aria-expanded": String(open.has(field.key)), "data-name": `all ${field.key}` });
    box.append(toggle);
  }
  if (field.others && all.length === shown.length) box.append(element("p", { class: "caption" }, `and ${field.others.toLocaleString("en")} more`));
  return box;
}

function rowOf(key, name, { value, count }, chosen, asked, go, sign) {
  const state = [...chosen].find(([each]) => each.toLowerCase() === value.toLowerCase())?.[1];
  // Of a folder its name alone: all are in the same one.
  const words = key === "language" ? languageInWords(value) : (key === "path" && value.split("/").at(-2)) || value;
  const box = element("input", { type: "checkbox", "data-name": `${key} ${value}` });
  box.checked = state === "in";
  box.addEventListener("change", () => go(withValue(asked, key, value, box.checked ? "in" : "")));
  const without = button("\u2212", () => go(withValue(asked, key, value, state === "out" ? "" : "out")), {
    class: "without",
    "aria-pressed": String(state === "out"),
    "aria-label": `Without ${name.toLowerCase()} ${words}`,
    title: "Exclude these",
  });
  const label = element("label", {}, box, element("span", { class: "value" }, element("bdi", {}, words)), " ", element("span", { class: "count" }, `${count.toLocaleString("en")}${count ? sign : ""}`));
  return element("li", { class: state === "out" ? "out" : null }, label, without);
}

/** The values of a field that are asked for ("in") and left out ("out"). */
function chosenOf(key, asked) {
  const chosen = new Map((asked[LISTS[key]] ?? []).map((value) => [value, "in"]));
  for (const condition of asked.where.map(conditionOf)) {
    if (condition?.key === key && condition.sign === "!=") chosen.set(condition.value, "out");
    else if (condition?.key === key && (condition.sign === "=" || condition.sign === "==")) chosen.set(condition.value, "in");
  }
  return chosen;
}

/** `asked` with a value of a field asked for ("in"), left out ("out"), or neither. */
function withValue(asked, key, value, state) {
  const same = (other) => other.toLowerCase() === value.toLowerCase();
  const next = { ...asked, n: "" };
  next.where = asked.where.filter((text) => {
    const condition = conditionOf(text);
    return !(condition?.key === key && ["=", "==", "!="].includes(condition.sign) && same(condition.value));
  });
  const list = LISTS[key];
  if (list) next[list] = asked[list].filter((each) => !same(each));
  if (state === "in" && list) next[list] = [...next[list], value];
  else if (state) next.where = [...next.where, `${key}${state === "in" ? "=" : "!="}${value}`];
  return next;
}
