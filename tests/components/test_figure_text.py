"""Tests of components/figure_text.py."""

import pytest
from matplotlib.figure import Figure

from components import figure_text


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("a", "a"),
        ("녹", "\\ub179"),
        ("👍", "\\U0001f44d"),
        ("\n", "\n"),
        ("\t", " "),
        ("\u3000", " "),
    ],
)
def test_characters_that_no_font_has_are_escaped(character, shown):
    assert figure_text._drawable(character, {ord("a")}) == shown


@pytest.mark.filterwarnings("error")  # Matplotlib warns of characters that it has no picture of.
@pytest.mark.parametrize(
    "words", ["긍정", "$10-$20", r"$\frac$", r"\$5$", "$", "^_{", "👍", "", "a\tb\u3000c\r"]
)
def test_any_words_can_be_drawn(words, tmp_path):
    with figure_text.fonts():
        figure = Figure()
        text = figure.text(0, 0.5, figure_text.literal(figure_text.drawable(words)))
        figure.savefig(tmp_path / "words.png")
    shown, formula = text._preprocess_math(text.get_text())
    assert (shown, formula) == (figure_text.drawable(words), False)
