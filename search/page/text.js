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
const BEGUN = "(?:https?|ftp|mailto|tel):|\\.{0,2}/|#[A-Za-z]|[^\\s()]{0,200}[A-Za-z][^\\s()]{0,200}/|[^\\s()]{1,200}\\.(?:html?|md|php|pdf|png|jpe?g|gif|svg|webp)\\b|\\)|\x1f";
const ADDRESS = `\\]\\((?=${BEGUN})(?:[^\\s()]|\\([^\\s()]*\\))*(?:\\s+(?:"[^"]*"|'[^']*'))?\\)`;
const [IMAGE, LINK] = ["(!\\[)", "(\\[)"].map((opening) => new RegExp(`${CODE}|${opening}((?:[^[\\]\\\\]|\\\\.|\\[[^[\\]]{0,200}\\]){0,400})${ADDRESS}|<https?://[^\\s<>]+>`, "g"));

// Tags and templates as newsdex/tags.py has them; UNREAD, which stands for templates in the others, is no white space here.
const TEMPLATE = "\\{\\{(?:[<%][^{}\\n]*(?:[{}](?![{}])[^{}\\n]*){0,20}|(?:[-~]?[^\\S\\n]|(?<![\\w^}\\\\$]\\{\\{)[\\w.#/>!&@\"'])[^{}\\n]*)\\}\\}|\\{%[^{}\\n]*%\\}";
const VALUE = `${['"', "'"].map((mark) => `${mark}[^${mark}<\\n]*(?:\\n(?![^\\S\\n]*\\n)[^${mark}<\\n]*){0,5}${mark}`).join("|")}|\\{[^{}<\\n]*\\}|[^\\s"'=<>\`{]+`;
const GAP = "(?:[^\\S\\n]+(?:\\n[^\\S\\n]*)?|\\n[^\\S\\n]*)";
const TAG = `<(/?)([A-Za-z][\\w:.-]{0,40})((?:(?:${GAP}|(?<=["']))[^\\s"'<>/={}\`]+(?:[^\\S\\n]{0,8}=[^\\S\\n]{0,8}(?:${VALUE}))?){0,50})${GAP}?/?>`;
const COMMENT = "<!--[^]*?-->";
const REFERENCE = "&(?:#(?:\\d{1,7}|[xX][\\da-fA-F]{1,6})|[A-Za-z][A-Za-z\\d]{1,31});";
const QUOTE_MARKS = "(?<=^ {0,3})(?:>[^\\S\\n]?){0,20}>(?:[^\\S\\n]|$)";
const INLINE = new Set("a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span strike strong sub sup tt u var wbr".split(" "));
const LINES = "blockquote br caption center col colgroup dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 hr iframe legend li nav ol p pre tbody td tfoot th thead tr ul".split(" ");
const OTHERS = "address area article aside audio body button canvas data datalist details dialog embed footer form head header html img input main map meter object optgroup option output param picture progress rp rt ruby script section select source style summary svg table template textarea time title track video".split(" ");
const ELEMENTS = new Set([...INLINE, ...LINES, ...OTHERS]);
const ALONE = new Set(["br", "hr", "wbr", "img"]);
const AT_EDGES = new Set([...LINES, ..."b big em font i small span strong sub sup tt u".split(" ")]);
const [TEMPLATES, TAGS, MARKUP] = [TEMPLATE, TAG, `\\\\.|${COMMENT}|${TAG}|${REFERENCE}|${QUOTE_MARKS}`].map((kind) => new RegExp(`${CODE}|${kind}`, "gm"));

const blank = (part) => part.replace(/[^\n]/g, UNREAD);

/** A tag, unread but for its description, if that is prose. */
function described(tag) {
  const found = /\salt\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/di.exec(tag);
  const [start, end] = found?.indices[1] ?? found?.indices[2] ?? [0, 0];
  const said = tag.slice(start, end);
  return isProse(said) ? blank(tag.slice(0, start)) + said + blank(tag.slice(end)) : blank(tag);
}

function isProse(label) {
  return /\S\s+\S/.test(label) && !/\.(?:avif|bmp|gif|jpe?g|png|svg|tiff?|webp)$/i.test(label);
}

/** Where the tags of `text` begin that are markup, as `tags_of` of newsdex/tags.py finds them. */
function tagsOf(text) {
  const [starts, opened] = [new Set(), new Map()];
  const lines = new Map();
  let line = -1;
  for (const tag of text.matchAll(TAGS)) {
    if (tag[0].startsWith("`")) continue;
    if (tag.index > line) line = (text.indexOf("\n", tag.index + tag[0].length) + 1 || text.length + 1) - 1;
    lines.set(line, [...(lines.get(line) ?? []), tag]);
  }
  for (const [stop, tags] of lines) {
    const end = ({ index, 0: whole }) => index + whole.length;
    let [first, last, place, until] = [0, tags.length, text.lastIndexOf("\n", tags[0].index - 1) + 1, stop];
    if (!tags[0].index) place = 0;
    while (first < tags.length && !/[^ \t>*+\-#|\x1f]/.test(text.slice(place, tags[first].index))) place = end(tags[first++]);
    while (last && !/[^ \t\r\x1f]/.test(text.slice(end(tags[last - 1]), until))) until = tags[--last].index;
    const closed = new Map(tags.filter((tag) => tag[1]).map((tag) => [tag[2].toLowerCase(), tag.index]));
    const behind = new Map(tags.filter((tag) => tag[1] && /\S/.test(text[tag.index - 1] ?? " ")).map((tag) => [tag[2].toLowerCase(), tag.index]));
    tags.forEach((tag, number) => {
      const [name, fields] = [tag[2].toLowerCase(), tag[3].includes("=")];
      const isElement = ELEMENTS.has(name) && [name, name.toUpperCase()].includes(tag[2]);
      const atEdge = number < first || number >= last;
      const count = opened.get(name) ?? 0;
      let isMarkup = count > 0 || (isElement && (atEdge || /[\p{L}\p{N}]/u.test(text[tag.index - 1] ?? "")));
      if (!tag[1]) {
        const ends = /\s/.test(text[end(tag)] ?? "") ? behind : closed;
        const usual = ALONE.has(name) || last < first || (atEdge && AT_EDGES.has(name)) || (ends.get(name) ?? -1) > tag.index || fields;
        isMarkup = (usual && isElement) || (fields && /["'{]/.test(tag[3]));
      }
      opened.set(name, tag[1] ? Math.max(0, count - 1) : count + isMarkup);
      if (isMarkup) starts.add(tag.index);
    });
  }
  return starts;
}

/** What a character reference means, as long, if that is one character; else the reference. */
function meant(reference) {
  const read = Object.assign(document.createElement("textarea"), { innerHTML: reference }).value;
  return [...read].length === 1 && !/[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]/.test(read) ? (/\s/.test(read) && read !== "\u00a0" ? " " : read) + UNREAD.repeat(reference.length - read.length) : reference;
}

/**
 * `text`, as long, with UNREAD for what is not read: images, unless they are described in prose, addresses of links, tags, templates and marks of block quotes. A character reference is read as
 * the character that it means.
 */
export function unlinked(text) {
  const link = (whole, opening = "", label = "") => {
    if (whole.startsWith("`")) return whole;
    if (whole.startsWith("<")) return UNREAD + whole.slice(1, -1) + UNREAD;
    if (opening === "![" && !isProse(label)) return blank(whole);
    return blank(opening) + label + blank(whole.slice(opening.length + label.length));
  };
  const without = (blanked) => text.replace(TEMPLATES, (whole) => (whole.startsWith("`") ? whole : blanked(whole)));
  const plain = /\{[{%]/.test(text) ? without(blank) : text;
  let read = plain === text ? text : without(described);
  if (read.includes("](")) read = read.replace(IMAGE, link).replace(LINK, link);
  if (!/[<>&]/.test(read)) return read;
  const tags = tagsOf(plain);
  return read.replace(MARKUP, (whole, ...found) => {
    const start = found.find((each) => typeof each === "number");
    if (whole.startsWith("&")) return meant(whole);
    if (whole.startsWith("<!--") || whole.startsWith(">")) return blank(whole);
    if (!tags.has(start)) return whole;
    return /^<\/?a\b/i.test(whole) ? blank(whole) : described(whole);
  });
}

const MARK = /```[^]*?(?:```|$(?![^]))|`[^`\n]+`|\\.|\n(?=[^\S\n]*\n)|(?<line>^[^\S\n]{0,3}(?:#{1,6}[^\S\n]{1,8}|(?:[-*_=][^\S\n]{0,3}){3,}$))|(?<run>(?<!\*)\*{1,3}(?!\*)|(?<!_)_{1,3}(?!_))/gm;

/** `text`, which may be `unlinked`, as long, with UNREAD for the marks of headings, rules and emphasis, as `without_marks` of newsdex/emphasis.py finds them. */
export function withoutMarks(text) {
  const beside = (at, step) => {
    while (text[at] === UNREAD) at += step;
    return text[at] ?? " ";
  };
  const gaps = [];
  let opened = new Map();
  // \s of Python has UNREAD.
  for (const { index: start, 0: mark, groups: { line, run } } of text.replaceAll(UNREAD, "\v").matchAll(MARK)) {
    const end = start + mark.length;
    const [before, after] = run ? [beside(start - 1, -1), beside(end, 1)] : [];
    if (line) gaps.push([start, end]);
    else if (run && opened.has(run) && /\S/.test(before) && !/[\p{L}\p{N}]/u.test(after)) {
      const begun = opened.get(run);
      gaps.push([begun, begun + run.length], [start, end]);
      opened = new Map([...opened].filter(([, place]) => place < begun));
    } else if (run && /\S/.test(after) && !/[\p{L}\p{N}]/u.test(before)) opened.set(run, start);
    else if (mark === "\n") opened.clear();
  }
  let [read, at] = ["", 0];
  for (const [start, end] of gaps.sort(([one], [other]) => one - other)) {
    read += text.slice(at, start) + UNREAD.repeat(end - start);
    at = end;
  }
  return read + text.slice(at);
}

/** `text`, as long, with UNREAD for what people do not see of it. */
export function readable(text) {
  return withoutMarks(unlinked(text));
}

/** What people see of `text`. */
export function asRead(text) {
  return readable(text).replaceAll(UNREAD, "");
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
  const between = /\n[\x1f\s]*\n[\x1f\s]*/g;
  between.lastIndex = start;
  let from = start;
  while (from < end && /[\x1f\s]/.test(text[from])) from += 1;
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
