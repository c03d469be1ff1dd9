// What is done with an article or a sentence: cite it, check a quotation; and the list of the keys.

import { addressOf, passageIn } from "./address.js";
import { ask } from "./api.js";
import { problemOf } from "./problems.js";
import { inShort, marksOf } from "./results.js";
import { button, copy, counted, element, openDialog } from "./text.js";

const FORMS = { Text: "text", BibTeX: "bibtex", "CSL JSON": "csl-json" };
const LONGEST = 10_000; // characters of a quotation
const VERDICTS = {
  found: "Verbatim: the archive has these words.",
  altered: "Not word for word: this is the nearest.",
  stitched: "Stitched together from several passages.",
  "not found": "Not found: the archive has nothing like it.",
};
const KEYS = [
  ["/", "to the search box"],
  ["\u2193 or j", "to the next result; \u2193 also from the box to the first"],
  ["\u2191 or k", "to the result before"],
  ["Enter", "open the result"],
  ["Esc", "back: from an article to the results, from a result to the box"],
  ["Shift + \u2190 \u2192", "on the timeline, choose a range"],
  ["?", "this list"],
];

/** A citation of an article in the form that is chosen; with a `passage`, of its page. */
export function openCitation(id, passage = null) {
  const text = element("textarea", { readonly: true, rows: "9", "aria-label": "Citation" });
  const said = element("span", { role: "status", class: "caption" });
  const forms = element("fieldset", { class: "forms" }, element("legend", { class: "unseen" }, "Form"));
  for (const [words, form] of Object.entries(FORMS)) {
    const radio = element("input", { type: "radio", name: "form", value: form, checked: form === "text" });
    radio.addEventListener("change", () => show(form));
    forms.append(element("label", {}, radio, ` ${words}`));
  }
  async function show(form) {
    said.textContent = "";
    try {
      text.value = (await ask(`articles/${encodeURIComponent(id)}/citation`, { format: form, start: passage?.start, end: passage?.end })).citation;
    } catch (error) {
      text.after(problemOf(error, () => show(form)));
    }
  }
  const take = button("Copy", async () => {
    said.textContent = (await copy(text.value)) ? "Copied." : "Press Ctrl+C to copy.";
    text.select();
  });
  openDialog("cite", "Cite", forms, text, element("p", { class: "take" }, take, said));
  show("text");
}

/** A box for a quotation, and what the archive says of it. */
export function openQuote(quote = "") {
  const field = element("textarea", { rows: "5", maxlength: String(LONGEST), "aria-label": "Quotation", dir: "auto", required: true }, quote.slice(0, LONGEST));
  const told = element("div", { class: "verdict", role: "status" });
  const form = element("form", {}, element("p", { class: "caption" }, "Paste a quotation to see whether the archive has it word for word."), field, element("p", { class: "take" }, element("button", { type: "submit", class: "ask" }, "Check")), told);
  let asking = new AbortController();
  // A changed quotation has no verdict yet.
  field.addEventListener("input", () => {
    asking.abort();
    told.replaceChildren();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (!field.value.trim()) return;
    told.replaceChildren("Looking ...");
    try {
      const answer = await ask("quotes/verify", {}, signal, { quote: field.value, limit: 10 });
      told.replaceChildren(element("p", { class: `is ${answer.verdict.replace(" ", "-")}` }, element("strong", {}, VERDICTS[answer.verdict])), placesOf(answer));
    } catch (error) {
      if (!signal.aborted) told.replaceChildren(problemOf(error, () => form.requestSubmit()));
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  openDialog("quote", "Check a quotation", form);
  field.focus();
}

function placesOf({ places, complete }) {
  const items = places.map((place) => {
    const changes = place.differences.filter((part) => part.kind !== "same").length;
    const at = place.in_title ? {} : { at: passageIn(place) };
    const link = element("a", { href: addressOf({ article: place.article_id, ...at }), dir: "auto" }, place.title ?? place.article_id);
    return element("li", {}, link, marksOf(place, {}), element("p", {}, inShort(place, place.page && `page ${place.page}`, changes && counted(changes, "difference"))), element("blockquote", { dir: "auto" }, ...(changes ? place.differences.flatMap(corrected) : [place.text])));
  });
  return element("div", {}, items.length ? element("ol", { class: "kept" }, ...items) : null, complete ? null : element("p", { class: "caption" }, "More places have it."));
}

/** A stretch of the quotation as the archive has it: what was quoted otherwise is struck out before it. */
function corrected(part) {
  if (part.kind === "same") return [part.original];
  return [part.quoted && element("del", {}, part.quoted), part.original && element("ins", {}, part.original)].filter(Boolean);
}

export function openKeys() {
  const rows = KEYS.map(([key, words]) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, words)));
  openDialog("keys", "Keyboard", element("table", {}, element("tbody", {}, ...rows)));
}
