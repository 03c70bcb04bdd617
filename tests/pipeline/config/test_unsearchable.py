"""Tests of pipeline/config/unsearchable.py: fields no search can vary are refused at once."""

import pytest

from pipeline.config import loading
from pipeline.config.problems import ConfigError


def load(model, space, **sections):
    kind = "image" if "image_size" in model else "text"
    return loading.from_mapping(
        {
            "name": "mail",
            "task": {"kind": f"{kind}_classification"},
            "data": {"source": {"kind": "csv", "path": "mail.csv"}},
            "model": model,
            "tuning": {"space": {path: {"values": values} for path, values in space.items()}},
            **sections,
        },
        source="the test",
    )


def refusal(model, space, **sections):
    with pytest.raises(ConfigError) as caught:
        load(model, space, **sections)
    return caught.value.problems[-1]


@pytest.mark.parametrize("tokenizer", ["words", "characters"])
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("vocabulary_size", [500, 1000]),
        ("sequence_length", [64, 128]),
        ("ngrams", [1, 2]),
        ("tokenizer", ["words", "characters"]),
        ("tokenizer", ["words", "bpe"]),
    ],
)
def test_what_transform_counts_words_with_cannot_be_searched(tokenizer, field, values):
    model = {"kind": "bag_of_words", "tokenizer": tokenizer}
    assert refusal(model, {f"model.{field}": values}) == (
        f"tuning.space.model.{field}: is the same in every trial: the stage Transform numbers the "
        "tokens with it, before the search. Compare configs that differ in it with `maru ladder`."
    )


def test_with_a_learned_tokenizer_the_same_can_be_searched():
    space = {
        "model.vocabulary_size": [500, 1000],
        "model.sequence_length": [64, 128],
        "model.tokenizer": ["bpe", "unigram", "wordpiece"],
    }
    assert load({"kind": "text_cnn", "tokenizer": "bpe"}, space).tuning.space.keys() == space.keys()


def test_where_no_gradient_trains_only_the_model_can_be_searched():
    model = {"kind": "naive_bayes"}
    assert load(model, {"model.smoothing": [0.1, 1.0]}).tuning is not None
    assert refusal(model, {"training.batch_size": [8, 16]}) == (
        "tuning.space.training.batch_size: is the same in every trial: the model is counted in one "
        "pass over the examples. Search fields of `model`."
    )


def test_presets_count_for_themselves():
    space = {"model.sequence_length": [64, 128]}
    assert load({"kind": "pretrained_text"}, space).tuning.space.keys() == space.keys()


RESNET = {"kind": "resnet", "blocks": [1], "image_size": 32}
MATERIALIZED = {"augmentation": ["flip"], "copies": {"materialize": 1}}


@pytest.mark.parametrize(
    ("model", "path", "values", "sections", "message"),
    [
        (
            {"kind": "text_cnn", "tokenizer": "bpe"},
            "model.tokenizer",
            ["bpe", "words"],
            {},
            "`words` and `characters` are numbered by the stage Transform",
        ),
        (
            {"kind": "text_cnn", "tokenizer": "bpe", "tokenizer_file": "a"},
            "model.tokenizer",
            ["bpe", "wordpiece"],
            {},
            "`model.tokenizer_file` decides it",
        ),
        (
            {"kind": "text_cnn", "tokenizer": "bpe", "tokenizer_file": "a"},
            "model.vocabulary_size",
            [500, 1000],
            {},
            "`model.tokenizer_file` decides it",
        ),
        ({"kind": "text_cnn"}, "model.kind", ["text_cnn", "recurrent"], {}, "with `maru ladder`"),
        (
            RESNET,
            "model.channel_mean",
            [[1.0, 2.0, 3.0]],
            {},
            "it is measured on the training images",
        ),
        (
            RESNET,
            "model.image_size",
            [32, 64],
            MATERIALIZED,
            "the stage Augment writes copies in this size",
        ),
    ],
)
def test_what_is_settled_before_the_search_is_refused(model, path, values, sections, message):
    problem = refusal(model, {path: values}, **sections)
    assert problem.startswith(f"tuning.space.{path}: is the same in every trial: ")
    assert message in problem


def test_images_are_resized_in_the_trial():
    space = {"model.image_size": [32, 64], "model.pixels": ["unit", "standardize"]}
    assert load(RESNET, space).tuning.space.keys() == space.keys()
