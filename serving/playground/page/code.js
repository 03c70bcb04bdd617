/**
 * The request of the page as code for elsewhere.
 *
 * A `request` has `model`, `version` (empty for the newest), `row` (by input a text, or `{file}`
 * with the name of a file), `shownAs`, `needsToken`, `address` (a `URL` of the server) and `grpc`
 * (`number` and `is_encrypted` of its port, or null).
 */

import { path } from "./server.js";

/** Name and code of each way to ask. */
export function snippets(request) {
  const found = [
    ["curl", curl(request)],
    ["Python", python(request)],
  ];
  return request.grpc ? [...found, ["gRPC", grpc(request)]] : found;
}

function curl(request) {
  const url = new URL(`v1/${path(request.model, request.version)}:predict`, request.address);
  const options = [`curl ${shell(url.href)}`];
  if (request.needsToken) options.push('-H "Authorization: Bearer $TOKEN"');
  const files = [];
  const row = Object.entries(request.row).map(([name, value]) => {
    if (value.file === undefined) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    files.push(value.file);
    return `${JSON.stringify(name)}: {"b64": "\0"}`;
  });
  const pieces = `{"instances": [{${row.join(", ")}}]}`.split("\0").map(quoted);
  if (files.length === 0) return [...options, `-d ${pieces[0]}`].join(" \\\n  ");
  // A picture may be longer than an argument can be, so it comes through a pipe.
  const lines = pieces.flatMap((piece, place) => [
    `printf %s ${piece}`,
    ...files.slice(place, place + 1).map((file) => `base64 < ${shell(file)}`),
  ]);
  return `{ ${lines.join(";\n  ")}; } |\n${[...options, "-d @-"].join(" \\\n  ")}`;
}

function python(request) {
  const { protocol, host } = request.address;
  const server = protocol === "https:" ? `https://${host}` : host;
  const token = request.needsToken ? ', token=os.environ["TOKEN"]' : "";
  const version = request.version ? `, version=${request.version}` : "";
  return [
    ...imports(request, ["from serving.client import Client, rows"]),
    `with Client(${JSON.stringify(server)}${token}) as client:`,
    `    answer = client.predict(${JSON.stringify(request.model)}, {${inputs(request)}}${version})`,
    "(row,) = rows(answer)",
    printed(request, (name) => `row["${name}"]`, (text) => text),
  ].join("\n");
}

function grpc(request) {
  const target = JSON.stringify(`${request.address.hostname}:${request.grpc.number}`);
  const channel = request.grpc.is_encrypted
    ? `grpc.secure_channel(${target}, grpc.ssl_channel_credentials())`
    : `grpc.insecure_channel(${target})`;
  const token = `, metadata=[("authorization", "Bearer " + os.environ["TOKEN"])]`;
  const modules = [
    "import grpc",
    "import tensorflow as tf",
    "from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc",
  ];
  return [
    ...imports(request, modules),
    "request = predict_pb2.PredictRequest()",
    `request.model_spec.name = ${JSON.stringify(request.model)}`,
    ...(request.version ? [`request.model_spec.version.value = ${request.version}`] : []),
    `for name, value in {${inputs(request)}}.items():`,
    "    request.inputs[name].CopyFrom(tf.make_tensor_proto(value))",
    `service = prediction_service_pb2_grpc.PredictionServiceStub(${channel})`,
    `outputs = service.Predict(request, timeout=30${request.needsToken ? token : ""}).outputs`,
    "row = {name: tf.make_ndarray(value)[0] for name, value in outputs.items()}",
    printed(request, (name) => `row["${name}"]`, (text) => `${text}.decode()`),
  ].join("\n");
}

/** The head of a script: what the standard library brings, then the rest. */
function imports(request, others) {
  const hasFile = Object.values(request.row).some((value) => value.file !== undefined);
  const own = [
    ...(request.needsToken ? ["import os"] : []),
    ...(hasFile ? ["import pathlib"] : []),
  ];
  return [...own, ...(own.length ? [""] : []), ...others, ""];
}

/** Entries of a dict: a list of one value by input. */
function inputs(request) {
  const entries = Object.entries(request.row).map(([name, value]) => {
    const written =
      value.file === undefined
        ? JSON.stringify(value)
        : `pathlib.Path(${JSON.stringify(value.file)}).read_bytes()`;
    return `${JSON.stringify(name)}: [${written}]`;
  });
  return entries.join(", ");
}

/** The line that prints an answer; `get` is the code of an output, `toText` that of text in it. */
function printed(request, get, toText) {
  const form = PRINTED[request.shownAs];
  return `print(${form ? form(get, toText) : "row"})`;
}

const PRINTED = {
  ranked_labels: (get, toText) => `${toText(get("label"))}, ${get("probability")}`,
  chosen_labels: (get, toText) =>
    `[${toText("label")} for label, is_chosen in ` +
    `zip(${get("labels")}, ${get("is_chosen")}) if is_chosen]`,
  number: (get) => get("value"),
};

/** A word of a shell, quoted where it must be. */
function shell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
