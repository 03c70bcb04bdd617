"""Tests of components/ingest/sources/aligned.py."""

import gzip

import pydantic
import pytest

from components.ingest import columns, config, errors, row
from components.ingest.sources import aligned

WANTED = columns.Wanted(("en", "de"), None)


def written(folder, **files):
    for name, content in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_bytes(content)
    return config.AlignedSource(path=str(folder), endings=("en", "de"))


def entries(source, folder):
    return [
        entry
        for pair in aligned.shards(source, str(folder), WANTED)
        for entry in aligned.read(source, pair)
    ]


def test_lines_of_two_files_are_rows_and_names_are_splits(tmp_path):
    source = written(
        tmp_path,
        train_en="a man\n\ufeffa dog 😀\r\n".encode(),
        train_de=b"ein Mann\nein Hund\n",
        val_en=b"the end",
        val_de=b"das Ende",
    )
    (tmp_path / "train.fr").write_text("un homme\n")
    found = entries(source, tmp_path)
    assert [one.values for one in found] == [
        {"en": "a man", "de": "ein Mann"},
        {"en": "a dog 😀", "de": "ein Hund"},
        {"en": "the end", "de": "das Ende"},
    ]
    assert [one.split for one in found] == ["train", "train", "eval"]
    assert found[1].where == "train.en:2"


def test_one_file_may_be_compressed(tmp_path):
    source = written(tmp_path, a_en=b"one\n")
    (tmp_path / "a.de.gz").write_bytes(gzip.compress(b"eins\n"))
    assert [one.values for one in entries(source, tmp_path)] == [{"en": "one", "de": "eins"}]


def test_a_line_that_is_no_text_is_named(tmp_path):
    found = entries(written(tmp_path, a_en=b"one\ntwo\n", a_de=b"eins\n\xff\xfe\n"), tmp_path)
    assert [type(one) for one in found] == [row.Row, row.Rejected]
    assert found[1].where == "a.en:2"


@pytest.mark.parametrize(
    ("english", "longer", "shorter"),
    [(b"one\n", "a.de", "a.en"), (b"one\ntwo\nthree\n", "a.en", "a.de")],
)
def test_files_of_different_lines_are_refused(tmp_path, english, longer, shorter):
    source = written(tmp_path, a_en=english, a_de=b"eins\nzwei\n")
    with pytest.raises(errors.DataError, match=f"{longer} has more lines than {shorter}"):
        entries(source, tmp_path)


def test_a_file_without_its_other_is_refused(tmp_path):
    with pytest.raises(errors.DataError, match="Received: 'b'. Look at `data.source.endings`"):
        entries(written(tmp_path, a_en=b"x", a_de=b"y", b_de=b"z"), tmp_path)


def test_other_columns_are_not_there(tmp_path):
    source = written(tmp_path, a_en=b"x", a_de=b"y")
    with pytest.raises(errors.DataError, match="no column 'fr'"):
        aligned.shards(source, str(tmp_path), columns.Wanted(("en", "fr"), None))


def test_endings_must_tell_files_apart():
    adapter = pydantic.TypeAdapter(config.AlignedSource)
    with pytest.raises(pydantic.ValidationError, match="must be the two endings"):
        adapter.validate_python({"path": "x", "endings": ["en", "en"]})
