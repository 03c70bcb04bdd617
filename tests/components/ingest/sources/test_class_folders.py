"""Tests of components/ingest/sources/{class_folders,image_*}.py: trees of images."""

import os
import unicodedata
from collections import Counter

import pytest
from PIL import Image

from components.ingest import columns, config, errors, fingerprint, reading, row

WANTED = columns.Wanted(("image", "label"), "image")
FEATURES = (config.Feature("image", "image"), config.Feature("label", "category", field="label"))


def put(base, *paths):
    """Small images at some paths; those in braces of a shell, as in `{a,b}/{c,d}`."""
    for path in paths:
        target = base / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 3), 9).save(target, "PNG")


def tree(base, tops, inner=("cat", "dog"), number=2):
    put(base, *(f"{top}/{name}/{i}.png" for top in tops for name in inner for i in range(number)))


def entries(base, path=".", source=config.ImageFolderSource):
    opened = reading.open_source(source(path), str(base), "", WANTED)
    return [entry for shard in opened.shards for entry in opened.read(shard)]


def counts(base, path="."):
    """Images by split and label, and what was rejected."""
    found = entries(base, path)
    good = [entry for entry in found if isinstance(entry, row.Row)]
    bad = {entry.where: entry.reason for entry in found if isinstance(entry, row.Rejected)}
    return Counter((entry.split, entry.values["label"]) for entry in good), bad


def refusal(base, path="."):
    with pytest.raises(errors.DataError) as caught:
        entries(base, path)
    return str(caught.value)


SPLIT = {("train", "cat"): 2, ("train", "dog"): 2, ("test", "cat"): 2, ("test", "dog"): 2}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "Testing"),
        ("training_set", "test_set"),
        ("training_set/training_set", "test_set/test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train/images", "test/images"),
        ("train_data", "test-data"),
        ("TrainSet", "TestSet"),
        ("train2017", "test2017"),
        ("asl_alphabet_train/asl_alphabet_train", "asl_alphabet_test/asl_alphabet_test"),
        ("flowers train", "flowers test"),
    ],
)
def test_split_folders_are_read_as_splits_whatever_they_are_called(tmp_path, train, test):
    tree(tmp_path, (train, test))
    assert counts(tmp_path) == (SPLIT, {})


@pytest.mark.parametrize("name", ["val", "valid", "Validation", "val_set", "dev", "evaluation"])
def test_validation_folders_are_read_as_eval(tmp_path, name):
    tree(tmp_path, ("train", name))
    assert {split for split, _ in counts(tmp_path)[0]} == {"train", "eval"}


def test_splits_may_stand_in_the_class_folders(tmp_path):
    tree(tmp_path, ("cat", "dog"), ("train", "test"))
    assert counts(tmp_path) == (SPLIT, {})


@pytest.mark.parametrize("tops", [("a",), ("a/b",), ("images",)])
def test_a_path_one_level_too_high_is_told_with_the_right_one(tmp_path, tops):
    tree(tmp_path / "data", tops)
    said = refusal(tmp_path, "data")
    assert "is one level too high: 'data' holds only the folder" in said
    assert f"holds 'cat', 'dog'. Set `path: data/{tops[0]}`" in said


def test_a_path_one_level_too_low_is_told(tmp_path):
    tree(tmp_path, ("photos",))
    assert "`path` may be one level too low: name the folder above" in refusal(
        tmp_path, "photos/cat"
    )


def test_classes_that_hold_the_same_folders_are_refused(tmp_path):
    tree(tmp_path, ("batch one", "batch two"))
    said = refusal(tmp_path)
    assert "'batch one', 'batch two' all hold the same sub-folders ('cat', 'dog')" in said
    assert "`path`" in said


def test_classes_may_have_sub_folders_of_their_own(tmp_path):
    tree(tmp_path, ("animals",), ("cat", "dog"))
    tree(tmp_path, ("vehicles",), ("bus", "car"))
    assert counts(tmp_path) == ({(None, "animals"): 4, (None, "vehicles"): 4}, {})


def test_classes_may_each_have_one_folder_of_the_same_name(tmp_path):
    tree(tmp_path, ("cat", "dog"), ("images",))
    assert counts(tmp_path) == ({(None, "cat"): 2, (None, "dog"): 2}, {})


def test_one_image_beside_the_sub_folders_makes_a_class(tmp_path):
    tree(tmp_path, ("good", "bad"), ("front", "back"))
    put(tmp_path, "good/0.png", "bad/0.png")
    assert counts(tmp_path) == ({(None, "good"): 5, (None, "bad"): 5}, {})


@pytest.mark.parametrize(
    "name", ["test", "test1", "seg_pred", "unlabeled", "test/test", "test/images"]
)
def test_images_without_classes_beside_splits_are_told_and_not_learned(tmp_path, name):
    tree(tmp_path, ("train", "valid"))
    put(tmp_path, *(f"{name}/{i}.png" for i in range(3)))
    found, bad = counts(tmp_path)
    assert {label for _, label in found} == {"cat", "dog"}
    assert list(bad) == [name.split("/")[0]]
    assert "3 images without class folders have no labels" in bad[name.split("/")[0]]


@pytest.mark.parametrize("name", ["test", "unlabeled", "Unlabelled_images"])
def test_images_without_classes_beside_classes_are_told_and_not_learned(tmp_path, name):
    put(tmp_path, "cat/a.png", "dog/a.png", f"{name}/a.png")
    found, bad = counts(tmp_path)
    assert found == {(None, "cat"): 1, (None, "dog"): 1}
    assert list(bad) == [name]


@pytest.mark.parametrize("classes", [("control", "test"), ("invalid", "valid"), ("bus", "train")])
def test_two_classes_may_have_names_of_splits(tmp_path, classes):
    put(tmp_path, *(f"{name}/a.png" for name in classes))
    assert counts(tmp_path) == ({(None, name): 1 for name in classes}, {})


def test_folders_without_images_are_told_once(tmp_path):
    tree(tmp_path, (".",))
    (tmp_path / "annotations" / "more").mkdir(parents=True)
    for name in ("a.xml", "more/b.xml", "Thumbs.db", ".DS_Store"):
        (tmp_path / "annotations" / name).write_text("<a/>")
    found, bad = counts(tmp_path)
    assert found == {(None, "cat"): 2, (None, "dog"): 2}
    assert bad == {"annotations": "holds no images; move the folder elsewhere"}


def test_splits_in_a_folder_around_them_are_no_classes(tmp_path):
    tree(tmp_path, ("images/train", "images/val"))
    (tmp_path / "labels" / "train").mkdir(parents=True)
    (tmp_path / "labels" / "train" / "0.txt").write_text("0 1")
    assert "holds only the folder 'images', which holds 'train', 'val'" in refusal(tmp_path)


def test_split_folders_without_class_folders_are_refused(tmp_path):
    put(tmp_path, "train/cat.0.jpg", "test/1.jpg")
    assert "images lie right in the split folders 'test', 'train'" in refusal(tmp_path)


def test_other_folders_beside_splits_are_refused(tmp_path):
    tree(tmp_path, ("train", "backup"))
    assert "beside the split folder 'train' there are other folders: 'backup'" in refusal(tmp_path)


LEFTOVERS = (
    "__MACOSX/cat/._0.png",
    "cat/@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg",
    "$RECYCLE.BIN/desktop.ini",
    "System Volume Information/x.png",
    "lost+found/x.png",
    ".ipynb_checkpoints/x.png",
    "cat/.ipynb_checkpoints/x-checkpoint.png",
    ".git/x.png",
    "#recycle/x.png",
    "cat/Thumbs.db",
    "cat/desktop.ini",
    "cat/.DS_Store",
    "dog/._0.png",
    "dog/_annotations.coco.json",
    "README.roboflow.txt",
    "README.dataset.txt",
    "README.md",
    "LICENSE",
    "labels.csv",
    "c.yaml",
    "photos.zip",
)


@pytest.mark.parametrize("top", ["", "train/", "train/train/"])
def test_what_other_programs_leave_is_neither_class_nor_image(tmp_path, top):
    tree(tmp_path / top, (".",))
    before = fingerprint.fingerprint(
        config.DataConfig(config.ImageFolderSource(".")), FEATURES, str(tmp_path)
    )
    for leftover in LEFTOVERS:
        (tmp_path / top / leftover).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / top / leftover).write_bytes(b"x")
    found, bad = counts(tmp_path)
    assert (sorted(found.values()), bad) == ([2, 2], {})
    assert before == fingerprint.fingerprint(
        config.DataConfig(config.ImageFolderSource(".")), FEATURES, str(tmp_path)
    )


def test_stray_images_are_told(tmp_path):
    tree(tmp_path, ("train/train",))
    put(tmp_path, "a.JPG", "train/b.png", "train/train/c", "train/train/cat/deep/d.HEIC")
    found, bad = counts(tmp_path)
    assert found[("train", "cat")] == 3
    assert set(bad) == {"a.JPG", "train/b.png", "train/train/c"}


def test_the_workspace_in_an_image_folder_is_no_class(tmp_path):
    tree(tmp_path, (".",))
    data = config.DataConfig(config.ImageFolderSource("."))
    before = fingerprint.fingerprint(data, FEATURES, str(tmp_path))
    put(tmp_path, "workspace/runs/pets/run.lock", "workspace/samples/digits-0123456789ab/0/a.png")
    put(tmp_path, *(f"workspace/{name}" for name in ("hub/a.png", "served/a.png", "server.log")))
    assert counts(tmp_path) == ({(None, "cat"): 2, (None, "dog"): 2}, {})
    put(tmp_path, "runs/pets/run.lock", "served/pets/1/a.png", "runs/pets/artifacts/a.png")
    assert counts(tmp_path) == ({(None, "cat"): 2, (None, "dog"): 2}, {})
    assert fingerprint.fingerprint(data, FEATURES, str(tmp_path)) == before
    put(tmp_path, "cat/new.png")
    assert fingerprint.fingerprint(data, FEATURES, str(tmp_path)) != before


def test_labels_are_composed_and_the_same_in_all_splits(tmp_path):
    apart = unicodedata.normalize("NFD", "고양이")
    put(tmp_path, f"train/{apart}/a.png", "train/dog/a.png", "test/고양이/a.png", "test/dog/a.png")
    assert counts(tmp_path)[0] == {
        (split, label): 1 for split in ("train", "test") for label in ("고양이", "dog")
    }


def test_images_whose_names_are_not_utf8_are_read(tmp_path):
    name = os.fsdecode("고양이".encode("cp949"))
    put(tmp_path, "cat/a.png", f"dog/{name}.png", f"dog/{name}/b.png", "dog/line\nbreak.png")
    (tmp_path / "dog" / f"{name}.jpg").write_bytes(b"no image")
    found = {entry.where for entry in entries(tmp_path)}
    assert found == {
        "cat/a.png",
        "dog/\\xb0\\xed\\xbe\\xe7\\xc0\\xcc.png",
        "dog/\\xb0\\xed\\xbe\\xe7\\xc0\\xcc.jpg",
        "dog/\\xb0\\xed\\xbe\\xe7\\xc0\\xcc/b.png",
        "dog/line\\nbreak.png",
    }


@pytest.mark.parametrize(
    ("name", "encoding"), [("고양이", "cp949"), ("評価", "shift_jis"), ("chats évadés", "latin-1")]
)
@pytest.mark.parametrize("top", ["", "train/"])
def test_class_folders_whose_names_are_not_utf8_are_refused(tmp_path, name, encoding, top):
    raw = name.encode(encoding)
    put(tmp_path, f"{top}dog/a.png", f"{top}{os.fsdecode(raw)}/a.png")
    said = refusal(tmp_path)
    assert f"\\x{max(raw):02x}" in said
    assert "is not UTF-8, so it cannot be a label" in said
    assert "convmv" in said
    assert "unzip -O" in said


def test_pipes_and_devices_are_rejected_instead_of_waited_for(tmp_path):
    put(tmp_path, "cat/a.png")
    os.mkfifo(tmp_path / "cat" / "b.png")
    (tmp_path / "cat" / "c.png").symlink_to("/dev/zero")
    (tmp_path / "cat" / "d.png").symlink_to("nowhere")
    bad = counts(tmp_path)[1]
    assert {where: reason.split(":")[0] for where, reason in bad.items()} == {
        "cat/b.png": "a named pipe and no file",
        "cat/c.png": "a device and no file",
        "cat/d.png": "No such file or directory",
    }


def table(base, *paths):
    lines = "".join(f"{path},x\n" for path in paths)
    (base / "t.csv").write_text(f"image,label\n{lines}")
    return entries(base, "t.csv", config.ImageTableSource)


def test_tables_may_spell_image_paths_otherwise(tmp_path):
    put(tmp_path, unicodedata.normalize("NFD", "사진/고양이.png"), "b/1.PNG", "[c]/2.png")
    found = table(tmp_path, "사진/고양이.png", "b/1.png", "b\\1.PNG", "[c]/2.png")
    assert [type(entry) for entry in found] == [row.Row] * 4


def test_a_table_may_be_a_link_to_a_file_of_another_name_elsewhere(tmp_path):
    put(tmp_path, "a.png")
    table(tmp_path, "a.png")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "t.csv").rename(tmp_path / "blobs" / "0123abcd")
    (tmp_path / "t.csv").symlink_to("blobs/0123abcd")
    (found,) = entries(tmp_path, "t.csv", config.ImageTableSource)
    assert found.values["label"] == "x"


def test_paths_of_a_table_that_lead_nowhere_are_rejected(tmp_path):
    put(tmp_path, "a.png", "B.png", "B.PNG")
    found = table(tmp_path, "a.png", "a.png/b.png", "/dev/zero", "x" * 5000, "a\0b", "", "b.Png")
    reasons = {entry.reason.split(":")[0] for entry in found if isinstance(entry, row.Rejected)}
    assert reasons == {
        "Not a directory",
        "a device and no file",
        "File name too long",
        "embedded null byte",
        "Is a directory",
        "No such file or directory",
    }


def test_the_fingerprint_of_a_table_follows_the_images_that_it_lists(tmp_path):
    put(tmp_path, "a.png", "other.png")
    table(tmp_path, "a.png", "late.png")
    data = config.DataConfig(config.ImageTableSource("t.csv"))
    seen = [fingerprint.fingerprint(data, FEATURES, str(tmp_path))]
    put(tmp_path, "other.png", "workspace/runs/pets/run.lock")
    (tmp_path / "c.yaml").write_text("name: pets")
    assert fingerprint.fingerprint(data, FEATURES, str(tmp_path)) == seen[0]
    put(tmp_path, "late.png")
    seen.append(fingerprint.fingerprint(data, FEATURES, str(tmp_path)))
    os.utime(tmp_path / "a.png", ns=(1, 1))
    seen.append(fingerprint.fingerprint(data, FEATURES, str(tmp_path)))
    os.utime(tmp_path / "t.csv", ns=(1, 1))
    seen.append(fingerprint.fingerprint(data, FEATURES, str(tmp_path)))
    assert len(set(seen)) == 4
