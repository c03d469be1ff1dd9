// A text of the reader's own, compared with the archive: a quotation word for word, or the statements of a draft one by one.

import { addressOf, passageIn } from "./address.js";
import { ask } from "./api.js";
import { problemOf } from "./problems.js";
import { inShort, marksOf } from "./results.js";
import { appendMarked, asRead, button, counted, element, languageInWords, openDialog, recall, remember } from "./text.js";

const QUOTED = {
  found: "Verbatim: the archive has these words.",
  altered: "Not word for word: this is the nearest.",
  stitched: "Stitched together from several passages.",
  "not found": "Not found: the archive has nothing like it.",
};
const STATED = {
  supported: "Supported",
  partly: "Partly supported",
  contradicted: "Contradicted",
  "not in the archive": "Not in the archive",
  "no claim": "Nothing to check",
};
// What of a statement the article may have otherwise, which "Partly supported" would hide.
const REPLACED = ["number", "date", "name"];
// Why a statement is not supported; other differences are of words that the text has otherwise than the article.
const REASONS = {
  negation: ({ claimed, found }) => (claimed ? `your text says \u201c${claimed}\u201d, the article ${found ? `says \u201c${found}\u201d` : "does not"}` : `the article says \u201c${found}\u201d, your text does not`),
  quotation: ({ claimed, found }) => `no article has \u201c${claimed}\u201d word for word${found ? `; the nearest is \u201c${found}\u201d` : ""}`,
  retraction: () => "the article was withdrawn",
  correction: () => "the corrected version does not say this",
  copy: ({ found }) => `a copy of the article was withdrawn: ${found}`,
  language: ({ claimed, found }) => `check by hand: in ${languageInWords(found)}, ${claimed} are not compared`,
};
// Numbers, and capitalised words inside a sentence; as reports_text.py has them.
const FACTS = /\d[\d.,]{0,20}(?<=\d)|(?<=\s)\p{Lu}[\p{L}\p{N}_]{2,40}/gu;
const KINDS = {
  Statements: {
    about: "Paste a paragraph or a draft of up to 20,000 characters. Each sentence is compared with the archive. Ctrl+Enter checks.",
    rows: 8,
    starts: (event) => event.ctrlKey || event.metaKey,
    verdictOf: async (text, signal) => statements(await ask("check", {}, signal, { answer: text })),
  },
  Quotation: {
    about: "Paste a quotation to see whether the archive has it word for word.",
    rows: 5,
    starts: (event) => !event.shiftKey,
    verdictOf: async (text, signal) => quotation(await ask("quotes/verify", {}, signal, { quote: text, limit: 10 })),
  },
};

const forms = {}; // as they were left, for whoever comes back from an article: {form, focus, fill}
let left = null; // how the reader has left a report: {kind, link, article}
let last = "Statements";

/** A box for a text, and what the archive says of it: of the kind that was open last, or of another with its `text`. */
export function openCheck(kind = last, text = "") {
  const choice = element("fieldset", { class: "forms" }, element("legend", { class: "unseen" }, "What to check"));
  const shown = element("div", {});
  for (const each of Object.keys(KINDS)) {
    const radio = element("input", { type: "radio", name: "kind", checked: each === kind });
    radio.addEventListener("change", () => show(each));
    choice.append(element("label", {}, radio, ` ${each}`));
  }
  function show(each) {
    last = each;
    forms[each] ??= formOf(each);
    shown.replaceChildren(forms[each].form);
  }
  show(kind);
  openDialog("check", "Check a text", choice, shown);
  if (text) forms[kind].fill(text);
  forms[kind].focus();
}

/** The way back to the report from which the article was opened; null for another article. */
export function wayBack(article) {
  const kind = left?.article === article ? left.kind : null;
  return kind && button("Back to the checked text", () => openCheck(kind), { "aria-haspopup": "dialog" });
}

function formOf(kind) {
  const { about, rows, starts, verdictOf } = KINDS[kind];
  const kept = `newsdex-check-${kind}`; // of sessionStorage: a draft outlasts a reload, and not the tab
  const field = element("textarea", { rows, "aria-label": kind, dir: "auto", required: true });
  field.value = recall(kept, "sessionStorage") ?? "";
  const stop = button("Stop", () => {
    clear();
    field.focus();
  }, { hidden: true });
  const said = element("div", { role: "status" });
  const told = element("div", {});
  const take = element("p", { class: "take" }, element("button", { type: "submit", class: "ask" }, "Check"), stop);
  const form = element("form", {}, element("p", { class: "caption" }, about), field, take, element("div", { class: "verdict" }, said, told));
  let asking = new AbortController();
  function clear() {
    // What has the focus is hidden or removed.
    if (stop === document.activeElement || told.contains(document.activeElement)) field.focus();
    asking.abort();
    asking = new AbortController();
    stop.hidden = true;
    if (left?.kind === kind) left = null;
    said.replaceChildren();
    told.replaceChildren();
  }
  // A changed text has no verdict yet.
  field.addEventListener("input", () => {
    remember(kept, field.value, "sessionStorage");
    clear();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !starts(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  told.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // the reader stays
    left = { kind, link, article: new URL(link.href).searchParams.get("article") };
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    if (!field.value.trim()) return;
    const { signal } = asking;
    said.textContent = "Checking ...";
    stop.hidden = false;
    try {
      const [verdict, ...reasons] = await verdictOf(field.value, signal);
      clear();
      said.append(verdict);
      told.append(...reasons);
      said.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (signal.aborted) return;
      clear();
      told.append(problemOf(error, () => form.requestSubmit(), "This text can't be checked."));
    }
  });
  return {
    form,
    focus: () => (left?.kind === kind ? left.link : field).focus(),
    fill: (text) => {
      field.value = text;
      remember(kept, text, "sessionStorage");
      clear();
    },
  };
}

/** The article of a place, linked to its passage, and what is known about it. */
function articleOf(place, ...more) {
  return [linkTo(place, place.title ?? place.article_id), marksOf(place, {}), element("p", {}, inShort(place, ...more))];
}

function linkTo(place, words) {
  const at = place.in_title ? {} : { at: passageIn(place) };
  return element("a", { href: addressOf({ article: place.article_id, ...at }), "data-in-page": true, dir: "auto" }, words);
}

// --------------------------------------------------------------- quotation

function quotation({ verdict, places, complete }) {
  const items = places.map((place) => {
    const changes = place.differences.filter((part) => part.kind !== "same").length;
    const about = articleOf(place, place.page && `page ${place.page}`, changes && counted(changes, "difference"));
    return element("li", {}, ...about, element("blockquote", { dir: "auto" }, ...(changes ? place.differences.flatMap(corrected) : [place.text])));
  });
  return [
    element("p", { class: `is ${verdict.replace(" ", "-")}` }, element("strong", {}, QUOTED[verdict])),
    items.length ? element("ol", { class: "kept" }, ...items) : "",
    complete ? "" : element("p", { class: "caption" }, "More places have it."),
  ];
}

/** A stretch of the quotation as the archive has it: what was quoted otherwise is struck out before it. */
function corrected(part) {
  if (part.kind === "same") return [part.original];
  return [part.quoted && element("del", {}, part.quoted), part.original && element("ins", {}, part.original)].filter(Boolean);
}

// -------------------------------------------------------------- statements

function statements({ sentences, accepted, threshold }) {
  const count = (verdict) => sentences.filter((each) => each.verdict === verdict).length;
  const [supported, claims] = [count("supported"), sentences.length - count("no claim")];
  const groups = Map.groupBy(sentences.filter(({ verdict }) => verdict !== "supported" && verdict !== "no claim"), labelOf);
  const others = [...groups].map(([label, each]) => `${each.length} ${label.replace(/^Different/, "with a different").toLowerCase()}`);
  const list = element("ol", { class: "checked" }, ...sentences.map(statement));
  if (!claims) return [element("p", { class: "is no-claim" }, element("strong", {}, "No sentence states something that can be checked.")), list];
  const verdict = `${accepted ? "Accepted" : "Not accepted"}: the archive supports ${supported} of ${counted(claims, "statement")}.`;
  const about = `Accepted means that at least ${Math.round(100 * threshold)} % are supported, and that no article denies a statement or has another number or date. Not every noun is compared, and verbs only in English: read the evidence.`;
  const hide = supported && supported < claims ? element("label", {}, element("input", { type: "checkbox", class: "hide" }), " Hide what is supported") : null;
  return [
    element("p", { class: `is ${accepted ? "supported" : "contradicted"}` }, element("strong", {}, verdict), others.length ? ` ${others.join(", ")}.` : ""),
    element("p", { class: "caption" }, about),
    element("p", { class: "take" }, button("Print", () => window.print()), hide),
    list,
  ];
}

function labelOf({ verdict, differences }) {
  const replaced = verdict === "partly" && REPLACED.find((aspect) => differences.some((each) => each.aspect === aspect && each.found));
  return replaced ? `Different ${replaced}` : STATED[verdict];
}

function statement(sentence) {
  const { text, verdict, evidence, differences, citations } = sentence;
  const head = element("h3", {}, element("span", { class: "word" }, labelOf(sentence)), " ", element("bdi", {}, ...bold(text, differences.map(({ claimed }) => claimed))));
  const reasons = differences.filter(({ aspect }) => aspect !== "citation").map(reasonOf);
  reasons.push(...citations.filter(({ supports }) => !supports).map(({ label, article_id: id }) => `[${label}] ${id ? "does not say this" : "is not a known article"}`));
  const made = element("li", { class: `is ${verdict.replaceAll(" ", "-")}` }, head);
  if (reasons.length) made.append(element("ul", {}, ...reasons.map((reason) => element("li", {}, `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`))));
  if (verdict === "not in the archive" && evidence.length) made.append(element("p", { class: "caption" }, "The nearest sentence:"));
  const quotes = telling(sentence).map((place, at) => element("blockquote", { dir: "auto" }, ...bold(asRead(place.text), differences.map(({ found }) => found?.split(" (")[0])), ...(at ? [" ", linkTo(place, "Open")] : [])));
  if (quotes.length) made.append(element("div", { class: "evidence" }, ...articleOf(evidence[0]), ...quotes));
  return made;
}

function reasonOf(difference) {
  const { aspect, claimed, found } = difference;
  return REASONS[aspect]?.(difference) ?? `${aspect}: ${found ? `\u201c${claimed}\u201d in your text, \u201c${found}\u201d in the article` : `\u201c${claimed}\u201d is not in the sentences compared`}`;
}

/** The nearest sentence, and each that has a number or name of the statement, or what replaces it, that none before has. */
function telling({ text, evidence, differences }) {
  const facts = [...differences.map(({ found }) => found?.split(" (")[0]), ...(text.match(FACTS) ?? [])].filter(Boolean);
  return evidence.filter((place, at) => !at || facts.some((fact) => place.text.includes(fact) && !evidence.slice(0, at).some((before) => before.text.includes(fact))));
}

/** `text` with the first place of each of `words` in bold. */
function bold(text, words) {
  const made = document.createDocumentFragment();
  const places = words.filter(Boolean).flatMap((word) => {
    const alone = new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(?![\\p{L}\\p{N}])`, "u").exec(text);
    return alone ? [[alone.index, alone.index + word.length]] : [];
  });
  appendMarked(made, text, 0, text.length, [{ places: places.sort(([one], [other]) => one - other), make: () => element("b", {}) }]);
  return made.childNodes;
}
