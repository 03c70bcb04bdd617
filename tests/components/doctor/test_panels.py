"""Tests of what the panels of components/doctor/drawing.py show of their figures."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from components.doctor import drawing
from components.doctor.finding import Finding


@pytest.fixture
def panels(tmp_path, monkeypatch):
    """A function that lays findings out and returns the axes of the page."""
    pages = []
    monkeypatch.setattr(Figure, "savefig", lambda page, *_, **__: pages.append(page))

    def draw(*given):
        found = [Finding(check, "pass", "Seen.", figures=figures) for check, figures in given]
        drawing.draw(found, tmp_path / "doctor.png")
        return pages[-1].axes

    return draw


def ticks(labels):
    return [label.get_text() for label in labels]


def bars(panel):
    return [
        [(bar.get_y() + bar.get_height() / 2, bar.get_width()) for bar in one]
        for one in panel.containers
    ]


def lines(panel):
    return {line.get_label(): line.get_ydata().tolist() for line in panel.get_lines()}


SAMPLE = ("overfit_sample", {"losses": [1.0, 0.5]})


@pytest.mark.parametrize(("number", "grid"), [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (5, (3, 2))])
def test_panels_stand_in_two_columns_and_what_is_left_over_is_empty(number, grid, panels):
    page = panels(*[SAMPLE] * number)
    assert page[0].get_gridspec().get_geometry() == grid
    assert [axes.get_visible() for axes in page] == [
        place < number for place in range(grid[0] * grid[1])
    ]
    width, height = page[0].figure.get_size_inches()
    assert (width / grid[1], height / grid[0]) == pytest.approx((5.4, 3.4))
    assert page[0].get_title(loc="left") == "overfit_sample: pass"
    spines = page[0].spines
    assert [side for side in spines if spines[side].get_visible()] == ["left", "bottom"]


def test_titles_are_larger_than_other_type_and_lines_of_the_grid_are_faint(panels):
    (panel,) = panels(("learning_rate_range", {"rates": [0.1], "losses": [2], "suggested": 0.1}))
    texts = [panel.xaxis.label, panel.yaxis.label, *panel.get_legend().get_texts()]
    names = [*panel.get_xticklabels(), *panel.get_xticklabels(minor=True), *panel.get_yticklabels()]
    assert {text.get_fontsize() for text in (*texts, *names)} == {8}
    assert panel.title.get_fontsize() == panel._left_title.get_fontsize() == 10
    assert not panel.get_legend().get_frame_on()
    (line, *_), curve = panel.get_ygridlines(), panel.get_lines()[0]
    assert (line.get_visible(), line.get_alpha(), line.get_linewidth()) == (True, 0.25, 0.6)
    assert panel.get_lines()[1].get_linewidth() < curve.get_linewidth()


def test_labels_stand_by_their_training_rows_with_a_bar_for_each_split(panels):
    counts = {"eval": {"a": 3}, "train": {"b": 2, "a": 6}}
    (panel,) = panels(("class_balance", {"counts": counts}))
    assert ticks(panel.get_yticklabels()) == ["a", "b"]
    assert panel.get_yticks().tolist() == [0, 1]
    train, other = bars(panel)
    assert train == [(0, 0.75), (1, 0.25)]
    assert other == [(pytest.approx(0.4), 1.0), (pytest.approx(1.4), 0.0)]
    assert panel.get_ylim()[0] > panel.get_ylim()[1]  # The most frequent stands on top.
    assert panel.get_xlim()[1] == pytest.approx(1.05 * 1.3)  # Room for the names of splits.
    assert ticks(panel.get_legend().get_texts()) == ["train", "eval"]
    assert {bar.get_facecolor() for one in panel.containers for bar in one[:1]} != {
        panel.containers[0][0].get_facecolor()
    }


def test_a_split_without_rows_has_bars_of_no_length(panels):
    (panel,) = panels(("class_balance", {"counts": {"train": {"a": 1}, "eval": {}}}))
    assert bars(panel) == [[(0, 1)], [(pytest.approx(0.4), 0)]]


def test_a_label_of_several_has_its_share_of_the_rows(panels):
    counts = {"eval": {"a": 1}, "train": {"a": 4, "b": 3}}
    figures = {"counts": counts, "rows": {"train": 5, "eval": 2}}
    (panel,) = panels(("label_frequencies", figures))
    assert bars(panel) == [[(0, 0.8), (1, 0.6)], [(pytest.approx(0.4), 0.5), (1.4, 0.0)]]


def test_numbers_are_shares_of_their_split_with_train_first(panels):
    figures = {"edges": [0.0, 1.0, 4.0], "counts": {"eval": [1, 3], "train": [3, 2]}}
    (panel,) = panels(("target_values", figures))
    assert ticks(panel.get_legend().get_texts()) == ["train", "eval"]
    heights = [patch.get_data().values.tolist() for patch in panel.patches]
    assert heights == [[0.6, 0.4], [0.25, 0.75]]


def test_a_check_of_one_column_says_which(panels):
    (panel,) = panels(("label_noise", {"by_label": {"a": 0.5}, "column": "reply"}))
    assert panel.get_title("left") == "label_noise of reply: pass"


@pytest.mark.parametrize("check", ["class_balance", "label_noise"])
def test_the_first_twenty_labels_are_shown(check, panels):
    shares = {f"label{place:02}": place + 1 for place in range(22)}
    figures = {"counts": {"train": shares}, "by_label": shares}
    (panel,) = panels((check, figures))
    assert ticks(panel.get_yticklabels()) == [f"label{21 - place:02}" for place in range(20)]
    widths = [width for _, width in bars(panel)[0]]
    total = sum(shares.values()) if check == "class_balance" else 1
    assert widths == pytest.approx([(22 - place) / total for place in range(20)])
    assert panel.get_ylim()[0] > panel.get_ylim()[1]


@pytest.mark.parametrize(("length", "shown"), [(24, "n" * 24), (25, "…" + "n" * 23)])
def test_long_names_are_cut_at_their_start(length, shown, panels):
    (panel,) = panels(("label_noise", {"by_label": {"n" * length: 0.5}}))
    assert ticks(panel.get_yticklabels()) == [shown]


@pytest.mark.parametrize(("length", "shown"), [(36, "f" * 36), (37, "…" + "f" * 35)])
def test_features_have_more_room_than_names(length, shown, panels):
    clues = [{"feature": "f" * length, "label": "a", "gain": 0.5}]
    (panel,) = panels(("shortcuts", {"clues": clues, "content": {"a": 0.9}}))
    assert ticks(panel.get_yticklabels()) == [f"a:\n{shown}"]


def test_what_gives_labels_of_texts_away_stands_beside_all_words(panels):
    clues = [{"feature": f"the end '{n}'", "label": f"l{n}", "gain": n / 20} for n in range(1, 17)]
    figures = {"clues": clues, "content": {f"l{n}": 0.5 + n / 40 for n in range(1, 17)}}
    (panel,) = panels(("shortcuts", figures))
    assert ticks(panel.get_yticklabels())[:2] == ["l1: the end '1'", "l2: the end '2'"]
    assert [width for _, width in bars(panel)[0]] == [n / 20 for n in range(1, 15)]
    (words,) = panel.get_lines()
    assert words.get_xdata().tolist() == [0.5 + n / 40 for n in range(1, 15)]
    assert words.get_ydata().tolist() == list(range(14))
    assert words.get_markersize() == 6
    assert {label.get_fontsize() for label in panel.get_yticklabels()} == {7}
    assert panel.get_xlim() == (0, 1.05)
    assert panel.get_ylim()[0] > panel.get_ylim()[1]
    assert ticks(panel.get_legend().get_texts()) == ["all words", "this alone"]


def test_means_are_drawn_down_to_a_hundredth_of_the_smallest_deviation(panels):
    figures = {"layers": ["a", "b", "c"], "mean": [-0.2, 1e-9, 0], "std": [0.5, 0.0, 2]}
    (panel,) = panels(("activation_spread", figures))
    assert lines(panel) == {"deviation": [0.5, 0.0, 2], "|mean|": [0.2, 1e-9, 0]}
    assert panel.get_yscale() == "log"
    assert panel.get_ylim()[0] == pytest.approx(0.005)
    assert {line.get_markersize() for line in panel.get_lines()} == {3}


@pytest.mark.parametrize("check", ["dead_relus", "saturation"])
def test_shares_of_units_are_drawn_from_none_to_all(check, panels):
    (panel,) = panels((check, {"layers": ["a", "b"], "share": [0.25, None]}))
    assert [bar.get_height() for bar in panel.containers[0]] == pytest.approx(
        [0.25, np.nan], nan_ok=True
    )
    assert panel.get_ylim() == (0, 1)
    assert ticks(panel.get_xticklabels()) == ["a", "b"]
    assert panel.get_xticks().tolist() == [0, 1]


@pytest.mark.parametrize(("number", "are_named"), [(14, True), (15, False)])
def test_few_layers_are_named_and_of_many_the_first_and_last(number, are_named, panels):
    names = [f"layer{place}" for place in range(number)]
    (panel,) = panels(("gradient_norms", {"weights": names, "norm": [0.1] * number}))
    assert (ticks(panel.get_xticklabels()) == names) == are_named
    looks = {(label.get_fontsize(), label.get_rotation()) for label in panel.get_xticklabels()}
    assert looks == ({(7, 40)} if are_named else {(8, 0)})
    said = f"layer0 to layer{number - 1}, in order of depth"
    assert panel.get_xlabel() == ("" if are_named else said)
    assert panel.get_yscale() == "log"


@pytest.mark.parametrize(
    ("losses", "top"),
    [([0.5, 1.2], 1.2), ([0.5, 1.6], 1.5), ([0.5, None, 0.2], 0.5), ([0.0, 2.0], 3e-6)],
)
def test_a_range_test_is_drawn_up_to_three_first_losses(losses, top, panels):
    figures = {"rates": [0.1, 0.2, 0.3][: len(losses)], "losses": losses, "suggested": 0.12}
    (panel,) = panels(("learning_rate_range", figures))
    assert panel.get_ylim() == pytest.approx((0, top * 1.05))
    assert panel.get_xscale() == "log"
    assert ticks(panel.get_legend().get_texts()) == ["suggested: 0.12"]


def test_each_weight_decay_has_a_line_of_its_own(panels):
    decays = [0.0, 0.01, 0.1, 1.0, 2.0, 3.0]
    losses = [[place, place + 1] for place in range(6)]
    (panel,) = panels(("rate_grid", {"rates": [0.1, 1.0], "decays": decays, "losses": losses}))
    assert lines(panel) == {f"decay {d:g}": row for d, row in zip(decays, losses, strict=True)}
    colors = [line.get_color() for line in panel.get_lines()]
    assert len(set(colors)) == 5
    assert colors[0] == colors[5]
    assert panel.get_xscale() == "log"


def test_epochs_are_counted_from_one(panels):
    curves = {"loss": [1.0, 0.5, 0.25], "val_loss": [1.1, 0.75, 0.5], "accuracy": [0, 0, 0]}
    (panel,) = panels(("learning_curves", {"curves": curves}))
    assert lines(panel) == {"training": curves["loss"], "validation": curves["val_loss"]}
    assert all(line.get_xdata().tolist() == [1, 2, 3] for line in panel.get_lines())
    assert all(float(tick).is_integer() for tick in panel.get_xticks())
    (panel,) = panels(("learning_curves", {"curves": {"loss": [1.0, 0.5]}}))
    assert lines(panel) == {"training": [1.0, 0.5]}


def test_steps_of_a_sample_are_whole_numbers(panels):
    (panel,) = panels(SAMPLE)
    assert all(float(tick).is_integer() for tick in panel.get_xticks())


def png(width, height):
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (200, 10, 10)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_examples_stand_in_a_row_for_each_label_in_their_proportions(panels):
    pictures = [
        {"label": "a", "row": 3, "png": png(4, 2)},
        {"label": "b", "row": 4, "png": png(3, 6)},
        {"label": "a", "row": 5, "png": png(5, 5)},
    ]
    (panel,) = panels(("shortcuts", {"cues": ["size", "colours"], "pictures": pictures}))
    boxes = [image.get_extent() for image in panel.get_images()]
    assert boxes == [
        pytest.approx((-0.45, 0.45, 0.225, -0.225)),
        pytest.approx((0.55, 1.45, 0.45, -0.45)),
        pytest.approx((-0.225, 0.225, 1.45, 0.55)),
    ]
    assert (panel.get_xlim(), panel.get_ylim()) == ((-0.5, 1.5), (1.5, -0.5))
    assert panel.get_yticks().tolist() == [0, 1]
    assert ticks(panel.get_yticklabels()) == ["a", "b"]
    assert panel.get_xticks().tolist() == []
    assert not any(line.get_visible() for line in panel.get_ygridlines())
    assert panel.get_xlabel() == "size, colours"


@pytest.mark.parametrize(
    ("check", "figures"),
    [("overfit_sample", {"losses": [0.0, 0.0]}), ("class_balance", {"counts": {"train": {}}})],
)
def test_nothing_but_zeros_is_not_drawn(check, figures, tmp_path):
    drawing.draw([Finding(check, "pass", "Seen.", figures=figures)], tmp_path / "doctor.png")
    assert list(tmp_path.iterdir()) == []
