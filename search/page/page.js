// The page: what its address asks for is asked of the server and shown.

import { addressOf, isFiltered, PAGE, readAddress, searchOf, shownOf, unfiltered, wantedOf } from "./address.js";
import { ask, hasKey, Problem } from "./api.js";
import { readerOf, relatedTo, showPassage } from "./article.js";
import { openCheck } from "./check.js";
import { showFacets } from "./facets.js";
import { follow, followedOf, followingOf } from "./following.js";
import { giveHints } from "./hints.js";
import { keyForm, problemOf, sentenceOf } from "./problems.js";
import { hitId, hitOf, likelyOf, listedOf, nameLinks, resultsOf, threadOf } from "./results.js";
import { ANSWERABLE, button, counted, dateInWords, element, nameOf, recall, remember } from "./text.js";
import { openKeys } from "./tools.js";
import { openTray, showCount } from "./tray.js";
import { writtenOf } from "./written.js";

const NEAREST = 5; // misses that are shown
const LAST_OFFSET = 1000; // that the server takes
const MOST_PASSAGES = 10; // of an article, that the server gives
const PATIENCE = 150; // milliseconds that the line above the results waits for the counts
const DENSITY = "newsdex-density"; // of localStorage

const form = document.getElementById("ask");
const input = document.getElementById("q");
const heading = document.getElementById("heading");
const status = document.getElementById("status");
const tools = document.getElementById("tools");
const column = document.getElementById("facets");
const view = document.getElementById("view");
const closeHints = giveHints(input, document.getElementById("hints"), (title) => {
  input.value = title;
  submit();
});

let asked = readAddress(location.search);
let asking = new AbortController();
let found = null; // what was found last, and for what: {key, hits, ...}
let given = document.getElementById("found"); // what the server has found already for the address by which it was asked
let counts = null; // the same of the facets: {key, answer}
let stats = null;
let allowed = false; // whether it is known what the reader's key may do
let filtersOpen = false; // on a narrow screen

history.scrollRestoration = "manual"; // the results are there only later

/** Show what the address asks for. `focus`: whether it is what the reader has just gone to, and `scroll` where it was left. */
async function show({ focus = false, scroll = 0, leftAt = "" } = {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const ready = given;
  given = null;
  asked = readAddress(location.search);
  closeHints();
  // What it is about is gone. Closed, it would move the focus later.
  document.querySelector("dialog[open]")?.remove();
  input.value = ""; // so that one goes on typing at the end, where the page has come with the question in it
  input.value = input.defaultValue = asked.q;
  const late = setTimeout(() => say(asked.article ? "Opening ..." : "Searching ..."), 200);
  view.setAttribute("aria-busy", "true");
  try {
    if (asked.article) await showArticle(signal);
    else if (asked.similar || asked.thread) await showRelated(signal);
    else if (asked.q) await showResults(signal, { focus, scroll, leftAt, ready });
    else await showStart(signal);
  } catch (error) {
    if (!signal.aborted) showProblem(error);
  } finally {
    clearTimeout(late);
    if (!signal.aborted) view.removeAttribute("aria-busy");
  }
  if (!signal.aborted) await nameLinks(signal).catch(() => null); // as they are
}

function enter(name, title) {
  document.body.dataset.view = name;
  document.title = title ? `${title.replace(/[\p{Cc}\p{Cf}]+/gu, " ")} - newsdex` : "newsdex"; // nothing that turns the direction of what follows
  heading.textContent = title ? `Results for ${title}` : "newsdex";
  const lists = name === "results" || name === "start";
  tools.hidden = !lists;
  if (!lists) column.hidden = true;
  else showTools();
}

/** Tell what has become of the question; `unseen` where the page shows it in another way, to those alone who listen. */
function say(text, unseen = false) {
  status.classList.toggle("unseen", unseen);
  status.textContent = text;
}

// ------------------------------------------------------------------- start

async function showStart(signal) {
  const counting = countsOf(signal);
  const [covered, newest, examples, followed] = await Promise.all([statsOf(signal), listOf(0, signal), isFiltered(asked) ? [] : examplesOf(signal), followedOf(signal)]);
  if (signal.aborted) return;
  enter("start", "");
  say("");
  const parts = [];
  if (!isFiltered(asked)) {
    parts.push(element("p", { class: "covered" }, covered.articles ? coveredBy(covered) : "There is no article in the archive yet."));
    if (examples.length) parts.push(element("p", { class: "examples" }, element("span", {}, "For example "), ...examples.map((q) => element("a", { href: addressOf({ q }), "data-in-page": true, dir: "auto" }, q))));
  }
  const following = isFiltered(asked) ? null : followingOf(followed);
  if (following) parts.push(following);
  if (newest?.total) {
    const dated = newest.articles[0].published; // what has no date comes last
    const match = `${counted(newest.total, "article matches", "articles match")} the filters${dated ? ", newest first" : "; none has a date"}`;
    const all = dated ? "The newest stories" : "Articles; none has a date";
    parts.push(element("h2", { class: "misses-head" }, isFiltered(asked) ? match : all), listOfArticles(newest.articles));
  } else if (newest && covered.articles) parts.push(element("p", { class: "remark" }, "No article matches the filters."));
  parts.push(...(newest?.remarks ?? []).map((remark) => element("p", { class: "remark" }, remark)));
  view.replaceChildren(...parts);
  window.scrollTo(0, 0);
  showCounts(await counting, {}, signal);
}

function coveredBy(covered) {
  const words = [counted(covered.articles, "article")];
  const sources = Object.keys(covered.sources).length;
  if (sources) words.push(`from ${counted(sources, "source")}`);
  const days = [covered.first_published, covered.last_published].filter(Boolean).map(dateInWords);
  return `${words.join(" ")}${days.length ? `, ${days[0] === days[1] ? days[0] : days.join(" to ")}` : ""}.`;
}

/** A part of the list of the newest articles; null where the archive has none. */
async function listOf(offset, signal) {
  const { since, until, source, lang, where } = asked;
  try {
    return await call("articles", { since, until, source, lang, where }, { limit: PAGE, offset }, signal);
  } catch (error) {
    if (error.status === 400 && !isFiltered(asked)) return null; // an archive that lists nothing
    throw error;
  }
}

/** The articles; of the newest stories, files of one address and title are one. */
function listOfArticles(newest) {
  const seen = new Set();
  const itemsOf = (articles) => articles.filter(({ url, title }) => {
    const story = JSON.stringify([url, title]);
    const again = url && !isFiltered(asked) && seen.has(story);
    seen.add(story);
    return !again;
  }).map((article) => listedOf(article, asked));
  const list = element("ol", { class: "hits listed" }, ...itemsOf(newest));
  let read = newest.length;
  const further = button("More articles", (made) => adding(made, async (signal) => {
    const { articles: next } = await listOf(read, signal);
    read += next.length;
    const items = itemsOf(next);
    list.append(...items);
    items[0]?.querySelector("a").focus();
    if (next.length < PAGE || read > LAST_OFFSET) made.remove();
  }), { class: "more" });
  return element("div", {}, list, newest.length === PAGE ? further : null);
}

/** Have `load` add to a list what the button `made` is for. */
async function adding(made, load) {
  const { signal } = asking;
  made.disabled = true;
  try {
    await load(signal);
  } catch (error) {
    if (!signal.aborted) made.after(problemOf(error, () => made.click()));
  }
  made.disabled = false;
}

async function statsOf(signal) {
  stats ??= await ask("stats", {}, signal);
  return stats;
}

async function examplesOf(signal) {
  try {
    return (await ask("examples", {}, signal)).examples;
  } catch {
    return []; // one can ask without them
  }
}

/** What the server answers to what is `wanted` by its address, or by a body where an address cannot say it. */
async function call(path, wanted, more, signal) {
  const { values, body } = wantedOf({ ...searchOf(readAddress("")), ...wanted });
  return body ? ask(path, {}, signal, { ...body, ...more }) : ask(path, { ...values, ...more }, signal);
}

// ----------------------------------------------------------------- results

async function showResults(signal, { focus, scroll, leftAt, ready }) {
  const key = addressOf(searchOf(asked));
  if (found?.key !== key || found.hits.length < Math.min(shownOf(asked), found.limit)) {
    const limit = shownOf(asked);
    const answer = ready ? JSON.parse(ready.textContent) : await call("search", searchOf(asked), { limit }, signal);
    found = { key, limit, ...answer, hits: answer.answerable ? answer.hits : answer.hits.slice(0, NEAREST) };
    found.mayHaveMore = answer.answerable && answer.hits.length === limit;
  }
  if (signal.aborted) return;
  enter("results", asked.q);
  view.replaceChildren(resultsOf(found, asked, more, clearFilters));
  window.scrollTo(0, scroll);
  const left = leftAt && document.getElementById(leftAt)?.querySelector("h2 a");
  if (left) left.focus({ preventScroll: true });
  else if (focus && document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
  const late = setTimeout(() => signal.aborted || say(inWords(found), !found.answerable), PATIENCE);
  const [answer] = await Promise.all([countsOf(signal), askWhatIsAllowed(signal)]); // now: the server would find them first, and the answer later
  clearTimeout(late);
  showCounts(answer, found.period ?? {}, signal);
  if (!signal.aborted) say(inWords(found), !found.answerable);
}

/** How many there are, in plain words; what was not looked at may hold more. */
function inWords({ answerable, hits, estimated_total_hits: estimate }) {
  if (!answerable) return "No results answer that.";
  const known = counts?.key === countsKey() ? counts.answer : null;
  const total = Math.max(likelyOf(hits), estimate, known?.total ?? 0);
  return `${known?.complete ? "" : "At least "}${counted(total, "matching article")}`;
}

/** A key for some of the articles follows no questions, which the server says when it is asked for them. */
async function askWhatIsAllowed(signal) {
  if (!allowed && hasKey()) await followedOf(signal);
  allowed ||= !signal.aborted;
}

/** Of which sources, languages and dates the articles are; null where the server does not say: the results are there all the same. */
async function countsOf(signal) {
  const key = countsKey();
  if (counts?.key !== key) {
    try {
      counts = { key, answer: await call("facets", { ...searchOf(asked), sort: "" }, {}, signal) };
    } catch {
      return null;
    }
  }
  return counts.answer;
}

function countsKey() {
  return addressOf({ ...searchOf(asked), sort: "" });
}

function showCounts(answer, period, signal) {
  if (signal.aborted) return;
  showFacets(column, answer, asked, { since: period.since ?? "", until: period.until ?? "" }, (next) => go(next));
  const done = button("Show the articles", () => {
    filtersOpen = false;
    showTools();
    document.getElementById("main").focus();
  }, { class: "filters" });
  column.append(done);
  showTools();
}

/** The order, the density, and on a narrow screen the way to the filters: one stop of the tab key, and arrows from one to the other. */
function showTools() {
  const focused = [...tools.children].indexOf(document.activeElement);
  const dense = recall(DENSITY) === "compact";
  document.body.dataset.density = dense ? "compact" : "full";
  document.body.dataset.filters = filtersOpen ? "open" : "closed";
  const toggle = (words, pressed, act) => button(words, act, { "aria-pressed": String(pressed), tabindex: "-1" });
  const parts = asked.q
    ? [
        toggle("Relevance", !["date", "oldest"].includes(asked.sort), () => go({ ...asked, sort: "", n: "" })),
        toggle("Newest", asked.sort === "date", () => go({ ...asked, sort: "date", n: "" })),
        toggle("Oldest", asked.sort === "oldest", () => go({ ...asked, sort: "oldest", n: "" })),
        toggle("Compact", dense, () => {
          remember(DENSITY, dense ? "full" : "compact");
          showTools();
        }),
      ]
    : [];
  const active = asked.source.length + asked.lang.length + asked.where.length + Boolean(asked.since || asked.until);
  if (asked.q && (allowed || !hasKey()) && "follows" in document.body.dataset) parts.push(button("Follow", followThis, { tabindex: "-1" }));
  if (asked.q && "writes" in document.body.dataset) parts.push(button("Write an answer", write, { tabindex: "-1" }));
  parts.push(button(active ? `Filters (${active})` : "Filters", () => {
    filtersOpen = !filtersOpen;
    showTools();
    if (filtersOpen) column.querySelector("button, input")?.focus();
  }, { class: "filters", "aria-expanded": String(filtersOpen), "aria-controls": "facets", tabindex: "-1" }));
  tools.replaceChildren(...parts);
  parts[0].tabIndex = 0;
  if (focused >= 0) reach(parts[Math.min(focused, parts.length - 1)]);
}

async function followThis(made) {
  made.disabled = true;
  try {
    sayBeside(await follow(asked, asking.signal));
  } catch (error) {
    made.disabled = false;
    sayBeside(sentenceOf(error));
  }
}

/** Tell something of the question that is shown, after how many there are. */
function sayBeside(text) {
  say(`${inWords(found).replace(/\.$/, "")}. ${text}`);
}

/** Above the results, what the server's language model makes of them. */
function write() {
  view.querySelector(".written")?.remove();
  view.prepend(writtenOf(asked, asking.signal, write));
}

function reach(part) {
  for (const each of tools.children) each.tabIndex = each === part ? 0 : -1;
  part.focus();
}

tools.addEventListener("keydown", (event) => {
  const parts = [...tools.children].filter((part) => part.checkVisibility());
  const at = parts.indexOf(document.activeElement) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN);
  if (!parts[at]) return;
  event.preventDefault();
  event.stopPropagation();
  reach(parts[at]);
});

const more = (made) => adding(made, async (signal) => {
  const offset = found.hits.length;
  const answer = await call("search", searchOf(asked), { limit: PAGE, offset }, signal);
  const known = new Set(found.hits.map((hit) => hit.article_id));
  const fresh = answer.hits.filter((hit) => !known.has(hit.article_id)); // the archive may have changed in between
  found.hits.push(...fresh);
  found.mayHaveMore = answer.hits.length === PAGE && found.hits.length <= LAST_OFFSET;
  asked.n = String(found.hits.length);
  history.replaceState(history.state, "", addressOf(asked));
  view.replaceChildren(...view.querySelectorAll(".written"), resultsOf(found, asked, more, clearFilters));
  say(inWords(found));
  const others = view.querySelector("details.others");
  const next = fresh.length ? document.getElementById(hitId(fresh[0].rank)) : null;
  if (others?.contains(next)) others.querySelector("summary").focus();
  else next?.querySelector("h2 a").focus();
});

// ----------------------------------------------------------------- article

async function showArticle(signal) {
  const path = `articles/${encodeURIComponent(asked.article)}`;
  const [article, others] = await Promise.all([ask(path, {}, signal), passagesOf(signal)]);
  const back = addressOf({ ...asked, article: "", at: "", answer: "" });
  const { reader, title, mark } = readerOf(article, asked, back, others);
  enter("article", title);
  heading.textContent = "Article";
  view.replaceChildren(reader);
  say("");
  reader.querySelector("h2.title").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  if (mark && mark.getBoundingClientRect().bottom > window.innerHeight) showPassage(mark);
  addRelated(path, article, reader, signal);
}

/** Put below the article what is like it, when that is known. */
async function addRelated(path, article, reader, signal) {
  const [thread, similar] = await Promise.all([["thread", 20], ["similar", 10]].map(([kind, limit]) => ask(`${path}/${kind}`, { limit }, signal).catch(() => null)));
  const related = signal.aborted ? null : relatedTo(article, thread, similar, asked, signal);
  if (!related) return;
  reader.append(related);
  await nameLinks(signal).catch(() => null);
}

/** The passages of the article that answer the question; none where the server does not say: the article is there all the same. */
async function passagesOf(signal) {
  if (!asked.q) return [];
  const { q, mode, literal } = asked;
  try {
    const { hits } = await ask("search", { q, mode, literal, read_dates: "false", where: `id=${asked.article}`, per_article: MOST_PASSAGES, limit: 1 }, signal);
    return hits.flatMap((hit) => [hit, ...hit.more_passages]).filter((each) => each.score >= ANSWERABLE);
  } catch {
    return [];
  }
}

// ----------------------------------------------------------------- related

async function showRelated(signal) {
  const [id, kind] = asked.similar ? [asked.similar, "similar"] : [asked.thread, "thread"];
  const found = await ask(`articles/${encodeURIComponent(id)}/${kind}`, kind === "similar" ? { limit: PAGE } : {}, signal);
  const name = nameOf(await ask(`articles/${encodeURIComponent(id)}`, {}, signal));
  enter("related", name);
  heading.textContent = kind === "similar" ? `Articles like ${name}` : `The thread of ${name}`;
  const none = kind === "similar" ? !found.hits.length : found.reports.length < 2;
  const list = kind === "similar" ? element("ol", { class: "hits" }, ...found.hits.map((hit) => hitOf(hit, asked))) : threadOf(found, asked);
  const back = element("a", { href: addressOf(asked.q ? searchOf(asked) : { article: id }), "data-in-page": true }, asked.q ? "Back to results" : "To the article");
  const told = kind === "similar" ? "No article is like it." : "No other report of its event was found.";
  view.replaceChildren(element("p", { class: "tools" }, back), element("h2", { class: "misses-head", dir: "auto" }, heading.textContent), none ? element("p", { class: "remark" }, told) : list);
  say("");
  window.scrollTo(0, 0);
}

// ---------------------------------------------------------------- problems

function showProblem(error) {
  if (error.status === 404) found = counts = null; // the archive has changed: Back searches again
  enter("problem", asked.q);
  say("");
  view.replaceChildren(error instanceof Problem && error.status === 401 ? keyForm(() => show({ focus: true })) : problemOf(error, () => show()));
  if (isFiltered(asked)) view.querySelector(".problem")?.append(button("Ask again without filters", () => go(unfiltered(asked))));
  view.querySelector("input")?.focus();
}

// -------------------------------------------------------------- navigation

/** Go to what `next` asks for. */
function go(next, state = {}) {
  history.replaceState({ ...history.state, scroll: window.scrollY, leftAt: state.leftAt ?? "" }, "");
  history.pushState({ fromResults: !asked.article && asked.q !== "" }, "", addressOf(next));
  show({ focus: true });
}

function submit() {
  const q = input.value.trim();
  closeHints();
  if (!q) {
    input.focus();
    return;
  }
  input.blur(); // keys move through the results then
  const { since, until, source, lang, where, mode, sort } = asked;
  const next = { since, until, source, lang, where, mode, sort, q };
  if (addressOf(next) === addressOf({ ...searchOf(asked), literal: "", read_dates: "" }) && !asked.article && !asked.similar && !asked.thread) {
    found = null; // asked again: the archive may have changed
    counts = null;
    show({ focus: true });
  } else {
    go(next);
  }
}

function clearFilters() {
  go(unfiltered(asked));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-in-page], a.name");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.dataset.back !== undefined && history.state?.fromResults) history.back();
  else go(readAddress(link.search), { leftAt: link.closest("ol.hits > li")?.id });
});

document.addEventListener("click", (event) => {
  const score = event.target.closest(".score");
  for (const figure of score?.querySelectorAll(".figure") ?? []) figure.classList.toggle("unseen");
});

// -------------------------------------------------------------------- keys

document.addEventListener("keydown", (event) => {
  const busy = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const empty = busy === input && !input.value; // nothing that one types begins so
  if (empty && ["/", "?"].includes(event.key)) {
    event.preventDefault();
    act(event.key);
  } else if (event.key === "Escape" && (!busy || busy === input)) leave(busy);
  else if ((!busy || (busy === input && event.key === "ArrowDown")) && act(event.key)) event.preventDefault();
});

/** Do what a key stands for. Returns whether it does. */
function act(key) {
  if (key === "/") {
    input.focus();
    input.select();
  } else if (key === "?") {
    openKeys();
  } else if (["j", "k", "ArrowDown", "ArrowUp"].includes(key) && document.body.dataset.view !== "article") {
    return step(key === "j" || key === "ArrowDown" ? 1 : -1);
  } else {
    return false;
  }
  return true;
}

/** Go to the next result, or the one before. */
function step(by) {
  const links = [...view.querySelectorAll("ol.hits > li > h2 a")].filter((link) => link.checkVisibility());
  const here = links.indexOf(document.activeElement.closest("ol.hits > li")?.querySelector("h2 a"));
  const to = here < 0 ? (by > 0 ? 0 : -1) : here + by;
  if (here === 0 && by < 0) input.focus();
  else links[to]?.focus();
  links[to]?.closest("li").scrollIntoView({ block: "nearest" });
  return links.length > 0;
}

/** Go back: from an article to the results, from a result to the box. */
function leave(inBox) {
  const back = view.querySelector("a[data-back], .tools a[data-in-page]");
  if (inBox) input.blur(); // then the other keys work
  else if (back) back.click();
  else input.focus();
}

document.getElementById("keys-button").addEventListener("click", openKeys);
document.getElementById("check-button").addEventListener("click", () => openCheck());
document.getElementById("tray-button").addEventListener("click", () => openTray(() => {
  // What was taken out is no longer kept.
  if (found && document.body.dataset.view === "results") view.replaceChildren(resultsOf(found, asked, more, clearFilters));
}));
document.querySelector(".corner").hidden = false;
window.addEventListener("storage", showCount);
showCount();
if (asked.q && input.value === input.defaultValue) input.blur(); // the keys are for the results, unless someone types already

window.addEventListener("popstate", () => show({ focus: true, scroll: history.state?.scroll ?? 0, leftAt: history.state?.leftAt ?? "" }));

show({ focus: true });
