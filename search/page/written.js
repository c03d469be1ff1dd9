// An answer that the server's language model writes, sentence by sentence.

import { addressOf, bodyOf } from "./address.js";
import { events } from "./api.js";
import { problemOf } from "./problems.js";
import { dateInWords, element } from "./text.js";

const WORST = ["contradicted", "partly", "not in the archive"]; // of a sentence's verdicts, the worst first
const SAID = {
  contradicted: "the passages say otherwise",
  partly: "the passages say it in part",
  "not in the archive": "the passages do not say it",
};

/** A place for the answer to what is `asked`, which is filled as it comes. `again` asks anew. */
export function writtenOf(asked, signal, again) {
  const text = element("p", { class: "text", dir: "auto" });
  const told = element("p", { class: "caption", role: "status" }, "Writing ...");
  const list = element("ol", { class: "cited" });
  const section = element("section", { class: "written", "aria-label": "Written answer" }, text, list, told);
  fill(asked, signal, text, list, told).catch((error) => {
    if (!signal.aborted) told.replaceWith(problemOf(error, again));
  });
  return section;
}

async function fill(asked, signal, text, list, told) {
  const { sort, ...wanted } = bodyOf(asked);
  const sources = new Map();
  const cited = new Set();
  let sentence = null;
  let doubtful = false;
  for await (const { name, data } of events("answer", wanted, signal)) {
    if (name === "sources") for (const source of data.sources) sources.set(source.number, source);
    else if (name === "text") {
      sentence = sentenceOf(data.text, sources, cited, asked);
      text.append(sentence);
    } else if (name === "claims") {
      const worst = WORST.find((verdict) => data.claims.some((claim) => claim.verdict === verdict));
      if (!worst || !sentence) continue;
      doubtful = true;
      sentence.classList.add("doubtful");
      sentence.title = SAID[worst];
      sentence.append(element("span", { class: "unseen" }, ` (${SAID[worst]})`));
    } else if (name === "refusal" || name === "error") {
      told.textContent = data.text;
    } else if (name === "done") {
      told.textContent = `Written by a language model from the passages it cites.${doubtful ? " They do not say what is underlined." : ""}`;
    }
  }
  for (const number of [...cited].sort((a, b) => a - b)) {
    const { title, source, published, article_id: article } = sources.get(number);
    list.append(element("li", { value: String(number) }, linkTo(sources.get(number), asked, title || source || article), ` ${[title ? source : "", published && dateInWords(published)].filter(Boolean).join(" \u00b7 ")}`));
  }
}

/** A sentence, with a link for each number that cites a passage. */
function sentenceOf(text, sources, cited, asked) {
  const made = element("span", {});
  for (const piece of text.split(/(\[\d+(?:\s*,\s*\d+)*\])/)) {
    const numbers = /^\[[\d, ]+\]$/.test(piece) ? piece.match(/\d+/g).map(Number).filter((number) => sources.has(number)) : [];
    if (!numbers.length) made.append(piece);
    for (const number of numbers) {
      cited.add(number);
      made.append(linkTo(sources.get(number), asked, `[${number}]`));
    }
  }
  return made;
}

function linkTo({ article_id: article, start, end, title }, asked, words) {
  return element("a", { href: addressOf({ ...asked, article, at: `${start}-${end}` }), title }, words);
}
