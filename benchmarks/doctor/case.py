"""One case of the doctor's benchmark: data, model and training, with or without a fault."""

from __future__ import annotations

import collections
import dataclasses
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from benchmarks import classifier
from benchmarks.doctor import data as doctor_data
from components.doctor.checks import data
from components.doctor.columns import Column
from components.doctor.curves import curves
from components.doctor.finding import Finding
from components.doctor.text import lengths
from models import zoo
from models.doctor import examination
from models.tasks import expected, losses
from models.training import fit
from models.training.inputs import Batches
from pipeline.config import loading

Splits = Mapping[str, doctor_data.Columns]
_TOKEN = re.compile(r"\w+|[^\w\s]")
_UNKNOWN = "[UNK]"
_SPECIAL = 2
_ROWS = 600


def _same(value: Any) -> Any:
    return value


@dataclasses.dataclass(frozen=True)
class Case:
    """What the doctor is shown, and what it should say."""

    name: str
    """What is wrong, or what is healthy."""
    sample: str
    """Data set, see `doctor_data.rows`."""
    model: Mapping[str, Any]
    """`model` of the YAML."""
    expected: tuple[str, ...] = ()
    """Checks of which one must warn or fail; empty for a healthy case and for one with `about`."""
    about: tuple[tuple[str, ...], ...] = ()
    """Beginnings of words, for a fault whose checks are not known: one finding that warns or fails
    must have a word of every group; the last group is the subject, see `is_about`."""
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """`training` of the YAML."""
    rows: int = _ROWS
    """Rows of both splits together."""
    in_data: Callable[[Splits], Splits] = _same
    """Plants a fault into the columns."""
    in_batch: Callable[[tuple[Any, np.ndarray]], tuple[Any, np.ndarray]] = _same
    """Plants a fault into what the model reads: inputs by name, and label ids."""
    in_model: Callable[[keras.Model], keras.Model] = _same
    """Plants a fault into the built model."""
    in_config: Callable[[Any], Any] = _same
    """Plants a fault into the model's config after the data has been measured."""
    loss: Callable[[Any, Any], Any] | None = None
    """Another loss than the training's."""
    vocabulary_of: str | None = None
    """Data set whose words the model knows; None: its own."""
    trains: bool = False
    """Whether the model is really trained, for a verdict on its curves."""

    @property
    def kind(self) -> str:
        """What is classified: `text` or `image`."""
        return "image" if self.sample in doctor_data.IMAGES else "text"

    def is_about(self, finding: Finding) -> bool:
        """Whether a finding speaks of what is planted.

        The subject, which is the last group, must be in its name or its evidence: its meaning may
        list what else it could be. Its fix is not read, which lists remedies of many faults.
        """
        pattern = finding.figures.get("pattern", "")
        shown = f"{finding.check} {pattern} {finding.evidence}".replace("_", " ")
        *others, subject = self.about
        return _has_word(shown, subject) and all(
            _has_word(f"{shown} {finding.meaning}", group) for group in others
        )


def _has_word(text: str, beginnings: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}", text, re.IGNORECASE) for word in beginnings)


def examine(case: Case, folder: str) -> list[Finding]:
    """Everything the doctor says of a case.

    Args:
        case: What it is shown.
        folder: Where samples are written.
    """
    splits = case.in_data(doctor_data.split(case.sample, folder, case.rows))
    prepared = _prepare(case, splits, folder)
    found = data.examine(
        (Column("input", prepared.kind), Column("label", "category", "target", "label")),
        {name: zip(*columns, strict=True) for name, columns in splits.items()},
        reader=prepared.reader,
        image_size=getattr(prepared.config, "image_size", None),
    ).findings
    for one in examination.examine(
        prepared.build,
        prepared.train,
        prepared.training,
        case.loss or losses.build(prepared.training.label_smoothing),
        expected.of_classes(len(set(splits["train"][1]))),
        "quick",
        prepared.method,
    ):
        found.append(Finding(**dataclasses.asdict(one)))
    if case.trains:
        found += _verdict(prepared, splits)
    return found


@dataclasses.dataclass(frozen=True)
class _Prepared:
    kind: str
    config: Any
    training: Any
    build: Callable[[], keras.Model]
    train: Batches
    validation: Batches
    reader: lengths.Reader | None

    @property
    def method(self) -> Any:
        return getattr(self.config, "fine_tuning", None)


def _prepare(case: Case, splits: Splits, folder: str) -> _Prepared:
    kind = case.kind
    yaml = {
        "name": "case",
        "task": {"kind": f"{kind}_classification"},
        "data": {"source": {"kind": "sample", "name": "digits"}},
        "model": dict(case.model),
        "training": {"epochs": 3, **case.training},
    }
    config = loading.from_mapping(yaml, source=case.name)
    labels = sorted(set(splits["train"][1]))
    words = _words(case, splits, folder) if kind == "text" else []
    model = config.model
    if hasattr(model, "vocabulary_size"):
        model = dataclasses.replace(model, vocabulary_size=len(words) + 2)
    read = _image_reader(model) if kind == "image" else _text_reader(model, words)
    inputs = {name: read(column) for name, (column, _) in splits.items()}
    if kind == "image":
        model = _measured(model, inputs["train"]["image"])
    model = case.in_config(model)
    entry = zoo.MODELS[model.kind]

    def build() -> keras.Model:
        keras.utils.set_random_seed(config.training.seed)
        built = classifier.build(model, len(labels))
        for layer in built.layers:
            if layer.name == "idf":
                layer.set_measured(_document_frequencies(inputs["train"]["token_ids"], len(words)))
            if layer.name == "pixels" and hasattr(layer, "set_measured"):
                layer.set_measured(inputs["train"]["image"].mean(0))
        return case.in_model(built)

    batches = {
        name: _batches(
            case.in_batch((inputs[name], _ids(splits[name][1], labels))), config.training.batch_size
        )
        for name in ("train", "eval")
    }
    reader = _token_reader(model, words, entry) if kind == "text" else None
    return _Prepared(kind, model, config.training, build, *batches.values(), reader)


def _ids(column: Sequence[bytes], labels: Sequence[bytes]) -> np.ndarray:
    places = {label: index for index, label in enumerate(labels)}
    return np.array([places.get(label, -1) for label in column], np.int64)


def _batches(examples: tuple[Any, np.ndarray], size: int) -> Batches:
    inputs, ids = examples
    order = np.random.default_rng(0).permutation(len(ids))
    shuffled = ({name: values[order] for name, values in inputs.items()}, ids[order])
    whole = tf.data.Dataset.from_tensor_slices(shuffled)
    return Batches(lambda number: whole.batch(size), len(ids), size, is_cached=True)


def _words(case: Case, splits: Splits, folder: str) -> list[str]:
    texts = splits["train"][0]
    if case.vocabulary_of:
        texts = doctor_data.split(case.vocabulary_of, folder, case.rows)["train"][0]
    counts = collections.Counter(token for text in texts for token in _tokens(text))
    return [token for token, _ in counts.most_common(20_000)]


def _tokens(text: bytes | str) -> list[str]:
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _TOKEN.findall(decoded.casefold())


def _text_reader(model: Any, words: Sequence[str]) -> Callable[[Sequence[bytes]], dict]:
    """Texts to the model's inputs."""
    if model.kind == "pretrained_text":
        encoder = zoo.MODELS[model.kind].encoder(model)

        def encode(texts):
            encoded = encoder({"text": tf.constant(list(texts))})
            return {name: np.asarray(values) for name, values in encoded.items()}

        return encode
    places = {word: index + 2 for index, word in enumerate(words)}

    def look_up(texts):
        ids = np.zeros((len(texts), model.sequence_length), np.int32)
        for row, text in enumerate(texts):
            found = [places.get(token, 1) for token in _tokens(text)][: model.sequence_length]
            ids[row, : len(found)] = found
        return {"token_ids": ids}

    return look_up


def _token_reader(model: Any, words: Sequence[str], entry: Any) -> lengths.Reader:
    if model.kind == "pretrained_text":
        tokenizer = entry.encoder(model).trackable[0].tokenizer
        return lengths.Reader(
            lambda texts: tokenizer(list(texts)),
            model.sequence_length - _SPECIAL,
            tokenizer.token_to_id(_UNKNOWN),
        )
    known = frozenset(words)
    return lengths.Reader(
        lambda texts: [
            [token if token in known else _UNKNOWN for token in _tokens(text)] for text in texts
        ],
        model.sequence_length,
        _UNKNOWN,
    )


def _image_reader(model: Any) -> Callable[[Sequence[bytes]], dict]:
    def decode(contents):
        side = (model.image_size, model.image_size)
        images = [Image.open(io.BytesIO(c)).convert("RGB").resize(side) for c in contents]
        return {"image": np.stack([np.asarray(image, np.uint8) for image in images])}

    return decode


def _measured(model: Any, images: np.ndarray) -> Any:
    """The config with the statistics of the training images, as training fills them in."""
    mean = tuple(images.mean((0, 1, 2)).tolist())
    deviation = tuple((images.std((0, 1, 2)) + 1e-3).tolist())
    return dataclasses.replace(model, channel_mean=mean, channel_std=deviation)


def _document_frequencies(token_ids: np.ndarray, words: int) -> np.ndarray:
    """Scikit-learn's smoothed inverse document frequencies."""
    counts = np.zeros(words + 2)
    for row in token_ids:
        counts[np.unique(row)] += 1
    return (np.log((1 + len(token_ids)) / (1 + counts)) + 1).astype("float32")


def _verdict(prepared: _Prepared, splits: Splits) -> list[Finding]:
    """Train the model and judge its curves; Keras's loop, as a user's would be."""
    model = prepared.build()
    fit.compile_model(
        model,
        classifier.objective(prepared.training),
        prepared.training,
        prepared.training.epochs * prepared.train.num_batches,
    )
    history = model.fit(
        prepared.train.epoch(0),
        validation_data=prepared.validation.epoch(0),
        epochs=prepared.training.epochs,
        verbose=0,
    ).history
    shares = np.array(list(collections.Counter(splits["train"][1]).values())) / len(
        splits["train"][1]
    )
    drops = any(
        isinstance(layer, keras.layers.Dropout) and layer.rate > 0
        for layer in model._flatten_layers()
    )
    training = curves.Training(
        chance_loss=float(-(shares * np.log(shares)).sum()),
        decays=prepared.training.schedule.kind != "constant",
        is_harder=drops,
        num_validation=len(splits["eval"][1]),
    )
    return curves.judge(history, training)


def sum_of_losses(labels: Any, logits: Any) -> Any:
    """The cross-entropy added up over the batch, where its mean is wanted."""
    each = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return keras.ops.sum(each)
