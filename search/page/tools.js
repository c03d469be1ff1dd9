// A citation of an article, and the list of the keys.

import { ask } from "./api.js";
import { problemOf } from "./problems.js";
import { button, copy, element, openDialog } from "./text.js";

const FORMS = { Text: "text", BibTeX: "bibtex", "CSL JSON": "csl-json" };
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

export function openKeys() {
  const rows = KEYS.map(([key, words]) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, words)));
  openDialog("keys", "Keyboard", element("table", {}, element("tbody", {}, ...rows)));
}
