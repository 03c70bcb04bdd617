"""Tests of pipeline/modules/examined_model.py: what the Doctor learns of a model."""

import pytest
import tensorflow as tf

from models.encoder import Encoder
from models.text import subwords
from pipeline.config import loading, sections
from pipeline.modules import examined_model, learner, transform

pytestmark = pytest.mark.tfx


def examined(model, task="text_classification", tokens=()):
    settings = loading.from_mapping(
        {
            "name": "mail",
            "task": {"kind": task} if isinstance(task, str) else task,
            "data": {"source": {"kind": "csv", "path": "mail.csv"}},
            "model": model,
        },
        source="the test",
    )
    asked = sections.learner(settings, with_tuning=False)
    nothing = Encoder(lambda features: features)
    known = learner.Learner(asked, ("ham", "spam"), {}, None, nothing)
    return examined_model.ExaminedLearner(known, ["none"], "quick", tokens)


def test_words_are_split_and_looked_up_as_the_transform_graph_does():
    reader = examined({"kind": "text_cnn", "sequence_length": 7}, tokens=["buy", "!"]).reader
    assert reader.limit == 7
    found = reader.tokenize(["Buy now!", ""])
    assert found == [["buy", reader.unknown, "!"], []]


def test_runs_of_words_count_where_the_model_reads_them():
    model = {"kind": "bag_of_words", "ngrams": 2, "sequence_length": 9}
    reader = examined(model, tokens=["buy", "buy now"]).reader
    assert reader.tokenize(["buy now"]) == [["buy", "buy now", reader.unknown]]


def test_a_long_text_loses_words_and_runs_of_its_end():
    texts = tf.constant(["a b c d", "e", ""])
    found = transform.tokens(texts, {"tokenizer": "words", "ngrams": 3})
    assert found.to_list() == [
        [b"a", b"a b", b"a b c", b"b", b"b c", b"b c d", b"c", b"c d", b"d"], [b"e"], [],
    ]  # fmt: skip


def test_a_model_that_is_counted_has_no_checks_of_its_training():
    assert list(examined({"kind": "naive_bayes"}, tokens=["buy"]).findings()) == []


@pytest.mark.parametrize(
    ("task", "limit"),
    [
        ({"kind": "text_pair_classification"}, 8),
        ({"kind": "text_pair_classification", "encoders": "separate"}, 9),
        ({"kind": "multiple_choice", "choices": {1: "a", 2: "b", 3: "c"}}, 8),
    ],
)
def test_texts_that_are_read_together_have_a_token_between_them(task, limit):
    model = {"kind": "bag_of_words", "sequence_length": 9}
    assert examined(model, task, tokens=["buy"]).reader.limit == limit


def test_images_have_a_size_and_no_tokens():
    seen = examined({"kind": "resnet", "blocks": [1], "image_size": 12}, "image_classification")
    assert (seen.reader, seen.image_size) == (None, 12)


def test_a_model_without_knowledge_has_no_vectors():
    assert examined({"kind": "text_cnn"}, tokens=["buy"]).embed is None


def test_pieces_are_counted_whole_and_unknown_ones_told_apart(tmp_path):
    texts = [f"the cat sat on the mat and saw {number} more" for number in range(40)]
    path = tmp_path / "wordpiece"
    subwords.learn("wordpiece", texts, 60, path)
    model = {"kind": "text_cnn", "tokenizer": "wordpiece", "tokenizer_file": str(path)}
    reader = examined({**model, "sequence_length": 5}).reader
    long, strange = reader.tokenize(["the cat " * 9, "한"])
    assert len(long) == 18
    assert strange == [reader.unknown]
