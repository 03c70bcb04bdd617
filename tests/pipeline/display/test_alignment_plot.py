"""Tests of pipeline/display/alignment_plot.py."""

import numpy as np
import pytest
from PIL import Image

from pipeline.display import alignment_plot

ANSWER = {
    "pieces": ["▁Hund", "▁läu", "ft", ".", "</s>"],
    "pieces_read": [b"\xe2\x96\x81do", b"g", b"\xe2\x96\x81runs", b"</s>"],
    # One column more: answers to longer texts of the same batch are wider.
    "attention": [
        [0.5, 0.3, 0.1, 0.1, 0],
        [0.2, 0.2, 0.6, 0.0, 0],
        [0.0, 0.0, 1.0, 0.0, 0],
        [0.1, 0.1, 0.2, 0.6, 0],
        [0.0, 0.0, 0.0, 1.0, 0],
    ],
}


def test_what_is_read_is_added_up_by_words_and_what_is_written_is_their_mean():
    found = alignment_plot.of_words(ANSWER)
    assert (found.read, found.written) == (["dog", "runs", "</s>"], ["Hund", "läuft.", "</s>"])
    np.testing.assert_allclose(
        found.weights, [[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.0, 0.0, 1.0]], atol=1e-9
    )


def test_a_model_that_looks_at_nothing_has_no_alignment():
    assert alignment_plot.of_words({**ANSWER, "attention": np.zeros((5, 4))}) is None


@pytest.mark.parametrize("count", [1, 75])
def test_texts_of_any_length_and_script_are_drawn(tmp_path, count):
    long = {
        "pieces": ["▁한국어$x$"] * count + ["</s>"],
        "pieces_read": [f"▁{'w' * 40}{place}" for place in range(count)] + ["</s>"],
        "attention": np.full((count + 1, count + 1), 1 / (count + 1)),
    }
    drawn = [alignment_plot.of_words(one) for one in (ANSWER, long)]
    alignment_plot.draw(drawn, "a title", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert min(image.size) > 200 and max(image.size) < 5000


def test_no_word_touches_an_edge_where_panels_have_other_widths(drawn, tmp_path):
    sizes = ((13, 14), (8, 9), (11, 13))
    alignments = [
        alignment_plot.Alignment(
            ["Menschenmenge"] * rows, ["word"] * columns, np.eye(rows, columns)
        )
        for rows, columns in sizes
    ]
    alignment_plot.draw(alignments, "a title", tmp_path / "a.png")
    (figure,) = drawn
    for axes in figure.axes:
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            box = label.get_window_extent()
            assert box.x0 >= 9 and box.y1 <= figure.bbox.y1 and box.x1 <= figure.bbox.x1, label
