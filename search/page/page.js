// The page: what its address asks for is asked of the server and shown.

import { addressOf, PAGE, readAddress, searchOf, shownOf } from "./address.js";
import { ask, Problem } from "./api.js";
import { readerOf, showPassage } from "./article.js";
import { giveHints } from "./hints.js";
import { keyForm, problemOf } from "./problems.js";
import { hitId, hitOf, likelyOf, resultsOf, threadOf } from "./results.js";
import { showTimeline } from "./timeline.js";
import { counted, dateInWords, element, languageInWords } from "./text.js";

const NEAREST = 5; // misses that are shown
const LAST_OFFSET = 1000; // that the server takes
const MOST_LISTED = 100; // sources or languages, the commonest
const PATIENCE = 400; // milliseconds that results wait for the timeline above them

const form = document.getElementById("ask");
const input = document.getElementById("q");
const filters = form.elements;
const heading = document.getElementById("heading");
const status = document.getElementById("status");
const timeline = document.getElementById("timeline");
const view = document.getElementById("view");
const clearButton = document.getElementById("clear");
const closeHints = giveHints(input, document.getElementById("hints"), (title) => {
  input.value = title;
  submit();
});

let asked = readAddress(location.search);
let asking = new AbortController();
let found = null; // what was found last, and for what: {key, hits, ...}
let months = null; // the same of the timeline: {key, answer}
let stats = null;
let listed = false; // whether the filters list what there is

history.scrollRestoration = "manual"; // the results are there only later

/** Show what the address asks for. `focus`: whether it is what the reader has just gone to, and `scroll` where it was left. */
async function show({ focus = false, scroll = 0, leftAt = "" } = {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  asked = readAddress(location.search);
  closeHints();
  input.value = asked.q;
  fillFilters();
  const late = setTimeout(() => say(asked.article ? "Opening ..." : "Searching ..."), 200);
  view.setAttribute("aria-busy", "true");
  try {
    if (asked.article) await showArticle(signal);
    else if (asked.similar || asked.thread) await showRelated(signal);
    else if (asked.q) await showResults(signal, { focus, scroll, leftAt });
    else await showStart(signal);
  } catch (error) {
    if (!signal.aborted) showProblem(error);
  } finally {
    clearTimeout(late);
    if (!signal.aborted) view.removeAttribute("aria-busy");
  }
  if (!signal.aborted) knowFilters(signal);
}

function enter(name, title) {
  document.body.dataset.view = name;
  document.title = title ? `${title.replace(/[\p{Cc}\p{Cf}]+/gu, " ")} - newsdex` : "newsdex"; // nothing that turns the direction of what follows
  heading.textContent = title ? `Results for ${title}` : "newsdex";
  timeline.hidden = name !== "results" || !timeline.firstChild;
}

/** Tell what has become of the question; `unseen` where the page shows it in another way, to those alone who listen. */
function say(text, unseen = false) {
  status.classList.toggle("unseen", unseen);
  status.textContent = text;
}

// ------------------------------------------------------------------- start

async function showStart(signal) {
  const covered = await statsOf(signal);
  enter("start", "");
  say("");
  const words = [counted(covered.articles, "article")];
  const sources = Object.keys(covered.sources).length;
  if (sources) words.push(`from ${counted(sources, "source")}`);
  const days = [covered.first_published, covered.last_published].filter(Boolean).map(dateInWords);
  const when = days.length ? `, ${days[0] === days[1] ? days[0] : days.join(" to ")}` : "";
  view.replaceChildren(
    element("p", { class: "covered" }, covered.articles ? `${words.join(" ")}${when}.` : "There is no article in the archive yet."),
  );
  window.scrollTo(0, 0);
}

async function statsOf(signal) {
  stats ??= await ask("stats", {}, signal);
  return stats;
}

/** Fill the lists of the filters, once. */
async function knowFilters(signal) {
  if (listed) return;
  let covered;
  try {
    covered = await statsOf(signal);
  } catch {
    return; // one can ask without them
  }
  if (listed) return;
  listed = true;
  for (const [field, counts, named] of [[filters.source, covered.sources, (name) => name], [filters.lang, covered.languages, languageInWords]]) {
    const options = Object.entries(counts).slice(0, MOST_LISTED).map(([value, count]) => element("option", { value }, `${named(value)} (${count.toLocaleString("en")})`));
    field.replaceChildren(field.options[0], ...options);
  }
  fillFilters();
}

// ----------------------------------------------------------------- results

async function showResults(signal, { focus, scroll, leftAt }) {
  const key = addressOf(searchOf(asked));
  const counting = monthsOf(signal);
  if (found?.key !== key || found.hits.length < Math.min(shownOf(asked), found.limit)) {
    const limit = shownOf(asked);
    const answer = await ask("search", { ...searchOf(asked), limit }, signal);
    found = { key, limit, ...answer, hits: answer.answerable ? answer.hits : answer.hits.slice(0, NEAREST) };
    found.mayHaveMore = answer.answerable && answer.hits.length === limit;
  }
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const inTime = await Promise.race([counting, late]);
  if (signal.aborted) return;
  enter("results", asked.q);
  showMonths(inTime ?? null);
  if (inTime === undefined) counting.then((answer) => signal.aborted || showMonths(answer));
  view.replaceChildren(resultsOf(found, asked, more, clearFilters));
  say(inWords(found), !found.answerable);
  window.scrollTo(0, scroll);
  const left = leftAt && document.getElementById(leftAt)?.querySelector("h2 a");
  if (left) left.focus({ preventScroll: true });
  else if (focus && document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
}

function inWords({ answerable, hits, estimated_total_hits: estimate, processing_time_ms: time }) {
  if (!answerable) return "No results answer that.";
  const shown = likelyOf(hits);
  // The timeline looks at more passages, but at all dates.
  const elsewhere = !asked.since && !asked.until && !found.period && months?.key === monthsKey() ? months.answer.total : 0;
  const total = Math.max(estimate, elsewhere);
  const seem = total > shown ? `; at least ${counted(total, "article seems", "articles seem")} to answer, copies counted` : "";
  return `${counted(shown, "result")}${seem} (${Math.max(1, Math.round(time))} ms)`;
}

function monthsKey() {
  return addressOf({ ...searchOf(asked), since: "", until: "" });
}

/** When what answers was published, whatever the dates that are asked for; null where the server does not say: the results are there all the same. */
async function monthsOf(signal) {
  const key = monthsKey();
  if (months?.key !== key) {
    const { q, source, lang, mode, literal } = asked;
    try {
      months = { key, answer: await ask("timeline", { q, source, lang, mode, literal }, signal) };
    } catch {
      return null;
    }
  }
  return months.answer;
}

/** Show the timeline, with the dates that are asked for, or that the question names, marked in it. */
function showMonths(answer) {
  const period = asked.since || asked.until ? asked : { since: found.period?.since ?? "", until: found.period?.until ?? "" };
  showTimeline(timeline, answer, period, (since, until) => go({ ...asked, since, until, n: "" }));
}

async function more(button) {
  const { signal } = asking;
  const offset = found.hits.length;
  button.disabled = true;
  try {
    const answer = await ask("search", { ...searchOf(asked), limit: PAGE, offset }, signal);
    const known = new Set(found.hits.map((hit) => hit.article_id));
    const fresh = answer.hits.filter((hit) => !known.has(hit.article_id)); // the archive may have changed in between
    found.hits.push(...fresh);
    found.mayHaveMore = answer.hits.length === PAGE && found.hits.length <= LAST_OFFSET;
    asked.n = String(found.hits.length);
    history.replaceState(history.state, "", addressOf(asked));
    view.replaceChildren(resultsOf(found, asked, more, clearFilters));
    say(inWords(found));
    const others = view.querySelector("details.others");
    const next = fresh.length ? document.getElementById(hitId(fresh[0].rank)) : null;
    if (others?.contains(next)) others.querySelector("summary").focus();
    else next?.querySelector("h2 a").focus();
  } catch (error) {
    button.disabled = false;
    if (!signal.aborted) button.after(problemOf(error, () => button.click()));
  }
}

// ----------------------------------------------------------------- article

async function showArticle(signal) {
  const article = await ask(`articles/${encodeURIComponent(asked.article)}`, {}, signal);
  const { reader, title, mark } = readerOf(article, asked, addressOf({ ...asked, article: "", at: "", answer: "" }));
  enter("article", title);
  heading.textContent = "Article";
  view.replaceChildren(reader);
  say("");
  reader.querySelector("h2.title").focus({ preventScroll: true });
  if (mark) showPassage(mark);
  else window.scrollTo(0, 0);
}

// ----------------------------------------------------------------- related

async function showRelated(signal) {
  const [id, kind] = asked.similar ? [asked.similar, "similar"] : [asked.thread, "thread"];
  const found = await ask(`articles/${encodeURIComponent(id)}/${kind}`, kind === "similar" ? { limit: PAGE } : {}, signal);
  const { title, article_id: name } = await ask(`articles/${encodeURIComponent(id)}`, {}, signal);
  enter("related", title ?? name);
  heading.textContent = kind === "similar" ? `Articles like ${title ?? name}` : `The thread of ${title ?? name}`;
  const none = kind === "similar" ? !found.hits.length : found.reports.length < 2;
  const list = kind === "similar" ? element("ol", { class: "hits" }, ...found.hits.map((hit) => hitOf(hit, asked))) : threadOf(found, asked);
  const back = element("a", { href: addressOf(asked.q ? searchOf(asked) : { article: id }), "data-in-page": true }, asked.q ? "Back to results" : "To the article");
  const told = kind === "similar" ? "No article is like it." : "No other report of its event was found.";
  view.replaceChildren(element("p", { class: "tools" }, back), element("h2", { dir: "auto" }, heading.textContent), none ? element("p", { class: "remark" }, told) : list);
  say("");
  window.scrollTo(0, 0);
}

// ---------------------------------------------------------------- problems

function showProblem(error) {
  enter("problem", asked.q);
  say("");
  timeline.hidden = true;
  view.replaceChildren(error instanceof Problem && error.status === 401 ? keyForm(() => show({ focus: true })) : problemOf(error, () => show()));
  view.querySelector("input")?.focus();
}

// -------------------------------------------------------------- navigation

/** Go to what `next` asks for. */
function go(next, state = {}) {
  history.replaceState({ ...history.state, scroll: window.scrollY, leftAt: state.leftAt ?? "" }, "");
  history.pushState({ fromResults: !asked.article && asked.q !== "" }, "", addressOf(next));
  show({ focus: true });
}

function fillFilters() {
  for (const name of ["since", "until", "source", "lang"]) {
    const field = filters[name];
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === asked[name])) {
      field.append(element("option", { value: asked[name] }, name === "lang" ? languageInWords(asked[name]) : asked[name]));
    }
    if (field.value !== asked[name]) field.value = asked[name]; // or else what is being typed would be lost
  }
  clearButton.hidden = !(asked.since || asked.until || asked.source || asked.lang);
}

function submit() {
  const values = Object.fromEntries(["since", "until", "source", "lang"].map((name) => [name, filters[name].value]));
  const next = { ...values, q: input.value.trim(), mode: asked.mode };
  closeHints();
  if (!next.q) {
    input.focus();
    return;
  }
  if (addressOf(next) === addressOf({ ...asked, n: "" })) {
    found = null; // asked again: the archive may have changed
    months = null;
    show({ focus: true });
  } else {
    go(next);
  }
}

function clearFilters() {
  go({ q: asked.q, mode: asked.mode });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
for (const name of ["since", "until", "source", "lang"]) {
  filters[name].addEventListener("change", () => {
    const begun = filters[name].type === "date" && filters[name].value && filters[name].value < "1000"; // of a year, the first digits
    if (asked.q && !begun) submit();
  });
}
clearButton.addEventListener("click", () => {
  if (asked.q) {
    clearFilters();
    input.focus();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-in-page], a.name");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.dataset.back !== undefined && history.state?.fromResults) history.back();
  else go(readAddress(link.search), { leftAt: link.closest("ol.hits > li")?.id });
});

window.addEventListener("popstate", () => show({ focus: true, scroll: history.state?.scroll ?? 0, leftAt: history.state?.leftAt ?? "" }));

show();
