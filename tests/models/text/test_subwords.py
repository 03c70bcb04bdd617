"""Tests of models/text/subwords.py: real tokenizers learned from a few lines."""

import random

import numpy as np
import pytest
import tensorflow as tf

from models.text import config as text_config
from models.text import subwords
from models.text.text_cnn import TextCNNConfig

TEXTS = [
    "the lower tower is lower than the tallest tower",
    "tall towers and low walls, walled towns",
    "학교에서 학생이 학교로 갔다",
    "학생들은 학교를 좋아한다",
    "",
]
KINDS = ("wordpiece", "bpe", "unigram")


@pytest.fixture(scope="module", params=KINDS)
def learned(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizers") / "deep" / request.param
    subwords.learn(request.param, TEXTS, 80, path)
    return request.param, path


def test_pieces_of_seen_words_are_known_and_padded(learned):
    kind, path = learned
    tokenizer = subwords.load(kind, str(path), 12)
    ids = np.asarray(tokenizer(tf.constant(["Lower TOWER", "학교", ""])))
    assert ids.shape == (3, 12) and ids.dtype == "int32"
    assert not (ids == 1).any()
    assert (ids[0] > 0).sum() >= 2 and (ids[1] > 0).sum() >= 1 and (ids[2] > 0).sum() == 0
    assert 10 < tokenizer.vocabulary_size() <= 80


def test_unseen_characters_are_unknown(learned):
    kind, path = learned
    ids = subwords.load(kind, str(path), 5)(tf.constant(["☃"]))
    assert 1 in np.asarray(ids)


def test_long_texts_are_cut(learned):
    kind, path = learned
    assert subwords.load(kind, str(path), 3)(tf.constant([TEXTS[0]])).shape == (1, 3)


def test_the_encoder_is_exported_with_its_pieces(learned, tmp_path):
    kind, path = learned
    config = TextCNNConfig(sequence_length=6, tokenizer=kind, tokenizer_file=str(path))
    encode = text_config.encoder(config)
    root = tf.Module()
    root.encoder = list(encode.trackable)
    signature = tf.TensorSpec([None], tf.string, "text")
    root.serve = tf.function(lambda text: encode({"text": text}), input_signature=[signature])
    tf.saved_model.save(root, str(tmp_path / "export"))
    texts = tf.constant(["학생이 low", "tower"])
    served = tf.saved_model.load(str(tmp_path / "export")).serve(texts)["token_ids"]
    np.testing.assert_array_equal(served, encode({"text": texts})["token_ids"])


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@pytest.mark.parametrize("between", [" ", ""])
def test_pieces_are_learned_from_long_texts_too(kind, between, tmp_path):
    text = between.join(random.Random(0).choices(["학교", "tower", "영화", "walled"], k=20_000))
    subwords.learn(kind, ["the low wall"] * 9, 60, tmp_path / "short")
    subwords.learn(kind, ["the low wall"] * 9 + [text], 60, tmp_path / "long")
    texts = tf.constant(["학교 tower"])
    assert 1 in np.asarray(subwords.load(kind, str(tmp_path / "short"), 9)(texts))
    assert 1 not in np.asarray(subwords.load(kind, str(tmp_path / "long"), 9)(texts))


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_text_of_a_megabyte_is_not_too_long(kind, tmp_path):
    text = " ".join(random.Random(0).choices(["학교", "tower", "low", "walled"], k=180_000))
    assert len(text.encode()) > 2**20
    subwords.learn(kind, [text], 60, tmp_path / "t")
    ids = subwords.load(kind, str(tmp_path / "t"), 9)(tf.constant(["학교 walled"]))
    assert 1 not in np.asarray(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_are_learned_from_texts_with_a_reserved_sign_too(kind, tmp_path):
    path = tmp_path / kind
    subwords.learn(kind, [f"progress \u2585\u2585 {text}" for text in TEXTS], 80, path)
    tokenizer = subwords.load(kind, str(path), 12)
    assert 1 not in np.asarray(tokenizer(tf.constant(["tall towers and low walls", "학교"])))


@pytest.mark.parametrize("kind", KINDS)
def test_signs_that_end_lines_elsewhere_end_no_piece(kind, tmp_path):
    signs = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r\n"
    texts = [f"low{sign}tower {sign} lower{sign}{sign}tower" for sign in signs]
    subwords.learn(kind, texts, 60, tmp_path / "t")
    ids = np.asarray(subwords.load(kind, str(tmp_path / "t"), 20)(tf.constant(["low tower"])))
    assert (ids > 0).any() and 1 not in ids


def test_a_vocabulary_written_elsewhere_may_end_its_lines_as_windows_does(tmp_path):
    (tmp_path / "t").write_bytes(b"[PAD]\r\n[UNK]\r\nlow\r\ntower\r\n")
    tokenizer = subwords.load("wordpiece", str(tmp_path / "t"), 3)
    assert tokenizer.vocabulary_size() == 4
    assert np.asarray(tokenizer(tf.constant(["low tower"]))).tolist() == [[2, 3, 0]]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_learn_from_is_said(kind, tmp_path):
    with pytest.raises(ValueError, match=f"`tokenizer: {kind}` has nothing to learn from"):
        subwords.learn(kind, ["", "  "], 50, tmp_path / "t")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "needed"), [("unigram", r"25\d"), ("wordpiece", "514")])
def test_more_characters_than_the_vocabulary_has_pieces_are_said_with_the_number(
    kind, needed, tmp_path
):
    syllables = "".join(map(chr, range(0xAC00, 0xAD00)))
    match = f"many different characters: raise it to {needed} or more"
    with pytest.raises(ValueError, match=match):
        subwords.learn(kind, [syllables] * 3, 50, tmp_path / "t")


def test_wordpiece_spells_seen_words_with_the_smallest_vocabulary_that_it_takes(tmp_path):
    subwords.learn("wordpiece", ["low tower", "tall wall"], 16, tmp_path / "t")
    ids = np.asarray(subwords.load("wordpiece", str(tmp_path / "t"), 9)(["Tower wall", "rewtoll"]))
    assert (ids[0] > 1).all() and (ids[1] > 1)[:7].all(), ids


def test_too_small_a_vocabulary_is_said(tmp_path):
    with pytest.raises(ValueError, match="could not be learned from 4 texts with `vocabulary_size"):
        subwords.learn("bpe", TEXTS, 3, tmp_path / "t")


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_another_file_is_refused(kind, tmp_path):
    path = tmp_path / "t"
    path.write_bytes(b"no tokenizer")
    with pytest.raises(ValueError, match=f"{path} is no {kind} tokenizer"):
        subwords.load(kind, str(path), 4)(tf.constant(["a"]))


def test_a_tokenizer_that_was_never_learned_is_refused():
    with pytest.raises(ValueError, match="is learned in training, or read from `tokenizer_file`"):
        text_config.encoder(TextCNNConfig(tokenizer="unigram"))
