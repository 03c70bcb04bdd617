"""Tests of pipeline/display/search_plot.py: what stands below the panels."""

import itertools

import pytest
from PIL import Image

from models.tuning.config import SearchRange, TuningConfig
from models.tuning.results import TrialResult
from pipeline.display import search_plot

SPACE = {
    "training.learning_rate": SearchRange(log=(1e-4, 1e-1)),
    "model.tokenizer": SearchRange(values=("words", None)),
}


def trials(field, values):
    """A finished trial for each value."""
    return [
        TrialResult(str(index), 0.9 - index / 100, {field: value}, 2.5, 3, "worker0", 500.0, None)
        for index, value in enumerate(values)
    ]


@pytest.fixture
def ticks(tmp_path, drawn):
    """Draws trials over a field and gives what is written below them."""

    def draw(searched, values, field="model.filters"):
        config = TuningConfig(space={field: searched})
        search_plot.draw(trials(field, values), config, "val_accuracy", tmp_path / "trials.png")
        (panel,) = drawn.pop().axes
        assert not any(label.get_text() for label in panel.get_xticklabels(minor=True))
        low, high = panel.get_xlim()
        labels = [
            label for label in panel.get_xticklabels() if low <= label.get_position()[0] <= high
        ]
        boxes = [label.get_window_extent() for label in labels]
        assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
        return [label._preprocess_math(label.get_text())[0] for label in labels]

    return draw


@pytest.mark.parametrize("number", [1, 40])
def test_the_plot_is_an_image_with_a_panel_for_each_field(tmp_path, number, drawn):
    values = {"training.learning_rate": 0.0125, "model.tokenizer": None}
    found = [
        TrialResult(str(i), 0.9, values, 2.5, 3, "worker0", 500.0, None) for i in range(number)
    ]
    config = TuningConfig(space=SPACE)
    search_plot.draw(found, config, "val_accuracy", tmp_path / "new" / "trials.png")
    with Image.open(tmp_path / "new" / "trials.png") as image:
        width, height = image.size
    assert width > 1.5 * height
    panels = [panel for panel in drawn[0].axes if panel.get_visible()]
    assert len(panels) == len(SPACE)
    word = "1 trial," if number == 1 else "40 trials,"
    assert drawn[0].get_suptitle().startswith(f"{word} best val accuracy 0.9 (trial 0)")


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (1e-5, 3e-5),
        (3e-4, 4e-4),
        (1e-4, 1.95e-4),
        (1e-5, 9e-4),
        (1e-4, 1e-2),
        (1e-4, 4e-2),
        (1e-6, 1.0),
    ],
)
def test_ticks_of_a_logarithmic_range_do_not_touch(ticks, low, high):
    field = "training.learning_rate"
    shown = ticks(SearchRange(log=(low, high)), [low, (low * high) ** 0.5, high], field)
    assert len(shown) > 1
    assert all(float(tick) for tick in shown)


@pytest.mark.parametrize(
    "searched",
    [
        SearchRange(linear=(2, 4)),
        SearchRange(log=(2, 4)),
        SearchRange(log=(8, 512)),
        SearchRange(log=(30, 49)),
        SearchRange(log=(100, 499)),
        SearchRange(linear=(16, 512)),
    ],
)
def test_ticks_of_whole_numbers_are_whole(ticks, searched):
    shown = ticks(searched, searched.linear or searched.log)
    assert len(shown) > 1
    assert all(tick.isdigit() for tick in shown)


def test_ticks_of_other_numbers_may_be_fractions(ticks):
    assert "0.250" in ticks(SearchRange(linear=(0.2, 0.4)), [0.2, 0.4], "model.dropout")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("bert_tiny_en_uncased", "gpt"), ["bert_tiny_en_…", "gpt"]),
        (("bert_tiny_en_uncased", "bert_tiny_en_cased"), ["bert_ti…ncased", "bert_ti…_cased"]),
        (
            ("a" * 15 + "1" + "b" * 15, "a" * 15 + "2" + "b" * 15),
            ["1: aaaaaaaaaaaaa…", "2: aaaaaaaaaaaaa…"],
        ),
        (("$a$", None), ["$a$", "null"]),
    ],
)
def test_names_of_different_values_differ(ticks, names, shown):
    assert ticks(SearchRange(values=names), names) == shown
