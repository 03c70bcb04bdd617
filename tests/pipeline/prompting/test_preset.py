"""Tests of pipeline/prompting/preset.py on a tiny GPT-2 of bytes."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from pipeline.prompting import preset
from pipeline.prompting.config import PresetModel

END = "<|endoftext|>"


def bytes_in_signs():
    """GPT-2's sign for each byte: https://github.com/openai/gpt-2, `bytes_to_unicode`."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(b) for b in plain] + [chr(256 + place) for place in range(len(others))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("preset")
    signs = [*bytes_in_signs(), "Ġo", "Ġon", "ne"]
    vocabulary = {sign: place for place, sign in enumerate(signs)} | {END: len(signs)}
    tokenizer = keras_hub.models.GPT2Tokenizer(vocabulary, ["Ġ o", "Ġo n", "n e"])
    keras_hub.models.GPT2Backbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=12,
        max_sequence_length=24,
    ).save_to_preset(str(path))
    tokenizer.save_to_preset(str(path))
    return str(path)


@pytest.fixture(scope="module")
def model(folder):
    return preset.load(PresetModel(folder), folder)


def logs(folder, ids):
    """Of each token after those before it, the network run on this text alone."""
    network = keras_hub.models.CausalLM.from_preset(folder, preprocessor=None)
    given = np.array([ids])
    logits = network({"token_ids": given, "padding_mask": np.ones_like(given)})
    return tf.nn.log_softmax(logits[0]).numpy()


def test_answers_are_scored_behind_the_sign_that_begins_a_text(model, folder):
    tokenizer = keras_hub.models.Tokenizer.from_preset(folder)
    found = model.score([("it is", " one"), ("x", "한 y")])
    for (prompt, answer), score in zip([("it is", " one"), ("x", "한 y")], found, strict=True):
        before, whole = (list(tokenizer(text)) for text in (prompt, prompt + answer))
        ids = [tokenizer.start_token_id, *map(int, whole)]
        table = logs(folder, ids)
        expected = sum(table[p - 1][ids[p]] for p in range(len(before) + 1, len(ids)))
        assert score == pytest.approx(float(expected), abs=1e-4)


def test_a_piece_over_the_boundary_counts_whole(model):
    inside, whole = model.score([("it is o", "n"), ("it is", " on")])
    assert inside == pytest.approx(whole, abs=1e-5)


def test_what_is_longer_than_it_reads_is_not_scored(model):
    assert model.length == 24
    fitting, too_long = model.score([("a" * 22, "b"), ("a" * 23, "b")])
    assert (fitting is None, too_long) == (False, None)


@pytest.mark.parametrize("prompt", ["it is", "one on", "z"])
def test_the_likeliest_continuation_is_that_of_the_network_run_anew_for_each_token(
    model, folder, prompt
):
    tokenizer = keras_hub.models.Tokenizer.from_preset(folder)
    ids, new = [tokenizer.start_token_id, *map(int, tokenizer(prompt))], []
    while len(new) < 5:
        best = int(np.argmax(logs(folder, ids + new)[-1]))
        if best == tokenizer.end_token_id:
            break
        new.append(best)
    texts = ["longer than others", prompt]  # A batch with another length changes nothing.
    expected = tokenizer.detokenize([*ids[1:], *new])[len(prompt) :]
    assert model.write(texts, 5)[1] == expected


def test_a_prompt_without_room_for_what_is_written_is_not_continued(model):
    assert model.write(["a" * 20], 4) == [None]


def test_a_length_beyond_the_places_of_the_preset_is_refused(folder):
    with pytest.raises(ValueError, match=r"`model.length` .*Received: 25, and places for 24"):
        preset.load(PresetModel(folder, length=25), folder)


def test_a_folder_that_is_no_preset_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"is no preset: it has no config.json"):
        preset.load(PresetModel(str(tmp_path)), str(tmp_path))
