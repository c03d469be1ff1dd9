// An article whole, with the passages that answer marked.

import { addressOf, passageIn, searchOf, spanOf } from "./address.js";
import { ask } from "./api.js";
import { openCheck, wayBack } from "./check.js";
import { copiesOf, inShort, linkTo, marksOf, originalOf, whoAndWhen } from "./results.js";
import { appendMarked, asRead, button, copy, element, foundIn, languageInWords, nameOf, paragraphs, placesOf, readable, unitsOf } from "./text.js";
import { openCitation } from "./tools.js";
import { keepButton } from "./tray.js";

/**
 * The article as an element; `back` is the address of the results, and `others` the passages of it that answer besides the one of the address, {start, end, answer}.
 * Returns {reader, title, mark}: the last is the first element of the passage of the address.
 */
export function readerOf(article, asked, back, others = []) {
  const title = nameOf(article);
  const [linked, said] = [spanOf(asked.at), spanOf(asked.answer)];
  const passage = linked && foundIn(article.text, linked);
  const moved = passage ? passage.start - linked.start : 0;
  const answer = said && (passage || !linked) ? { start: said.start + moved, end: said.end + moved } : null;
  const body = element("div", { class: "text", lang: article.language });
  const stops = fill(body, article, passage, answer, others.filter((each) => !passage || each.end <= passage.start || each.start >= passage.end));
  const own = stops.find((stop) => stop.own);
  let at = Math.max(0, stops.indexOf(own));
  // On a phone the way back and the jumps stay in view, and what else can be done has a row of its own.
  const ways = element("div", { class: "ways" });
  const acts = element("div", { class: "acts" });
  ways.append(element("a", { href: back, "data-in-page": true, "data-back": true }, asked.q || asked.source.length || asked.where.length ? "Back to results" : "Ask the archive"), wayBack(article.article_id) ?? "");
  const count = element("span", { class: "caption", role: "status" });

  function jump(by, focus = true) {
    at = (at + by + stops.length) % stops.length;
    count.textContent = `${at + 1} of ${stops.length}`;
    stops.forEach(({ marks }, place) => marks.forEach((mark) => mark.classList.toggle("now", place === at)));
    if (focus) showPassage(stops[at].marks[0], true);
  }

  if (stops.length > 1) {
    ways.append(button("\u2191", () => jump(-1), { "aria-label": "Previous passage" }), count, button("\u2193", () => jump(1), { "aria-label": "Next passage" }));
    jump(0, false);
    count.title = "Passages that answer. In the others, the sentence that answers best is underlined.";
  } else if (stops.length) {
    ways.append(button("To the passage", () => showPassage(stops[0].marks[0], true)));
  }
  const text = passage ? article.text.slice(...unitsOf(article.text, [passage.start, passage.end])) : "";
  const places = passage && { at: passageIn({ ...passage, text }), answer: answer ? `${answer.start}-${answer.end}` : "" };
  const address = places ? new URL(addressOf({ ...asked, ...places }), location.href).href : location.href;
  acts.append(
    keepButton({ ...article, ...(passage ?? { start: 0, end: 0 }), text }, asked.q),
    button("Cite", () => openCitation(article.article_id, article.pages.length ? passage : null), { "aria-haspopup": "dialog" }),
    button("Check quote", () => openCheck("Quotation", String(window.getSelection()).trim()), { "aria-haspopup": "dialog" }),
    button("Copy link", async (made) => (made.textContent = (await copy(address)) ? "Link copied" : "Copy it from the address bar")),
    button("Print", () => window.print()),
  );
  const head = element("h2", { class: "title", tabindex: "-1", dir: "auto", lang: article.language }, title);
  const here = button(title, () => {
    window.scrollTo(0, 0);
    head.focus({ preventScroll: true });
  }, { class: "here", hidden: true, dir: "auto", "aria-label": `To the beginning of ${title}` });
  new IntersectionObserver(([{ isIntersecting, boundingClientRect }]) => (here.hidden = isIntersecting || boundingClientRect.top > 0)).observe(head);
  ways.append(here);
  const reader = element(
    "article",
    { class: "reader" },
    element("div", { class: "tools", role: "group", "aria-label": "The article" }, ways, acts),
    head,
    marksOf(article, asked),
    aboutOf(article, passage),
    linked && !own ? element("p", { class: "remark" }, "The linked passage is no longer in the article: the article has changed since.") : null,
    body,
  );
  return { reader, title, mark: own?.marks[0] ?? null };
}

/** What stands below an article: its copies, the course of its event, and what is like it. */
export function relatedTo(article, thread, similar, asked, signal) {
  const id = article.article_id;
  const made = element("aside", { class: "related", "aria-label": "Related articles" });
  const own = thread?.reports.find((report) => report.article_id === id || report.also_in.some((copy) => copy.article_id === id));
  if (own?.also_in.length) {
    const listed = own.article_id === id ? own.also_in : [{ ...own, similarity: null }, ...own.also_in.filter((copy) => copy.article_id !== id)];
    const copies = copiesOf(listed, asked, (copy, item) => button("What differs", (made) => compare(made, item, article, copy.article_id, signal), { class: "differs" }));
    copies.open = true;
    made.append(copies);
  }
  if (thread && thread.reports.length > 1) {
    const link = element("a", { href: addressOf({ ...searchOf(asked), thread: id }), "data-in-page": true }, "The thread, with what each report adds");
    made.append(element("h3", {}, "The course of events"), linksOf(thread.reports.slice(0, 8), asked, id), element("p", {}, link));
  }
  const told = new Set(thread?.reports.map((report) => report.article_id));
  const alike = similar?.hits.filter((hit) => !told.has(hit.article_id)).slice(0, 5) ?? [];
  if (alike.length) {
    const link = element("a", { href: addressOf({ ...searchOf(asked), similar: id }), "data-in-page": true }, "All similar articles");
    made.append(element("h3", {}, "More like this"), linksOf(alike, asked, id), element("p", {}, link));
  }
  return made.childElementCount ? made : null;
}

/** Below `item`, in place of the button: the sentences that only one of two articles has. */
async function compare(made, item, article, other, signal) {
  made.disabled = true;
  try {
    const copied = await ask(`articles/${encodeURIComponent(other)}`, {}, signal);
    const [mine, theirs] = [article, copied].map(sentencesOf);
    const lists = [["Only in this article", mine, theirs], ["Only in the other", theirs, mine]].flatMap(([words, some, others]) => {
      const own = [...some].filter(([form]) => !others.has(form));
      return own.length ? [element("h3", {}, words), element("ul", {}, ...own.map(([, text]) => element("li", { dir: "auto" }, text)))] : [];
    });
    const told = lists.length ? lists : [element("p", {}, "Their sentences are the same.")];
    made.remove();
    item.append(element("div", { class: "differences", tabindex: "-1", role: "group", "aria-label": "What differs" }, ...told));
    item.lastChild.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) [made.disabled, made.textContent] = [false, error.message];
  }
}

/** The sentences of an article as they are written, by their words. */
function sentencesOf({ text, body, language }) {
  const [start, end] = body ? unitsOf(text, [body.start, body.end]) : [0, text.length];
  const cutter = new Intl.Segmenter(language ?? undefined, { granularity: "sentence" });
  const found = [...paragraphs(text, start, end)].flatMap(([from, to]) => [...cutter.segment(asRead(text.slice(from, to)))].map(({ segment }) => segment.replace(/\s+/g, " ").trim()));
  return new Map(found.filter(Boolean).map((sentence) => [sentence.normalize("NFKC").toLowerCase(), sentence]));
}

function linksOf(articles, asked, id) {
  return element("ul", {}, ...articles.map((each) => {
    const name = each.article_id === id ? element("strong", { dir: "auto" }, each.title ?? (each.record ? "This article" : id)) : linkTo(each, asked);
    return element("li", {}, name, " ", inShort(each));
  }));
}

/** Bring the passage into view, and where asked for, the focus too, so that reading goes on from there. */
export function showPassage(mark, focus = false) {
  mark.scrollIntoView({ block: "center", inline: "nearest" });
  if (focus) mark.focus({ preventScroll: true });
}

function aboutOf(article, passage) {
  const author = JSON.parse(document.body.dataset.bylines).map((name) => article.metadata[name]).find(Boolean);
  const about = element("p", { class: "about" }, author && element("span", {}, element("bdi", {}, author)), ...whoAndWhen(article));
  if (article.language) about.append(element("span", {}, languageInWords(article.language)));
  const page = passage ? article.pages.filter((start) => start <= passage.start).length : 0;
  if (page) about.append(element("span", {}, `page ${page} of ${article.pages.length}`));
  const original = originalOf(article.url);
  if (original) about.append(element("span", {}, original));
  return about;
}

/** Put the paragraphs of the article into `parent`. Returns the passages in order, {marks, own}: their elements, and whether it is the one of the address. */
function fill(parent, article, passage, answer, others) {
  const { text } = article;
  const whole = article.body ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
  const outside = passage && (passage.start < whole.start || passage.end > whole.end);
  const [start, end] = outside ? [0, text.length] : unitsOf(text, [whole.start, whole.end]);
  const spans = [...(passage ? [{ ...passage, own: true }] : []), ...others].sort((one, other) => one.start - other.start);
  // Passages may reach into each other: each is marked from where the one before ends.
  spans.forEach((span, place) => place && (span.start = Math.max(span.start, spans[place - 1].end)));
  const stops = spans.flatMap((span) => placesOf(text, [span]).map(([from, to]) => ({ from, to, own: Boolean(span.own), marks: [] })));
  let at = 0;
  const answers = placesOf(text, [...(answer ? [answer] : []), ...others.map((each) => each.answer)].sort((one, other) => one.start - other.start));
  const ends = [...stops.map((stop) => stop.to), ...answers.map(([, to]) => to)];
  const read = readable(text);
  for (const [from, to] of paragraphs(read, start, end)) {
    // The text of many a page begins with its headline, which stands above it already.
    if (!parent.childElementCount && text.slice(from, to).trim() === article.title && ends.every((each) => each > to) && text.slice(to, end).trim()) continue;
    const paragraph = element("p", { dir: "auto" });
    const layers = [
      { places: stops.map((stop) => [stop.from, stop.to]), make: () => element("span", {}) },
      { places: answers, make: () => element("mark", {}) },
    ];
    appendMarked(paragraph, read, from, to, layers);
    // Each stretch of the first layer is part of the stop that it lies in.
    for (const stretch of paragraph.querySelectorAll(":scope > span")) {
      at = stops.findIndex((stop, place) => place >= at && stop.from < to && stop.to > from && !stop.done);
      const stop = stops[at];
      stop.marks.push(stretch);
      stop.done = stop.to <= to;
      stretch.className = stop.own ? "passage" : "also";
    }
    parent.append(paragraph);
  }
  const shown = stops.filter((stop) => stop.marks.length);
  for (const { marks } of shown) marks[0].setAttribute("tabindex", "-1");
  return shown;
}
