// Standing questions: what the reader follows, and what was reported of it lately.

import { addressOf, searchOf, wantedOf } from "./address.js";
import { ask, Problem } from "./api.js";
import { problemOf } from "./problems.js";
import { button, dateInWords, element } from "./text.js";

const LATEST = 3; // notices of a question that are shown
const PLACES = {
  webhook: "sent to a webhook",
  command: "given to a command",
  jsonl: "written to a file",
  output: "printed by newsdex index",
};

/** What the reader follows; null where the server keeps no standing questions. */
export async function followedOf(signal) {
  if (!("follows" in document.body.dataset)) return null;
  try {
    return (await ask("following", {}, signal)).following;
  } catch (error) {
    if (error.status === 403) delete document.body.dataset.follows; // a key for some of the articles
    return null; // one can search without them
  }
}

/** The questions and their latest articles, with a way to stop each; null where there are none. */
export function followingOf(followed) {
  if (!followed?.length) return null;
  const list = element("ul", { class: "following" }, ...followed.map(questionOf));
  return element("section", { "aria-labelledby": "following-head" }, element("h2", { class: "misses-head", id: "following-head" }, "What you follow"), list);
}

function questionOf({ name, question, since, until, on, source, lang, where, reported, notices }) {
  const item = element("li", {});
  const stop = button("Stop", async () => {
    stop.disabled = true;
    try {
      await ask(`following/${encodeURIComponent(name)}`, {}, undefined, undefined, "DELETE");
      const section = item.closest("section");
      item.remove();
      if (!section.querySelector("li")) section.remove();
      document.getElementById("main").focus();
    } catch (error) {
      stop.disabled = false;
      item.append(problemOf(error, () => stop.click()));
    }
  }, { "aria-label": `Stop following ${question}` });
  const link = element("a", { href: addressOf({ q: question, since: on ?? since ?? "", until: on ?? until ?? "", source, lang, where }), "data-in-page": true, dir: "auto" }, question);
  item.append(element("p", {}, link, " ", stop));
  const elsewhere = reported.includes("here") ? [] : reported.map((place) => PLACES[place]).filter(Boolean);
  if (elsewhere.length) item.append(element("p", { class: "remark" }, `New articles are ${elsewhere.join(" and ")}, and not listed here.`));
  else if (!notices.length) item.append(element("p", { class: "remark" }, "Nothing new yet."));
  else item.append(element("ul", {}, ...notices.slice(0, LATEST).map((notice) => noticeOf(notice, question))));
  return item;
}

function noticeOf({ article_id: id, title, source, published, told, update, retracted, corrected_by: corrected }, question) {
  const kind = retracted ? "withdrawn" : corrected ? "corrected" : update ? "update" : "";
  const date = dateInWords(published ?? told.slice(0, 10));
  const about = [kind && `${kind}, `, ...(source ? [element("bdi", {}, source), ", "] : []), date];
  return element("li", {}, element("a", { href: addressOf({ q: question, article: id }), "data-in-page": true, dir: "auto" }, title ?? id), " ", element("span", { class: "remark" }, ...about));
}

/** Follow what `body` says; by a name with a number where another question has that of its first words. */
async function begin(body, signal) {
  try {
    return await ask("following", {}, signal, body);
  } catch (error) {
    const followed = error.status === 409 ? await followedOf(signal) : null;
    if (!followed?.length) throw error;
    if (followed.some((each) => isSame(each, body))) throw new Problem(409, "You follow this question already: see the first page.");
    const words = body.query.toLowerCase().match(/[a-z0-9]+/g) ?? ["question"];
    const name = words.slice(0, 6).join("-").slice(0, 60).replace(/-$/, "");
    const names = new Set(followed.map((each) => each.name));
    let number = 2;
    while (names.has(`${name}-${number}`)) number += 1;
    return ask("following", {}, signal, { ...body, name: `${name}-${number}` });
  }
}

/** Whether what is followed asks for the same, and is listed on the first page. */
function isSame({ question, since, until, on, source, lang, where, filter, reported }, body) {
  const theirs = [question, since ?? "", until ?? "", source, lang, where];
  const mine = [body.query, body.since ?? "", body.until ?? "", body.source ?? [], body.lang ?? [], body.where ?? []];
  return reported.includes("here") && !on && !filter && JSON.stringify(theirs) === JSON.stringify(mine);
}

/** Follow what is `asked`. Returns what there is to tell. */
export async function follow(asked, signal) {
  if (wantedOf(asked).body) throw new Problem(0, "A question with several values of one field cannot be followed: choose one.");
  const { q, since, until, source, lang, where, mode, literal, read_dates: dates } = searchOf(asked);
  const options = Object.entries({ since, until, source, lang, where, mode }).filter(([, value]) => value?.length);
  const body = { query: q, ...Object.fromEntries(options), ...(literal ? { literal: true } : {}), ...(dates === "false" ? { read_dates: false } : {}) };
  const { remarks } = await begin(body, signal);
  return ["You follow this question: new articles are listed on the first page.", ...remarks].join(" ");
}
