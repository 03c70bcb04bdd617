"""What every kind of task promises, checked the same way for each.

`CASES` has one for each kind of `models/tasks/table.py`, made by what its target holds;
`test_kinds.py` runs `CHECKS` on them.
"""

import dataclasses
import functools
import io
import typing

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from models import siamese, zoo
from models.image import resnet, vit
from models.pieces import PACKED
from models.tasks import answers as told
from models.tasks import endpoints, table
from models.tasks import task as tasks
from models.tasks.answers import LENGTH
from models.tasks.endpoints import Network
from models.tasks.task import TARGET
from models.text import (
    bag_of_words,
    bert,
    elmo,
    gpt,
    recurrent,
    segments,
    seq2seq_transformer,
    subwords,
    t5,
    unit_windows,
)
from models.training import fit
from models.training.config import TrainingConfig
from serving.execution import saved_model
from serving.export import signatures as exporting
from tests.models.tasks import references
from tests.models.tasks.held import HELD, Held
from tests.models.tasks.references import WORDS

TEXTS = ("하나 two", "", "three " * 5000, "⚡ ⚡", "two three")
"""Five, unequal: one is empty, one is longer than any model reads, one has no known token."""
SIZES = ((9, 4), (1, 1), (3, 700), (40, 2), (8, 8))
"""Height and width of five images, in pixels."""
BAG = functools.partial(bag_of_words.BagOfWordsConfig, weighting="binary", sequence_length=6)
TAGGER = functools.partial(recurrent.RecurrentConfig, embedding_dim=4, units=4, sequence_length=6)
BERT = functools.partial(
    bert.BertConfig, num_layers=1, num_heads=2, hidden_dim=4, sequence_length=12, dropout=0.0
)
ELMO = functools.partial(elmo.ElmoConfig, num_layers=2, units=4, sequence_length=12, dropout=0.0)
_MADE = {}
"""What `Case.model` gives by name: making it takes seconds."""
WRITER = functools.partial(
    seq2seq_transformer.Seq2seqTransformerConfig,
    hidden_dim=8,
    mlp_dim=8,
    num_heads=2,
    num_layers=1,
    sequence_length=6,
    target_length=7,
)
GPT = functools.partial(
    gpt.GptConfig, num_layers=1, num_heads=2, hidden_dim=4, sequence_length=12, dropout=0.0
)
T5 = functools.partial(
    t5.T5Config,
    num_layers=1,
    num_heads=2,
    hidden_dim=4,
    sequence_length=12,
    target_length=7,
    dropout=0.0,
)
OF_TEXTS = {
    "tokens": (TAGGER, "wordpiece", 45),
    "pieces": (BERT, "wordpiece", 45),
    "decoder": (WRITER, "bpe", 45),
    "directions": (ELMO, "wordpiece", 45),
    "continuation": (GPT, "bpe", 300),
    "sentinels": (T5, "bpe", 400),
}
"""A model of texts, its tokenizer and most pieces, by what a task needs, if not one vector."""
IMAGE = resnet.ResNetConfig(blocks=(1,), width=4, image_size=8, stem="small", pixels="unit")

VIT = vit.ViTConfig(image_size=8, patch_size=4, hidden_dim=6, num_layers=1, num_heads=2, mlp_dim=4)


@dataclasses.dataclass(frozen=True)
class Case:
    """A kind of task, and what is known of its data."""

    kind: str
    held: Held
    fields: tuple[tuple[str, typing.Any], ...] = ()
    """Of the task, where they are not its defaults."""

    @property
    def name(self):
        told = (value for _, value in self.fields if not isinstance(value, dict))
        return "-".join([self.kind, *map(str, told)])

    @property
    def task(self):
        return table.TASKS[self.kind](kind=self.kind, **dict(self.fields))

    @property
    def target(self):
        return next((column.name for column in tasks.targets(self.task)), None)

    @property
    def facts(self):
        return self.held.facts(self.target)

    def features(self):
        """Five rows as Transform gives them, without their target."""
        served, names = self.raw()
        return dict(zip(names, map(tf.constant, served.values()), strict=False))

    def batch(self):
        features = self.features()
        if self.target is not None:
            features[TARGET] = self.held.transformed()
        return self.task.batch(features, self.facts)

    def trained_with(self, folder):
        """Inputs of the model and targets of one step."""
        _, encoder, _ = self.model(folder)
        batch = self.batch()
        inputs, target = encoder.learned(encoder(batch.inputs), batch.target)
        if tasks.draws_views(self.task):
            views = {name: tf.stack([value, value], axis=1) for name, value in inputs.items()}
            return views, target
        draw = self.task.objective(self.facts, TrainingConfig()).draw
        if draw is None:
            return inputs, target
        return draw(inputs, target, tf.constant([0, 1], tf.int64))

    def targets(self, value):
        """What the Evaluator has of a row, by column."""
        return {} if self.target is None else {self.target: value}

    def raw(self):
        """Five rows as requests bring them, and the transformed features of the same."""
        names = [column.served_as for column in tasks.inputs(self.task)]
        if tasks.reads(self.task) == "image":
            (name,) = names
            return {name: [_png(size) for size in SIZES]}, ["image_bytes"]
        return {
            name: [text.encode() for text in (*TEXTS[place:], *TEXTS[:place])]
            for place, name in enumerate(names)
        }, list(segments.names(len(names)))

    def model(self, folder):
        """A model, its encoder, and the network that its task asks; the same for every check."""
        if self.name not in _MADE:
            _MADE[self.name] = self._made(folder)
        return _MADE[self.name]

    def _made(self, folder):
        keras.utils.set_random_seed(0)
        config = VIT if self.task.needs == "patches" else IMAGE
        texts, pieces, most = OF_TEXTS.get(self.task.needs, (BAG, "wordpiece", 45))
        if tasks.reads(self.task) == "text":
            path = folder / "tokenizer"
            lines = [f"{' '.join(WORDS)} {n}" for n in range(9)]
            entry = zoo.MODELS[texts.func.kind]
            subwords.learn(pieces, lines, most, path, special=entry.special, last=entry.last)
            config = texts(tokenizer=pieces, tokenizer_file=str(path))
        entry = zoo.MODELS[config.kind]
        if entry.tokenizer == "fitted":
            size = subwords.load(pieces, config.tokenizer_file, 6).vocabulary_size()
            config = dataclasses.replace(config, vocabulary_size=size)
        model = zoo.build(config, self.task, self.facts)
        encoder = zoo.encoder(config, self.task)
        served, features = self.raw()
        both = {"outputs": model.output, "features": siamese.features(model)}
        whole = keras.Model(model.input, both)

        def encoded(raw):
            named = dict(zip(features, (raw[name] for name in served), strict=False))
            return encoder(self.task.for_encoder(named))

        side = siamese.side(model) if self.task.sides else None
        network = Network(
            lambda raw: endpoints.outputs(whole, encoded(raw)),
            lambda units: unit_windows.outputs(encoder, whole, units),
            encoder.pieces,
            encoded,
            lambda encoded: endpoints.outputs(whole, encoded),
            lambda cells, change: side(change(encoder.side({features[0]: cells})))[siamese.SIDE],
            zoo.writer(config, whole, encoder),
        )
        return model, encoder, network

    def answers(self, network, *, judged=False):
        """Of the default endpoint to all five rows as clients ask, or of the judged one."""
        found = self.task.endpoints(network, self.facts)
        name = found.judged if judged else exporting.DEFAULT
        rows = self.rows(found, name)
        if not judged:
            rows = found.asked(rows)
        return found.functions[name]({key: tf.constant(values) for key, values in rows.items()})

    def rows(self, found, name):
        """Five rows as an endpoint takes them."""
        served = {column.name: column.served_as for column in tasks.inputs(self.task)}
        taken = found.takes.get(name, {key: column for column, key in served.items()})
        return {key: self.raw()[0][served[column]] for key, column in taken.items()}


def _png(size):
    height, width = size
    pixels = np.random.default_rng(height).integers(0, 255, (height, width, 3), "uint8")
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def _holds(kind):
    return tasks.learned(table.TASKS[kind](kind=kind))


_SEPARATE = (("encoders", "separate"),)
_CHOICES = {word: f"choice of {word}" for word in reversed(WORDS)}
_OF_DATA = {"multiple_choice": (("choices", _CHOICES),)}
"""Fields that depend on the data, by kind."""
CASES = [
    *(
        Case(kind, HELD[_holds(kind)], _OF_DATA.get(kind, ()))
        for kind in sorted(table.TASKS)
        if _holds(kind) in HELD
    ),
    Case("sequence_to_sequence", HELD["written"], (("prefix", "prefix"),)),
    Case("text_pair_classification", HELD["category"], _SEPARATE),
    Case("text_pair_regression", HELD["number"], _SEPARATE),
    Case("contrastive_embedding", HELD["embedding"], (("second", None),)),
]


def is_named_as_in_the_table(case, tmp_path):
    kind = typing.get_type_hints(type(case.task))["kind"]
    assert typing.get_args(kind) == (case.kind,)


def names_its_columns_by_fields_of_the_yaml(case, tmp_path):
    task = case.task
    fields = {field.name for field in dataclasses.fields(task)}
    assert {column.field for column in task.columns} <= fields
    for column in task.columns:
        named = getattr(task, column.field)
        assert column.name in named.values() if isinstance(named, dict) else column.name == named
    assert len({column.served_as for column in tasks.inputs(task)}) == len(tasks.inputs(task))
    assert len(tasks.targets(task)) <= 1


def parts_the_target_from_the_inputs(case, tmp_path):
    batch = case.batch()
    read = {"text" if name == PACKED else name for name in batch.inputs}
    assert read == set(case.task.for_encoder(case.features()))
    assert case.target is None or batch.target is not None
    assert batch.target is None or len(batch.target) == 5


def learns_what_a_search_may_go_by(case, tmp_path):
    model, _, _ = case.model(tmp_path)
    training = TrainingConfig()
    fit.compile_model(model, case.task.objective(case.facts, training), training, steps=1)
    data = tf.data.Dataset.from_tensors(case.trained_with(tmp_path))
    history = model.fit(data, validation_data=data, verbose=0).history
    assert set(case.task.monitored) <= set(history)
    assert all(np.isfinite(values).all() for values in history.values())


def mixes_targets_by_shares(case, tmp_path):
    if not case.held.is_mixable:
        with pytest.raises(ValueError, match="cannot be mixed"):
            case.task.soften(case.batch().target, case.facts)
        return
    _, _, network = case.model(tmp_path)
    soft = case.task.soften(case.batch().target, case.facts)
    assert soft.dtype == tf.float32
    mixed = 0.25 * soft + 0.75 * tf.roll(soft, 1, 0)
    objective = case.task.objective(case.facts, TrainingConfig())
    given = {name: tf.constant(rows) for name, rows in case.raw()[0].items()}
    assert np.isfinite(float(objective.loss(mixed, network.of_inputs(given)["outputs"])))


def answers_from_trainer_export_and_server_alike(case, tmp_path):
    """In batches of 1, 4 and 0 rows, empty and very long inputs among them."""
    model, encoder, network = case.model(tmp_path)
    found = case.task.endpoints(network, case.facts)
    rows = found.asked(case.rows(found, exporting.DEFAULT))
    signature = exporting.Signature(found.functions[exporting.DEFAULT], tuple(rows))
    whole = case.answers(network)
    export = tmp_path / "export"
    exporting.export({exporting.DEFAULT: signature}, [model, *encoder.trackable], export)
    loaded = tf.saved_model.load(str(export)).signatures[exporting.DEFAULT]
    server = saved_model.SavedModelPredictor(export)
    for first, last in ((0, 1), (1, 5), (2, 2)):
        part = {name: np.array(values[first:last], object) for name, values in rows.items()}
        exported = loaded(**{n: tf.constant(v.tolist(), tf.string) for n, v in part.items()})
        served = server.predict(exporting.DEFAULT, part)
        assert exported.keys() == served.keys() == whole.keys()
        for name, wanted in whole.items():
            rows_wanted = wanted.numpy()[first:last]
            for got in (exported[name].numpy(), np.asarray(served[name])):
                _same(got, _as_wide(rows_wanted, got) if name + LENGTH in whole else rows_wanted)
    server.close()


def judges_its_answers_within_bounds(case, tmp_path):
    """Also of a label that training never saw."""
    _, _, network = case.model(tmp_path)
    answers = case.answers(network, judged=True)
    rows = [told.plain({k: v[place].numpy() for k, v in answers.items()}) for place in range(5)]
    for metric in case.task.metrics:
        assert set(metric.reads) <= set(answers)
        judged = [
            metric.statistics(case.targets(value), row)
            for value, row in zip(case.held.given, rows, strict=True)
        ]
        low, high = metric.bounds
        assert low <= metric.figure(metric.stack(judged)) <= high


def measures_as_reference_libraries_do(case, tmp_path):
    """Every metric of the task, on forty answers that are drawn."""
    holds, random = _holds(case.kind), np.random.default_rng(7)
    given, answers = references.DRAWN[holds](random, 40)
    for metric in case.task.metrics:
        reference = references.REFERENCES[holds][metric.name]
        judged = [
            metric.statistics(case.targets(value), answer)
            for value, answer in zip(given, answers, strict=True)
        ]
        assert metric.figure(metric.stack(judged)) == pytest.approx(reference(given, answers))


def knows_the_loss_of_knowing_nothing(case, tmp_path):
    _, target = case.trained_with(tmp_path)
    width = case.model(tmp_path)[0].output.shape[-1]
    zeros, expected = (
        np.zeros(case.held.outputs(target, width), "float32"),
        case.task.expected(case.facts),
    )
    loss = float(case.task.objective(case.facts, TrainingConfig()).loss(target, zeros))
    assert loss == pytest.approx(case.held.loss_of_zeros(expected, np.asarray(target), zeros), 1e-5)
    assert expected.check_targets(np.asarray(target), width) is None
    assert expected.is_right(np.asarray(target), zeros).shape == (len(zeros),)


def refuses_data_without_anything_to_learn(case, tmp_path):
    case.task.check(case.facts)
    if case.held.refused is None:
        return
    with pytest.raises(ValueError, match=case.held.message):
        case.task.check(case.held.refused(case.target))


def _as_wide(wanted, got):
    """Rows without what they are filled up with where a longer row is beside them."""
    assert not wanted[:, got.shape[1] :].astype(bool).any()
    return wanted[:, : got.shape[1]]


def _same(got, wanted):
    assert got.shape == wanted.shape
    if wanted.dtype == object:
        assert got.astype(object).tolist() == wanted.tolist()
    else:
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


CHECKS = [
    is_named_as_in_the_table,
    names_its_columns_by_fields_of_the_yaml,
    parts_the_target_from_the_inputs,
    learns_what_a_search_may_go_by,
    mixes_targets_by_shares,
    answers_from_trainer_export_and_server_alike,
    judges_its_answers_within_bounds,
    measures_as_reference_libraries_do,
    knows_the_loss_of_knowing_nothing,
    refuses_data_without_anything_to_learn,
]
