"""Files of plain text: a row is a line, or a block of lines."""

import gzip

import pytest

from components.ingest import columns, config, errors, row
from components.ingest.sources import plain_text

TEXT = "\ufeffOne fish.\n\n\n  Two fish. \r\nRed fish.\n \t\nBlue fish."


def read(folder, content, wanted=("text",), **fields):
    (folder / "a.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    source = config.TextSource(path="a.txt", **fields)
    shards = plain_text.shards(source, str(folder), columns.Wanted(tuple(wanted), None))
    return [entry for shard in shards for entry in plain_text.read(source, shard)]


def test_every_line_with_content_is_a_row(tmp_path):
    found = read(tmp_path, TEXT)
    assert [one.values["text"] for one in found] == [
        *("One fish.", "Two fish.", "Red fish.", "Blue fish.")
    ]
    assert [one.where for one in found] == ["a.txt:1", "a.txt:4", "a.txt:5", "a.txt:7"]


def test_every_block_of_lines_is_a_row(tmp_path):
    found = read(tmp_path, TEXT, row="block")
    assert [one.values["text"] for one in found] == [
        *("One fish.", "Two fish. Red fish.", "Blue fish.")
    ]
    assert [one.where for one in found] == ["a.txt:1", "a.txt:4", "a.txt:7"]


def test_gzipped_files_are_read_as_they_are(tmp_path):
    assert read(tmp_path, gzip.compress(TEXT.encode())) == read(tmp_path, TEXT)


def test_large_files_are_read_in_parts_where_lines_are_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("components.ingest.text.lines.divide.__defaults__", (20,))
    whole, parts = read(tmp_path, TEXT, row="block"), read(tmp_path, TEXT)
    assert (len(whole), len(parts)) == (3, 4)
    assert parts[-1].where == "a.txt:7"


def test_a_line_that_is_no_text_is_rejected_and_ends_its_block(tmp_path):
    first, bad, last = read(tmp_path, b"one\n\xff\xfe\xff\ntwo\n", row="block")
    assert (first.values["text"], last.values["text"]) == ("one", "two")
    assert isinstance(bad, row.Rejected)
    assert bad.where == "a.txt:2"


def test_other_columns_are_refused(tmp_path):
    with pytest.raises(errors.DataError, match="label"):
        read(tmp_path, TEXT, wanted=("text", "label"))


def test_blank_files_are_refused(tmp_path):
    with pytest.raises(errors.DataError, match="a.txt: only blank lines. Expected text"):
        read(tmp_path, " \n\n")
