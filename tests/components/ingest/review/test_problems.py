"""Tests of components/ingest/review/problems.py: each way out is one that config and data have."""

import json
import re

import pytest
from PIL import Image

from components.ingest import config, preview

TEXT = [config.Feature("text", "text"), config.Feature("label", "category", field="label")]
SWAPPED = [config.Feature("label", "text"), config.Feature("text", "category", field="label")]
TIMED = [config.Feature("text", "text"), config.Feature("when", "category", field="label")]
IMAGE = [config.Feature("image", "image"), config.Feature("label", "category", field="label")]
JSONL = config.JsonlSource("*.jsonl")
HASHED, STRATIFIED = {}, {"stratify": True}
PARTS = {"column": "part"}


def rows(number, labels="ab", start=0, **more):
    return [
        {"text": f"row {i}", "label": labels[i % len(labels)], "when": f"10:{i:02}", **more}
        for i in range(start, start + number)
    ]


def problems(folder, files, split, features=TEXT, max_quarantined=0.01):
    for name, members in files.items():
        (folder / name).write_text("\n".join(map(json.dumps, members)))
    data = config.DataConfig(JSONL, config.SplitConfig(**split), max_quarantined)
    return list(preview.preview(data, features, str(folder), str(folder)).problems)


SAME_TEXT = [{"text": "no comment", "label": "ab"[i % 2]} for i in range(20)]
CONTRADICTING = [{"text": f"row {i // 2}", "label": "ab"[i % 2]} for i in range(4)]
NAMED = {"train.jsonl": rows(20), "dev.jsonl": rows(6, "abz", 40)}
BY_PART = [*rows(20, part="train"), *rows(6, "abz", 40, part="dev")]
ONE_UNSEEN = [*rows(12), {"text": "row 30", "label": "z"}]


@pytest.mark.parametrize(
    ("files", "split", "features", "says", "avoids"),
    [
        ({"a": rows(40)}, HASHED, SWAPPED, "perhaps the two are swapped", "stratify"),
        ({"a": rows(40)}, STRATIFIED, SWAPPED, "`task.label` ('text') the right", "stratify"),
        ({"a": rows(40)}, HASHED, TIMED, "few different values: 'label' (2)", "stratify"),
        ({"a": rows(40)}, STRATIFIED, TIMED, "a label of its own (40 of 40)", "stratify"),
        ({"a": SAME_TEXT}, HASHED, TEXT, "All 20 rows have the same text", "stratify"),
        ({"a": SAME_TEXT}, STRATIFIED, TEXT, "`task.text` ('text') the right col", "stratify"),
        ({"a": rows(20, "a")}, HASHED, TEXT, "Is `task.label` ('label') the right", "stratify"),
        ({"a": rows(20)}, {"eval": 0}, TEXT, "Set `data.split.eval` to 1", "stratify"),
        ({"a": rows(4)}, {"train": 10**6}, TEXT, "set `data.split.stratify: true`, or", "names"),
        ({"a": rows(2)}, STRATIFIED, TEXT, "no label has enough different ones", ": true"),
        ({"a": ONE_UNSEEN}, HASHED, TEXT, "Set `data.split.stratify: true`", "files"),
        (NAMED, HASHED, TEXT, "to the files or folders named train", "stratify"),
        (NAMED, STRATIFIED, TEXT, "(1 of 3): 'z'. Add rows with", "stratify"),
        ({"a": BY_PART}, PARTS, TEXT, "`train` into column 'part' of some of", "stratify"),
        ({"a": rows(9, part="dev")}, PARTS, TEXT, "Write `train` into column 'part'", "stratify"),
        ({"a": [*rows(9), {"text": "x"}]}, HASHED, TEXT, "raise `data.max_quarantined`", "None"),
        (
            {"a": [{"text": "x", "label": ""}, {"text": "y"}]},
            HASHED,
            TEXT,
            "None of the 2 rows can",
            "raise",
        ),
    ],
)
def test_problems_say_what_can_be_done_here(tmp_path, files, split, features, says, avoids):
    named = {f"{name.removesuffix('.jsonl')}.jsonl": members for name, members in files.items()}
    told = "\n".join(problems(tmp_path, named, split, features))
    assert says in told
    assert avoids not in told


def test_rows_that_are_all_unusable_are_a_problem_however_many_may_be(tmp_path):
    (problem,) = problems(
        tmp_path, {"a.jsonl": [{"text": "x", "label": ""}]}, {}, max_quarantined=1.0
    )
    assert problem.startswith("None of the 1 rows can be used:\n  a.jsonl:1: `label` is empty")


@pytest.mark.parametrize("data", [SAME_TEXT, CONTRADICTING, ONE_UNSEEN, rows(4), rows(40, "abc")])
@pytest.mark.parametrize("features", [TEXT, SWAPPED])
def test_advice_that_was_followed_is_not_given_again(tmp_path, data, features):
    before = problems(tmp_path, {"a.jsonl": data}, {"train": 50}, features)
    if any("stratify: true" in problem for problem in before):
        after = problems(tmp_path, {"a.jsonl": data}, {"train": 50, "stratify": True}, features)
        assert not any(re.search("[Ss]et `data.split.stratify", problem) for problem in after)
    settled = problems(tmp_path, {"a.jsonl": data}, STRATIFIED, features)
    assert not any("stratify" in problem for problem in settled)


def test_a_label_whose_texts_all_have_another_one_cannot_be_helped_by_dividing(tmp_path):
    data = [{"text": f"row {i}", "label": "a"} for i in range(30)]
    data += [{"text": f"row {i}", "label": "b"} for i in range(30)]
    data += [{"text": f"row {i}", "label": "z"} for i in range(1)]
    found = [
        problem
        for place in range(30)
        for problem in problems(
            tmp_path, {"a.jsonl": [*data[:60], {**data[60], "text": f"row {place}"}]}, STRATIFIED
        )
    ]
    assert found
    assert all("Every text of theirs also has another label" in problem for problem in found)
    assert not any("stratify" in problem for problem in found)


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        ({"a": 12}, "Put the images of each class into a folder of their own."),
        ({f"{i:03}": 1 for i in range(12)}, "expected one folder per class in '.'"),
    ],
)
def test_folders_of_images_are_told_in_their_own_terms(tmp_path, folders, says):
    for number, (name, images) in enumerate(folders.items()):
        (tmp_path / name).mkdir()
        for place in range(images):
            color = (number * 20, place * 20, 9)
            Image.new("RGB", (4, 4), color).save(tmp_path / name / f"{place}.png")
    data = config.DataConfig(config.ImageFolderSource("."))
    found = "\n".join(preview.preview(data, IMAGE, str(tmp_path), str(tmp_path)).problems)
    assert says in found
    assert "`task.label`" not in found
