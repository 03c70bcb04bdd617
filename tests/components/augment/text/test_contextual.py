"""Tests of components/augment/text/contextual.py and masked.py."""

import keras
import keras_hub
import numpy as np
import pytest

from components.augment.text import contextual, draws, masked
from components.augment.text.config import ContextualConfig
from components.augment.text.rows import Rows
from tests.models import tiny_presets

TEXTS = [
    "The old map, a new map.",
    "",
    "map",
    "!!!",
    "old maps new maps old maps new maps old maps new maps old maps new maps",
    "책 old 😀 new",
]


def save_masked_lm(folder, kind="Bert"):
    """A preset whose head has been trained, as far as anyone can tell."""
    save = {"Bert": tiny_presets.save_bert, "Roberta": tiny_presets.save_roberta}[kind]
    plain = save(folder / "encoder")
    keras.utils.set_random_seed(3)
    model = getattr(keras_hub.models, f"{kind}MaskedLM").from_preset(plain)
    for weight in model.get_layer("mlm_head").weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    model.save_to_preset(str(folder / "whole"))
    return str(folder / "whole"), plain


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    return save_masked_lm(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def model(presets):
    return masked.MaskedModel(presets[0], sequence_length=12, batch_size=4, candidates=3)


def make(model, texts, copies, seed=0, **settings):
    config = ContextualConfig(preset="unused", **settings)
    (operation,) = contextual.prepare(config, "", model)
    rows = Rows(texts, draws.keys(seed, ["label"] * len(texts), texts))
    made = [[] for _ in texts]
    for row, text in operation.make(rows, copies):
        made[row].append(text)
    return made


def test_words_are_replaced_and_their_number_stays(model):
    made = make(model, TEXTS, [3] * len(TEXTS), alpha=0.4)
    for text, new in zip(TEXTS, made, strict=True):
        assert all(len(one.split()) == len(text.split()) for one in new)
    assert made[1] == made[3] == []
    assert all(one != "map" for one in made[2])
    assert {word for one in made[2] for word in [one]} <= {"old", "new", "책"}


def test_punctuation_and_the_first_capital_stay(model):
    for one in make(model, [TEXTS[0]], [5], alpha=1.0)[0]:
        assert one[0].isupper() or one[0] == "책"
        assert one.count(",") == one.count(".") == 1


def test_no_word_comes_back_and_no_special_token_comes(model):
    words = TEXTS[4].split()
    for one in make(model, [TEXTS[4]], [20], alpha=1.0)[0]:
        new = one.split()
        assert {*new} <= {"old", "new", "map", "maps", "책"}
        changed = [old != other for old, other in zip(words, new, strict=True)]
        # Twelve tokens are the start, the end and ten masks.
        assert changed == [True] * 10 + [False] * 6


def test_a_row_does_not_depend_on_its_batch(model):
    together = make(model, TEXTS, [2] * len(TEXTS))
    backwards = make(model, TEXTS[::-1], [2] * len(TEXTS))[::-1]
    alone = [make(model, [text], [2])[0] for text in TEXTS]
    assert together == backwards == alone


def test_the_seed_decides(model):
    text = [TEXTS[4]]
    assert make(model, text, [4], seed=1) == make(model, text, [4], seed=1)
    assert make(model, text, [4], seed=1) != make(model, text, [4], seed=2)


def test_guesses_are_those_of_the_model_called_by_hand(presets, model):
    (((best, probability), *_),) = model.guess([["old ", ""]])[0]
    lm = keras_hub.models.MaskedLM.from_preset(presets[0])
    ids = [tiny_presets.WORDS.index(token) for token in ("[CLS]", "old", "[MASK]", "[SEP]")]
    logits = lm(
        {
            "token_ids": np.array([ids]),
            "padding_mask": np.ones((1, 4), bool),
            "segment_ids": np.zeros((1, 4), "int32"),
            "mask_positions": np.array([[2]]),
        }
    )
    allowed = [tiny_presets.WORDS.index(word) for word in ("old", "new", "map", "책")]
    expected = keras.ops.softmax(logits[0, 0].numpy()[allowed]).numpy()
    assert best == tiny_presets.WORDS[allowed[int(np.argmax(expected))]]
    assert probability == pytest.approx(expected.max(), rel=1e-5)


def test_byte_pairs_work_too(tmp_path):
    preset, _ = save_masked_lm(tmp_path, "Roberta")
    model = masked.MaskedModel(preset, sequence_length=9, batch_size=2, candidates=3)
    assert make(model, ["b b ab"], [1], alpha=0.3)[0][0].split().count("a") == 1
    # The only whole word cannot replace itself.
    assert make(model, ["a"], [1]) == [["a"]]


def test_a_preset_without_a_trained_head_is_refused(presets):
    with pytest.raises(ValueError, match="no trained masked-language-model head"):
        masked.MaskedModel(presets[1], sequence_length=12, batch_size=4, candidates=3)


def test_a_head_without_weights_of_its_own_cannot_be_untrained(tmp_path):
    save = tiny_presets.save_roformer_v2
    keras_hub.models.RoformerV2MaskedLM.from_preset(save(tmp_path)).save_to_preset(
        str(tmp_path / "whole")
    )
    model = masked.MaskedModel(
        str(tmp_path / "whole"), sequence_length=12, batch_size=4, candidates=3
    )
    assert make(model, ["old"], [1]) in ([["new"]], [["map"]], [["책"]])


def test_more_tokens_than_the_model_reads_are_refused(presets):
    with pytest.raises(ValueError, match="at most 12 tokens. Received: sequence_length=128"):
        masked.MaskedModel(presets[0], sequence_length=128, batch_size=4, candidates=3)


def test_a_preset_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot load a masked language model from the preset"):
        masked.MaskedModel(str(tmp_path), sequence_length=12, batch_size=4, candidates=3)
