"""Tests of what Ingest keeps and counts of image files as they were."""

import base64
import io
import json
import pathlib

import pytest
from PIL import Image

from components.ingest import config, images, preview

FEATURES = [config.Feature("image", "image"), config.Feature("label", "category", field="label")]
KINDS = {
    "a.png": ("PNG", {}), "b.jpg": ("JPEG", {}), "c.gif": ("GIF", {}), "d.webp": ("WEBP", {}),
    "e.bmp": ("BMP", {}), "f.bmp": ("BMP", {"mode": "P"}), "g.gif": ("GIF", {}),
    "h.gif": ("GIF", {}), "i.png": ("PNG", {}),
}  # fmt: skip


@pytest.fixture
def photos(tmp_path):
    """Two classes with nine images each, of five formats, no two of the same content."""
    for number, label in enumerate(("cat", "dog")):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for place, (name, (kind, options)) in enumerate(KINDS.items()):
            image = Image.new("RGB", (9 + place, 5 + number), (20 * place, 90, 250 * number))
            image.convert(options.get("mode", "RGB")).save(folder / name, kind)
    return tmp_path


def test_a_preview_counts_formats_and_what_is_converted(photos):
    data = config.DataConfig(config.ImageFolderSource("photos"))
    found = preview.preview(data, FEATURES, str(photos), str(photos))
    assert found.formats == {
        ("PNG", False): 4,
        ("JPEG", False): 2,
        ("GIF", True): 6,
        ("WebP", True): 2,
        ("BMP", False): 2,
        ("BMP", True): 2,
    }


@pytest.mark.tfx
def test_two_files_of_each_kind_are_kept_with_what_became_of_them(photos, tmp_path):
    import apache_beam

    from components.ingest import columns, job, reading

    split = config.SplitConfig()
    opened = reading.open_source(
        config.ImageFolderSource("photos"),
        str(photos),
        str(photos),
        columns.wanted(FEATURES, split),
    )
    examples, quarantine = tmp_path / "examples", tmp_path / "quarantine"
    with apache_beam.Pipeline() as pipeline:
        job.build(pipeline, opened, split, FEATURES, str(examples), str(quarantine))
    lines = (examples / job.ORIGINALS_FILE).read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    # One batch holds all images, and keeps the first file of each kind.
    kinds = [(entry["format"], entry["is_converted"]) for entry in entries]
    assert (
        kinds
        == sorted(set(kinds))
        == sorted(
            [
                ("BMP", False),
                ("BMP", True),
                ("GIF", True),
                ("JPEG", False),
                ("PNG", False),
                ("WebP", True),
            ]
        )
    )
    files = {path.read_bytes() for path in (photos / "photos").rglob("*.*")}
    for entry in entries:
        original = base64.b64decode(entry["original"])
        assert original in files
        assert base64.b64decode(entry["prepared"]) == images.prepare(original).data
    assert pathlib.Path(examples, "Split-train").is_dir()


def test_the_smallest_files_of_each_kind_are_chosen_whatever_the_order():
    from components.ingest import job

    def original(kind, size):
        buffer = io.BytesIO()
        Image.new("L", (size, size)).save(buffer, kind)
        return images.Original(kind, kind == "GIF", buffer.getvalue())

    small, middle, large = (original("GIF", size) for size in (4, 50, 200))
    other = original("PNG", 300)
    chosen = job._choose([[large, other], [], [middle], [small], [small]])
    assert chosen == [small, middle, other]
    assert job._choose([[small], [middle, large], [other]]) == chosen
