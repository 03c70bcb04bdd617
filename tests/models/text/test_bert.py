"""BERT with fresh weights: its size, its windows, its preset, its answers."""

import dataclasses

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from models import pieces, zoo
from models.finetuning import trainable
from models.tasks import endpoints
from models.tasks.endpoints import Network
from models.tasks.masked_language_modeling import JUDGE, MaskedLanguageModeling
from models.tasks.task import Facts
from models.text import bert, hub_text, piece_windows, pretrained, subwords
from tests.models import classifier, conformance

TEXTS = ["The cat sat on the mat. A dog barked!", "Cats play, dogs bark.", "The mat is red."]
LENGTH = 12


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "wordpiece"
    subwords.learn("wordpiece", TEXTS * 3, 100, path, special=pieces.SPECIAL)
    return bert.BertConfig(
        vocabulary_size=len(subwords.pieces(str(path))),
        sequence_length=LENGTH,
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        tokenizer_file=str(path),
    )


@pytest.fixture(scope="module")
def case(config):
    small = dataclasses.replace(config, dropout=0.0)
    head = 8 * 3 + 3
    pooler = 8 * 8 + 8
    return conformance.Case(
        small, {"text": [*TEXTS, "red dogs"]}, 8, parameters(small) - pooler + head, frozen=0
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def trained(config, **fields):
    """A model, its task and what is asked of it."""
    keras.utils.set_random_seed(1)
    task = MaskedLanguageModeling("masked_language_modeling", **fields)
    encoder = zoo.encoder(config, task)
    facts = Facts(sizes={"pieces": config.vocabulary_size})
    model = zoo.build(config, task, facts)
    both = {"outputs": model.output, "features": model.get_layer("features").output}
    served = keras.Model(model.input, both)
    network = Network(
        None,
        None,
        encoder.pieces,
        of_encoded=lambda inputs: endpoints.outputs(served, inputs),
    )
    return model, task, task.endpoints(network, facts).functions


def parameters(config):
    """Weights of the network, the pooler's among them, counted by hand."""
    d, wide = config.hidden_dim, 4 * config.hidden_dim
    embedded = (config.vocabulary_size + config.sequence_length + 2) * d + 2 * d
    block = 4 * (d * d + d) + 2 * d * wide + wide + d + 4 * d
    return embedded + config.num_layers * block + d * d + d


@pytest.mark.parametrize(
    ("layers", "width", "published"),
    [(12, 768, 109_482_240), (24, 1024, 335_141_888), (4, 256, 11_170_560)],
)
def test_sizes_are_those_of_the_published_models(layers, width, published):
    config = bert.BertConfig(
        vocabulary_size=30_522,
        sequence_length=512,
        num_layers=layers,
        hidden_dim=width,
        num_heads=width // 64,
    )
    assert parameters(config) == published


def test_embeddings_are_tied_to_what_tells_pieces(config):
    model, _, _ = trained(config)
    v, d = config.vocabulary_size, config.hidden_dim
    without_pooler = parameters(config) - (d * d + d)
    assert model.count_params() == without_pooler + (d * d + d) + 2 * d + v


def test_special_pieces_in_texts_are_text_but_for_gaps_that_are_asked(config):
    _, task, functions = trained(config)
    encoded = zoo.encoder(config, task)({"text": tf.constant(["the [MASK] sat [SEP]"])})
    assert not np.isin(encoded["pieces"].numpy(), [2, 3, 4]).any()
    answer = functions["serving_default"]({"text": tf.constant(["the [MASK] sat", "[mask]"])})
    assert answer["score_length"].numpy().tolist() == [1, 0]


def test_long_texts_are_cut_into_equal_windows_of_which_nothing_is_lost():
    ids = tf.ragged.constant([list(range(1, 24)), [], [7], list(range(40, 50))])
    windows, owners = piece_windows.cut(ids, 10)
    assert windows.row_lengths().numpy().tolist() == [7, 8, 8, 1, 10]
    assert owners.numpy().tolist() == [0, 0, 0, 2, 3]
    assert windows.flat_values.numpy().tolist() == ids.flat_values.numpy().tolist()


def test_short_texts_share_windows_with_separators_between():
    ids = tf.ragged.constant([[7, 8], [], [9, 10, 11], [12]], dtype=tf.int32)
    windows, _ = piece_windows.cut(piece_windows.run_on(ids), 5)
    assert windows.to_list() == [[7, 8, 3, 9], [10, 11, 3, 12, 3]]


def test_gaps_are_filled_with_the_text_around_them(config):
    _, _, functions = trained(config)
    texts = ["The [MASK] sat on [MASK].", "no gap", "", "[MASK]" + " cat" * 40 + "  [MASK]"]
    answer = {
        name: value.numpy()
        for name, value in functions["serving_default"]({"text": tf.constant(texts)}).items()
    }
    assert answer["score_length"].tolist() == [2, 0, 0, 2]
    assert answer["score"].shape == (4, 2, 5)
    scores = answer["score"][[0, 0, 3, 3], [0, 1, 0, 1]]
    assert (np.diff(scores, axis=-1) <= 0).all() and scores.min() > 0 and scores.sum(-1).max() <= 1
    names = subwords.pieces(config.tokenizer_file)
    for row, gap in [(0, 0), (0, 1), (3, 0), (3, 1)]:
        for token, piece, sequence in zip(
            *(answer[name][row, gap] for name in ("token", "token_str", "sequence")), strict=True
        ):
            assert names[token] == piece.decode() and names[token] not in pieces.SPECIAL
            assert sequence.decode() == filled(texts[row], gap, piece.decode())


def filled(text, gap, piece):
    """In Python what the graph does."""
    parts = text.split("[MASK]")
    before, after = "[MASK]".join(parts[: gap + 1]), "[MASK]".join(parts[gap + 1 :])
    return before.rstrip() + piece[2:] + after if piece[:2] == "##" else before + piece + after


def test_a_gap_is_read_with_what_is_near_it(config):
    _, _, functions = trained(config)
    near = "cat sat on [MASK] mat red dog"
    texts = [near, " ".join(["bark"] * 60) + " " + near + " bark" * 60]
    answer = functions["serving_default"]({"text": tf.constant([texts[1], texts[1] + " bark"])})
    np.testing.assert_allclose(answer["score"][0], answer["score"][1], rtol=1e-5)


def test_judged_gaps_depend_on_the_text_alone(config):
    _, _, functions = trained(config)
    texts = [*TEXTS, "", " ".join(TEXTS * 4)]
    whole = functions[JUDGE]({"text": tf.constant(texts)})
    for place, text in enumerate(texts):
        alone = functions[JUDGE]({"text": tf.constant([text])})
        for name, values in whole.items():
            np.testing.assert_allclose(alone[name][0], values[place], rtol=1e-4, atol=1e-5)
    assert whole["gaps"].numpy()[3] == 0
    assert (whole["gaps"].numpy()[:3] >= 1).all()


@pytest.mark.parametrize("next_sentence", [False, True])
def test_a_preset_gives_the_vectors_of_the_model_that_it_is_of(config, next_sentence, tmp_path):
    model, _, functions = trained(config, next_sentence=next_sentence)
    bert.save_pretrained(config, model, tmp_path)
    loaded = pretrained.PretrainedTextConfig(
        preset=str(tmp_path / "preset"), sequence_length=LENGTH, dropout=0.0
    )
    inputs = pretrained.encoder(loaded)({"text": tf.constant(TEXTS)})
    network = classifier.build(loaded, 3)
    vectors = keras.Model(network.input, network.get_layer("features").output)
    np.testing.assert_allclose(
        vectors(inputs, training=False),
        functions["embed"]({"text": tf.constant(TEXTS)})["embedding"],
        rtol=1e-5,
        atol=1e-6,
    )
    whole = keras_hub.models.BertBackbone.from_preset(str(tmp_path / "preset"))
    assert whole.count_params() == parameters(config)
    if next_sentence:
        kept, own = (one.get_layer("pooled_dense").get_weights() for one in (whole, model))
        np.testing.assert_array_equal(kept[0], own[0])
    tokenizer = keras_hub.models.BertTokenizer.from_preset(str(tmp_path / "preset"))
    assert tokenizer.get_vocabulary() == subwords.pieces(config.tokenizer_file)


def test_a_hub_module_gives_the_same_vectors_and_can_be_trained(config, tmp_path):
    model, _, functions = trained(config)
    bert.save_pretrained(config, model, tmp_path)
    wanted = functions["embed"]({"text": tf.constant(TEXTS)})["embedding"]
    module = tf.saved_model.load(str(tmp_path / "hub"))
    np.testing.assert_allclose(module(tf.constant(TEXTS)), wanted, rtol=1e-5, atol=1e-6)
    loaded = hub_text.HubTextConfig(handle=str(tmp_path / "hub"), fine_tuning="full")
    network = classifier.build(loaded, 3)
    vectors = keras.Model(network.input, network.get_layer("features").output)
    np.testing.assert_allclose(
        vectors({"text": tf.constant(TEXTS)}, training=False), wanted, rtol=1e-5, atol=1e-6
    )
    without_pooler = parameters(config) - (config.hidden_dim**2 + config.hidden_dim)
    head = 3 * config.hidden_dim + 3
    assert trainable.trainable_counts(network).trainable == without_pooler + head
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit({"text": tf.constant(TEXTS)}, np.array([0, 1, 2]), verbose=0)
    assert np.abs(vectors({"text": tf.constant(TEXTS)}, training=False) - wanted).max() > 1e-4


def test_other_vocabularies_are_refused(config, tmp_path):
    path = tmp_path / "wordpiece"
    subwords.learn("wordpiece", TEXTS, 100, path)
    with pytest.raises(
        ValueError, match="does not begin with the special pieces of models that are pre-tr"
    ):
        bert.encoder(dataclasses.replace(config, tokenizer_file=str(path)))


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match=r"`num_heads` must divide `hidden_dim` \(8\)"):
        bert.BertConfig(hidden_dim=8, num_heads=3)
