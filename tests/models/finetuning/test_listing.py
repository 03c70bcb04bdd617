"""Tests of models/finetuning/listing.py."""

import pytest

from models.finetuning import listing, trainable
from models.finetuning.config import Frozen, Full, Gradual, HeadFirst, LoRA, Partial
from tests.models.finetuning.test_course import make_model

BELOW, FIRST, SECOND, ABOVE, HEAD = 5 * 4 + 4 + 16, 4 * 4 + 4 + 16, 4 * 4 + 4 + 16, 8, 4 * 2 + 2
STATISTICS = 8
"""Moving mean and variance of one batch norm; no gradient changes them."""


def listed(method, epochs=6):
    model = make_model(method)
    rows = listing.rows(model, method, epochs)
    counts = trainable.trainable_counts(model)
    assert sum(row.trained for row in rows) == counts.trainable
    assert sum(row.parameters - row.trained for row in rows) == counts.frozen
    assert sum(row.parameters for row in rows) >= BELOW + FIRST + SECOND + ABOVE + HEAD
    return rows


def test_every_part_is_listed_with_its_counts():
    rows = listed(Partial())
    assert [(row.name, row.parameters, row.trained) for row in rows] == [
        ("backbone/below the blocks", BELOW, 0),
        ("backbone/layer_0", FIRST, 0),
        ("backbone/layer_1", SECOND, SECOND - STATISTICS),
        ("backbone/above the blocks", ABOVE, ABOVE),
        ("logits", HEAD, HEAD),
    ]


@pytest.mark.parametrize(
    ("method", "rates"),
    [
        (Frozen(), ["frozen"] * 4 + ["1 x"]),
        (Full(), ["1 x"] * 5),
        (Full(layer_decay=0.5), ["0.125 x", "0.25 x", "0.5 x", "1 x", "1 x"]),
        (
            HeadFirst(head_epochs=2, rate_factor=0.1),
            ["frozen, from epoch 3 0.1 x"] * 4 + ["1 x, from epoch 3 0.1 x"],
        ),
        (
            Gradual(),
            [f"frozen, from epoch {n} 1 x" for n in (4, 3, 2, 2)] + ["1 x"],
        ),
    ],
)
def test_the_rate_of_each_part_is_in_words(method, rates):
    assert [row.rate for row in listed(method)] == rates


def test_added_matrices_have_a_row():
    rows = {row.name: row for row in listed(LoRA(rank=2, targets=("layer_0",)))}
    added = 2 * (4 + 4)
    row = rows["backbone/added matrices"]
    assert (row.parameters, row.trained, row.rate) == (added, added, "1 x")


def test_a_model_without_a_backbone_is_listed_by_its_layers():
    backbone = make_model(Full()).get_layer("backbone")
    names = [row.name for row in listing.rows(backbone, None, 1)]
    assert names[:2] == ["embedding", "embedding_norm"]
