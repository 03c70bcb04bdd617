/** Asks the server that the page comes from. */

const SHOWN = 300; // Characters of an answer that cannot be read.
const UNAUTHENTICATED = 401;

let token = "";

/** A failure whose message is for people; `status` is that of HTTP, 0 without an answer. */
export class ServerError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }

  get isAboutToken() {
    return this.status === UNAUTHENTICATED;
  }
}

/** Send this token from now on. */
export function useToken(value) {
  if (!/^[ -~]+$/.test(value)) {
    throw new ServerError("A token has ASCII characters only. Look at what was pasted.");
  }
  token = value;
}

export function hasToken() {
  return token !== "";
}

/** Names, versions, states and labels of what is served. */
export async function models() {
  return (await ask("models")).models;
}

/** What a model takes and how its answer reads; `version` may be empty for the newest. */
export async function about(model, version) {
  return ask(`playground/${path(model, version)}`);
}

/**
 * The answer to one row.
 *
 * @param {Object} row Element of `instances`: values by input.
 * @param {AbortSignal} signal Gives up.
 */
export async function predict(model, version, row, signal) {
  const body = JSON.stringify({ instances: [row] });
  const answer = await ask(`v1/${path(model, version)}:predict`, body, signal);
  return answer.predictions[0];
}

/** Path of a model below `/v1/` and `/playground/`. */
export function path(model, version) {
  const name = encodeURIComponent(model);
  return version ? `models/${name}/versions/${version}` : `models/${name}`;
}

async function ask(target, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const method = body === undefined ? "GET" : "POST";
  let response, text;
  try {
    response = await fetch(target, { method, headers, body, signal, cache: "no-store" });
    text = await response.text();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ServerError(
      `The server at ${location.origin} does not answer. It may have been stopped: start it ` +
        "again, and repeat the request.",
    );
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ServerError(
      `The server's answer (status ${response.status}) is not JSON: ${text.slice(0, SHOWN)}`,
      response.status,
    );
  }
  if (!response.ok) throw new ServerError(answer.error, response.status);
  return answer;
}
