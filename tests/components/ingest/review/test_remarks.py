"""Tests of components/ingest/review/{remarks,repeats,glance,problems}.py by previews."""

import csv
import json

import pytest
from PIL import Image

from components.ingest import config, preview

TEXT = [config.Feature("text", "text"), config.Feature("label", "category", field="label")]
IMAGE = [config.Feature("image", "image"), config.Feature("label", "category", field="label")]


def rows(number, labels="ab", start=0):
    return [(f"row {i}", labels[i % len(labels)]) for i in range(start, start + number)]


def look(folder, files, features=TEXT, source=None, **split):
    for name, members in files.items():
        with open(folder / name, "w", newline="") as stream:
            csv.writer(stream).writerows([("text", "label", *(["part"] * ("column" in split)))])
            csv.writer(stream).writerows(members)
    data = config.DataConfig(source or config.CsvSource("*.csv"), config.SplitConfig(**split), 0.5)
    return preview.preview(data, features, str(folder), str(folder))


def test_clean_data_is_not_remarked_on(tmp_path):
    found = look(tmp_path, {"a.csv": rows(60, "xyz")})
    assert (found.remarks, found.problems) == ((), ())


def test_rows_of_train_in_other_files_are_counted_and_named(tmp_path):
    train = rows(40)
    files = {
        "train.csv": train,
        "valid.csv": train[10:13],
        "test.csv": [train[0], *rows(5, "ab", 90)],
    }
    found = look(tmp_path, files)
    assert found.counts.duplicates == 4
    assert found.counts.to_json()["shared"] == {"eval": {"train": 3}, "test": {"train": 1}}
    (remark,) = found.remarks
    assert remark.startswith(
        "4 rows of eval and test are also train rows: 3 of 3 eval rows (valid.csv:2 = train.csv:12,"
    )
    assert "1 of 6 test rows (test.csv:2 = train.csv:2)" in remark
    assert "Remove them from the files or folders of one of the splits" in remark


def test_rows_of_eval_in_test_are_no_train_rows(tmp_path):
    files = {"train.csv": rows(20), "dev.csv": rows(8, "ab", 30), "test.csv": rows(4, "ab", 30)}
    found = look(tmp_path, files)
    assert found.counts.to_json()["shared"] == {"test": {"eval": 4}}
    assert found.remarks[0].startswith("4 rows of test are also eval rows: 4 of 4 test rows (")


def test_copies_that_a_column_divides_are_told_in_its_terms(tmp_path):
    members = [(text, label, "train") for text, label in rows(20)]
    members += [(text, label, "dev") for text, label in [*rows(1), *rows(6, "ab", 50)]]
    found = look(tmp_path, {"a.csv": members}, column="part")
    assert "1 row of eval is also train rows: 1 of 7 eval rows (a.csv:22 = a.csv:2)" in " ".join(
        found.remarks
    )
    assert "Give equal rows one value in column 'part'" in found.remarks[0]


def test_copies_within_one_split_are_duplicates_alone(tmp_path):
    found = look(tmp_path, {"train.csv": rows(20) + rows(3), "dev.csv": rows(4, "ab", 40)})
    assert (found.counts.duplicates, found.counts.shared, found.remarks) == (3, {}, ())


def test_images_are_compared_by_content(tmp_path):
    for number, name in enumerate(["train/a/1", "train/b/2", "train/a/3", "val/a/1", "val/b/9"]):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = 7 if name == "val/a/1" else number * 40 + 7
        Image.new("RGB", (8, 8), (shade, 0, 0)).save(path)
    found = look(tmp_path, {}, IMAGE, config.ImageFolderSource("."))
    assert found.counts.to_json()["shared"] == {"eval": {"train": 1}}
    assert "1 of 2 eval rows (val/a/1.png = train/a/1.png)" in found.remarks[0]


def test_the_same_text_with_another_label_is_a_contradiction(tmp_path):
    files = {"train.csv": rows(20), "dev.csv": [("row 0", "b"), *rows(4, "ab", 40)]}
    found = look(tmp_path, files)
    assert found.counts.conflicts == 1
    assert any(
        "1 text occurs with more than one label (dev.csv:2 says 'b', train.csv:2 'a')" in remark
        for remark in found.remarks
    )


def test_spellings_of_a_label_are_told_with_their_rows(tmp_path):
    found = look(tmp_path, {"a.csv": rows(60, ["1", "0", "1.0"])}, stratify=True)
    (remark,) = found.remarks
    assert remark.startswith("Labels that look like one, each learned as a class of its own.")
    assert "\n  '1' (train 16, eval 4), '1.0' (train 16, eval 4): how a number is written" in remark
    assert remark.endswith("rename '1.0' to '1'")


def test_labels_that_train_spells_otherwise_are_a_problem_in_these_terms(tmp_path):
    files = {"train.csv": rows(20, "01"), "valid.csv": rows(6, "01", 30)}
    files["test.csv"] = rows(5, ["1.0", "0.0"], 60)
    found = look(tmp_path, files, stratify=True)
    (problem,) = found.problems
    assert "'1' (train 10, eval 3), '1.0' (test 3): how a number is written; rename" in problem
    assert "stratify" not in problem
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("label", "remark"),
    [
        ("-", "Labels that may stand for a missing value, and are learned as a class: '-' (train"),
        ("None", "Labels that may stand for a missing value"),
        ("bad\u200b", "Labels with characters that nobody sees: 'bad\\u200b' (20 rows)"),
        ("x" * 150, "Labels"),
    ],
)
def test_single_labels_that_look_wrong_are_remarked_on(tmp_path, label, remark):
    found = look(tmp_path, {"a.csv": rows(40, ["good", label])}, stratify=True)
    if label.startswith("x"):
        assert found.remarks == ()
    else:
        assert found.remarks[0].startswith(remark)


def test_quotes_kept_in_labels_name_the_setting(tmp_path):
    lines = [f'{text}\t"{label}, too"' for text, label in rows(40)]
    (tmp_path / "a.tsv").write_text("\n".join(["text\tlabel", *lines]))
    kept = look(tmp_path, {}, source=config.TsvSource("a.tsv"))
    assert "Set `data.source.quoting: true` if the quotes are no part" in kept.remarks[0]
    read = look(tmp_path, {}, source=config.TsvSource("a.tsv", quoting=True))
    assert read.remarks == ()
    assert set(read.counts.strata) == {"a, too", "b, too"}


def test_texts_that_are_words_for_nothing_are_counted(tmp_path):
    members = [*rows(40), ("nan", "a"), ("N/A", "b"), ("nan", "b"), ("", "a")]
    found = look(tmp_path, {"a.csv": members}, stratify=True)
    assert found.counts.num_rejected == 1
    assert "3 texts are but a word for a missing value: 'nan' (2 rows), 'N/A' (1 row)" in "".join(
        found.remarks
    )


def test_labels_of_train_that_no_figure_is_about_are_named(tmp_path):
    found = look(tmp_path, {"train.csv": rows(20, "abc"), "dev.csv": rows(6, "ab", 60)})
    (remark,) = found.remarks
    assert remark.startswith("1 of 3 labels has no eval row, so that no figure is about them: 'c'")
    assert "Move some of their rows into the files or folders of eval" in remark


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ([f"{i * 1.37:.2f}" for i in range(30)] * 2, True),
        ([str(i * 37) for i in range(30)] * 2, True),
        ([str(i) for i in range(30)] * 2, False),
        (["0.5", "1.0", "1.5", "2.0"] * 15, False),
    ],
)
def test_quantities_are_told_from_classes_that_are_numbered(tmp_path, values, is_told):
    found = look(tmp_path, {"a.csv": [(f"row {i}", v) for i, v in enumerate(values)]})
    assert any("If `task.label` ('label') is a quantity" in one for one in found.remarks) == is_told


def test_a_header_line_among_the_rows_is_noticed(tmp_path):
    members = [*rows(20), ("text", "label"), *rows(20, "ab", 20)]
    lines = [json.dumps({"text": text, "label": label}) for text, label in members]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = look(tmp_path, {}, source=config.JsonlSource("a.jsonl"))
    assert any(one.startswith("1 row with the names of the columns") for one in found.remarks)


def test_texts_that_are_numbers_ask_for_the_column(tmp_path):
    members = [(f"2024-01-{i % 30 + 1:02} 10:{i}", "ab"[i % 2]) for i in range(60)]
    found = look(tmp_path, {"a.csv": members})
    assert found.remarks[0].startswith("60 of 60 texts are digits and signs alone: is `task.text`")


def test_quantities_that_are_all_different_are_told_as_such(tmp_path):
    found = look(tmp_path, {"a.csv": [(f"row {i}", f"{i * 1.37:.2f}") for i in range(30)]})
    (problem,) = found.problems
    assert "a label of its own (30 of 30)" in problem
    assert "If it is a quantity, classification takes each value for a class" in problem


def test_few_different_texts_ask_for_the_column(tmp_path):
    members = [(f"shop {i % 3}", "ab"[i % 2]) for i in range(60)]
    files = {"train.csv": members, "dev.csv": [("shop 9", "a"), ("shop 8", "b")]}
    found = look(tmp_path, files)
    assert "The 62 rows have 5 different texts only: is `task.text` ('text') the right" in " ".join(
        found.remarks
    )


@pytest.mark.parametrize(
    ("values", "labels"),
    [((1, 1.0, 0, 0.0), {"0", "1"}), ((True, "true", False, "false"), {"false", "true"})],
)
def test_numbers_and_truths_of_json_are_one_label_however_they_are_stored(tmp_path, values, labels):
    lines = [json.dumps({"text": f"row {i}", "label": values[i % 4]}) for i in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = look(tmp_path, {}, source=config.JsonlSource("a.jsonl"))
    assert set(found.counts.strata) == labels
    assert found.remarks == ()


@pytest.mark.parametrize(
    "labels",
    [("__proto__", "constructor"), ("مرحبا", "שלום"), ("😀", "😢"), ("a\x1b[31m", "b\x07")],
)
def test_labels_of_any_kind_are_counted_and_never_break_the_remarks(tmp_path, labels):
    found = look(tmp_path, {"a.csv": rows(40, labels)}, stratify=True)
    assert set(found.counts.strata) == set(labels)
    assert found.problems == ()
    assert "\x1b" not in "".join(found.remarks)


def test_folders_of_one_class_are_told_in_terms_of_folders(tmp_path):
    for number, name in enumerate(["Cat", "cat", "dog"] * 9):
        (tmp_path / name).mkdir(exist_ok=True)
        color = (number * 9, 0, 99 - number)
        Image.new("RGB", (8, 8), color).save(tmp_path / name / f"{number}.png")
    found = look(tmp_path, {}, IMAGE, config.ImageFolderSource("."), stratify=True)
    (remark,) = found.remarks
    assert "rename them by moving the images of one folder into the other:\n  'Cat' (" in remark
