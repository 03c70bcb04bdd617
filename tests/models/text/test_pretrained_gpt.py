"""Tests of GPT as a classifier in models/text/pretrained.py, and of multiple choice on it."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import zoo
from models.finetuning import lora
from models.finetuning.config import Full, LoRA
from models.tasks.classification import TextClassification
from models.tasks.multiple_choice import MultipleChoice
from models.tasks.task import Facts
from models.text import pretrained
from models.training import fit
from models.training.config import TrainingConfig
from tests.models import tiny_presets

FACTS = Facts({"label": ("1", "0")})
LABELS = TextClassification(kind="text_classification")
CHOICES = MultipleChoice(
    kind="multiple_choice", choices={"0": "first", "1": "second", "2": "third"}
)


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    folder = tiny_presets.save_gpt2(tmp_path_factory.mktemp("gpt2"))
    return pretrained.PretrainedTextConfig(
        preset=folder, sequence_length=7, dropout=0.0, pooling="last", fine_tuning=Full()
    )


def given(config, *texts):
    names = ("text", "text_2")
    return pretrained.encoder(config)(
        {name: tf.constant(column) for name, column in zip(names, texts, strict=False)}
    )


def built(config, task=LABELS):
    keras.utils.set_random_seed(2)
    return zoo.build(config, task, FACTS)


def test_the_answer_depends_on_all_that_is_before_the_last_sign_and_on_nothing_behind_it(gpt):
    model = built(gpt)
    inputs = given(gpt, ["ab"], ["b"])
    ids = inputs["token_ids"].numpy()
    count = int(inputs["padding_mask"].numpy().sum())
    assert ids[0, 0] == ids[0, count - 1] == 5 and count < ids.shape[1]
    before = model(inputs).numpy()
    for place in range(ids.shape[1]):
        other = ids.copy()
        other[0, place] = 3
        after = model({**inputs, "token_ids": tf.constant(other)}).numpy()
        assert np.array_equal(before, after) == (place >= count)


def test_training_adds_a_loss_and_answers_stay(gpt):
    plain, beside = built(gpt), built(dataclasses.replace(gpt, lm_weight=0.5))
    inputs = given(gpt, ["a! b", "", "a"])
    np.testing.assert_array_equal(plain(inputs), beside(inputs))
    assert beside.losses == [] and plain.count_params() == beside.count_params()
    beside(inputs, training=True)
    (added,) = beside.losses
    assert added > 0


@pytest.mark.parametrize("method", [Full(), LoRA(rank=2)])
def test_training_learns_to_tell_the_next_token_beside_labels(gpt, method):
    config = dataclasses.replace(gpt, lm_weight=1.0, fine_tuning=method)
    model = built(config)
    inputs = given(gpt, ["ab ab", "ba", "b b b", "a"])
    training = TrainingConfig(learning_rate=0.05)
    fit.compile_model(model, LABELS.objective(FACTS, training), training, 30)
    batches = tf.data.Dataset.from_tensors((inputs, tf.constant([0, 1, 0, 1])))
    losses = model.fit(batches.repeat(30), epochs=1, steps_per_epoch=1, verbose=0).history
    later = model.fit(batches.repeat(30), epochs=29, steps_per_epoch=1, verbose=0).history
    assert later["loss"][-1] < losses["loss"][0] - 0.3
    # What is validated is the task's own loss.
    model(inputs, training=True)
    assert model.evaluate(batches, verbose=0)[0] < later["loss"][-1]
    if isinstance(method, LoRA):
        np.testing.assert_allclose(lora.merged(model)(inputs), model(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("save", "fields", "message"),
    [
        (tiny_presets.save_bert, {}, "`lm_weight` needs a preset .* of GPT-2. .* a BertBackbone"),
        (tiny_presets.save_gpt2, {"layers": "mixed"}, "`lm_weight` is about what the last layer"),
    ],
)
def test_a_loss_that_a_model_cannot_have_is_refused(save, fields, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        pretrained.build(
            pretrained.PretrainedTextConfig(
                preset=save(tmp_path), sequence_length=7, lm_weight=0.5, **fields
            )
        )


def test_choices_get_the_number_that_each_would_get_alone_and_their_place_tells_nothing(gpt):
    model = built(gpt, CHOICES)
    encoder = zoo.encoder(gpt, CHOICES)
    columns = {"text": ["ab", "b"], "text_2": ["a", "!"], "text_3": ["b", ""], "text_4": ["!", "a"]}
    found = model(encoder({name: tf.constant(cells) for name, cells in columns.items()})).numpy()
    assert found.shape == (2, 3)
    turned = dict(
        zip(
            columns, [columns[name] for name in ("text", "text_4", "text_2", "text_3")], strict=True
        )
    )
    again = model(encoder({name: tf.constant(cells) for name, cells in turned.items()})).numpy()
    np.testing.assert_allclose(again, np.roll(found, 1, axis=1), atol=1e-6)
    alone = encoder({**{n: tf.constant(["ab"]) for n in columns}, "text_3": tf.constant(["b"])})
    pairs = given(gpt, ["ab"] * 3, ["ab", "b", "ab"])
    np.testing.assert_array_equal(alone["token_ids"][0], pairs["token_ids"])
    np.testing.assert_allclose(model(alone).numpy()[0, 1], found[0, 1], atol=1e-6)


def test_labels_in_any_order_are_the_places_of_their_choices():
    facts = Facts({"label": ("2", "0")})
    batch = CHOICES.batch({"text": 0, "target": tf.constant([[0], [1], [-1]], tf.int64)}, facts)
    assert batch.target.numpy().tolist() == [2, 0, -1] and batch.inputs == {"text": 0}
    answers = CHOICES.answers(tf.constant([[0.0, 3.0, 1.0]]), facts)
    assert answers["label"].numpy().tolist() == [b"1"]
    assert answers["labels"].numpy().tolist() == [[b"0", b"1", b"2"]]


@pytest.mark.parametrize(
    "choices", [{"1": "a"}, {"1": "a", "2": "a"}, {"1": "text", "2": "b"}], ids=str
)
def test_choices_are_at_least_two_columns_beside_the_text(choices):
    with pytest.raises(ValueError, match="`choices` must name at least two columns, each once"):
        MultipleChoice(kind="multiple_choice", choices=choices)
