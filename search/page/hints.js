// Titles that go on from what is typed: the editable combobox with a list of the ARIA Authoring Practices.

import { ask } from "./api.js";
import { inShort } from "./results.js";
import { element, plain } from "./text.js";

const PAUSE = 120; // milliseconds without a key stroke before the server is asked

/** Give `input` hints in `list`; `choose` is called with a title that was taken. Returns what closes the list. */
export function giveHints(input, list, choose) {
  let chosen = -1;
  let timer = 0;
  let asking = null;

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(number) {
    const options = [...list.children];
    chosen = number;
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
    if (number < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", options[number].id);
      options[number].scrollIntoView({ block: "nearest" });
    }
  }

  function take(option) {
    const title = option.dataset.title;
    close();
    choose(title);
  }

  function show(hints) {
    if (!hints.length || document.activeElement !== input) {
      close();
      return;
    }
    list.replaceChildren(
      ...hints.map((hint, number) => {
        const option = element("li", { id: `hint-${number}`, role: "option", "aria-selected": "false" });
        const title = element("span", { class: "title", dir: "auto" });
        emphasise(title, hint.title, input.value);
        option.append(title, " ", inShort(hint));
        option.dataset.title = hint.title;
        option.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
        option.addEventListener("click", () => take(option));
        return option;
      }),
    );
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  async function refresh() {
    asking?.abort();
    const typed = input.value.trim();
    if (!typed) {
      close();
      return;
    }
    asking = new AbortController();
    const { signal } = asking;
    try {
      const answer = await ask("suggest", { q: typed.slice(0, 200) }, signal);
      if (!signal.aborted) show(answer.hints);
    } catch {
      if (!signal.aborted) close(); // without hints one can ask all the same
    }
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(refresh, PAUSE);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "ArrowDown" && !event.altKey) {
      if (!count && input.value === input.defaultValue) return; // nothing new was typed: the page goes to its results
      event.preventDefault();
      if (count) mark(chosen + 1 < count ? chosen + 1 : -1);
      else refresh();
    } else if (event.key === "ArrowUp" && count) {
      event.preventDefault();
      mark(chosen < 0 ? count - 1 : chosen - 1);
    } else if (event.key === "Escape" && count) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && count && chosen >= 0) {
      event.preventDefault();
      take(list.children[chosen]);
    }
  });
  return close;
}

/** `title` in `parent`, with the beginnings of words that were typed emphasised, whatever their case and accents. */
function emphasise(parent, title, typed) {
  const words = wordsOf(plain(typed));
  for (const piece of title.split(/([\p{L}\p{M}\p{N}]+)/u)) {
    const begun = words.find((word) => plain(piece).startsWith(word));
    if (begun && plain(piece.slice(0, begun.length)) === begun) {
      parent.append(element("b", {}, piece.slice(0, begun.length)), piece.slice(begun.length));
    } else {
      parent.append(piece);
    }
  }
}

function wordsOf(text) {
  return (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).sort((a, b) => b.length - a.length);
}
