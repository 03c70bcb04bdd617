"""Tests of `data.split.group`: rows of one group stay together, in every kind of source."""

import csv
import json
import os
import unicodedata
from collections import Counter, defaultdict

import numpy as np
import pytest
from PIL import Image

from components.ingest import config, grouping, preview, splits

TEXT = [config.Feature("text", "text"), config.Feature("label", "category", field="label")]
IMAGE = [config.Feature("image", "image"), config.Feature("label", "category", field="label")]


def fact(text, group, label="x", named=None):
    return splits.Fact(splits.digest([text]), label, named, group)


def place(facts, **options):
    plan = splits.plan(config.SplitConfig(group="g", **options), facts)
    return [splits.assign(plan, one) for one in facts]


def splits_of(facts, placed):
    found = defaultdict(set)
    for one, split in zip(facts, placed, strict=True):
        found[one.group].add(split)
    return found


UNEQUAL = [
    fact(f"{group} {i}", f"group {group}", "rare" if i % 7 == 0 else "often")
    for group in range(60)
    for i in range(1 + group % 9)
]


@pytest.mark.parametrize("stratify", [False, True])
def test_a_group_is_in_one_split_in_whatever_order_its_rows_come(stratify):
    placed = place(UNEQUAL, stratify=stratify, test=1)
    assert {len(found) for found in splits_of(UNEQUAL, placed).values()} == {1}
    assert set(placed) == {"train", "eval", "test"}
    assert place(UNEQUAL[::-1], stratify=stratify, test=1)[::-1] == placed


def test_a_new_row_moves_no_group():
    more = [*UNEQUAL, fact("new", "group 3"), fact("other", "group 99")]
    assert place(more)[: len(UNEQUAL)] == place(UNEQUAL)


def test_stratified_groups_of_unequal_size_come_close_to_the_ratio_in_every_label():
    placed = place(UNEQUAL, stratify=True, train=7, eval=2, test=1)
    totals = Counter(one.stratum for one in UNEQUAL)
    counts = Counter(zip((one.stratum for one in UNEQUAL), placed, strict=True))
    for label in ("rare", "often"):
        shares = [counts[label, split] / totals[label] for split in config.SPLITS]
        assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.05)


@pytest.mark.parametrize("groups", [3, 5])
def test_every_split_gets_a_group_where_there_are_enough(groups):
    facts = [fact(f"{g}{i}", f"{g}") for g in range(groups) for i in range(1 + 40 * (g == 0))]
    placed = place(facts, stratify=True, test=1)
    assert set(placed) == {"train", "eval", "test"}
    assert placed[0] == "train"


def test_a_content_in_two_groups_keeps_both_together():
    facts = [
        *(fact(f"left {i}", "a") for i in range(5)),
        *(fact(f"right {i}", "b") for i in range(5)),
        *(fact(f"far {i}", "c") for i in range(5)),
        fact("same", "a"),
        fact("same", "b", "y"),
        fact("left 0", ""),
        fact("right 1", "c"),
    ]
    for options in ({}, {"stratify": True}):
        assert len(set(place([*facts, *UNEQUAL], **options)[: len(facts)])) == 1


def test_a_row_without_a_group_is_by_itself():
    facts = [fact(f"row {i}", "") for i in range(200)]
    alone = splits.plan(config.SplitConfig(), facts)
    assert place(facts) == [splits.assign(alone, one) for one in facts]


def test_groups_that_stay_together_are_named_by_the_smallest():
    rows = [(b"1", b"q"), (b"1", b"p"), (b"2", b"q"), (b"2", b"r"), (b"3", b"s"), (b"3", b"s")]
    assert grouping.merged(rows) == {b"p": b"p", b"q": b"p", b"r": b"p"}


def look(folder, members, columns=("text", "label", "article"), name="a.csv", **split):
    with open(folder / name, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([columns, *members])
    data = config.DataConfig(config.CsvSource("*.csv"), config.SplitConfig(**split))
    return preview.preview(data, TEXT, str(folder), str(folder))


def rows(articles, each=4):
    return [
        (f"text {a} {i}", "ab"[i % 2], f"article {a}") for a in range(articles) for i in range(each)
    ]


def test_groups_that_are_equal_in_unicode_are_one(tmp_path):
    names = [unicodedata.normalize(form, "기사 ") for form in ("NFC", "NFD")]
    members = [(f"row {i}", "ab"[i % 2], names[i % 2]) for i in range(30)]
    found = look(tmp_path, [*rows(20), *members], group="article")
    assert found.counts.num_groups == 21
    assert found.counts.largest_group == (30, "기사")
    assert found.counts.divided == {}


def test_a_group_of_all_rows_is_told_with_its_value(tmp_path):
    members = [(f"row {i}", "ab"[i % 2], "all") for i in range(30)]
    found = look(tmp_path, members, group="article", stratify=True)
    assert (
        "All 30 rows have one value in column 'article', 'all', so they stay in one split: is "
        "`data.split.group` the right column?"
    ) in found.problems[0]


def test_a_giant_group_is_told_with_what_it_does_to_the_splits(tmp_path):
    giant = [(f"row {i}", "ab"[i % 2], "giant") for i in range(80)]
    for stratify, way in ((True, "Add rows of other groups."), (False, "Set `data.split.stratify")):
        found = look(
            tmp_path, [*rows(5), *giant], group="article", stratify=stratify, train=6, eval=4
        )
        assert found.problems == ()
        assert found.remarks[0].startswith(
            "Groups (`data.split.group`: 'article') stay together, which leaves "
        )
        assert "% of the rows in train instead of 60%, " in found.remarks[0]
        assert f"The largest, 'giant', has 80 of 100 rows. {way}" in found.remarks[0]


def test_splits_that_divide_a_group_are_told_with_counts_and_places(tmp_path):
    look(tmp_path, [*rows(6), ("one", "a", "article 9")], name="train.csv", group="article")
    members = [("more", "a", "article 0"), ("rest", "b", "article 5"), ("new", "b", "article 7")]
    found = look(tmp_path, members, name="dev.csv", group="article")
    (remark,) = found.remarks
    assert remark.startswith(
        "2 rows of eval are of a group (column 'article') that train rows are of, too: 2 of 3 eval "
        "rows (dev.csv:2 = train.csv:2, dev.csv:3 = train.csv:22). Figures on groups"
    )
    assert remark.endswith("Put the rows of a group into the files or folders of one split.")
    assert found.counts.to_json()["divided_groups"] == {"eval": {"train": 2}}


def test_a_column_that_divides_a_group_is_told_in_its_terms(tmp_path):
    columns = ("text", "label", "article", "part")
    members = [(*row, "train" if i % 8 else "test") for i, row in enumerate(rows(10))]
    found = look(tmp_path, members, columns, group="article", column="part", eval=1)
    assert found.remarks[0].startswith(
        "3 rows of test are of a group (column 'article') that train"
    )
    assert found.remarks[0].endswith("Give the rows of a group one value in column 'part'.")


def test_few_groups_that_leave_no_eval_rows_are_told_what_helps(tmp_path):
    members = [(f"row {i}", "ab"[i // 2 % 2], f"{i % 2}") for i in range(40)]
    found = look(tmp_path, members, group="article", train=99, eval=1)
    assert "set `data.split.stratify: true`" in found.problems[0]
    assert look(tmp_path, members, group="article", stratify=True).problems == ()


def test_groups_that_all_have_a_row_in_common_are_told(tmp_path):
    members = [*rows(4), *(("same", "a", f"article {a}") for a in range(4))]
    (problem,) = look(tmp_path, members, group="article", stratify=True).problems
    assert "Add rows of other groups: equal values in column 'article'" in problem


def test_long_names_of_groups_are_told_apart(tmp_path):
    members = [(f"row {i}", "ab"[i % 2], "long " * 50 + f"{i % 3}") for i in range(30)]
    found = look(tmp_path, [*rows(30), *members], group="article")
    assert found.counts.num_groups == 33
    assert len(found.counts.largest_group[1]) < 100


@pytest.fixture
def photos(tmp_path):
    """Photos in `cat` and `dog`; those of a series in a folder, and a table of all of them."""
    lines = [("file", "label", "series")]
    for number in range(48):
        label, series = ("cat", "dog")[number % 2], f"burst {number // 4}"
        folder = (
            tmp_path / "photos" / label / series if number < 40 else tmp_path / "photos" / label
        )
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5, 3), number * 5, np.uint8)).save(folder / f"{number}.png")
        path = (folder / f"{number}.png").relative_to(tmp_path).as_posix()
        lines.append((path, label, series if number < 40 else ""))
    with open(tmp_path / "table.csv", "w", newline="") as stream:
        csv.writer(stream).writerows(lines)
    return tmp_path


def test_images_of_a_folder_stay_together_across_classes(photos):
    split = config.SplitConfig(group="folder", stratify=True)
    data = config.DataConfig(config.ImageFolderSource("photos"), split)
    found = preview.preview(data, IMAGE, str(photos), str(photos))
    assert (found.counts.num_groups, found.counts.divided) == (10, {})
    assert found.counts.classes["eval"] == {"cat": 5, "dog": 5}


def test_a_folder_whose_name_is_not_utf_8_is_a_group_as_others_are(photos):
    for label in ("cat", "dog"):
        inner = photos / "photos" / label
        (inner / "burst 2").rename(inner / os.fsdecode(b"burst \xc7\xd1"))
    data = config.DataConfig(config.ImageFolderSource("photos"), config.SplitConfig(group="folder"))
    found = preview.preview(data, IMAGE, str(photos), str(photos))
    assert (found.counts.num_groups, found.counts.num_rejected) == (10, 0)


def test_images_of_a_table_stay_together_by_a_column_or_by_the_image(photos):
    features = [config.Feature("file", "image"), IMAGE[1]]
    for group, number in (("series", 10), ("file", 48)):
        data = config.DataConfig(
            config.ImageTableSource("table.csv"), config.SplitConfig(group=group)
        )
        found = preview.preview(data, features, str(photos), str(photos))
        assert (found.counts.num_groups, found.counts.divided) == (number, {})


def test_counts_of_groups_are_read_back():
    counts = preview.summary.of_groups([("train", fact("a", "g")), ("eval", fact("b", "g"))])
    again = preview.summary.from_json(json.loads(json.dumps(counts.to_json())), [])
    assert (again.num_groups, again.largest_group) == (1, (2, "g"))
    assert again.divided == {"eval": {"train": 1}}
