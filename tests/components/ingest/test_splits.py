"""Tests of components/ingest/splits.py."""

import unicodedata
from collections import Counter

import pytest

from components.ingest import config, errors, splits


def fact(text, label="x", named=None):
    return splits.Fact(splits.digest([text]), label, named)


def place(facts, **options):
    plan = splits.plan(config.SplitConfig(**options), facts)
    return [splits.assign(plan, one) for one in facts]


FACTS = [fact(f"row {i}", "rare" if i % 50 == 0 else "often") for i in range(1000)]


def test_splits_come_close_to_the_ratio():
    counts = Counter(place(FACTS, train=7, eval=2, test=1))
    assert counts["train"] == pytest.approx(700, abs=45)
    assert counts["test"] == pytest.approx(100, abs=30)


def test_neither_new_rows_nor_their_order_move_old_rows():
    before = place(FACTS[:300])
    after = place(list(reversed(FACTS)))[::-1]
    assert after[:300] == before


def test_the_label_does_not_decide():
    assert place([fact("a", "x"), fact("a", "y")]) == place([fact("a", "z")]) * 2


def test_texts_equal_in_unicode_stay_together():
    text = "고양이가 잔다"
    assert splits.digest([text]) == splits.digest([unicodedata.normalize("NFD", text)])


def test_the_borders_between_parts_are_part_of_the_content():
    assert splits.digest(["ab", "c"]) != splits.digest(["a", "bc"])


def test_stratifying_keeps_the_ratio_in_every_label():
    counts = Counter(zip((f.stratum for f in FACTS), place(FACTS, stratify=True), strict=True))
    assert counts == {
        ("often", "train"): 784,
        ("often", "eval"): 196,
        ("rare", "train"): 16,
        ("rare", "eval"): 4,
    }


def test_stratifying_gives_every_split_a_row_of_small_labels():
    facts = [fact(f"{label}{i}", label) for label in "abc" for i in range(3)]
    found = set(zip((f.stratum for f in facts), place(facts, stratify=True, test=1), strict=True))
    assert len(found) == 9


def test_stratifying_keeps_duplicates_together_whatever_their_labels():
    copies = [fact("same", label) for label in "abca"]
    facts = copies + FACTS
    assert len(set(place(facts, stratify=True)[:4])) == 1
    assert place(facts[::-1], stratify=True)[::-1] == place(facts, stratify=True)


def test_a_label_with_one_row_is_trained_on():
    assert place([fact("only", "one"), *FACTS], stratify=True)[0] == "train"


def test_named_parts_are_kept_and_missing_ones_taken_from_train():
    facts = [fact(f"a{i}", named="train") for i in range(200)]
    facts += [fact(f"b{i}", named="test") for i in range(5)]
    placed = place(facts, test=4)
    assert placed[200:] == ["test"] * 5
    assert set(placed[:200]) == {"train", "eval"}
    assert placed.count("eval") == pytest.approx(40, abs=20)


def test_data_that_names_train_and_eval_is_not_divided():
    facts = [fact(f"a{i}", named="train") for i in range(50)] + [fact("b", named="eval")]
    assert place(facts) == ["train"] * 50 + ["eval"]


@pytest.mark.parametrize(
    ("word", "split"),
    [("Train", "train"), (" val ", "eval"), ("dev", "eval"), ("TEST", "test"), ("cat", None)],
)
def test_words_for_splits(word, split):
    assert splits.named(word) == split


@pytest.mark.parametrize(
    ("file", "split"),
    [("train.csv.gz", "train"), ("test-00000-of-00002.parquet", "test"), ("trainer.csv", None)],
)
def test_file_names_for_splits(file, split):
    assert splits.named_by_file(file) == split


def test_unknown_words_in_the_split_column_are_an_error():
    message = r"`data.split.column` is 'fold'.*'3', which names no split. Use one of: train"
    with pytest.raises(errors.DataError, match=message):
        splits.from_column("3", "fold")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Training", "train"),
        ("training_set", "train"),
        ("TestSet", "test"),
        ("val data", "eval"),
        ("dev-images", "eval"),
        ("train2017", "train"),
        ("ｔｅｓｔ", "test"),
        ("seg_test", "test"),
        ("test cricket", None),
        ("data", None),
        ("mindset", None),
        ("test1", None),
        ("", None),
    ],
)
def test_names_stand_for_splits_if_they_say_nothing_else(name, split):
    assert splits.named(name) == split


@pytest.mark.parametrize(
    ("name", "split"),
    [("asl_alphabet_train", "train"), ("test1", "test"), ("train or test", None), ("bus", None)],
)
def test_a_split_may_be_mentioned_among_other_words(name, split):
    assert splits.mentioned(name) == split
