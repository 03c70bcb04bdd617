"""Tests of components/doctor/image_{cues,shortcuts}.py."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from components.doctor.checks import views
from components.doctor.image import cues, pictures, shortcuts

SIDE = 24


def scenes(number, seed=0):
    """Grey blobs on slopes of any brightness and tint, and labels of three kinds of blobs."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE)) / SIDE
    drawn = []
    for index in range(number):
        slope = rng.uniform(60, 140) + rng.normal(0, 30) * rows + rng.normal(0, 30) * columns
        tinted = slope[..., None] + rng.normal(0, 12, 3) + rng.normal(0, 6, (SIDE, SIDE, 3))
        top, left = rng.integers(4, 12, 2)
        height, width = [(3, 10), (10, 3), (6, 6)][index % 3]
        tinted[top : top + height, left : left + width] += rng.uniform(40, 90)
        drawn.append(Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8)))
    return drawn, [("wide", "high", "even")[index % 3] for index in range(number)]


DRAWN, LABELS = scenes(90)


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def judged(files, labels=LABELS):
    shapes = views.shapes(pictures.look(files))
    model = views.KINDS["image"].model(0)
    return shortcuts.shortcuts(files, labels, range(7, 7 + len(files)), shapes, model, 0)


def planted(change):
    """Images changed by a function of the image and its label's number, as PNG."""
    return [encoded(change(image, index % 3)) for index, image in enumerate(DRAWN)]


def painted(*region):
    """A function that paints a region in a shade that goes with the label."""

    def paint(image, number):
        pixels = np.array(image)
        pixels[region] = 60 + 70 * number
        return Image.fromarray(pixels)

    return paint


def scaled(change):
    """A function that changes pixels as floats."""
    return lambda image, number: Image.fromarray(
        np.clip(change(np.asarray(image, float), number), 0, 255).astype(np.uint8)
    )


def framed(image, number):
    pixels = np.full((SIDE, SIDE, 3), 60 + 70 * number, np.uint8)
    pixels[2:-2, 2:-2] = np.asarray(image)[2:-2, 2:-2]
    return Image.fromarray(pixels)


def test_sound_images_have_no_shortcut():
    finding = judged([encoded(image) for image in DRAWN])
    assert finding.verdict == "pass"
    assert finding.figures["cues"] == finding.figures["pictures"] == []
    assert max(finding.figures["scores"].values()) < 0.6
    assert "90 images" in finding.evidence


START, END, MIDDLE = slice(3), slice(-3, None), slice(12, 15)

PLANTED = {
    "top left corner": painted(START, START),
    "top right corner": painted(START, END),
    "bottom left corner": painted(END, START),
    "bottom right corner": painted(END, END),
    "top border": painted(START),
    "right border": painted(slice(None), END),
    "bottom border": painted(END),
    "left border": painted(slice(None), START),
    "the place in row 5, column 5 of 8 x 8": painted(MIDDLE, MIDDLE),
    "size": lambda image, number: image.resize((20 + 3 * number, 20 + 3 * number)),
    "brightness": scaled(lambda pixels, number: pixels / 3 + 80 * number),
    "colours": scaled(lambda pixels, number: pixels + 60 * np.eye(3)[number]),
    "channels": lambda image, number: image.convert("RGBA") if number == 1 else image,
}


@pytest.mark.parametrize("cue", PLANTED)
def test_a_planted_cue_is_named_with_examples(cue):
    finding = judged(planted(PLANTED[cue]))
    assert finding.verdict == "warn"
    assert finding.figures["cues"][0] == cue
    assert f"{cue} alone tells" in finding.evidence
    shown = finding.figures["pictures"]
    assert len(shown) == 9
    for one in shown:
        assert LABELS[one["row"] - 7] == one["label"]
        with Image.open(io.BytesIO(base64.b64decode(one["png"]))) as image:
            assert max(image.size) <= cues.EXAMPLE_SIDE


def test_a_frame_is_told_by_all_its_sides():
    names = judged(planted(framed)).figures["cues"]
    assert {f"{side} border" for side in ("top", "right", "bottom", "left")} <= set(names)


def test_a_mark_on_one_label_is_told_with_that_label():
    paint = painted(END, END)
    finding = judged(planted(lambda image, number: paint(image, 2) if number == 2 else image))
    assert "bottom right corner alone tells" in finding.evidence
    assert "of 'even'" in finding.evidence


@pytest.mark.parametrize(
    ("cue", "options"),
    [
        ("file format", [("PNG", {}), ("JPEG", {"quality": 95}), ("BMP", {})]),
        ("compression", [("JPEG", {"quality": quality}) for quality in (30, 60, 90)]),
    ],
)
def test_how_files_were_written_is_named(cue, options):
    files = [
        encoded(image, options[i % 3][0], **options[i % 3][1]) for i, image in enumerate(DRAWN)
    ]
    assert judged(files).figures["cues"][0] == cue


def test_blocks_of_a_jpeg_are_seen_after_it_was_saved_as_png():
    big = [image.resize((64, 64), Image.Resampling.BICUBIC) for image in DRAWN]
    files = [
        encoded(Image.open(io.BytesIO(encoded(image, "JPEG", quality=20))) if i % 3 else image)
        for i, image in enumerate(big)
    ]
    labels = ["clean" if index % 3 == 0 else "blocky" for index in range(len(files))]
    assert "compression" in judged(files, labels).figures["cues"]


def test_what_all_places_tell_is_no_mark():
    """Colours that are content everywhere are told as colours, not as a corner or a border."""
    assert judged(planted(PLANTED["colours"])).figures["cues"] == ["colours"]


def test_colours_are_told_with_a_doubt():
    finding = judged(planted(PLANTED["colours"]))
    assert finding.meaning.startswith("If that is what the labels are about, all is well.")


def test_a_cue_that_goes_with_half_of_the_labels_is_let_pass():
    random = np.random.default_rng(0)
    paint = painted(END, END)
    files = planted(lambda image, number: paint(image, number if random.random() < 0.5 else 1))
    assert judged(files).verdict == "pass"


def test_few_images_of_a_class_are_left_out():
    files = [encoded(image) for image in DRAWN[:30]]
    finding = judged(files, ["a"] * 21 + ["b"] * 9)
    assert finding.verdict == "pass"
    assert "Fewer than two classes with 10 images" in finding.evidence


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (300, 7)])
def test_images_of_any_size_have_cues(size):
    measured = cues.read([encoded(Image.new("L", size, shade)) for shade in (9, 200)])
    assert measured.places.shape == (2, 8, 8, 6)
    numbers = [*measured.file.values(), *measured.whole.values(), *measured.borders.values()]
    assert all(np.isfinite(one).all() and len(one) == 2 for one in numbers)
    assert measured.whole["brightness"][:, 0].tolist() == [9, 200]


def test_large_photos_are_sampled():
    wide = encoded(Image.new("L", (4_000, 3_000)))
    assert len(shortcuts._sample([wide] * 1_000, 0)) == 300
    assert len(shortcuts._sample([encoded(DRAWN[0])] * 3_000, 0)) == 2_000
