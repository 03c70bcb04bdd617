"""Tests of models/text/pretrained.py and presets.py."""

import dataclasses
import pathlib

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from models.finetuning.config import Frozen, Full
from models.text import presets, pretrained
from tests import strict
from tests.models import classifier, conformance, minilm_reference, tiny_presets

TEXTS = ["old map", "new maps maps", "책", "unseen words old"]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tiny_presets.save_bert(tmp_path_factory.mktemp("bert"))
    return pretrained.PretrainedTextConfig(preset=folder, sequence_length=7, dropout=0.0)


@pytest.fixture(scope="module")
def case(config):
    embeddings = 10 * 4 + 12 * 4 + 2 * 4 + 2 * 4
    attention = 4 * (4 * 4 + 4) + 2 * 4
    feedforward = (4 * 6 + 6) + (6 * 4 + 4) + 2 * 4
    layer = attention + feedforward
    head = 4 * 3 + 3
    return conformance.Case(
        config, {"text": TEXTS}, 4, trainable=2 * layer + head, frozen=embeddings + layer
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.fixture(scope="module")
def elmo(tmp_path_factory):
    folder = tiny_presets.save_elmo(tmp_path_factory.mktemp("elmo"))
    return pretrained.PretrainedTextConfig(
        preset=folder, sequence_length=7, dropout=0.0, layers="mixed"
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_elmo_with_mixed_layers_conforms(check, elmo, tmp_path):
    lstm = 2 * 4 * 4 * (4 + 4 + 1)
    head, mixture = 8 * 3 + 3, 4 + 1
    case = conformance.Case(
        elmo, {"text": TEXTS}, 8, trainable=2 * lstm + mixture + head, frozen=lstm + 10 * 4
    )
    check(case, tmp_path)


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    folder = tiny_presets.save_gpt2(tmp_path_factory.mktemp("gpt2"))
    return pretrained.PretrainedTextConfig(
        preset=folder, sequence_length=7, dropout=0.0, pooling="last", fine_tuning=Full()
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_gpt_2_as_it_is_published_conforms(check, gpt2, tmp_path):
    places = (6 + 12) * 4
    block = 4 * (4 * 4 + 4) + (4 * 6 + 6) + (6 * 4 + 4) + 2 * 8
    head = 4 * 3 + 3
    weights = places + 3 * block + 8 + head
    check(conformance.Case(gpt2, {"text": ["a! b", "", "a", "b a"]}, 4, weights, 0), tmp_path)


def test_a_piece_with_the_id_of_padding_is_read_where_a_text_has_it(gpt2):
    given = pretrained.encoder(gpt2)({"text": tf.constant(["a!b", "!"])})
    assert given["token_ids"].numpy().tolist() == [[5, 1, 0, 2, 5, 0, 0], [5, 0, 5, 0, 0, 0, 0]]
    assert given["padding_mask"].numpy().sum(1).tolist() == [5, 3]
    both = pretrained.encoder(gpt2)({"text": tf.constant(["a"]), "text_2": tf.constant(["b"])})
    assert both["token_ids"].numpy().tolist() == [[5, 1, 5, 2, 5, 0, 0]]


def test_elmo_reads_a_text_between_the_signs_of_its_ends(elmo):
    first, last = (tiny_presets.WORDS.index(word) for word in ("[CLS]", "[SEP]"))
    old, the_map = (tiny_presets.WORDS.index(word) for word in ("old", "map"))
    assert tokens(elmo, "old map") == [first, old, the_map, last]


@pytest.mark.parametrize("save", [tiny_presets.save_bert, tiny_presets.save_elmo])
def test_mixed_layers_are_the_mean_of_embedding_and_blocks_before_training(save, tmp_path):
    config = pretrained.PretrainedTextConfig(preset=save(tmp_path), sequence_length=7, dropout=0.0)
    loaded = keras_hub.models.Backbone.from_preset(config.preset)
    inputs = pretrained.encoder(config)({"text": tf.constant(["old map"])})
    names = {layer.name for layer in loaded.layers}
    begin = "embeddings_dropout" if "embeddings_dropout" in names else "embedded"
    ends = [f"transformer_layer_{n}" for n in range(3)]
    if begin == "embedded":
        ends = ["layer_1", "residual_2", "residual_3"]
    states = keras.Model(loaded.input, [loaded.get_layer(name).output for name in [begin, *ends]])
    expected = np.mean([np.array(state)[0, :4].mean(0) for state in states(inputs)], axis=0)
    mixed = dataclasses.replace(config, layers="mixed")
    np.testing.assert_allclose(embed(mixed, ["old map"])[0], expected, atol=1e-6)
    assert np.abs(embed(config, ["old map"])[0] - expected).max() > 1e-3


@pytest.mark.parametrize("save", [tiny_presets.save_bert, tiny_presets.save_elmo])
@pytest.mark.parametrize("layers", ["last", "mixed"])
def test_the_hub_module_gives_the_vectors_that_were_trained(save, layers, tmp_path):
    config = pretrained.PretrainedTextConfig(
        preset=save(tmp_path), sequence_length=7, layers=layers, fine_tuning=Full()
    )
    model = classifier.build(config, 2)
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    inputs = pretrained.encoder(config)({"text": tf.constant(TEXTS)})
    model.fit(inputs, np.array([0, 1, 1, 0]), epochs=3, verbose=0)
    expected = keras.Model(model.input, model.get_layer("features").output)(inputs)
    assert np.abs(np.array(expected) - embed(config, TEXTS)).max() > 1e-3
    pretrained.save_pretrained(config, model, tmp_path / "out")
    module = tf.saved_model.load(str(tmp_path / "out" / "hub"))
    np.testing.assert_allclose(module(tf.constant(TEXTS)), expected, atol=1e-5)


def test_the_shares_of_layers_are_learned_where_all_else_is_frozen(elmo):
    model = classifier.build(dataclasses.replace(elmo, fine_tuning=Frozen()), 2)
    assert {weight.path.split("/")[0] for weight in model.trainable_weights} == {
        "mixture",
        model.layers[-1].name,
    }


def embed(config, texts):
    model = classifier.build(config, 2)
    features = keras.Model(model.input, model.get_layer("features").output)
    return np.array(features(pretrained.encoder(config)({"text": tf.constant(texts)})))


def tokens(config, text):
    inputs = pretrained.encoder(config)({"text": tf.constant([text])})
    return np.array(inputs["token_ids"])[np.array(inputs["padding_mask"]) == 1].tolist()


@pytest.mark.parametrize(
    ("save", "text"),
    [
        (tiny_presets.save_bert, "old map new maps 책 old new"),
        pytest.param(tiny_presets.save_roberta, "abbaabab", marks=pytest.mark.slow),
    ],
)
def test_a_long_text_may_lose_its_middle(save, text, tmp_path):
    whole = pretrained.PretrainedTextConfig(preset=save(tmp_path), sequence_length=12)
    short = dataclasses.replace(whole, sequence_length=7, truncate="middle")
    longer = dataclasses.replace(short, sequence_length=9)
    start, *inner, end = tokens(whole, text)
    assert len(inner) == 8
    assert tokens(short, text) == [start, *inner[:1], *inner[-4:], end]
    assert tokens(longer, text) == [start, *inner[:1], *inner[-6:], end]
    assert tokens(dataclasses.replace(short, sequence_length=10), text) == tokens(whole, text)


@pytest.mark.parametrize(
    "check",
    [
        conformance.exports_with_its_encoder,
        conformance.encodes_inside_an_input_pipeline,
        conformance.encodes_an_empty_batch,
    ],
)
def test_conforms_without_the_middle(check, case, tmp_path):
    config = dataclasses.replace(case.config, sequence_length=4, truncate="middle")
    check(dataclasses.replace(case, config=config), tmp_path)


@pytest.mark.parametrize("text", ["", "old", "old maps new 책"])
def test_a_text_that_fits_loses_nothing(config, text):
    assert tokens(dataclasses.replace(config, truncate="middle"), text) == tokens(config, text)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_padding_does_not_change_the_features(config, pooling):
    short = dataclasses.replace(config, pooling=pooling)
    long = dataclasses.replace(short, sequence_length=12)
    np.testing.assert_allclose(embed(short, TEXTS), embed(long, TEXTS), rtol=1e-4, atol=1e-5)


def test_poolings_differ(config):
    cls = dataclasses.replace(config, pooling="cls")
    assert not np.allclose(embed(config, TEXTS), embed(cls, TEXTS))


def test_families_without_segments_work_too(tmp_path):
    folder = tiny_presets.save_roberta(tmp_path)
    config = pretrained.PretrainedTextConfig(preset=folder, sequence_length=7)
    model = classifier.build(config, 3)
    inputs = pretrained.encoder(config)({"text": tf.constant(["a b a", "b"])})
    assert set(inputs) == {"token_ids", "padding_mask"}
    assert model(inputs).shape == (2, 3)


def test_a_frozen_backbone_has_no_noise_in_training(config):
    model = classifier.build(dataclasses.replace(config, fine_tuning=Frozen()), 3)
    inputs = pretrained.encoder(config)({"text": tf.constant(TEXTS)})
    np.testing.assert_array_equal(model(inputs, training=True), model(inputs, training=True))
    assert len(model.trainable_weights) == 2


def test_a_fully_tuned_backbone_keeps_its_dropout(config):
    model = classifier.build(dataclasses.replace(config, fine_tuning=Full()), 3)
    inputs = pretrained.encoder(config)({"text": tf.constant(TEXTS)})
    assert not np.allclose(model(inputs, training=True), model(inputs, training=True))
    assert not model.non_trainable_weights


def test_a_preset_with_a_classifier_gets_a_head_for_the_new_classes(config, tmp_path):
    backbone = keras_hub.models.Backbone.from_preset(config.preset)
    preprocessor = keras_hub.models.TextClassifierPreprocessor.from_preset(config.preset)
    published = keras_hub.models.BertTextClassifier(backbone, 5, preprocessor=preprocessor)
    published.save_to_preset(str(tmp_path))
    changed = dataclasses.replace(config, preset=str(tmp_path))
    assert classifier.build(changed, 3).output.shape == (None, 3)
    np.testing.assert_array_equal(embed(changed, TEXTS), embed(config, TEXTS))


def test_minilm_embeddings_are_those_of_the_published_weights():
    texts = ["This is an example sentence", "책을 map으로"]
    config = pretrained.PretrainedTextConfig(sequence_length=16)
    actual = embed(config, texts)
    inputs = pretrained.encoder(config)({"text": tf.constant(texts)})
    wanted = minilm_reference.embed(
        np.array(inputs["token_ids"]), pathlib.Path(presets.resolve("minilm"))
    )
    # KerasHub's BERT approximates GELU by tanh, the published model does not.
    np.testing.assert_allclose(actual, wanted, atol=5e-3)


def test_minilm_places_paraphrases_together():
    config = pretrained.PretrainedTextConfig(sequence_length=16)
    texts = ["A man is eating food.", "A man eats something.", "The stock market fell sharply."]
    vectors = embed(config, texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > 0.8
    assert other < 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trainable_layers": 4}, "`trainable_layers` must be between 1 and 3.*Received.*=4"),
        ({"sequence_length": 13}, "reads at most 12 tokens. Received: sequence_length=13"),
    ],
)
def test_a_config_that_the_preset_cannot_do_is_refused(config, change, message):
    with pytest.raises(ValueError, match=message):
        classifier.build(dataclasses.replace(config, **change), 3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"preset": ""}, "preset: must be given, and not empty. Received: ''. Example"),
        ({"sequence_length": 2}, "sequence_length: must be at least 3. Received: 2. Two"),
        ({"dropout": 1.0}, "dropout: must be at least 0 and below 1"),
        ({"trainable_layers": 0}, "trainable_layers: must be at least 1"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(pretrained.PretrainedTextConfig, fields)


def test_an_unknown_preset_is_named():
    with pytest.raises(ValueError, match="Unknown preset 'minilmm'.*there is no folder"):
        presets.resolve("minilmm")


def test_a_folder_without_a_preset_says_what_it_has(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"no preset: it has no config.json.*notes.txt"):
        presets.resolve(str(tmp_path))


def test_a_folder_without_weights_is_put_in_words(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    config = pretrained.PretrainedTextConfig(preset=str(tmp_path))
    with pytest.raises(ValueError, match="Could not load the preset.*A file of the folder"):
        classifier.build(config, 2)


def test_a_family_whose_texts_are_not_prepared_is_told_from_a_damaged_folder(tmp_path):
    config = pretrained.PretrainedTextConfig(preset=tiny_presets.save_electra(tmp_path))
    with pytest.raises(ValueError, match="does not prepare the texts of its family"):
        pretrained.encoder(config)


def test_a_failed_download_is_put_in_words():
    def from_preset(name):
        raise ConnectionError(f"no route to {name}")

    with pytest.raises(ValueError, match="check the network.*`preset: minilm`.*no route to hf:"):
        presets.load(from_preset, "hf://organisation/model")


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match="not the published file. Expected SHA-256: 53aa"):
        presets.check_sha256(path, presets.MINILM_SHA256)


def test_a_unit_that_the_tokenizer_drops_is_unknown_and_the_others_keep_their_places():
    config = pretrained.PretrainedTextConfig(sequence_length=9)
    encoder = pretrained.unit_encoder(config)
    units = tf.ragged.constant([["Ada", "\ufffd", "unbelievably"], []], tf.string, ragged_rank=1)
    found = encoder({"units": units})
    (tokenizer,) = (one.tokenizer for one in encoder.trackable)
    first, second, third = found["unit_places"].numpy()[0, :3]
    assert (first, second) == (1, 2) and third == 3
    assert found["token_ids"].numpy()[0, second] == tokenizer.token_to_id("[UNK]")
    assert found["padding_mask"].numpy().sum(1).tolist() == [
        2 + 2 + len(tokenizer(["unbelievably"])[0]),
        2,
    ]


@pytest.mark.parametrize(
    ("save", "between"),
    [
        (tiny_presets.save_bert, 1),
        pytest.param(tiny_presets.save_roberta, 2, marks=pytest.mark.slow),
    ],
)
def test_a_question_stands_before_a_text_as_the_preset_packs_pairs(tmp_path, save, between):
    config = pretrained.PretrainedTextConfig(preset=save(tmp_path), sequence_length=14)
    encoder = pretrained.unit_encoder(config)
    (preprocessor,) = encoder.trackable
    features = {
        "units": tf.ragged.constant([["a", "b"]], tf.string, ragged_rank=1),
        "question": tf.constant(["ab"]),
    }
    found = encoder(features)
    # Byte pairs tell by the space before it that a word begins.
    space = " " if between == 2 else ""
    asked, first, second = (
        [int(one) for one in preprocessor.tokenizer([space + text])[0]] for text in ("ab", "a", "b")
    )
    ids = found["token_ids"].numpy()[0].tolist()
    start = 1 + len(asked) + between
    assert found["unit_places"].numpy()[0, :2].tolist() == [start, start + len(first)]
    assert ids[1 : 1 + len(asked)] == asked
    assert ids[start : start + len(first) + len(second)] == [*first, *second]
    assert found["padding_mask"].numpy().sum() == start + len(first) + len(second) + 1
    (windows,) = encoder.windows(features).inputs["token_ids"].numpy().tolist()
    assert windows == ids
