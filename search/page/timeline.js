// When the articles that answer were published: a bar a month, or a year where there are many months; a range of them is a filter.

import { lastOfMonth } from "./address.js";
import { counted, dateInWords, element } from "./text.js";

const MOST_BARS = 60;

/**
 * The timeline of `answer`, {months, unplaced}, as an element, or null where there is nothing to compare; `asked` has the dates that are asked for. `choose` is called
 * with the first and the last day of what is chosen, or with two empty strings.
 */
export function timelineOf(answer, asked, choose) {
  const bars = barsOf(answer.months);
  if (bars.filter((bar) => bar.count).length < 2) return null;
  const highest = Math.max(...bars.map((bar) => bar.count));
  const filtered = asked.since !== "" || asked.until !== "";
  const list = element("div", { class: "bars", role: "group", "aria-label": "By date of publication. Arrow keys move, Enter shows one, with Shift they show a range." });
  const slots = bars.map((bar, place) => {
    const within = (!asked.since || bar.until >= asked.since) && (!asked.until || bar.since <= asked.until);
    const words = `${bar.name}: ${counted(bar.count, "article")}`;
    const made = element("button", {
      type: "button",
      class: `bar${filtered && !within ? " outside" : ""}`,
      "aria-pressed": String(filtered && within),
      "aria-label": words,
      title: words,
      tabindex: "-1",
      "data-place": place,
    });
    const column = element("span", { class: bar.count ? "column" : "column none" });
    column.style.height = `${(100 * bar.count) / highest}%`; // as a property, which the content security policy allows
    made.append(column);
    return made;
  });
  const start = slots.find((slot) => slot.getAttribute("aria-pressed") === "true") ?? slots[0];
  start.tabIndex = 0;
  const ends = element("div", { class: "ends", "aria-hidden": "true" });
  const unplaced = answer.unplaced ? element("p", { class: "caption" }, `${answer.unplaced.toLocaleString("en")} of unknown ${bars[0].short ? "month" : "year"}`) : null;

  /** Below the bars, what one of them or a range of them is; or else where they begin and end. */
  function tell(text) {
    ends.replaceChildren(...(text ? [text] : [bars[0].name, bars[bars.length - 1].name]).map((words) => element("span", {}, words)));
  }

  function choosing(from, to) {
    const [first, last] = from < to ? [from, to] : [to, from];
    slots.forEach((slot, place) => slot.classList.toggle("chosen", place >= first && place <= last));
    const count = bars.slice(first, last + 1).reduce((sum, bar) => sum + bar.count, 0);
    tell(`${bars[first].name}${first === last ? "" : ` to ${bars[last].name}`}: ${counted(count, "article")}`);
    return { since: bars[first].since, until: bars[last].until };
  }

  function done(from, to) {
    const { since, until } = choosing(from, to);
    if (asked.since === since && asked.until === until) choose("", "");
    else choose(since, until);
  }

  function placeAt(event) {
    const box = list.getBoundingClientRect();
    const inner = box.width - 2 * parseFloat(getComputedStyle(list).paddingLeft);
    const at = Math.floor(((event.clientX - box.left - (box.width - inner) / 2) / inner) * bars.length);
    return Math.min(Math.max(at, 0), bars.length - 1);
  }

  let anchor = Number(start.dataset.place); // from which a range reaches
  let dragged = null;
  let extended = null;
  list.addEventListener("pointerdown", (event) => {
    if (event.button || event.shiftKey) return;
    dragged = placeAt(event);
    list.setPointerCapture(event.pointerId);
  });
  list.addEventListener("pointermove", (event) => {
    if (dragged !== null) choosing(dragged, placeAt(event));
    else tell(slots[placeAt(event)].title);
  });
  list.addEventListener("pointerleave", () => dragged ?? tell(""));
  list.addEventListener("pointercancel", () => {
    dragged = null;
    slots.forEach((slot) => slot.classList.remove("chosen"));
  });
  list.addEventListener("pointerup", (event) => {
    if (dragged === null) return;
    const from = dragged;
    dragged = null;
    slots[placeAt(event)].focus({ preventScroll: true });
    done(from, placeAt(event));
  });
  list.addEventListener("click", (event) => {
    // Of a pointer without Shift the end of the drag has told; of a key, and of what reads a page aloud, there is none.
    const place = slots.indexOf(event.target.closest("button"));
    if (place >= 0 && (event.shiftKey || !event.detail)) done(event.shiftKey ? anchor : place, place);
  });
  list.addEventListener("keydown", (event) => {
    const at = slots.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: slots.length - 1 }[event.key];
    if (at < 0 || to === undefined || !slots[to]) return;
    event.preventDefault();
    slots[at].tabIndex = -1;
    slots[to].tabIndex = 0;
    slots[to].focus();
    if (event.shiftKey) choosing(anchor, (extended = to));
    else anchor = to;
  });
  list.addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || extended === null) return;
    const to = extended;
    extended = null;
    done(anchor, to);
  });
  list.addEventListener("focusin", (event) => tell(event.target.title));
  list.append(...slots);
  tell("");
  return element("div", { class: "timeline" }, list, ends, unplaced, table(bars));
}

function table(bars) {
  const rows = bars.filter((bar) => bar.count).map((bar) => element("tr", {}, element("th", { scope: "row" }, bar.name), element("td", {}, String(bar.count))));
  const head = element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Published"), element("th", { scope: "col" }, "Articles")));
  return element("details", { class: "as-table" }, element("summary", {}, "As a table"), element("table", {}, head, element("tbody", {}, ...rows)));
}

/** A bar for each month from the first to the last, or for each year: {since, until, name, short, count}. */
function barsOf(months) {
  if (!months.length) return [];
  const counts = new Map(months.map(({ month, count }) => [month, count]));
  const [first, last] = [months[0].month, months[months.length - 1].month].map(numberOf);
  if (last - first < MOST_BARS) {
    return Array.from({ length: last - first + 1 }, (_, place) => monthBar(first + place, counts));
  }
  const years = new Map();
  for (const { month, count } of months) years.set(month.slice(0, 4), (years.get(month.slice(0, 4)) ?? 0) + count);
  const from = Number(months[0].month.slice(0, 4));
  const to = Number(months[months.length - 1].month.slice(0, 4));
  return Array.from({ length: to - from + 1 }, (_, place) => String(from + place).padStart(4, "0")).map((year) => ({
    since: `${year}-01-01`,
    until: `${year}-12-31`,
    name: year,
    short: "",
    count: years.get(year) ?? 0,
  }));
}

function numberOf(month) {
  const [year, number] = month.split("-").map(Number);
  return 12 * year + number - 1;
}

function monthBar(number, counts) {
  const month = `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;
  const name = dateInWords(month);
  return { since: `${month}-01`, until: lastOfMonth(month), name, short: name.slice(0, 3), count: counts.get(month) ?? 0 };
}
