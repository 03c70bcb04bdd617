"""Tests of `maru augment` and of what `maru check` says of `augmentation`."""

import re

import numpy as np
import pytest
from PIL import Image

from pipeline.commands import augment, augment_test, check, doctor, ladder, run, tune

TEXTS = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1}}
augmentation:
  - kind: eda
    synonyms: [{kind: thesaurus, path: ko.tsv}]
    random_insertion: {n_aug: 0}
copies: {balance: true}
model: {kind: text_cnn}
"""
SEARCH = "tuning={space: {training.batch_size: {values: [4, 8]}}}"
IMAGES = """\
name: signs
task: {kind: image_classification}
data: {source: {kind: image_folder, path: signs}, split: {train: 2, eval: 1}}
augmentation: [flip]
model: {kind: resnet, blocks: [1], width: 4, stem: small, image_size: 6}
"""


@pytest.fixture
def texts(tmp_path):
    rows = [f"정말 좋은 영화 번호 {i},{'good' if i % 3 else 'bad'}" for i in range(30)]
    (tmp_path / "reviews.csv").write_text("\n".join(["text,label", *rows]), "utf-8")
    (tmp_path / "ko.tsv").write_text("좋은\t훌륭한\n", "utf-8")
    (tmp_path / "reviews.yaml").write_text(TEXTS, "utf-8")
    return tmp_path / "reviews.yaml"


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    for label, count in {"6": 9, "9": 6}.items():
        (tmp_path / "signs" / label).mkdir(parents=True)
        for index in range(count):
            pixels = rng.integers(0, 255, (7, 5, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "signs" / label / f"{index}.png")
    (tmp_path / "signs.yaml").write_text(IMAGES, "utf-8")
    return tmp_path / "signs.yaml"


def test_texts_are_shown_beside_what_each_operation_makes(texts, tmp_path, capfd):
    out = tmp_path / "new" / "sheet.html"
    augment.run(texts, (), tmp_path / "w", out, 3)
    page = out.read_text("utf-8")
    assert page.count("<h2>") == 3
    assert "<del>좋은</del><mark>훌륭한</mark>" in page
    for name in ("eda.synonym_replacement", "eda.random_swap", "eda.random_deletion"):
        assert page.count(f"<th>{name}</th>") == 3
    shown = capfd.readouterr().out
    assert "eda: the answer survives" in shown
    (total,) = (line.split() for line in shown.splitlines() if line.split()[:1] == ["all"])
    # Up to 500 rows each of the three operations gives four texts; labels are balanced.
    rows = [line.split() for line in shown.splitlines() if line.split()[:1] in (["good"], ["bad"])]
    largest = max(int(before) for _, before, _ in rows)
    assert {int(after) for *_, after in rows} == {13 * largest}
    assert int(total[1]) == sum(int(before) for _, before, _ in rows)
    assert str(out) in shown


def test_two_texts_and_a_number_are_shown_beside_each_other(texts, tmp_path, capfd):
    rows = [f"정말 좋은 영화 {i},a good film of {i},{i / 2}" for i in range(20)]
    (tmp_path / "pairs.csv").write_text("\n".join(["first,second,alike", *rows]), "utf-8")
    overrides = (
        "task={kind: text_pair_regression, target: alike}",
        "data.source.path=pairs.csv",
        "copies={}",
        "augmentation.0.columns=[first]",
    )
    out = tmp_path / "sheet.html"
    augment.run(texts, overrides, tmp_path / "w", out, 3)
    page = out.read_text("utf-8")
    assert page.count("<tr><th></th><th>first</th><th>second</th></tr>") == 3
    assert page.count("<del>좋은</del><mark>훌륭한</mark>") >= 3
    assert '<td dir="auto">a good film of ' in page
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert all(float(heading) * 2 in range(20) for heading in headings)
    shown = capfd.readouterr().out
    assert "each is varied by itself" in " ".join(shown.split())
    lines = [line.split() for line in shown.splitlines()]
    (total,) = (line for line in lines if line[:1] == ["all"])
    assert int(total[2]) == 13 * int(total[1])


def test_sets_of_labels_are_shown_and_doubted_too(images, tmp_path, capfd):
    files = sorted((tmp_path / "signs").rglob("*.png"))
    rows = [f"{path.relative_to(tmp_path)},{i % 3}|{i % 5 + 3}" for i, path in enumerate(files)]
    (tmp_path / "sets.csv").write_text("\n".join(["image,named", *rows]), "utf-8")
    overrides = (
        'task={kind: image_multi_label, labels: named, separator: "|"}',
        "data.source={kind: image_table, path: sets.csv}",
        "augmentation=[flip, {kind: mixup, alpha: 5.0}]",
    )
    augment.run(images, overrides, tmp_path / "w", None, 3)
    assert "(flip) mirrors images" in " ".join(capfd.readouterr().out.split())
    assert check.check(images, overrides, tmp_path / "w") == 0
    assert "(flip) mirrors images" in " ".join(capfd.readouterr().out.split())


def test_images_are_drawn_and_doubts_are_said(images, tmp_path, capfd):
    augment.run(images, (), tmp_path / "w", None, 2)
    with Image.open(tmp_path / "w/runs/signs/augment/preview.png") as sheet:
        assert sheet.format == "PNG"
    shown = " ".join(capfd.readouterr().out.split())
    assert "`augmentation[0]` (flip) mirrors images" in shown
    assert "drawn anew each epoch while training" in shown


def test_check_says_the_doubts_too(images, tmp_path, capfd):
    assert check.check(images, (), tmp_path / "w") == 0
    assert "(flip) mirrors images" in capfd.readouterr().out


def test_a_config_without_augmentation_is_told_what_to_write(texts, tmp_path):
    overrides = ("augmentation=[]", "copies={}")
    with pytest.raises(ValueError, match=r"no `augmentation`.*\n.*augmentation: \[eda\]"):
        augment.run(texts, overrides, tmp_path / "w", None, 3)


def test_a_wrong_ending_is_refused(texts, tmp_path):
    with pytest.raises(ValueError, match=r"--out: a preview of texts is a .html file.*a.png"):
        augment.run(texts, (), tmp_path / "w", tmp_path / "a.png", 3)


@pytest.mark.parametrize(
    "command",
    [
        lambda path, workspace: check.check(path, (), workspace),
        lambda path, workspace: run.run(path, (), workspace),
        lambda path, workspace: augment.run(path, (), workspace, None, 3),
        lambda path, workspace: augment_test.run(
            path, 2, (), workspace, per_operation=False, with_equal_steps=False
        ),
        lambda path, workspace: doctor.run(path, (), workspace),
        lambda path, workspace: ladder.run(path, ["bow"], (), workspace),
        lambda path, workspace: tune.tune(path, (SEARCH,), workspace),
    ],
    ids=["check", "run", "augment", "augment-test", "doctor", "ladder", "tune"],
)
def test_a_missing_file_is_refused_before_anything_is_written(texts, tmp_path, command):
    (tmp_path / "ko.tsv").unlink()
    message = r"(?s)1 problem in .*reviews.yaml:.*augmentation\[0\].synonyms\[0\].path: .*ko.tsv"
    with pytest.raises(ValueError, match=message):
        command(texts, tmp_path / "w")
    assert not (tmp_path / "w").exists()
