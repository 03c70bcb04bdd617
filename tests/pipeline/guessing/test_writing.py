"""Texts and others that could be written from them, as `maru init` tells them."""

import dataclasses

import pytest

from components.ingest import errors
from models import zoo
from models.tasks.sequence_to_sequence import SequenceToSequence

GERMAN = "".join(f"this is house {i}\tdas ist Haus {i}\n" for i in range(30))
KOREAN = "".join(f"this is house {i},이것은 {i}번 집입니다\n" for i in range(30))
CHINESE = "".join(f"this is house {i},这是第{i}个房子\n" for i in range(30))


@pytest.mark.parametrize(
    ("name", "content", "kind", "source", "target"),
    [
        ("a.tsv", "en\tde\n" + GERMAN, "tsv", "en", "de"),
        ("a.tsv", "target\tsource\n" + GERMAN, "tsv", "source", "target"),
        ("a.csv", "영어,한국어\n" + KOREAN, "csv", "영어", "한국어"),
        ("a.csv", "src_text,tgt_text\n" + KOREAN, "csv", "src_text", "tgt_text"),
    ],
)
def test_translations_are_told(guessed, name, content, kind, source, target):
    found = guessed(name, content)
    keys = ("task.kind", "data.source.kind", "task.source", "task.target")
    assert tuple(map(found.__getitem__, keys)) == ("sequence_to_sequence", kind, source, target)
    assert "other way" in "".join(
        one.instead for one in found.guess.lines if getattr(one, "key", "") == "task.source"
    )


@pytest.mark.parametrize(
    ("content", "tokens"),
    [("en\tde\n" + GERMAN, None), ("en,ko\n" + KOREAN, "char"), ("en,zh\n" + CHINESE, "char")],
)
def test_words_without_spaces_are_counted_by_characters(guessed, content, tokens):
    found = guessed("a.tsv" if tokens is None else "a.csv", content)
    assert ("task.bleu_tokens" in found) == (tokens is not None)
    assert tokens is None or found["task.bleu_tokens"] == tokens


def test_further_languages_are_named(guessed):
    rows = "".join(f"this is house {i}\tdas ist Haus {i}\tc'est la {i}\n" for i in range(30))
    assert "`fr`" in guessed("a.tsv", "en\tde\tfr\n" + rows).remarks


def test_summaries_are_written_from_the_longer_text(guessed):
    rows = "".join(f"told {i},so much to tell of it all {i},p{i}\n" for i in range(20))
    found = guessed("a.csv", "summary,article,id\n" + rows)
    assert (found["task.source"], found["task.target"]) == ("article", "summary")
    assert found["task.headline"] == "rougel"


def test_a_label_is_learned_before_a_text_is_written(guessed):
    rows = "".join(f"this is house {i}\tdas ist Haus {i}\t{i % 2}\n" for i in range(30))
    assert guessed("a.tsv", "en\tde\tlabel\n" + rows)["task.kind"] != "sequence_to_sequence"


def test_files_in_pairs_are_told_with_their_splits(guessed, write):
    english, german = zip(*(line.split("\t") for line in GERMAN.splitlines()), strict=True)
    for split in ("train", "val"):
        write(f"d/{split}.en", "\n".join(english))
        path = write(f"d/{split}.de", "\n".join(german))
    write("d/README.md", "About.")
    found = guessed(path.parent)
    assert found["data.source.kind"] == "aligned"
    assert found["data.source.endings"] == ["de", "en"]
    assert (found["task.source"], found["task.target"]) == ("de", "en")
    assert found["data.source.path"] == str(path.parent)


def test_pairs_whose_endings_are_no_languages_are_told_too(guessed, write):
    write("d/a.in", "one\ntwo\nthree four\n")
    path = write("d/a.out", "eins\nzwei\ndrei vier\n")
    found = guessed(path.parent)
    assert (found["task.source"], found["task.target"]) == ("in", "out")


def test_a_file_without_its_other_is_no_pair(guessed, write):
    write("d/a.en", "one\n")
    write("d/a.de", "eins\n")
    path = write("d/b.en", "two\n")
    with pytest.raises(errors.DataError, match="holds neither tables"):
        guessed(path.parent)


@pytest.mark.parametrize("rows", [30, 20_000])
def test_the_zoo_and_the_task_take_what_is_guessed(guessed, rows):
    lines = "".join(f"this is house {i}\tdas ist Haus {i}\n" for i in range(rows))
    found = guessed("a.tsv", f"en\tde\n{lines}")
    config = zoo.MODELS[found["model.kind"]].config
    names = {field.name for field in dataclasses.fields(config)}
    fields = {field.name for field in dataclasses.fields(SequenceToSequence)}
    keys = [one.key for one in found.guess.lines if hasattr(one, "key")]
    assert {key.removeprefix("model.") for key in keys if key.startswith("model.")} <= names
    assert {key.removeprefix("task.") for key in keys if key.startswith("task.")} <= fields
