"""Tests of components/figure_text.py."""

import pytest
from matplotlib import font_manager
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


def test_a_font_that_was_installed_since_matplotlib_listed_them_is_used(monkeypatch):
    manager, file = font_manager.fontManager, font_manager.findfont("cmr10")
    listed = [entry for entry in manager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(manager, "ttflist", listed)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [file, "broken.ttf"])
    monkeypatch.setattr(figure_text, "_FAMILIES", ("DejaVu Sans", "cmr10"))
    figure_text._installed.cache_clear()
    assert figure_text._installed()["cmr10"] == file
    figure_text._installed.cache_clear()


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
