// An article whole, with the passage that answers highlighted.

import { spanOf } from "./address.js";
import { marksOf, originalOf } from "./results.js";
import { appendMarked, dateInWords, element, languageInWords, paragraphs, placesOf, unitsOf } from "./text.js";

const ORIGINS = { "front matter": "its front matter", "file name": "its file name" };

/** The article as an element; `back` is the address of the results. */
export function readerOf(article, asked, back) {
  const title = article.title ?? article.article_id;
  const [passage, answer] = [spanOf(asked.at), spanOf(asked.answer)];
  const body = element("div", { class: "text", lang: article.language });
  const marks = fill(body, article, passage, answer);
  const tools = element("p", { class: "tools" });
  tools.append(element("a", { href: back, "data-in-page": true, "data-back": true }, asked.q ? "Back to results" : "Ask the archive"));
  if (marks.length) {
    const jump = element("button", { type: "button" }, "To the passage");
    jump.addEventListener("click", () => showPassage(marks[0], true));
    tools.append(jump);
  }
  if (navigator.clipboard) tools.append(copyButton());
  const reader = element(
    "article",
    { class: "reader" },
    tools,
    element("h2", { class: "title", tabindex: "-1", dir: "auto", lang: article.language }, title),
    marksOf(article, asked),
    aboutOf(article),
    passage && !marks.length ? element("p", { class: "remark" }, "The passage of this link is not in the article any more: it was changed since.") : null,
    body,
  );
  return { reader, title, mark: marks[0] ?? null };
}

/** Bring the passage into view, and where asked for, the focus too, so that reading goes on from there. */
export function showPassage(mark, focus = false) {
  mark.scrollIntoView({ block: "center", inline: "nearest" });
  if (focus) mark.focus({ preventScroll: true });
}

function aboutOf(article) {
  const about = element("p", { class: "about" });
  if (article.source) about.append(element("span", { class: "source" }, element("bdi", {}, article.source)));
  if (article.published) {
    const origin = article.published_origin;
    about.append(element("time", { datetime: article.published, title: origin ? `from ${ORIGINS[origin] ?? origin}` : null }, dateInWords(article.published)));
  }
  if (article.language) about.append(element("span", {}, languageInWords(article.language)));
  const original = originalOf(article.url);
  if (original) about.append(element("span", {}, original));
  return about;
}

function copyButton() {
  const button = element("button", { type: "button" }, "Copy link");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Link copied";
    } catch {
      button.textContent = "Copy the link from the address bar";
    }
  });
  return button;
}

/** Put the paragraphs of the article into `parent`. Returns the elements of the passage, in order. */
function fill(parent, article, passage, answer) {
  const { text } = article;
  const whole = article.body ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
  const outside = passage && (passage.start < whole.start || passage.end > whole.end);
  const [start, end] = outside ? [0, text.length] : unitsOf(text, [whole.start, whole.end]);
  const marks = [];
  const layers = [
    { places: placesOf(text, passage ? [passage] : []), make: () => keep(marks, element("span", { class: "passage" })) },
    { places: placesOf(text, answer ? [answer] : []), make: () => element("mark", {}) },
  ];
  for (const [from, to] of paragraphs(text, start, end)) {
    const paragraph = element("p", { dir: "auto" });
    appendMarked(paragraph, text, from, to, layers);
    parent.append(paragraph);
  }
  marks[0]?.setAttribute("tabindex", "-1");
  return marks;
}

function keep(list, item) {
  list.push(item);
  return item;
}
