/** Answers as people read them, by what `shown_as` of a model says. */

import { element } from "./elements.js";

const FIRST = 8; // Labels before "Show all".
const DIGITS = 6;
const COLOURS = 6; // Of kinds of entities, in the style sheet.

/**
 * @param {?string} shownAs `ranked_labels`, `chosen_labels`, `number`, `entities`, `answers`,
 *     `filled_masks`, `filled_spans`, `embedding`, `scored_pieces` or `texts`; any other model's
 *     answer is shown output by output.
 * @param {Object} answer Values of one row by output.
 * @param {{name: string, length: ?string}[]} outputs `length` names the output that says how many
 *     values of `name` count; the others fill it up.
 * @param {Object} row What was asked, by input.
 */
export function show(shownAs, answer, outputs, row) {
  return (FORMS[shownAs] ?? byOutput)(answer, outputs, row);
}

function rankedLabels(answer) {
  return labels(rowsOf(answer));
}

function chosenLabels(answer) {
  const rows = rowsOf(answer).map((row) => ({ ...row, isChosen: answer.is_chosen[row.place] }));
  rows.sort((a, b) => b.isChosen - a.isChosen);
  const count = rows.filter((row) => row.isChosen).length;
  const found = `${count} of ${rows.length} labels, each by a threshold of its own:`;
  const said = count ? found : "No label fits. The most likely ones:";
  return element("div", {}, element("p", {}, said), labels(rows, Math.max(count, FIRST)));
}

function number(answer) {
  return element("p", { class: "number" }, shorten(answer.value));
}

/** The text with what was found marked in it; places count code points. */
function entities(answer, outputs, row) {
  const signs = Array.from(Object.values(row)[0]);
  const kinds = [...new Set(answer.entity_group.slice(0, answer.start_length))];
  const text = element("p", { class: "text", dir: "auto" });
  let last = 0;
  for (let place = 0; place < answer.start_length; place += 1) {
    const [start, end] = [answer.start[place], answer.end[place]];
    const kind = answer.entity_group[place];
    const score = `${(100 * answer.score[place]).toFixed(1)} %`;
    const label = element("span", { class: "kind" }, kind);
    const found = element("mark", { title: score }, signs.slice(start, end).join(""), label);
    found.classList.add(`kind-${kinds.indexOf(kind) % COLOURS}`);
    text.append(signs.slice(last, start).join(""), found);
    last = end;
  }
  text.append(signs.slice(last).join(""));
  const said = { 0: "Nothing found.", 1: "1 found:" }[answer.start_length];
  return element("div", {}, element("p", {}, said ?? `${answer.start_length} found:`), text);
}

/** All answers, then the best one marked in its context; places count code points. */
function answers(answer, outputs, row) {
  const found = answer.answer.slice(0, answer.answer_length).map((text, place) => ({
    label: text || "no answer",
    probability: answer.score[place],
  }));
  if (!found.length) return element("p", {}, "The context has no words.");
  const signs = Array.from(row.context);
  const [start, end] = [answer.start[0], answer.end[0]];
  const marked = element("mark", { class: "kind-0" }, signs.slice(start, end).join(""));
  const before = signs.slice(0, start).join("");
  const text = element("p", { class: "text", dir: "auto" }, before);
  if (answer.answer[0]) text.append(marked);
  text.append(signs.slice(end).join(""));
  return element("div", {}, labels(found), text);
}

/** For each gap of the text what fits, the likeliest first, and the text with the first of it. */
function filledMasks(answer) {
  const count = answer.token_str_length;
  if (!count) return element("p", {}, "No gap: write [MASK] where a word is to be told.");
  const list = element("div");
  for (let place = 0; place < count; place += 1) {
    const found = answer.token_str[place].map((label, rank) => ({
      label,
      probability: answer.score[place][rank],
    }));
    const text = element("p", { class: "text", dir: "auto" }, answer.sequence[place][0]);
    list.append(labels(found), text);
  }
  return list;
}

function embedding(answer) {
  const numbers = answer.embedding;
  const said = `${numbers.length} numbers, length ${shorten(Math.hypot(...numbers))}:`;
  const first = numbers.slice(0, FIRST).map(shorten).join(", ");
  return element("div", {}, element("p", {}, said), element("p", {}, `${first}, …`));
}

/** How probable each piece of the text is from either side. */
function scoredPieces(answer) {
  const count = answer.piece_length;
  if (!count) return element("p", {}, "No piece of a word that was seen in training.");
  const rows = answer.piece.slice(0, count).map((label, place) => ({
    label,
    after: Math.exp(answer.forward[place]),
    before: Math.exp(answer.backward[place]),
  }));
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  const head = ["piece", "after what is before", "before what follows"].map((name) =>
    element("th", { scope: "col" }, name),
  );
  const body = rows.map(({ label, after, before }) =>
    element(
      "tr",
      {},
      element("td", { dir: "auto" }, label),
      element("td", {}, percent(after)),
      element("td", {}, percent(before)),
    ),
  );
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}

/** The best text, and below it the others with the logarithms of their probabilities. */
function texts(answer) {
  const found = answer.texts.slice(0, answer.texts_length);
  const best = element("p", { class: "text", dir: "auto" }, found[0]);
  if (found.length === 1) return best;
  const items = found.slice(1).map((text, place) => {
    const score = element("span", { class: "share" }, answer.scores[place + 1].toFixed(2));
    return element("li", {}, element("span", { class: "name", dir: "auto" }, text), score);
  });
  return element("div", {}, best, element("ol", { class: "labels", start: "2" }, ...items));
}

function byOutput(answer, outputs) {
  const lengths = outputs.map((output) => output.length);
  const list = element("dl");
  for (const { name, length } of outputs.filter((output) => !lengths.includes(output.name))) {
    const value = length === null ? answer[name] : answer[name].slice(0, answer[length]);
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
    list.append(element("dt", {}, name), element("dd", { dir: "auto" }, text));
  }
  return list;
}

const FORMS = {
  ranked_labels: rankedLabels,
  chosen_labels: chosenLabels,
  number,
  entities,
  answers,
  filled_masks: filledMasks,
  filled_spans: texts,
  embedding,
  reconstruction: byOutput,
  scored_pieces: scoredPieces,
  texts,
};

/** The labels of an answer, the most likely first. */
function rowsOf(answer) {
  return answer.labels
    .map((label, place) => ({ label, place, probability: answer.probabilities[place] }))
    .sort((a, b) => b.probability - a.probability);
}

function labels(rows, first = FIRST) {
  const list = element("ol", { class: "labels" }, ...rows.slice(0, first).map(labelRow));
  if (rows.length <= first) return list;
  const more = element("button", { type: "button" }, `Show all ${rows.length}`);
  more.addEventListener("click", () => {
    list.replaceChildren(...rows.map(labelRow));
    more.remove();
  });
  return element("div", {}, list, more);
}

function labelRow({ label, probability, isChosen }) {
  const share = element("span", { class: "share" }, `${(100 * probability).toFixed(1)} %`);
  const name = element("span", { class: "name", dir: "auto" }, label);
  const filled = element("div");
  filled.style.width = `${100 * probability}%`;
  const row = element("li", {}, name, share, element("div", { class: "bar" }, filled));
  if (isChosen) {
    row.classList.add("chosen");
    name.before(element("span", { class: "mark", role: "img", "aria-label": "chosen" }, "✓"));
  }
  return row;
}

function shorten(value) {
  return String(Number(value.toPrecision(DIGITS)));
}
