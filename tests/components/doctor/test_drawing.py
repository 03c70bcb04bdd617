"""Tests of components/doctor/drawing.py."""

import math

import pytest
from PIL import Image

from components import figure_text
from components.doctor import drawing
from components.doctor.finding import Finding

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAwMAAAAYBAQCwl0YTAAAAAElFTk"
    "SuQmCC"
)
"""A PNG of two pixels beside each other."""

FIGURES = {
    "class_balance": {"counts": {"train": {"good": 7, "bad": 2}, "eval": {"good": 3}}},
    "label_frequencies": {
        "counts": {"train": {"red": 7, "blue": 2}, "eval": {"red": 3}},
        "rows": {"train": 8, "eval": 4},
    },
    "target_values": {"edges": [0.0, 1.0, 4.0], "counts": {"train": [3, 5], "eval": [1, 0]}},
    "label_noise": {"by_label": {"good": 0.02, "bad": 0.2}},
    "learning_rate_range": {
        "rates": [1e-4, 1e-3, 1e-2],
        "losses": [1.1, 0.5, None],
        "configured": 1e-3,
        "suggested": None,
    },
    "gradient_norms": {"weights": ["a/kernel", "b/kernel"], "norm": [0.1, None]},
    "activation_spread": {"layers": ["a", "b"], "mean": [0.0, -0.2], "std": [1.0, 0.9]},
    "dead_relus": {"layers": ["a"] * 20, "share": [0.1] * 20},
    "saturation": {"layers": ["a"], "share": [None]},
    "overfit_sample": {"losses": [1.0, 0.5, 0.1], "resisting": []},
    "rate_grid": {"rates": [0.1, 1.0], "decays": [0.0, 0.01], "losses": [[1, 2], [3, None]]},
    "learning_curves": {"curves": {"loss": [1.0, 0.5], "val_loss": [1.1, None]}},
    "shortcuts": {
        "cues": ["top border", "size"],
        "pictures": [{"label": label, "row": 3, "png": PIXEL} for label in ("good", "bad", "bad")],
    },
}


def finding(check):
    return Finding(check, "pass", "Seen.", figures=FIGURES[check])


def test_every_check_that_can_be_drawn_has_figures_here():
    assert set(FIGURES) == set(drawing.PANELS)


@pytest.mark.filterwarnings("error")
def test_all_panels_stand_on_one_page(tmp_path):
    drawing.draw([finding(check) for check in FIGURES], tmp_path / "doctor.png")
    with Image.open(tmp_path / "doctor.png") as image:
        # Six rows of two, at 120 pixels an inch.
        assert image.size == (2 * 5.4 * 120, 6 * 3.4 * 120)


def test_nothing_is_written_if_nothing_can_be_drawn(tmp_path):
    drawing.draw([Finding("leakage", "pass", "None."), Finding("drift", "pass", "None.")], tmp_path)
    drawing.draw([Finding("rate_grid", "pass", "Not run.")], tmp_path / "doctor.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("losses", [[None, None], [None, 0.7], [0.0, 0.0]])
def test_a_range_test_without_numbers_or_without_loss_is_drawn(losses, tmp_path, drawn):
    figures = {"rates": [1e-3, 1e-2], "losses": losses}
    found = Finding("learning_rate_range", "pass", "Seen.", figures=figures)
    drawing.draw([found], tmp_path / "doctor.png")
    assert (tmp_path / "doctor.png").is_file()
    curve, *others = drawn[0].axes[0].get_lines()
    wanted = [math.nan if loss is None else loss for loss in losses]
    assert curve.get_ydata().tolist() == pytest.approx(wanted, nan_ok=True)
    assert others == []


def test_values_that_are_no_numbers_are_gaps(tmp_path, drawn):
    drawing.draw([finding("learning_rate_range")], tmp_path / "doctor.png")
    (panel,) = [axes for axes in drawn[0].axes if axes.get_visible()]
    curve, configured = panel.get_lines()  # No rate is suggested.
    assert curve.get_xdata().tolist() == [1e-4, 1e-3, 1e-2]
    assert curve.get_ydata().tolist() == pytest.approx([1.1, 0.5, math.nan], nan_ok=True)
    assert (configured.get_xdata()[0], configured.get_label()) == (1e-3, "configured: 0.001")
    assert panel.get_ylim() == pytest.approx((0, 1.1 * 1.05))


@pytest.mark.filterwarnings("error")
def test_labels_are_shown_as_they_are_written(tmp_path, drawn):
    labels = {"$10-$20": 5, r"$\frac$": 4, "긍정": 3, "very " * 9 + "negative": 2}
    found = Finding("class_balance", "pass", "Seen.", figures={"counts": {"train": labels}})
    drawing.draw([found], tmp_path / "doctor.png")
    ticks = drawn[0].axes[0].get_yticklabels()
    assert [tick._preprocess_math(tick.get_text()) for tick in ticks] == [
        ("$10-$20", False),
        (r"$\frac$", False),
        (figure_text.drawable("긍정"), False),
        ("…very very very negative", False),
    ]


@pytest.mark.filterwarnings("error")
def test_what_gives_labels_of_texts_away_is_drawn_beside_all_words(tmp_path):
    clues = [{"feature": "the end '$$'", "label": "나쁨", "gain": 0.98}]
    figures = {"clues": clues, "content": {"나쁨": 0.4}}
    drawing.draw([Finding("shortcuts", "pass", "Seen.", figures=figures)], tmp_path / "doctor.png")
    with Image.open(tmp_path / "doctor.png") as image:
        assert image.size == (5.4 * 120, 3.4 * 120)


def test_texts_without_a_clue_are_not_drawn(tmp_path):
    figures = {"clues": [], "content": {}}
    drawing.draw([Finding("shortcuts", "pass", "None.", figures=figures)], tmp_path / "doctor.png")
    assert list(tmp_path.iterdir()) == []


def test_what_gives_a_label_away_is_named_in_full(tmp_path, drawn):
    clues = [{"feature": "the lack of the word 'under'", "label": "good", "gain": 0.6}]
    figures = {"clues": clues, "content": {"good": 0.4}}
    drawing.draw([Finding("shortcuts", "pass", "Seen.", figures=figures)], tmp_path / "doctor.png")
    (name,) = drawn[0].axes[0].get_yticklabels()
    assert name.get_text() == "good:\nthe lack of the word 'under'"


def test_many_weights_are_counted_in_whole_numbers_below_short_names(tmp_path, drawn):
    names = ["encoder_layer_3/self_attention_layer/query/kernel", *"abcdefghijklmnopq", "z/kernel"]
    figures = {"weights": names, "norm": [0.1 * number for number in range(1, 20)]}
    found = Finding("gradient_norms", "pass", "Seen.", figures=figures)
    drawing.draw([found], tmp_path / "doctor.png")
    panel = drawn[0].axes[0]
    assert panel.get_xlabel() == "…tion_layer/query/kernel to z/kernel, in order of depth"
    assert all(float(tick).is_integer() for tick in panel.get_xticks())


def test_the_legend_of_spreads_stands_above_the_lines(tmp_path, drawn):
    drawing.draw([finding("activation_spread")], tmp_path / "doctor.png")
    panel = drawn[0].axes[0]
    legend, room = panel.get_legend().get_window_extent(), panel.get_window_extent()
    assert legend.y0 >= room.y1
    assert legend.x1 <= room.x1
    first, second = panel.get_legend().get_texts()
    assert first.get_window_extent().y0 < second.get_window_extent().y1  # Beside each other.
