// When the articles that answer were published: a bar a month, or a year where there are many months.

import { lastOfMonth } from "./address.js";
import { counted, dateInWords, element } from "./text.js";

const MOST_BARS = 60;

/** Show `answer`, what /timeline says, or null, in `section`; `choose` is called with the first and the last day of a bar, or with two empty strings. */
export function showTimeline(section, answer, asked, choose) {
  const bars = answer ? barsOf(answer.months) : [];
  section.hidden = bars.filter((bar) => bar.count).length < 2;
  if (section.hidden) {
    section.replaceChildren();
    return;
  }
  const highest = Math.max(...bars.map((bar) => bar.count));
  const focused = section.contains(document.activeElement);
  const filtered = asked.since !== "" || asked.until !== "";
  const list = element("div", { class: "bars", role: "group", "aria-label": "Articles by date of publication. Arrow keys move; Enter shows one." });
  const buttons = [];
  let label = "";
  for (const bar of bars) {
    const within = (!asked.since || bar.until >= asked.since) && (!asked.until || bar.since <= asked.until);
    const alone = asked.since === bar.since && asked.until === bar.until;
    const year = bar.since.slice(0, 4);
    const slot = element("div", { class: "slot" });
    if (bar.count) {
      const button = element("button", {
        type: "button",
        class: filtered && !within ? "bar outside" : "bar",
        "aria-pressed": String(alone),
        "aria-label": `${bar.name}: ${counted(bar.count, "article")}`,
        title: `${bar.name}: ${counted(bar.count, "article")}`,
        tabindex: "-1",
      });
      const column = element("span", { class: "column" });
      column.style.height = `${(100 * bar.count) / highest}%`; // as a property, which the content security policy allows
      button.append(element("span", { class: "count", "aria-hidden": "true" }, String(bar.count)), column);
      button.addEventListener("click", () => (alone ? choose("", "") : choose(bar.since, bar.until)));
      slot.append(button);
      buttons.push(button);
    }
    const tick = element("span", { class: "tick", "aria-hidden": "true" }, bar.short || year);
    if (bar.short) tick.append(element("span", { class: "year" }, year === label ? "\u00a0" : year));
    slot.append(tick);
    label = year;
    list.append(slot);
  }
  rove(list, buttons);
  section.replaceChildren(element("div", { class: "head" }, caption(answer, bars), table(bars)), list);
  const pressed = buttons.find((button) => button.getAttribute("aria-pressed") === "true") ?? buttons.find((button) => !button.classList.contains("outside"));
  if (focused) buttons.find((button) => button.tabIndex === 0).focus();
  if (pressed && list.scrollWidth > list.clientWidth) list.scrollLeft = pressed.parentElement.offsetLeft - list.clientWidth / 2;
}

function caption(answer, bars) {
  const unplaced = answer.unplaced ? `, ${answer.unplaced.toLocaleString("en")} without one` : "";
  return element("p", { class: "caption" }, `By ${bars[0].short ? "month" : "year"} of publication${unplaced}`);
}

function table(bars) {
  const rows = bars.filter((bar) => bar.count).map((bar) => element("tr", {}, element("th", { scope: "row" }, bar.name), element("td", {}, String(bar.count))));
  const head = element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Published"), element("th", { scope: "col" }, "Articles")));
  return element("details", { class: "as-table" }, element("summary", {}, "As a table"), element("table", {}, head, element("tbody", {}, ...rows)));
}

/** One stop for the tab key; arrows, Home and End move from bar to bar. */
function rove(list, buttons) {
  const start = buttons.find((button) => button.getAttribute("aria-pressed") === "true") ?? buttons[0];
  start.tabIndex = 0;
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
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
