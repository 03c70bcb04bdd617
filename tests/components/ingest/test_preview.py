"""Tests of components/ingest/preview.py and of the checks of values it goes through."""

import io
import json
import os
import unicodedata

import pytest
from PIL import Image

from components.ingest import config, encode, errors, fingerprint, preview, row, splits

TEXT = [
    config.Feature("text", "text"),
    config.Feature("label", "category", field="label"),
    config.Feature("text_length", "derived"),
]


def look(tmp_path, rows, features=TEXT, limit=None, **options):
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in rows]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    data = config.DataConfig(config.JsonlSource("a.jsonl"), **options)
    return preview.preview(data, features, str(tmp_path), str(tmp_path), limit)


def rows(number):
    return [{"text": f"row {i}", "label": i % 3} for i in range(number)]


def encoded(values, features=TEXT):
    return encode.attempt(row.Row(values, "a:1"), features, None)


def test_a_preview_shows_rows_counts_and_no_problems(tmp_path):
    found = look(tmp_path, [*rows(40), {"text": "row 3", "label": 1}])
    assert found.rows[0] == {"text": b"row 0", "label": b"0", "text_length": b"1-7 words"}
    assert len(found.rows) == preview.FIRST_ROWS
    assert found.counts.num_rows == 41
    assert found.counts.duplicates == 1
    assert found.counts.conflicts == 1
    assert found.counts.splits() == ("train", "eval")
    assert found.problems == ()
    assert found.is_complete


def test_a_limit_makes_it_incomplete(tmp_path):
    found = look(tmp_path, rows(40), limit=7)
    assert found.counts.num_rows == 7
    assert not found.is_complete


def test_too_many_rejected_rows_are_a_problem_with_reasons(tmp_path):
    found = look(tmp_path, [*rows(18), "{", {"text": " ", "label": 1}], max_quarantined=0.05)
    assert [r.where for r in found.rejected] == ["a.jsonl:19", "a.jsonl:20"]
    (problem,) = found.problems
    assert "2 of 20 rows (10.0%)" in problem
    assert "a.jsonl:20: `text` is empty" in problem
    assert "`data.max_quarantined` (5.0%)" in problem


def test_one_class_is_a_problem(tmp_path):
    found = look(tmp_path, [{"text": f"row {i}", "label": "a"} for i in range(20)])
    assert "a label with one class cannot be learned" in found.problems[0]


def test_an_empty_eval_split_is_a_problem(tmp_path):
    found = look(tmp_path, rows(3), split=config.SplitConfig(train=100_000, eval=1))
    assert (
        "The eval split has no rows (rows by split: train 3, eval 0, test 0)" in found.problems[0]
    )


def test_labels_that_training_never_sees_are_a_problem(tmp_path):
    data = [{**entry, "split": "train"} for entry in rows(9)]
    data.append({"text": "new", "label": "unseen", "split": "dev"})
    found = look(tmp_path, data, split=config.SplitConfig(column="split"))
    assert found.counts.to_json()["splits"]["eval"] == {"unseen": 1}
    assert "Labels without a train row cannot be learned (1 of 4): 'unseen'" in found.problems[0]


def test_stratified_small_data_fills_both_splits(tmp_path):
    found = look(tmp_path, rows(6), split=config.SplitConfig(stratify=True))
    assert found.counts.to_json()["splits"] == {
        "train": {"0": 1, "1": 1, "2": 1},
        "eval": {"0": 1, "1": 1, "2": 1},
    }


def test_no_rows_at_all_are_a_problem(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n")
    data = config.DataConfig(config.CsvSource("a.csv"))
    found = preview.preview(data, TEXT, str(tmp_path), str(tmp_path))
    assert found.problems == ("The data holds no rows.",)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"text": "a"}, "`label` is empty"),
        ({"text": "a", "label": float("nan")}, "`label` is empty"),
        ({"text": "a", "label": "NaN"}, "stands for a missing value"),
        ({"text": "\u3000\n", "label": 1}, "`text` is empty"),
        ({"text": "a\0b", "label": 1}, "`text` holds a NUL byte"),
        ({"text": "\ud83d", "label": 1}, "half of a surrogate pair"),
        ({"text": ["a"], "label": 1}, "`text` holds a list, not one text or number"),
        ({"text": b"\xff", "label": 1}, "`text` is not UTF-8 at its byte 0"),
    ],
)
def test_unusable_values_are_rejected_with_the_reason(values, reason):
    assert reason in encoded(values).reason


@pytest.mark.parametrize(
    ("label", "expected"),
    [(1, "1"), (1.0, "1"), (2.5, "2.5"), (True, "true"), (" a ", "a"), (b"b", "b")],
)
def test_labels_become_text(label, expected):
    assert encoded({"text": "a", "label": label}).stratum == expected


def test_labels_are_composed_and_texts_left_as_given():
    decomposed = unicodedata.normalize("NFD", "한글")
    record = encoded({"text": decomposed, "label": decomposed})
    assert record.stratum == "한글"
    assert decomposed.encode() in record.example
    assert record.digest == splits.digest(["한글"])


def test_slices_are_copied_and_missing_ones_named():
    features = [*TEXT, config.Feature("source", "slice")]
    given = encoded({"text": "a", "label": 1, "source": 3}, features)
    missing = encoded({"text": "a", "label": 1}, features)
    assert b"\x0a\x013" in given.example
    assert b"(missing)" in missing.example
    assert given.digest == missing.digest


@pytest.mark.parametrize(
    ("words", "bucket"),
    [(1, b"1-7 words"), (8, b"8-31 words"), (127, b"32-127 words"), (512, b"512 or more words")],
)
def test_text_length_is_in_words(tmp_path, words, bucket):
    found = look(tmp_path, [{"text": "w " * words, "label": 1}])
    assert found.rows[0]["text_length"] == bucket


def test_image_size_is_the_longer_side(tmp_path):
    for label, size in (("a", (33, 20)), ("b", (8, 9))):
        (tmp_path / label).mkdir()
        Image.new("L", size).save(tmp_path / label / "i.png")
    (tmp_path / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    features = [
        config.Feature("image", "image"),
        config.Feature("label", "category", field="label"),
        config.Feature("image_size", "derived"),
    ]
    data = config.DataConfig(config.ImageFolderSource("."))
    found = preview.preview(data, features, str(tmp_path), "")
    assert {r["label"]: r["image_size"] for r in found.rows} == {
        b"a": b"33-96 pixels",
        b"b": b"1-32 pixels",
    }
    assert [r.where for r in found.rejected] == ["a/broken.jpg"]
    assert Image.open(io.BytesIO(found.rows[0]["image"])).format == "PNG"


def test_unknown_split_words_stop_the_run(tmp_path):
    data = [{**entry, "fold": "7"} for entry in rows(3)]
    with pytest.raises(errors.DataError, match="'fold', and that column holds '7'"):
        look(tmp_path, data, split=config.SplitConfig(column="fold"))


def test_the_fingerprint_follows_the_files(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text,label\n")
    data = config.DataConfig(config.CsvSource("*.csv"))
    before = fingerprint.fingerprint(data, TEXT, str(tmp_path))
    (tmp_path / "notes.txt").write_text("no data")
    assert fingerprint.fingerprint(data, TEXT, str(tmp_path)) == before
    os.utime(file, ns=(1, 1))
    touched = fingerprint.fingerprint(data, TEXT, str(tmp_path))
    (tmp_path / "b.csv").write_text("")
    assert len({before, touched, fingerprint.fingerprint(data, TEXT, str(tmp_path))}) == 3
