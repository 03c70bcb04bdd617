/** The page: which model, what is asked, what was answered. */

import { show } from "./answers.js";
import { snippets } from "./code.js";
import { byId, element } from "./elements.js";
import { createFields, pictureOf } from "./inputs.js";
import * as server from "./server.js";

const NEWEST = "";
const NOT_FOUND = 404;

/** What a person can put right; the message says how. */
class Mistake extends Error {}

const page = {
  models: [], // As the server lists them.
  model: "",
  version: NEWEST,
  about: null, // What the chosen model takes and how it answers.
  fields: [],
  language: "curl",
  request: new AbortController(), // The last one, which gives way to the next.
};

/** Do what may fail, and say so if it does. */
async function attempt(work) {
  byId("problem").replaceChildren();
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    complain(error);
    const isForeseen = error instanceof server.ServerError || error instanceof Mistake;
    if (!isForeseen) console.error(error);
  }
}

function complain(error) {
  if (error.isAboutToken) {
    byId("token").hidden = false;
    byId("token-value").select();
    if (!server.hasToken()) return; // The form says it.
  }
  const text = error.isAboutToken ? "The server refuses this token." : error.message;
  const [first, ...rest] = text.split("\n");
  const more = element(
    "details",
    {},
    element("summary", {}, "More"),
    element("pre", {}, rest.join("\n")),
  );
  byId("problem").replaceChildren(element("p", {}, first), ...(rest.length ? [more] : []));
}

/** Look what is served, and keep the choice if it still is. */
async function refresh() {
  page.models = (await server.models()).map((model) => ({
    ...model,
    available: model.versions.filter((version) => version.state === "AVAILABLE"),
  }));
  byId("token").hidden = true;
  const names = page.models.filter((model) => model.available.length).map((model) => model.name);
  if (names.length === 0) throw new Mistake("The server has no model that can be asked yet.");
  byId("choice").hidden = false;
  byId("model").replaceChildren(...names.map((name) => element("option", { value: name }, name)));
  const isServed = names.includes(page.model);
  await choose(isServed ? page.model : names[0], isServed ? page.version : NEWEST);
}

/** Ask about a model from now on; what was typed stays where it takes the same inputs. */
async function choose(model, wanted) {
  const { available, labels } = page.models.find(({ name }) => name === model);
  const version = available.some((one) => one.version === wanted) ? wanted : NEWEST;
  if (model !== page.model) byId("asking").hidden = true;
  page.model = model;
  page.version = version;
  listVersions(available, labels);
  history.replaceState(null, "", `#${new URLSearchParams({ model, version })}`);
  const about = await server.about(model, version);
  if (model !== page.model || version !== page.version) return; // Another was chosen meanwhile.
  const before = page.about;
  page.about = about;
  if (before?.name === about.name && before.version === about.version) {
    byId("asking").hidden = false; // After a model that this page cannot ask about.
    showCode(); // "Newest" is written otherwise than its number.
    return;
  }
  page.request.abort();
  if (JSON.stringify(about.inputs) !== JSON.stringify(before?.inputs)) {
    page.fields = createFields(about.inputs, requestChanged);
    byId("inputs").replaceChildren(...page.fields.map((field) => field.element));
  }
  byId("answer").removeAttribute("aria-busy");
  byId("answer").replaceChildren(
    element("p", { class: "hint" }, "Ask, or choose an example, to see it here."),
  );
  listExamples();
  listLanguages();
  byId("asking").hidden = false;
}

/** Fill the list of versions. */
function listVersions(available, labels) {
  const options = available.map(({ version }) => {
    const named = Object.keys(labels).filter((label) => labels[label] === version);
    return element("option", { value: version }, [version, ...named].join(" · "));
  });
  const newest = element("option", { value: NEWEST }, `newest (${available[0].version})`);
  byId("model").value = page.model;
  byId("version").replaceChildren(newest, ...options);
  byId("version").value = page.version;
}

function listExamples() {
  const { examples, inputs } = page.about;
  byId("examples").hidden = examples.length === 0;
  const items = examples.map((example, place) => {
    const parts = inputs.map(({ name, holds }) =>
      holds === "image"
        ? element("img", { src: pictureOf(example[name]), alt: `Example ${place + 1}` })
        : element("span", { dir: "auto" }, example[name]),
    );
    const button = element("button", { type: "button", class: "example" }, ...parts);
    button.addEventListener("click", () => {
      page.fields.forEach((field) => field.show(example[field.name]));
      requestChanged();
      attempt(ask);
    });
    return element("li", {}, button);
  });
  byId("examples").querySelector("ul").replaceChildren(...items);
}

async function ask() {
  page.request.abort();
  const { signal } = (page.request = new AbortController());
  const missing = page.fields.map((field) => field.missing()).filter(Boolean);
  if (missing.length) throw new Mistake(missing.join(" "));
  const place = byId("answer");
  place.setAttribute("aria-busy", "true");
  try {
    const values = page.fields.map(async (field) => [field.name, await field.value()]);
    const row = Object.fromEntries(await Promise.all(values));
    const start = performance.now();
    const answer = await server.predict(page.model, page.version, row, signal);
    showAnswer(answer, row, performance.now() - start);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren();
    if (error.status === NOT_FOUND) await refresh(); // Another version may have come.
    throw error;
  } finally {
    if (!signal.aborted) place.removeAttribute("aria-busy");
  }
}

function showAnswer(answer, row, milliseconds) {
  const { outputs, shown_as: shownAs } = page.about;
  // The only output of a model comes without its name.
  const named = outputs.length === 1 ? { [outputs[0].name]: answer } : answer;
  const time = milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
  byId("answer").classList.remove("stale");
  byId("answer").replaceChildren(
    show(shownAs, named, outputs, row),
    element("p", { class: "hint time" }, `Answered in ${time} ms.`),
    element("p", { class: "hint changed" }, "The request has changed since."),
  );
  byId("answer").scrollIntoView({ block: "nearest" }); // On a phone it is below the examples.
}

function requestChanged() {
  byId("answer").classList.add("stale");
  showCode();
}

function currentSnippets() {
  return snippets({
    model: page.model,
    version: page.version,
    row: Object.fromEntries(page.fields.map((field) => [field.name, field.inCode()])),
    shownAs: page.about.shown_as,
    needsToken: server.hasToken(),
    address: new URL(document.baseURI),
    grpc: page.about.grpc,
  });
}

function listLanguages() {
  const tabs = currentSnippets().map(([name]) => {
    const attributes = { type: "button", role: "tab", "aria-controls": "snippet" };
    const tab = element("button", attributes, name);
    tab.addEventListener("click", () => selectLanguage(name));
    return tab;
  });
  byId("languages").replaceChildren(...tabs);
  showCode();
}

function selectLanguage(name) {
  page.language = name;
  byId("copied").replaceChildren();
  showCode();
}

function showCode() {
  const found = currentSnippets();
  const [language, code] = found.find(([name]) => name === page.language) ?? found[0];
  for (const tab of byId("languages").children) {
    const isSelected = tab.textContent === language;
    tab.setAttribute("aria-selected", isSelected);
    tab.tabIndex = isSelected ? 0 : -1;
  }
  byId("snippet").setAttribute("aria-label", language);
  byId("snippet").firstElementChild.replaceChildren(code);
}

/** The tabs are one stop of the tabulator; arrows go from one to the next. */
function moveAmongLanguages(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const tabs = [...byId("languages").children];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  selectLanguage(next.textContent);
}

async function copy() {
  const code = byId("snippet");
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(code.textContent);
    byId("copied").replaceChildren("Copied.");
  } else {
    // Browsers let only pages of this machine or of HTTPS write to the clipboard.
    getSelection().selectAllChildren(code);
    byId("copied").replaceChildren("Selected: press Ctrl + C.");
  }
}

/** The choice that the address names, as `#model=reviews&version=3`. */
function readAddress() {
  const choice = new URLSearchParams(location.hash.slice(1));
  page.model = choice.get("model") ?? "";
  page.version = choice.get("version") ?? NEWEST;
}

async function start() {
  readAddress();
  await refresh();
}

byId("model").addEventListener("change", (event) =>
  attempt(() => choose(event.target.value, NEWEST)),
);
byId("version").addEventListener("change", (event) =>
  attempt(() => choose(page.model, event.target.value)),
);
byId("request").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(ask);
});
byId("request").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("request").requestSubmit();
});
byId("token").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    server.useToken(byId("token-value").value.trim());
    await start();
  });
});
byId("languages").addEventListener("keydown", moveAmongLanguages);
byId("copy").addEventListener("click", () => attempt(copy));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && page.about !== null) attempt(refresh);
});
// Beside its place a dropped file would replace the page.
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => event.preventDefault());
}

attempt(start);
