"""Tests of components/ingest/files/contents.py: files that are not what their name says."""

import bz2
import gzip
import io
import lzma
import pickle
import random
import re
import sqlite3
import tarfile
import zipfile

import numpy
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

from components import tfrecord
from components.ingest import columns, config, errors, reading, tfexample
from components.ingest.files import contents

WANTED = columns.Wanted(("text", "label"), None)
TABLE = b"text,label\none day,x\ntwo days,y\n"
SOURCES = {"csv": config.CsvSource, "tsv": config.TsvSource, "jsonl": config.JsonlSource}


def shards(tmp_path, data, kind="csv", name=None):
    name = name or f"a.{kind}"
    (tmp_path / name).write_bytes(data)
    return reading.open_source(SOURCES[kind](name), str(tmp_path), "", WANTED)


def refusal(tmp_path, data, kind="csv", name=None):
    with pytest.raises(errors.DataError) as caught:
        shards(tmp_path, data, kind, name)
    message = str(caught.value)
    assert "encoding" not in message and "codec" not in message
    return message


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, TABLE)
    return buffer.getvalue()


def tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(TABLE)
        packed.addfile(entry, io.BytesIO(TABLE))
    return buffer.getvalue()


def arrow(write):
    buffer = io.BytesIO()
    write(pyarrow.table({"text": ["a"], "label": ["x"]}), buffer)
    return buffer.getvalue()


def saved(array):
    buffer = io.BytesIO()
    numpy.save(buffer, array)
    return buffer.getvalue()


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (text, label)")
    return connection.serialize()


def records():
    buffer = io.BytesIO()
    tfrecord.write(buffer, [tfexample.serialize({"text": b"a", "label": b"x"})])
    return gzip.decompress(buffer.getvalue())


BINARIES = {
    "compressed with bzip2.*bunzip2": bz2.compress(TABLE),
    "compressed with xz.*unxz": lzma.compress(TABLE),
    "compressed with lzma": lzma.compress(TABLE, lzma.FORMAT_ALONE),
    "compressed with Zstandard.*unzstd": bytes(pyarrow.compress(TABLE, "zstd", asbytes=True)),
    "compressed with gzip twice": gzip.compress(gzip.compress(TABLE)),
    "a zip archive of train.csv.*unzip": archive("train.csv"),
    "a zip archive, cut short": archive("train.csv")[:40],
    "an Excel workbook.*CSV UTF-8": archive("[Content_Types].xml", "xl/workbook.xml"),
    "an OpenDocument spreadsheet": archive("mimetype", "content.xml"),
    "a PyTorch file": archive("model/data.pkl", "model/version"),
    r"a NumPy archive": archive("a.npy"),
    "a NumPy array": saved(numpy.arange(3)),
    "an old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a Parquet file.*kind: parquet": arrow(pyarrow.parquet.write_table),
    "an Arrow": arrow(pyarrow.feather.write_feather),
    "a SQLite database": database(),
    "a Python pickle": pickle.dumps([{"text": "a", "label": "x"}]),
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "a web page": b"\n<!DOCTYPE html>\n<html><head><title>404</title>",
    "XML.*Download": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "a Git LFS pointer.*git lfs pull": b"version https://git-lfs.github.com/spec/v1\noid",
    "a TFRecord file.*kind: tfrecord": records(),
    "a tar archive": tar(),
    "a PNG image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    r"document protection \(DRM\)": b"\x9b DRMONE  This Document is encrypted" + bytes(99),
    "binary file of a kind that is not known": random.Random(3).randbytes(3000),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("told", BINARIES)
def test_binary_files_are_told_by_what_they_are(tmp_path, told, kind):
    assert re.search(told, refusal(tmp_path, BINARIES[told], kind))


@pytest.mark.parametrize("told", ["a tar archive", "a PNG image", "a web page"])
def test_what_is_gzipped_is_told_too(tmp_path, told):
    assert told in refusal(tmp_path, gzip.compress(BINARIES[told]), name="a.csv.gz")


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.GZ", "table", "a.csv.gzip"])
def test_gzip_is_read_whatever_the_name(tmp_path, name):
    opened = shards(tmp_path, gzip.compress(TABLE), name=name)
    assert [r.values["label"] for s in opened.shards for r in opened.read(s)] == ["x", "y"]
    assert opened.size > 0


def test_a_plain_table_named_gz_is_read(tmp_path):
    opened = shards(tmp_path, TABLE, name="a.csv.gz")
    assert len([r for s in opened.shards for r in opened.read(s)]) == 2


KOREAN = "문장,라벨\r\n배송이 빨라요,긍정\r\n제품이 별로예요,부정\r\n"


@pytest.mark.parametrize("text", [TABLE.decode(), KOREAN, "text\tlabel\r\n価格が高い\t悪い\r\n"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_wide_encodings_are_named_with_and_without_a_mark(tmp_path, text, encoding, mark):
    message = refusal(tmp_path, (mark + text).encode(encoding), "tsv")
    width, order = encoding[4:6], "little" if encoding.endswith("le") else "big"
    assert f"is UTF-{width} text ({order}-endian" in message
    assert ("without a byte order mark" in message) == (not mark)
    assert "iconv -f UTF-" in message


def test_wide_characters_cut_at_the_end_of_the_sample_are_still_found():
    text = "a,😀\n" * 2000
    assert contents.wide_encoding(b"\0a" + text.encode("utf-16-be")) == "utf-16-be"
    assert contents.wide_encoding(text.encode("utf-16-le")) == "utf-16-le"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", b"text,label\ra,x\rb,y"),
        ("csv", b'"text","label"\r"a","x"\r"b","y"\r'),
        ("tsv", b"\xef\xbb\xbftext\tlabel\ra\tx\r"),
        ("jsonl", b'{"text": "a", "label": 1}\r{"text": "b", "label": 2}\r'),
    ],
)
def test_lone_carriage_returns_are_told_in_every_format(tmp_path, kind, content):
    message = refusal(tmp_path, content, kind)
    assert "lines end in a lone carriage return" in message
    assert "tr '\\r' '\\n'" in message


@pytest.mark.parametrize(
    "content",
    [
        b"text,label\nORC and elves,x\n",
        b"text,label\nab\0c,x\n",
        "text,label\n카페,x\n".encode("cp949"),
        "text,label\n\u7ba1\u7406,x\n".encode("iso2022_jp"),
        b"text,label\n<html>,x\n",
        b"ORCID,text,label\n1,a,x\n",
        b"PAR1,text,label\n1,a,x\n",
        b"GIF89 is old,x\n",
    ],
)
def test_text_is_not_taken_for_a_binary_file(content):
    assert contents.known(content, "a.csv") is None
    assert contents.wide_encoding(content) is None
