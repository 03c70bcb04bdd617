"""Folders: of tables, of images, and of both."""

import json
import unicodedata

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from components.ingest import errors


@pytest.fixture
def picture(tmp_path):
    """Write an image of a size."""

    def call(name, width=40, height=30):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height), (200, 30, 5)).save(path)
        return path

    return call


@pytest.fixture
def splits(write, table):
    """Write a table of texts and labels for each name."""

    def call(*names):
        for name in names:
            write(name, table("text\tlabel", f"{{text}} {name}\t{{label}}"))

    return call


def test_files_named_after_splits_are_the_splits(guessed, splits, tmp_path):
    splits("train.tsv", "dev.tsv", "test.tsv")
    found = guessed(tmp_path)
    assert found["data.source.path"] == str(tmp_path)
    assert "no `split`, as the data names train, eval and test" in found.remarks


def test_without_eval_rows_some_are_taken_from_train(guessed, splits, tmp_path):
    splits("train.tsv", "test.tsv")
    found = guessed(tmp_path)
    assert (found["data.split.train"], found["data.split.eval"]) == (9, 1)
    assert "data.split.test" not in found


def test_other_files_beside_the_splits_are_left_out_by_a_pattern(guessed, splits, tmp_path):
    splits("train.tsv", "test.tsv", "train_500.tsv", "train_2000.tsv")
    found = guessed(tmp_path)
    assert found["data.source.path"] == str(tmp_path / "*[nt].tsv")
    assert "not read: train_2000.tsv, train_500.tsv" in found.remarks


def test_files_with_other_columns_than_train_are_left_out(guessed, splits, write, tmp_path):
    splits("train.tsv")
    write("test.tsv", "text\nwhat is this\n")
    found = guessed(tmp_path)
    assert found["data.source.path"] == str(tmp_path / "train.tsv")
    assert "test.tsv" in found.remarks


def test_a_train_file_alone_names_those_beside_it(guessed, splits, tmp_path):
    splits("train.tsv", "dev.tsv")
    assert "dev.tsv (name the folder to use it)" in guessed(tmp_path / "train.tsv").remarks


def test_tables_that_have_nothing_in_common_are_refused(guessed, write, tmp_path):
    write("a.csv", "text,label\nso it is,1\n")
    write("b.csv", "x,y\n1,2\n")
    with pytest.raises(errors.DataError, match="tables with different columns.*Name one of"):
        guessed(tmp_path)


def test_an_unreadable_file_is_left_out_with_its_reason(guessed, splits, write, tmp_path):
    splits("one.tsv", "two.tsv")
    write("x.tsv", "# from the web\na\tb\n")
    found = guessed(tmp_path)
    assert "x.tsv (begins with a comment" in found.remarks


def test_a_folder_of_class_folders_holds_images_to_classify(guessed, picture, tmp_path):
    for number in range(3):
        picture(f"cat/{number}.png")
        picture(f"dog/{number}.png", 60, 52)
    found = guessed(tmp_path)
    assert found["task.kind"] == "image_classification"
    assert found["data.source.kind"] == "image_folder"
    assert (found["model.kind"], found["model.stem"]) == ("resnet", "small")
    assert found["model.image_size"] == 40
    assert "cat 3, dog 3" in found.remarks
    assert "{kind: flip}" in found.remarks


def test_large_images_are_made_small_enough_for_a_laptop(guessed, picture, tmp_path):
    picture("cat/1.png", 300, 500)
    picture("dog/1.png", 900, 500)
    found = guessed(tmp_path)
    assert (found["model.depth"], found["model.image_size"]) == (18, 96)


def test_characters_are_not_to_be_mirrored(guessed, picture, tmp_path):
    picture("6/1.png")
    picture("9/1.png")
    remarks = guessed(tmp_path).remarks
    assert "no flip" in remarks
    assert "{kind: flip}" not in remarks


@pytest.mark.parametrize("folder", ["", "images/"])
def test_a_table_of_names_of_images_is_read_with_them(guessed, picture, write, tmp_path, folder):
    for number in range(6):
        picture(f"{folder}{number}.png")
    rows = "".join(f"{i}.png,{'cat' if i % 2 else 'dog'}\n" for i in range(6))
    found = guessed(write("labels.csv", f"file,class\n{rows}"))
    assert found["task.kind"] == "image_classification"
    assert (found["task.image"], found["task.label"]) == ("file", "class")
    assert found["data.source.kind"] == "image_table"
    assert ("data.source.images" in found) == bool(folder)


def test_a_table_of_images_may_have_several_labels_or_numbers(guessed, picture, write):
    for number in range(8):
        picture(f"{number}.png")
    tags = ("sea; sky", "sky", "sea")
    rows = "".join(f"{i}.png,{tags[i % 3]},{i / 4}\n" for i in range(8))
    found = guessed(write("labels.csv", f"file,tags,age\n{rows}"))
    assert found["task.kind"] == "image_multi_label"
    assert found["task.separator"] == ";"
    assert "`age` (numbers)" in found.remarks


def test_names_of_images_may_be_spelled_otherwise_on_disk(guessed, picture, write):
    for place in range(6):
        picture(unicodedata.normalize("NFD", f"사진/{place}한글.png"), 24, 24)
    rows = "".join(f"{place}한글.png,{'ab'[place % 2]}\n" for place in range(6))
    found = guessed(write("list.csv", f"file,class\n{rows}"))
    assert (found["data.source.kind"], found["model.image_size"]) == ("image_table", 24)


def test_a_damaged_image_among_those_of_a_table_is_passed_over(guessed, picture, tmp_path):
    data = picture("one.png", 24, 24).read_bytes()
    cells = [*([data] * 7), b"no image"]
    table = pyarrow.table({"image": cells, "label": list("aabbabab")})
    pyarrow.parquet.write_table(table, tmp_path / "images.parquet")
    assert guessed(tmp_path / "images.parquet")["model.image_size"] == 24


def test_images_that_are_not_there_are_missed(guessed):
    rows = "".join(f"{i}.png,{i % 2}\n" for i in range(6))
    with pytest.raises(errors.DataError, match="Put the images or their folder beside the table"):
        guessed("labels.csv", f"file,class\n{rows}")


def test_names_of_images_are_followed_from_tables_alone(guessed, picture):
    picture("1.png")
    with pytest.raises(errors.DataError, match="Save the table as CSV"):
        guessed("labels.jsonl", json.dumps({"file": "1.png", "label": "x"}) * 4)


def test_images_right_in_the_folder_have_no_classes(guessed, picture, tmp_path):
    picture("1.png")
    with pytest.raises(errors.DataError, match="Expected one folder per class"):
        guessed(tmp_path)


def test_an_empty_folder_is_told_what_could_be_in_it(guessed, tmp_path):
    with pytest.raises(errors.DataError, match="neither tables"):
        guessed(tmp_path)


def test_a_path_that_is_not_there_is_told(guessed, tmp_path):
    with pytest.raises(errors.DataError, match="does not exist"):
        guessed(tmp_path / "nowhere.csv")
