"""Tests of components/doctor/{setting,names}.py: nothing is advised that is done or cannot be."""

import numpy as np
import pytest

from components.doctor import rows
from components.doctor.checks import (
    balance,
    constant,
    drift,
    duplicates,
    label_names,
    leakage,
    shift,
    signal,
)
from components.doctor.setting import Setting
from components.doctor.text import lengths

HASHED = Setting()
STRATIFIED = Setting(is_stratified=True)
FILES = Setting(named_splits=("train", "eval"))
COLUMN = Setting(named_splits=("train", "eval"), split_column="part")
FOLDER = Setting(source="image_folder")
WEIGHTED = Setting(is_weighted=True, must_reach=("macro_f1",))


def rare(setting):
    return balance.class_balance({"train": ["a"] * 300 + ["b"] * 3}, setting)


def one_class(setting):
    return balance.class_balance({"train": ["a"] * 9}, setting)


def unseen(setting):
    return balance.class_balance({"train": ["a", "b"] * 9, "eval": ["c"]}, setting)


def texts(inputs):
    return rows.texts(((text, "x") for text in inputs), 99, 0)[1]


def repeated(setting):
    return duplicates.exact_duplicates({"train": texts(["a", "a", "b"])}, setting)


def nearly_repeated(setting):
    part = texts(["a", "b", "c"])
    return duplicates.near_duplicates({"train": part}, {"train": np.array([0, 0, 1])}, setting)


def leaked(setting):
    parts = {"train": texts(["a", "b", "c"]), "eval": texts(["a", "d"])}
    return leakage.leakage(parts, parts, {n: p.keys for n, p in parts.items()}, setting)


def shuffled(setting):
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    inputs, labels = rng.random((900, 1)), [str(n) for n in rng.integers(0, 3, 900)]
    return signal.label_signal(KNeighborsClassifier(1), {"train": (inputs, labels)}, 0, setting)


def drifted(setting):
    features = {"train": {"words": np.arange(90.0)}, "eval": {"words": np.arange(90.0) + 60}}
    return drift.drift(features, {"train": ["a"] * 90, "eval": ["a"] * 90}, None, 0, setting)


def shifted(setting):
    rng = np.random.default_rng(0)
    parts = {"train": rng.random((90, 2)), "eval": rng.random((60, 2)) + 2}
    return shift.covariate_shift(parts, 0, setting)


def cut(setting):
    return lengths.truncation(np.array([90, 100, 110]), 4, setting)


@pytest.mark.parametrize(
    ("find", "setting", "says", "avoids"),
    [
        (rare, HASHED, "Set `training.class_weights: balanced` or", None),
        (rare, WEIGHTED, "Collect more rows of the rare classes.", "class_weights"),
        (rare, WEIGHTED, "Collect", "macro_f1"),
        (one_class, HASHED, "Check that `task.label` ('label') names", None),
        (one_class, FOLDER, "each class has a folder of its own", "`task.label`"),
        (unseen, HASHED, "set `data.split.stratify: true`", None),
        (unseen, STRATIFIED, "collect more rows with these labels", "stratify"),
        (unseen, FILES, "to the files or folders named train", "stratify"),
        (unseen, COLUMN, "write `train` into column 'part'", "stratify"),
        (repeated, HASHED, "to make a rare class count more", None),
        (repeated, WEIGHTED, "Remove repeated rows from `data.source`.", "class_weights"),
        (
            nearly_repeated,
            HASHED,
            "one value for rows that belong together in `data.split.group`",
            None,
        ),
        (nearly_repeated, COLUMN, "one value in column 'part'", "`data.split.column`"),
        (
            nearly_repeated,
            FOLDER,
            "a folder of their own below the class folders",
            "`data.split.column`",
        ),
        (leaked, HASHED, "Remove these rows from one of the splits, or name a column", "no split"),
        (
            leaked,
            FILES,
            "Put all rows into files or folders that name no split",
            "data.split.column",
        ),
        (leaked, COLUMN, "Leave out `data.split.column` ('part')", "files"),
        (shuffled, HASHED, "Check that `task.label` ('label') names the right column", None),
        (shuffled, FOLDER, "each class has a folder of its own", "`task.label`"),
        (drifted, HASHED, "Set `data.split.stratify: true`", "files"),
        (drifted, STRATIFIED, "Collect more rows", "stratify"),
        (drifted, FILES, "files or folders that name no split", "stratify"),
        (shifted, STRATIFIED, "Collect more rows", "stratify"),
        (shifted, COLUMN, "Leave out `data.split.column` ('part')", "stratify"),
        (cut, Setting(truncate="end"), "with `model.truncate: middle`", None),
        (cut, Setting(truncate="middle"), "where they matter least.", "truncate"),
        (cut, HASHED, "Raise `model.sequence_length`", "truncate"),
    ],
)
def test_what_is_advised_can_be_done_and_is_not_done_yet(find, setting, says, avoids):
    finding = find(setting)
    assert finding.verdict != "pass"
    assert says in finding.fix
    assert avoids is None or avoids not in finding.fix


def test_labels_that_look_like_one_are_warned_of_with_what_to_rename():
    finding = label_names.label_names({"train": ["good", "Good", "good", "-"], "eval": ["good"]})
    assert finding.verdict == "warn"
    told = "1 label occurs in several spellings: 'good' (train 2, eval 1), 'Good' (train 1): "
    assert f"{told}capital letters" in finding.evidence
    assert "'-' (1 rows)" in finding.evidence
    assert "rename 'Good' to 'good'" in finding.fix
    assert finding.figures == {"alike": [["good", "Good"]], "missing": ["-"]}


def test_labels_that_differ_pass():
    assert label_names.label_names({"train": ["1", "2", "10"], "eval": ["2"]}).verdict == "pass"


@pytest.mark.parametrize(
    ("text", "is_missing"),
    [
        *(("", True), ("...", True), ("nan", True), ("ＮａＮ", True), ("#N/A", True)),
        *(("[deleted]", True), ("없음", True), ("\u200b", True), ("- -", True)),
        *(("😀", False), ("5", False), ("좋다", False), ("€", False), ("none of it", False)),
    ],
)
def test_texts_that_say_nothing_are_those_that_check_counts_and_blank_ones(text, is_missing):
    assert constant.are_missing([text]).tolist() == [is_missing]
