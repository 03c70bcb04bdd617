"""Tests of the previews: what a person sees of originals and copies."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from components.augment import preview, preview_images, preview_text
from components.augment.contract import Copy
from components.augment.sheet import Sample, Sheet, TrainRow
from tests.components.augmenters import Numbering


def page(tmp_path, before, after, **more):
    copies = (Copy(0, "swap", (after.encode(),)),)
    samples = (Sample("<up>", (before.encode(),), copies),)
    sheet = Sheet("mail", ("text",), ("swap",), samples, **more)
    preview_text.write(sheet, tmp_path / "p.html")
    return (tmp_path / "p.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a fine film", "a good film", "a <del>fine</del><mark>good</mark> film"),
        ("정말 좋은 영화", "정말 영화", "정말 <del>좋은 </del>영화"),
        ("一部好電影", "一部壞電影", "一部<del>好</del><mark>壞</mark>電影"),
        ("1 < 2", "1 < 2 & 3", "1 &lt; 2<mark> &amp; 3</mark>"),
        ("", "new", "<mark>new</mark>"),
    ],
)
def test_changed_words_are_marked_in_any_script(tmp_path, before, after, shown):
    assert f'<td dir="auto">{shown}</td>' in page(tmp_path, before, after)


def test_text_of_a_row_cannot_become_markup(tmp_path):
    found = page(tmp_path, "<script>x</script>", "<script>y</script>", warnings=("a < b",))
    assert "<script" not in found
    assert "<h2>&lt;up&gt;</h2>" in found
    assert '<p class="warning">a &lt; b</p>' in found


def test_the_page_needs_nothing_but_itself(tmp_path):
    found = page(tmp_path, "a", "b")
    assert not re.search(r"https?:|src=|<link|@import|url\(", found)
    assert '<meta charset="utf-8">' in found


def test_an_operation_that_changed_nothing_says_so(tmp_path):
    samples = (
        Sample("up", (b"two words",), (Copy(0, "swap", (b"words two",)),)),
        Sample("down", (b"one",), ()),
    )
    preview_text.write(Sheet("mail", ("text",), ("swap",), samples), tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text("utf-8").count("nothing new") == 1


def test_two_texts_stand_beside_each_other_below_their_names(tmp_path):
    copies = (Copy(0, "swap", (b"words two", b"same")),)
    samples = (Sample("3.5", (b"two words", b"same"), copies),)
    preview_text.write(Sheet("mail", ("a&b", "other"), ("swap",), samples), tmp_path / "p.html")
    found = (tmp_path / "p.html").read_text("utf-8")
    assert "<tr><th></th><th>a&amp;b</th><th>other</th></tr>" in found
    assert '</del></td><td dir="auto">same</td>' in found
    assert "width: 50%" in found and "<h2>3.5</h2>" in found


@pytest.mark.parametrize(
    ("target", "shown"),
    [("up", "up"), (("사과", "fig"), "사과, fig"), ((), "no label"), (12.50, "12.5")],
)
def test_every_kind_of_target_has_words(target, shown):
    found = preview.sheet("mail", ["text"], [TrainRow((b"one",), target)], Numbering(), 0, [])
    assert found.samples[0].target == shown


def test_an_operation_that_changed_no_row_is_shown_and_warned_of():
    augmenter = Numbering()
    augmenter.shown = ("number", "swap")
    rows = [TrainRow((b"one",), "up"), TrainRow((b"two",), "down")]
    found = preview.sheet("mail", ["text"], rows, augmenter, 0, ["a doubt"])
    assert found.operations == ("number", "swap")
    assert found.warnings == ("a doubt", "swap made nothing new of any row shown")


def test_without_rows_nothing_is_warned_of():
    assert preview.sheet("mail", ["text"], [], Numbering(), 0, []).warnings == ()


def png(shape, mode="RGB"):
    stream = io.BytesIO()
    Image.fromarray(np.full(shape, 90, np.uint8)).convert(mode).save(stream, "PNG")
    return stream.getvalue()


def test_images_are_drawn_in_a_row_for_each_and_a_column_for_each_operation(tmp_path):
    image = (png((6, 4, 3)),)
    copies = (Copy(0, "flip", image), Copy(0, "mixup", image, "60% $a, 40% b"))
    samples = (
        Sample("녹색", image, copies),
        Sample("grey", (png((90, 200), "L"),), copies[:1]),
        Sample("clear", (png((5, 5, 3), "RGBA"),), ()),
    )
    preview_images.write(
        Sheet("colours", ("image",), ("flip", "mixup"), samples, ("a doubt",)), tmp_path / "p.png"
    )
    with Image.open(tmp_path / "p.png") as found:
        assert found.format == "PNG"
        assert found.width > 3 * 1.4 * 110 and found.height > found.width


def test_a_wrapped_line_does_not_part_a_dollar_from_its_escape():
    assert preview_images._wrapped("four$$ five", 5) == "four\\$\n\\$\nfive"
