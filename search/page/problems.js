// What goes wrong, told to the reader.

import { forgetKey, keepKey, Problem } from "./api.js";
import { button, counted, element } from "./text.js";

/** What went wrong, with a button for `again` where that can help; `invalid` heads what the server does not take. */
export function problemOf(error, again, invalid = "This search isn't valid.") {
  if (!(error instanceof Problem)) console.error(error);
  const [head, detail] = wordsOf(error, invalid);
  const box = element("div", { class: "problem", role: "alert" }, element("h2", {}, head), element("p", {}, detail));
  const hopeless = error.status >= 400 && error.status < 500 && error.status !== 429; // to ask the same again
  if (!hopeless) {
    const retry = () => {
      box.remove();
      again();
    };
    box.append(button("Try again", retry));
  }
  return box;
}

/** The message of an error as a sentence: the server's begin with a small letter and have no full stop. */
export function sentenceOf({ message }) {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}`.replace(/([^.!?])$/, "$1.");
}

function wordsOf(error, invalid) {
  if (!(error instanceof Problem)) return ["This page failed.", String(error.message ?? error)];
  const told = sentenceOf(error);
  const wait = error.seconds ? ` It asks to be left alone for ${counted(error.seconds, "second")}.` : "";
  if (error.status === 0) return ["The server is away.", told];
  if (error.status === 401) return ["This archive is locked.", "Enter its key on the page first. Reload the page if it does not ask for one."];
  if (error.status === 404) return ["There is no such article.", "It may have been withdrawn, or the link is wrong."];
  if (error.status === 429) return ["Too many questions at once.", told + wait];
  if (error.status === 503) return ["The server is busy.", told + wait];
  if (error.status >= 500) return ["The server failed.", told];
  return [invalid, told];
}

/** A form that asks for the key of the server; `unlocked` is called when it was given. */
export function keyForm(unlocked) {
  const refused = forgetKey();
  const field = element("input", { id: "key", type: "password", autocomplete: "off", required: true, "aria-describedby": "key-about" });
  const made = element(
    "form",
    { class: "problem key" },
    element("h2", {}, refused ? "The server does not know that key." : "This archive is locked."),
    element("label", { for: "key" }, "API key"),
    field,
    element("button", { type: "submit" }, "Unlock"),
    element("p", { id: "key-about" }, "The key stays in this tab until you close it."),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    keepKey(field.value.trim());
    unlocked();
  });
  return made;
}
