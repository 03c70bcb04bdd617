/** Fields of a request: a text area for a text, a place to drop or choose a file for an image. */

import { element } from "./elements.js";

const ANY_FILE = "image.png"; // In code, where an example has no name.

/**
 * The fields of a model.
 *
 * @param {{name: string, holds: string, column: string}[]} inputs
 * @param {Function} changed Called when a person changes a value.
 */
export function createFields(inputs, changed) {
  return inputs.map((input) => (input.holds === "image" ? imageField : textField)(input, changed));
}

/** What a picture in base64 is shown from; browsers find out its type by themselves. */
export function pictureOf(value) {
  return `data:image/png;base64,${value.b64}`;
}

function textField(input, changed) {
  const id = `input-${input.name}`;
  const area = element("textarea", { id, rows: 3, dir: "auto", spellcheck: "false" });
  area.addEventListener("input", changed);
  return {
    name: input.name,
    element: element(
      "div",
      { class: "field" },
      element("label", { for: id }, ...title(input)),
      area,
    ),
    missing: () => (area.value.trim() ? "" : `Type a text for "${input.column}".`),
    value: async () => area.value,
    inCode: () => area.value,
    show(text) {
      area.value = text;
    },
  };
}

function imageField(input, changed) {
  const id = `input-${input.name}`;
  const chooser = element("input", { id, type: "file", accept: "image/*", class: "unseen" });
  const preview = element("img", { alt: "", hidden: true });
  const words = element("span", {}, "Drop an image here, or choose one");
  const place = element("label", { class: "drop", for: id }, preview, words);
  let file = null;

  function take(chosen) {
    if (preview.src) URL.revokeObjectURL(preview.src);
    file = chosen;
    preview.src = URL.createObjectURL(chosen);
    preview.hidden = false;
    words.replaceChildren(chosen.name);
  }

  preview.addEventListener("error", () => {
    preview.hidden = true;
    words.replaceChildren(`${file.name} (your browser cannot show it)`);
  });
  chooser.addEventListener("change", () => {
    if (chooser.files.length === 0) return;
    take(chooser.files[0]);
    chooser.value = ""; // So that the same file can be chosen again, after another or an edit.
    changed();
  });
  place.addEventListener("dragover", () => place.classList.add("over"));
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    place.classList.remove("over");
    if (event.dataTransfer.files.length === 0) return;
    take(event.dataTransfer.files[0]);
    changed();
  });
  return {
    name: input.name,
    element: element(
      "div",
      { class: "field" },
      element("span", { class: "label" }, ...title(input)),
      chooser,
      place,
    ),
    missing: () => (file ? "" : "Choose an image, or drop one."),
    value: async () => ({ b64: await toBase64(file) }),
    inCode: () => ({ file: file ? file.name : ANY_FILE }),
    show(value) {
      take(new File([fromBase64(value.b64)], ANY_FILE));
    },
  };
}

/** The column as the training data calls it, and the name in requests where that is another. */
function title(input) {
  if (input.column === input.name) return [input.name];
  return [input.column, element("span", { class: "sent" }, ` sent as ${input.name}`)];
}

function toBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",")[1] ?? ""));
    reader.addEventListener("error", () =>
      reject(new Error(`The file ${file.name} cannot be read: ${reader.error.message}`)),
    );
    reader.readAsDataURL(file);
  });
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
