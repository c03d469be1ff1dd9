// The server, asked. Addresses are relative, so that the page works below any path.

const KEY = "newsdex-key"; // of sessionStorage: it is gone when the tab is closed

const NAMES = { q: "Question", query: "Question", since: "From", until: "To", source: "Source", lang: "Language", where: "Filter", filter: "Filter", sort: "Order", mode: "Mode", answer: "Text", quote: "Quotation" }; // on the page

/** What went wrong, in words for the reader. `status` is that of HTTP, 0 where the server could not be reached. */
export class Problem extends Error {
  constructor(status, detail, seconds = 0) {
    super(detail);
    this.status = status;
    this.seconds = seconds; // after which it is worth trying again, where the server says so
  }
}

/** Whether a key is sent, of which the server may allow less than of others. */
export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

export function keepKey(key) {
  sessionStorage.setItem(KEY, key);
}

/** Whether there was a key, which is forgotten. */
export function forgetKey() {
  const had = sessionStorage.getItem(KEY) !== null;
  sessionStorage.removeItem(KEY);
  return had;
}

/** The query of an address: `values` in their order, without those that are empty. */
export function queryOf(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== "" && each !== null && each !== undefined) query.append(name, each);
  }
  return query.toString();
}

/** What the server answers; with a `body`, to that. Throws Problem; and AbortError when `signal` says so. */
async function respond(path, values, signal, body, method = body ? "POST" : "GET") {
  const key = sessionStorage.getItem(KEY);
  if (key && /[^!-~]/.test(key)) throw new Problem(401, "A key has no such characters."); // which no header can hold
  const query = queryOf(values);
  try {
    return await fetch(query ? `${path}?${query}` : path, {
      method,
      headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) },
      body: body && JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server does not answer. Is newsdex serve still running?");
  }
}

/** The JSON that the server answers; with a `body`, to that. Throws as `respond`. */
export async function ask(path, values = {}, signal = undefined, body = undefined, method = undefined) {
  const response = await respond(path, values, signal, body, method);
  let content;
  try {
    content = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(response.status, `The server answered ${response.status}, and nothing that can be read.`);
  }
  if (!response.ok) {
    throw new Problem(response.status, detailOf(content) || `The server answered ${response.status}.`, Number(response.headers.get("Retry-After")) || 0);
  }
  return content;
}

/** What the server says is wrong, by the names that things have on the page: a parameter is told as "query.since" or "body.filter.value". */
function detailOf({ detail, errors }) {
  if (!errors) return detail;
  return errors.map((error) => [error, error.where.split(".")[1] ?? "request"]).map(([error, name]) => `${NAMES[name] ?? name}: ${error.detail}`).join("; ");
}

/** The server-sent events with which the server answers a `body`, each as {name, data}. Throws as `ask`. */
export async function* events(path, body, signal) {
  const response = await respond(path, {}, signal, body);
  if (!response.ok) throw new Problem(response.status, detailOf(await response.json()) || `The server answered ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = (waiting + value).split("\n\n");
    waiting = whole.pop();
    for (const event of whole) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(event);
      if (found) yield { name: found[1], data: JSON.parse(found[2]) };
    }
  }
}
