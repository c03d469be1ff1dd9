// The articles that a question found.

import { addressOf, isFiltered, passageIn, searchOf } from "./address.js";
import { ask } from "./api.js";
import { ANSWERABLE, appendBold, appendMarked, asRead, button, counted, dateInWords, element, languageInWords, likelihood, nameOf, paragraphs, placesOf, plain, readable, reasonOf, webAddress } from "./text.js";
import { keepButton } from "./tray.js";

const ORIGINS = { "front matter": "its front matter", "file name": "its file name" };

/** The results of `found`, {hits, answerable, scored, remarks, total, period}, as a fragment; `asked` is what was asked for, `more` gives more of them. */
export function resultsOf(found, asked, more, clear) {
  const made = document.createDocumentFragment();
  made.append(...readingsOf(found, asked));
  if (!found.answerable) {
    made.append(nothing(found, asked, clear));
    if (found.hits.length) made.append(element("h2", { class: "misses-head" }, "The nearest misses"));
  }
  const likely = found.answerable ? likelyOf(found.hits) : found.hits.length;
  const words = wordsOf(found.hits);
  const [answers, others] = [found.hits.slice(0, likely), found.hits.slice(likely)].map((hits) => hits.map((hit) => hitOf(hit, asked, words, found.scored)));
  if (answers.length) made.append(element("ol", { class: found.answerable ? "hits" : "hits misses" }, ...answers));
  if (others.length) {
    const list = element("ol", { class: "hits misses" }, ...others);
    made.append(element("details", { class: "others" }, element("summary", {}, counted(others.length, "weaker match, unlikely to answer", "weaker matches, unlikely to answer")), list));
  } else if (found.mayHaveMore) {
    made.append(button("More results", more, { class: "more" }));
  }
  return made;
}

/** How the question was read where that is not as it was typed, each with a link that undoes it. */
function readingsOf({ remarks, period }, asked) {
  // One link undoes both: without the dates in the question, its word for the newest is not read either.
  const dates = period && remarks.find((remark) => /^(Only articles|No article) published/.test(remark));
  const order = remarks.find((remark) => remark.startsWith("Newer articles first"));
  const undone = dates ? `Search all dates${order ? ", best answers first" : ""}` : "Best answers first";
  const made = remarks.map((remark) => {
    const told = withDatesInWords(remark.replace(/[;.] ([^;.]*(literal=true|as_of=DATE)|To support it: newsdex .*)$/, "."));
    if (remark.endsWith("literal=true")) return remarkOf(told, asked, { literal: "true" }, "Search for the words as typed");
    return remark === (dates || order) ? remarkOf(withDatesInWords(remark), asked, { read_dates: "false" }, undone) : element("p", { class: "remark" }, told);
  });
  if (asked.literal === "true") made.unshift(remarkOf("Searched for the words as typed.", asked, { literal: "" }, "Correct spelling and read operators"));
  if (asked.read_dates === "false") made.unshift(remarkOf("Dates in the question were not read.", asked, { read_dates: "" }, "Read them"));
  return made;
}

/** A remark with its dates as the page writes them; what it quotes stays. */
export function withDatesInWords(remark) {
  return remark.replace(/"[^"]*"|\b\d{4}-\d{2}-\d{2}\b/g, (found) => (found.startsWith('"') ? found : dateInWords(found)));
}

function remarkOf(told, asked, change, words) {
  return element("p", { class: "remark" }, `${told} `, element("a", { href: addressOf({ ...searchOf(asked), ...change }), "data-in-page": true }, words));
}

/** The words of the question, as they stand in the passages that it found: words without a meaning of their own are none of them. */
function wordsOf(hits) {
  return new Set(hits.flatMap((hit) => placesOf(hit.text, hit.matched_words, hit.start).map(([start, end]) => plain(hit.text.slice(start, end)))));
}

/** How many of `hits` there are up to the last that is good enough to be called an answer: a correction may stand before what it corrects. */
export function likelyOf(hits) {
  return hits.findLastIndex((hit) => hit.score >= ANSWERABLE) + 1;
}

function nothing(found, asked, clear) {
  const box = element(
    "div",
    { class: "nothing" },
    element("h2", {}, "No results answer that."),
    found.hits.length ? null : element("p", {}, "No article is near."),
  );
  if (isFiltered(asked)) {
    box.append(button("Ask again without filters", clear));
  }
  return box;
}

/** The address of the article of a hit, which also says where the passage and its answer are. */
export function articleAddress(asked, id, passage = null) {
  const places = passage ? { at: passageIn(passage), answer: `${passage.answer.start}-${passage.answer.end}` } : {};
  return addressOf({ ...searchOf(asked), n: asked.n, article: id, ...places });
}

/** The id of the element of a hit. */
export function hitId(rank) {
  return `hit-${rank}`;
}

const unnamed = new Map(); // links to articles without a title, of whose texts the beginning is not known here

/** Name the articles without a title to which links on the page lead by their first words, as the server does. */
export async function nameLinks(signal) {
  const links = [...unnamed].filter(([link]) => link.isConnected);
  unnamed.clear();
  const ids = [...new Set(links.map(([, { id }]) => id))].slice(0, 100);
  if (!ids.length) return;
  const { names } = await ask("names", {}, signal, { ids });
  for (const [link, { id, words }] of links) {
    if (!Object.hasOwn(names, id)) continue;
    link.replaceChildren();
    appendBold(link, names[id], words);
  }
}

/** A link to an article by its name, of which `words` are bold; to its `passage`, if there is one. */
export function linkTo(article, asked, passage = null, words = new Set()) {
  const link = element("a", { href: articleAddress(asked, article.article_id, passage), "data-in-page": true, dir: "auto", lang: article.language });
  if (!article.title && passage?.start !== 0) unnamed.set(link, { id: article.article_id, words });
  appendBold(link, nameOf(article), words);
  return link;
}

/** A hit as an item of a list; with its likelihood if it is `scored`. */
export function hitOf(hit, asked, words = new Set(), scored = true) {
  const attributes = { id: hitId(hit.rank), value: String(hit.rank) };
  const copies = hit.also_in.length ? copiesOf(hit.also_in, asked) : null;
  return element("li", attributes, element("h2", { dir: "auto" }, linkTo(hit, asked, hit, words)), marksOf(hit, asked), aboutOf(hit, asked, scored), passageOf(hit, hit.language, hit.answers), copies);
}

/** An article of a list, of which nothing is asked. */
export function listedOf(article, asked) {
  return element("li", {}, element("h2", { dir: "auto" }, linkTo(article, asked)), marksOf(article, asked), aboutOf(article, asked));
}

/** That an article or one of its copies was withdrawn, or it was corrected, or is no longer at its address. */
export function marksOf({ retracted, corrected_by: corrected, vanished, also_in: copies }, asked) {
  const made = document.createDocumentFragment();
  const reason = retracted || copies?.find((copy) => copy.retracted)?.retracted;
  if (reason) {
    const why = reasonOf(reason);
    made.append(element("p", { class: "warning" }, element("strong", {}, retracted ? "Withdrawn" : "A copy was withdrawn"), why ? ": " : ".", element("bdi", {}, why)));
  }
  if (corrected) {
    const link = element("a", { href: articleAddress(asked, corrected), "data-in-page": true }, "the corrected version");
    made.append(element("p", { class: "warning" }, element("strong", {}, "Corrected"), ": read ", link, "."));
  }
  if (vanished) made.append(element("p", { class: "warning" }, "No longer at its address since ", element("time", { datetime: vanished }, dateInWords(vanished)), "."));
  return made;
}

/** The name of the file that an id names, with its folder where the name alone says nothing; "" for another id. */
function fileIn(id) {
  const [name, folder] = id.replace(/#\d+$/, "").split("/").reverse();
  if (!/^[^@:#]+\.[a-z][a-z0-9]{1,7}$/i.test(name)) return "";
  return folder && /^(?:index|default|source|page|article)\./i.test(name) ? `${folder}/${name}` : name;
}

/** Whether the name of a file has several words, most of them from the title, as in "2024-05-02-the-old-pier.md". */
export function isTold(file, title) {
  const [told, name] = [title, file.replace(/\.[^.]*$/, "")].map((each) => each.toLowerCase().normalize("NFKD"));
  const [said, words] = [told.replace(/[^\p{L}\p{N}]/gu, ""), name.replace(/\p{M}/gu, "").match(/\p{L}+/gu) ?? []];
  return words.length > 2 && 2 * words.filter((word) => said.includes(word)).join("").length > words.join("").length;
}

/** Source and date of an article; where no source is known, the name of its file, if its title does not tell that. */
export function whoAndWhen({ article_id: id, title, record, source, published, published_origin: origin }) {
  const named = source || !(title || record) ? "" : fileIn(id);
  const file = isTold(named, title ?? "") ? "" : named;
  const found = origin ? `from ${ORIGINS[origin] ?? origin}` : null;
  return [
    source ? element("span", { class: "source" }, element("bdi", {}, source)) : file && element("span", { class: "file", title: file }, element("bdi", {}, file)),
    published ? element("time", { datetime: published, title: found }, dateInWords(published)) : null,
  ];
}

/** The same in one element, with what else there is to say. The source keeps its direction to itself, so that no date runs into it. */
export function inShort({ source, published }, ...more) {
  const others = [published && dateInWords(published), ...more].filter(Boolean).join(", ");
  return element("span", { class: "about" }, ...(source ? [element("bdi", {}, source), others && ", "] : []), others);
}

/** Source, date, language, page; of a hit its likelihood, and what can be done with it. */
function aboutOf(hit, asked, scored) {
  const about = element("p", { class: "about" }, ...whoAndWhen(hit));
  if (hit.language && hit.language !== "en") about.append(element("span", {}, languageInWords(hit.language)));
  if (hit.page) about.append(element("span", {}, `page ${hit.page}`));
  if (hit.score === undefined) return about;
  if (scored) about.append(scoreOf(hit.score, asked.similar));
  about.append(...relatedOf(hit.article_id, asked), element("span", {}, keepButton(hit, asked.q)));
  return about;
}

/** Links to what is like an article, and to the course of its event. */
export function relatedOf(id, asked) {
  const link = (name, words) => element("span", {}, element("a", { href: addressOf({ ...searchOf(asked), [name]: id }), "data-in-page": true }, words));
  return [link("similar", "Similar"), link("thread", "Thread")];
}

/** The reports of a thread, oldest first, each with what it adds. */
export function threadOf(found, asked) {
  const reports = found.reports.map((report) => {
    const about = element("p", { class: "about" }, ...whoAndWhen(report).reverse());
    const adds = report.adds ? element("blockquote", { class: "passage", lang: report.language }, element("p", { dir: "auto" }, asRead(report.adds.text))) : null;
    const copies = report.also_in.length ? copiesOf(report.also_in, asked) : null;
    return element("li", {}, element("h2", { dir: "auto" }, linkTo(report, asked)), marksOf(report, asked), about, adds, copies);
  });
  const undated = found.reports.filter(({ published }) => !published).length;
  const some = undated === found.reports.length ? "No report has a date" : `${counted(undated, "report has", "reports have")} no date and ${undated === 1 ? "comes" : "come"} last`;
  const told = undated ? element("p", { class: "remark" }, `${some}: their order, and what each adds, are uncertain.`) : null;
  return element("div", {}, told, element("ol", { class: "hits" }, ...reports));
}

/** A probability in words; the figure for those who hover, click or listen. */
function scoreOf(score, similar) {
  const figure = `${Math.round(100 * score)} %`;
  const full = element("span", { class: "full" });
  full.style.width = `${Math.round(100 * score)}%`;
  const meter = element("span", { class: "meter", "aria-hidden": "true" }, full);
  const words = similar ? `${likelihood(score)} the same story` : likelihood(score);
  const title = `${figure} probable ${similar ? "that both tell the same story" : "that the article answers the question"}`;
  return element("span", { class: "score", title }, element("span", {}, words), element("span", { class: "figure unseen" }, `, ${figure}`), meter);
}

/** A passage, its sentence set off if it `answers`, and the words of the question in bold. */
function passageOf(passage, language, answers) {
  const { text, start } = passage;
  const layers = [
    { make: () => element("mark", {}), places: answers ? placesOf(text, [passage.answer], start) : [] },
    { make: () => element("b", {}), places: placesOf(text, passage.matched_words, start) },
  ];
  const box = element("blockquote", { class: "passage", lang: language });
  const read = readable(text);
  for (const [from, to] of paragraphs(read, 0, text.length)) {
    const paragraph = element("p", { dir: "auto" });
    appendMarked(paragraph, read, from, to, layers);
    box.append(paragraph);
  }
  return box;
}

/** The list of an article's copies; `more` makes what stands behind one, from it and its item. */
export function copiesOf(copies, asked, more = () => null) {
  const list = element("ul", {});
  for (const copy of copies) {
    const about = inShort(copy, copy.similarity && `${Math.round(100 * copy.similarity)} % the same`);
    const item = element("li", {}, linkTo(copy, asked), " ", about);
    item.append(marksOf(copy, asked), more(copy, item) ?? "");
    list.append(item);
  }
  const summary = element("summary", {}, copies.length === 1 ? "Also in 1 other article" : `Also in ${counted(copies.length, "other article")}`);
  return element("details", { class: "copies" }, summary, list);
}

/** A link to where the article was published, if that is a page of the web; else what is said of it. */
export function originalOf(url) {
  if (!url) return null;
  const address = webAddress(url);
  if (!address) return element("bdi", {}, url);
  return element("a", { href: address.href, rel: "noopener noreferrer external" }, `Original at ${address.hostname}`);
}
