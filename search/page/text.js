// Text and elements. Whatever comes from an article becomes a text node or an attribute, never markup.

/** An element with attributes and children; strings become text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/**
 * Where characters of `text` are in a JavaScript string: the server counts Unicode code points, JavaScript halves of those beyond U+FFFF.
 * `points` in any order; what lies outside the text is moved to its nearest end.
 */
export function unitsOf(text, points) {
  if (!/[\ud800-\udfff]/.test(text)) return points.map((point) => Math.min(Math.max(point, 0), text.length));
  const units = new Map();
  const wanted = [...new Set(points)].sort((a, b) => a - b);
  let unit = 0;
  let point = 0;
  for (const next of wanted) {
    while (point < next && unit < text.length) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
      point += 1;
    }
    units.set(next, unit);
  }
  return points.map((each) => units.get(each));
}

/** `spans` ({start, end} in code points, of a text of which `text` begins at `base`) as pairs of places in the string `text`, without the empty ones. */
export function placesOf(text, spans, base = 0) {
  const units = unitsOf(text, spans.flatMap((span) => [span.start - base, span.end - base]));
  return spans.map((_, number) => [units[2 * number], units[2 * number + 1]]).filter(([start, end]) => start < end);
}

const FACTOR = 0x85ebca6b; // an odd number, by which no character is lost

/** Eight hexadecimal digits that change with `text`: the sum of its characters, each times a power of FACTOR, modulo 2^32; as first_page.py has it. */
export function fingerprintOf(text) {
  const { sums } = sumsOf(text);
  return (sums.at(-1) >>> 0).toString(16).padStart(8, "0");
}

/** The sums of the first characters of `text`, and the powers of FACTOR. */
function sumsOf(text) {
  const points = Int32Array.from(text, (character) => character.codePointAt(0));
  const [sums, powers] = [new Int32Array(points.length + 1), new Int32Array(points.length + 1).fill(1)];
  points.forEach((point, at) => {
    sums[at + 1] = sums[at] + Math.imul(point, powers[at]);
    powers[at + 1] = Math.imul(powers[at], FACTOR);
  });
  return { sums, powers };
}

/** Where the text of a span is now, {start, end}: the place nearest to the old one that has its fingerprint, if it has one; null where it is gone. */
export function foundIn(text, { start, end, fingerprint }) {
  const [length, wanted] = [end - start, parseInt(fingerprint, 16)];
  const there = text.slice(...unitsOf(text, [start, end]));
  if ([...there].length === length && (!fingerprint || fingerprintOf(there) === fingerprint)) return { start, end };
  if (!fingerprint) return null;
  const { sums, powers } = sumsOf(text);
  let best = null;
  for (let at = 0; at + length < sums.length; at += 1) {
    const same = ((sums[at + length] - sums[at]) | 0) === Math.imul(wanted, powers[at]);
    if (same && (best === null || Math.abs(at - start) < Math.abs(best - start))) best = at;
  }
  return best === null ? null : { start: best, end: best + length };
}

const UNREAD = "\x1f"; // as newsdex/markdown.py has it
const CODE = "```[^]*?(?:```|$)|`[^`\\n]+`";
const BEGUN = "(?:https?|ftp|mailto|tel):|\\.{0,2}/|#[A-Za-z]|[^\\s()]{0,200}[A-Za-z][^\\s()]{0,200}/|[^\\s()]{1,200}\\.(?:html?|md|php|pdf|png|jpe?g|gif|svg|webp)\\b|\\)";
const ADDRESS = `\\]\\((?=${BEGUN})(?:[^\\s()]|\\([^\\s()]*\\))*(?:\\s+(?:"[^"]*"|'[^']*'))?\\)`;
const [IMAGE, LINK] = ["(!\\[)", "(\\[)"].map((opening) => new RegExp(`${CODE}|${opening}((?:[^[\\]\\\\]|\\\\.|\\[[^[\\]]{0,200}\\]){0,400})${ADDRESS}|<https?://[^\\s<>]+>`, "g"));

/** `text`, as long, with UNREAD for what is not read in Markdown: images, unless they are described in prose, and the addresses of links. */
export function unlinked(text) {
  const blank = (part) => part.replace(/[^\n]/g, UNREAD);
  const read = (whole, opening = "", label = "") => {
    if (whole.startsWith("`")) return whole;
    if (whole.startsWith("<")) return UNREAD + whole.slice(1, -1) + UNREAD;
    if (opening === "![" && (!/\S\s+\S/.test(label) || /\.\w{3,4}$/.test(label))) return blank(whole);
    return blank(opening) + label + blank(whole.slice(opening.length + label.length));
  };
  return text.includes("](") ? text.replace(IMAGE, read).replace(LINK, read) : text;
}

/** What is read of `text`. */
export function asRead(text) {
  return unlinked(text).replaceAll(UNREAD, "");
}

/**
 * Append `text`, which may be `unlinked`, from `start` to `end` to `parent`. Each of `layers` ({make, places}) wraps what lies in its places, which are ascending and do not overlap, in an
 * element that `make` gives; the first layer is the outermost.
 */
export function appendMarked(parent, text, start, end, layers) {
  if (start >= end) return;
  if (!layers.length) {
    parent.append(text.slice(start, end).replaceAll(UNREAD, ""));
    return;
  }
  const [layer, ...inner] = layers;
  let at = start;
  for (const [from, to] of layer.places) {
    const first = Math.max(from, at);
    const last = Math.min(to, end);
    if (first >= last) continue;
    appendMarked(parent, text, at, first, inner);
    const wrapper = layer.make();
    appendMarked(wrapper, text, first, last, inner);
    parent.append(wrapper);
    at = last;
  }
  appendMarked(parent, text, at, end, inner);
}

/** What an article is called: its title; without one, its id, or the first words of its `text` where its file has many. */
export function nameOf({ title, article_id: id, record, text }) {
  const words = (!title && record && text && asRead(text.slice(0, 1000)).trim().replace(/\s+/g, " ")) || "";
  const short = [...words].slice(0, 70).join("");
  return title ?? ((short === words ? words : `${short.replace(/\s\S*$/, "")} \u2026`) || id);
}

/** `text` in `parent`, its words that are among `words` (as `plain` writes them) in bold; of scripts without spaces, whatever is one of them. */
export function appendBold(parent, text, words) {
  const dense = [...words].filter((word) => /^[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+$/.test(word)).sort((a, b) => b.length - a.length);
  for (const piece of text.split(/([\p{L}\p{M}\p{N}]+)/u)) {
    if (words.has(plain(piece))) {
      parent.append(element("b", {}, piece));
      continue;
    }
    let rest = piece;
    for (let word = dense.find((each) => rest.includes(each)); word; word = dense.find((each) => rest.includes(each))) {
      const at = rest.indexOf(word);
      parent.append(rest.slice(0, at), element("b", {}, word));
      rest = rest.slice(at + word.length);
    }
    parent.append(rest);
  }
}

/** `text` as it is compared: without case and accents. */
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}

/** What the browser remembers by a name, or null: it may keep nothing. `store`: "sessionStorage" for what is gone with the tab. */
export function recall(name, store = "localStorage") {
  try {
    return window[store].getItem(name);
  } catch {
    return null;
  }
}

/** Returns whether the browser keeps it: there may be no room, or it may not be allowed to. */
export function remember(name, text, store = "localStorage") {
  try {
    window[store].setItem(name, text);
    return true;
  } catch {
    return false;
  }
}

/** Put `text` where it can be pasted. Returns whether the browser allowed it. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A modal dialog with a title, put into the page, opened, and gone when it is closed; the focus goes back to where it was. */
export function openDialog(name, title, ...children) {
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "\u00d7");
  const head = element("h2", { id: `${name}-title`, tabindex: "-1", autofocus: true }, title);
  const dialog = element("dialog", { class: name, "aria-labelledby": head.id }, element("div", { class: "dialog-head" }, head, close), ...children);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // on what is around it
  // The browser has given the focus back by then.
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A button that calls `act` with itself. */
export function button(words, act, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", () => act(made));
  return made;
}

/** Where the paragraphs of text[start:end] are: what stands between lines that are empty. */
export function* paragraphs(text, start, end) {
  const between = /\n[^\S\n]*(?:\n[^\S\n]*)+/g;
  between.lastIndex = start;
  let from = start;
  for (let found = between.exec(text); found && found.index < end; found = between.exec(text)) {
    if (asRead(text.slice(from, found.index)).trim()) yield [from, found.index];
    from = Math.min(found.index + found[0].length, end);
  }
  if (asRead(text.slice(from, end)).trim()) yield [from, end];
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const LANGUAGES = new Intl.DisplayNames("en", { type: "language", fallback: "code" });

/** A date in words, no more exactly than it is known: a year, a month, a day; of a date and time, its own calendar day. */
export function dateInWords(iso) {
  const [year, month, day] = iso.slice(0, 10).split("-").map(Number);
  if (!month) return String(year);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day || 1);
  return (day ? DAY : MONTH).format(date);
}

export function languageInWords(code) {
  try {
    return LANGUAGES.of(code);
  } catch {
    return code;
  }
}

/** `count` with its noun. */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** What probabilities are called, each from a least one on, and the least that counts as an answer; as the server has them. */
const LIKELIHOODS = JSON.parse(document.body.dataset.likelihoods);
export const ANSWERABLE = LIKELIHOODS.at(-2)[0];

/** Why an article was withdrawn; "" where nothing more is said than that it was. */
export function reasonOf(retracted) {
  return ["true", "yes", "1"].includes(retracted.toLowerCase()) ? "" : retracted;
}

/** What a probability means, in words. */
export function likelihood(score) {
  return LIKELIHOODS.find(([least]) => score >= least)[1];
}

/** The address of a web page, if `url` is one: nothing else becomes a link. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}
