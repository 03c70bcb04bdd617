"""Translators: SavedModels in a folder or behind TensorFlow Serving's REST API.

The contract: a signature with the inputs `text` `(batch,)` string, `temperature` `(batch,)`
float32 and `seed` `(batch,)` int64, and the output `translation` `(batch,)` string. The same
inputs give the same translation, whatever else is in the batch; temperature 0 is the likeliest.
"""

import hashlib
import importlib
import json
import pathlib
from collections.abc import Collection, Sequence
from typing import Any

import httpx2
import tensorflow as tf

from components.augment.text.translations import Sentence, Translator

INPUTS = {"text": "string", "temperature": "float32", "seed": "int64"}
"""Inputs of the signature and their dtypes; each is `(batch,)`."""
OUTPUT = "translation"
"""Output of the signature, `(batch,)` string."""
_OWN, _DEFAULT = "translate", "serving_default"
"""That of models which write texts, and that of others."""

_EXAMPLE = "http://localhost:8501/v1/models/en_de"
_KEPT = "Translations until now are kept; the same command continues."


def load(field: str, place: str, signature: str | None, timeout: float) -> Translator:
    """A translator by its folder or its URL.

    Args:
        field: What names it in the YAML, for errors.
        place: A SavedModel's folder, a folder of such with versions for names, or the URL of a
            served model.
        signature: Name of the signature; None: `translate` of a model that has it, else
            `serving_default`.
        timeout: Longest wait for one answer of a server in seconds.

    Raises:
        ValueError: If there is none, or it does not keep the contract.
    """
    if place.startswith(("http://", "https://")):
        return ServedTranslator(field, place.rstrip("/"), signature, timeout)
    return LocalTranslator(field, _newest(field, pathlib.Path(place)), signature)


class LocalTranslator:
    """A SavedModel in this process.

    Args:
        field: What names it in the YAML, for errors.
        folder: Has `saved_model.pb`.
        signature: As of `load`.

    Raises:
        ValueError: If it does not keep the contract.
    """

    def __init__(self, field: str, folder: pathlib.Path, signature: str | None) -> None:
        self._name = f"`{field}`: the translator {folder}"
        # Exported tokenizers need its operations.
        importlib.import_module("tensorflow_text")
        try:
            self._model = tf.saved_model.load(str(folder))
        except (OSError, tf.errors.OpError) as error:
            raise ValueError(
                f"{self._name} cannot be loaded. Expected a complete SavedModel that this "
                f"TensorFlow can read. Export it again. The reason given: {error}"
            ) from error
        signature = signature or _preferred(self._model.signatures)
        if signature not in self._model.signatures:
            raise ValueError(
                f"{self._name} has no signature {signature!r}. It has: "
                f"{sorted(self._model.signatures)}. Change `signature`."
            )
        self._call = self._model.signatures[signature]
        _check(self._name, self._call)
        self.identity = f"{_digest(folder)}/{signature}"

    def translate(self, sentences: Sequence[Sentence]) -> list[str]:
        """Translate a batch of sentences.

        Raises:
            ValueError: If the model fails or gives something else than one text per sentence.
        """
        columns = {
            "text": tf.constant([sentence.text for sentence in sentences], tf.string),
            "temperature": tf.constant(
                [sentence.temperature for sentence in sentences], tf.float32
            ),
            "seed": tf.constant([sentence.seed for sentence in sentences], tf.int64),
        }
        try:
            translations = self._call(**columns)[OUTPUT]
        except tf.errors.OpError as error:
            raise ValueError(
                f"{self._name} failed on a batch of {len(sentences)}. Mend the model, or lower "
                f"`batch_size` if memory ran out. {_KEPT} The reason given: "
                f"{type(error).__name__}: {error.message}"
            ) from error
        if translations.shape != (len(sentences),):
            raise ValueError(
                f"{self._name} must give {OUTPUT!r} of shape ({len(sentences)},), one text per "
                f"sentence. Received: shape {tuple(translations.shape)}. Mend the model."
            )
        return [text.decode("utf-8", "replace") for text in translations.numpy()]


class ServedTranslator:
    """A model behind TensorFlow Serving's REST API.

    The version that is served first is asked throughout, so that all translations are of one.

    Args:
        field: What names it in the YAML, for errors.
        url: Of the model, such as `http://localhost:8501/v1/models/en_de`.
        signature: As of `load`.
        timeout: Longest wait for one answer in seconds.

    Raises:
        ValueError: If no version is served there.
    """

    def __init__(self, field: str, url: str, signature: str | None, timeout: float) -> None:
        self._name = f"`{field}`: the translator"
        self._client = httpx2.Client(timeout=timeout)
        self._url = url
        if "/versions/" not in url:
            self._url = f"{url}/versions/{self._version()}"
        self._signature = signature or _preferred(self._signatures())
        self.identity = f"{self._url}/{self._signature}"

    def translate(self, sentences: Sequence[Sentence]) -> list[str]:
        """Translate a batch of sentences.

        Raises:
            ValueError: If the server refuses, cannot be reached or answers something else.
        """
        columns = {name: [getattr(sentence, name) for sentence in sentences] for name in INPUTS}
        answer = self._ask(
            "POST",
            f"{self._url}:predict",
            json={"signature_name": self._signature, "inputs": columns},
        )
        outputs = answer.get("outputs")
        # A single output comes without its name.
        found: Any = outputs.get(OUTPUT) if isinstance(outputs, dict) else outputs
        is_right = isinstance(found, list) and all(isinstance(text, str) for text in found)
        if not is_right or len(found) != len(sentences):
            raise ValueError(
                f"{self._name} {self._url} must answer with {OUTPUT!r}, one text per sentence "
                f"({len(sentences)}). Received: {json.dumps(answer)[:200]}"
            )
        return found

    def _version(self) -> int:
        """The newest version that is served."""
        states = self._ask("GET", self._url).get("model_version_status", [])
        ready = [int(one["version"]) for one in states if one.get("state") == "AVAILABLE"]
        if not ready:
            raise ValueError(
                f"{self._name} {self._url} has no version that is served. Expected one with the "
                f"state AVAILABLE. Received: {states}. Wait until the server has loaded it, or "
                "look for the reason in the server's log."
            )
        return max(ready)

    def _signatures(self) -> Collection[str]:
        """Names of those that the model has."""
        told = self._ask("GET", f"{self._url}/metadata").get("metadata", {})
        found: dict[str, Any] = told.get("signature_def", {}).get("signature_def", {})
        return found

    def _ask(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, url, **options)
            answer = response.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, json.JSONDecodeError) as error:
            raise ValueError(
                f"{self._name} {url} cannot be asked: {type(error).__name__}: {error}. Expected "
                f"the URL of a served model, such as {_EXAMPLE}. {_KEPT}"
            ) from error
        if response.status_code != httpx2.codes.OK or not isinstance(answer, dict):
            raise ValueError(
                f"{self._name} {url} answered with status {response.status_code}: "
                f"{json.dumps(answer)[:200]}. Expected the URL of a served model, such as "
                f"{_EXAMPLE}, whose `signature` takes {list(INPUTS)}. Correct the URL or "
                f"`signature`, or look in the server's log. {_KEPT}"
            )
        return answer


def _preferred(signatures: Collection[str]) -> str:
    return _OWN if _OWN in signatures else _DEFAULT


def _newest(field: str, folder: pathlib.Path) -> pathlib.Path:
    """The SavedModel itself, or the highest version in a folder of versions."""
    places = [folder]
    if folder.is_dir():
        versions = [child for child in folder.iterdir() if child.name.isdecimal()]
        places += sorted(versions, key=lambda child: int(child.name), reverse=True)
    for place in places:
        if (place / "saved_model.pb").is_file():
            return place
    raise ValueError(
        f"`{field}`: there is no translator in {folder}. Expected a SavedModel "
        "(saved_model.pb) or a folder of versions of one. Correct the path; a served translator "
        f"begins with http:// or https://, as in {_EXAMPLE}."
    )


def _check(name: str, call: Any) -> None:
    """Refuse other dtypes and shapes; a shape may be unknown."""
    inputs, outputs = call.structured_input_signature[1], call.structured_outputs
    output = outputs.get(OUTPUT)
    is_right = (
        {key: spec.dtype.name for key, spec in inputs.items()} == INPUTS
        and all(spec.shape.rank is None or list(spec.shape) == [None] for spec in inputs.values())
        and output is not None
        and output.dtype == tf.string
        and output.shape.rank in (None, 1)
    )
    if not is_right:
        taken, given = (
            {key: f"{spec.dtype.name} {spec.shape}" for key, spec in specs.items()}
            for specs in (inputs, outputs)
        )
        raise ValueError(
            f"{name} does not fit. Expected the inputs {INPUTS} and the output "
            f"{{{OUTPUT!r}: 'string'}}, each of shape (batch,) for any batch. Received the inputs "
            f"{taken} and the outputs {given}. Export it with such a signature, or change "
            "`signature`."
        )


def _digest(folder: pathlib.Path) -> str:
    """Hash of all files of a SavedModel."""
    state = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        state.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            state.update(hashlib.file_digest(file, "sha256").digest())
    return state.hexdigest()
