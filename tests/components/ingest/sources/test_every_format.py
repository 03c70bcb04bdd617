"""Tests of components/ingest/sources, files and lines: every format and its accidents."""

import gzip
import io
import json
import typing
import unicodedata

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from components import tfrecord
from components.ingest import columns, config, errors, reading, row, tfexample
from components.ingest.files import source_files
from components.ingest.text import lines

WANTED = columns.Wanted(("text", "label"), None)
IMAGES = columns.Wanted(("image", "label"), "image")


def read(source, base, wanted=WANTED):
    opened = reading.open_source(source, str(base), str(base), wanted)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    good = [dict(entry.values) for entry in entries if isinstance(entry, row.Row)]
    return good, [entry for entry in entries if isinstance(entry, row.Rejected)]


def csv(tmp_path, content, **options):
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / "a.csv").write_bytes(data)
    return read(config.CsvSource("a.csv", **options), tmp_path)


def png(path, size=(5, 3), color=7):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, color).save(path, "PNG")


def test_quotes_hold_delimiters_line_breaks_and_quotes(tmp_path):
    good, bad = csv(tmp_path, 'text,label\n"one, ""two""\r\nthree",x\nplain,y\n')
    assert good == [
        {"text": 'one, "two"\r\nthree', "label": "x"},
        {"text": "plain", "label": "y"},
    ]
    assert not bad


def test_byte_order_mark_crlf_and_blank_lines_are_no_content(tmp_path):
    good, bad = csv(tmp_path, "\ufefftext,label\r\n\r\n안녕,x\r\nb,y")
    assert good == [{"text": "안녕", "label": "x"}, {"text": "b", "label": "y"}]
    assert not bad


def test_ragged_rows_are_rejected_with_their_line(tmp_path):
    good, bad = csv(tmp_path, 'text,label\n"a\nb",x\nonly\n1,2,3\nc,y\n')
    assert [r["label"] for r in good] == ["x", "y"]
    assert [(r.where, r.reason) for r in bad] == [
        ("a.csv:4", "1 field where the header has 2"),
        (
            "a.csv:5",
            "3 fields where the header has 2; a field that holds ',' must stand in quotes",
        ),
    ]


def test_a_stray_quote_costs_its_own_line_only(tmp_path):
    good, bad = csv(tmp_path, 'text,label\n"never closed,x\nb,y\n"c",z\nd,w\n')
    assert [r["text"] for r in good] == ["b", "c", "d"]
    assert [r.where for r in bad] == ["a.csv:2"]
    assert "not valid CSV" in bad[0].reason


def test_an_unclosed_quote_at_the_end_is_rejected(tmp_path):
    good, bad = csv(tmp_path, 'text,label\na,x\n"b,y\nc,z\n')
    assert [r["text"] for r in good] == ["a", "c"]
    assert bad[0].reason == "not valid CSV: a quote is opened and never closed"


def test_quotes_are_plain_characters_without_quoting(tmp_path):
    good, bad = csv(tmp_path, 'text,label\n"a,x\n5" disk,y\n', quoting=False)
    assert [r["text"] for r in good] == ['"a', '5" disk']
    assert not bad


def test_wrong_encoding_names_the_byte_and_the_fix(tmp_path):
    content = "text,label\ncafé,x\nb,y\n".encode("latin-1")
    good, bad = csv(tmp_path, content)
    assert [r["text"] for r in good] == ["b"]
    assert bad[0].where == "a.csv:2"
    assert "byte 0xe9 at position 14 of the file is not utf-8" in bad[0].reason
    assert "set `data.source.encoding: cp1252`, which reads 'café,x'" in bad[0].reason
    assert csv(tmp_path, content, encoding="latin-1")[0][0]["text"] == "café"


def test_lines_too_long_for_memory_are_rejected_with_an_excerpt(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_ROW_BYTES", 1000)
    long = "z" * 5000
    good, bad = csv(tmp_path, f'text,label\n{long},x\nb,y\n"q{long}",x\nc,y\n')
    assert [r["text"] for r in good] == ["b", "c"]
    assert [r.where for r in bad] == ["a.csv:2", "a.csv:4"]
    assert all(len(r.excerpt) <= row.EXCERPT_LENGTH for r in bad)


def test_fields_larger_than_the_csv_modules_default_are_read(tmp_path):
    good, _ = csv(tmp_path, 'text,label\n"' + "w " * 100_000 + '",x\n')
    assert len(good[0]["text"]) == 200_000


def test_utf16_is_refused(tmp_path):
    with pytest.raises(errors.DataError, match="is UTF-16 text.*Save it as UTF-8"):
        csv(tmp_path, "text,label\na,x\n".encode("utf-16"))


def test_lone_carriage_returns_are_refused(tmp_path):
    with pytest.raises(errors.DataError, match="lines end in a lone carriage return"):
        csv(tmp_path, "text,label\ra,x\r")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Text,label", "no column 'text'. Did you mean 'Text'"),
        ("review,stars", "no column 'text'. Columns: 'review', 'stars'"),
        ("text\tlabel", "divided by tabs, not commas: set `data.source.kind: tsv`"),
        ("text,label,text", "two columns are named 'text'"),
    ],
)
def test_missing_columns_are_named_with_those_there_are(tmp_path, header, message):
    with pytest.raises(errors.DataError, match=message):
        csv(tmp_path, header + "\na,x,b\n")


def test_parts_of_a_large_file_hold_every_row_once(tmp_path):
    rows = [f"text {i} {'x' * (i % 37)}\ty" for i in range(50)]
    (tmp_path / "a.tsv").write_text("text\tlabel\n" + "\n".join(rows))
    file = source_files.find(config.TsvSource("a.tsv"), str(tmp_path))[0]
    parts = list(lines.divide(file, 64))
    found = [line for part in parts for line in lines.read(part)]
    assert len(parts) > 10
    assert [line.number for line in found] == list(range(1, 52))
    assert b"".join(line.raw for line in found) == (tmp_path / "a.tsv").read_bytes()


def test_gzipped_tables_are_read_and_truncated_ones_refused(tmp_path):
    content = gzip.compress(b"text\tlabel\n" + bytes(range(65, 90)) * 500 + b"\tx\nb\ty\n")
    (tmp_path / "a.tsv.gz").write_bytes(content)
    assert len(read(config.TsvSource("a.tsv.gz"), tmp_path)[0]) == 2
    (tmp_path / "a.tsv.gz").write_bytes(content[:-12])
    with pytest.raises(errors.DataError, match="a.tsv.gz:.*Was it copied completely"):
        read(config.TsvSource("a.tsv.gz"), tmp_path)


def test_json_lines_report_what_is_no_object(tmp_path):
    content = ['{"text": "a", "label": 1}', "", "[1]", "{", '{"text": "b", "label": 2.5}']
    (tmp_path / "a.jsonl").write_text("\n".join(content))
    good, bad = read(config.JsonlSource("a.jsonl"), tmp_path)
    assert [r["label"] for r in good] == [1, 2.5]
    assert [r.where for r in bad] == ["a.jsonl:3", "a.jsonl:4"]
    assert bad[0].reason == "expected a JSON object, received a list"


def test_json_lines_without_a_column_anywhere_are_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"txt": "a", "label": 1}\n')
    with pytest.raises(errors.DataError, match="no column 'text'. Did you mean 'txt'"):
        read(config.JsonlSource("a.jsonl"), tmp_path)


def test_parquet_rows_come_by_row_group(tmp_path):
    table = pyarrow.table({"text": list("abcde"), "label": [1, 2, 1, None, 2], "more": range(5)})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    opened = reading.open_source(config.ParquetSource("a.parquet"), str(tmp_path), "", WANTED)
    found = [entry for shard in opened.shards for entry in opened.read(shard)]
    assert len(opened.shards) == 3
    assert [(r.where, dict(r.values)) for r in found][3] == (
        "a.parquet:4",
        {"text": "d", "label": None},
    )


def test_parquet_images_may_be_structs_of_bytes_and_path(tmp_path):
    table = pyarrow.table({"image": [{"bytes": b"x", "path": "x.png"}], "label": ["a"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    good, _ = read(config.ParquetSource("a.parquet"), tmp_path, IMAGES)
    assert good == [{"image": b"x", "label": "a"}]


def test_tfrecords_are_read_plain_and_gzipped(tmp_path):
    records = [tfexample.serialize({"text": b"a", "label": b"x"}), b"\xff no example"]
    buffer = io.BytesIO()
    tfrecord.write(buffer, records)
    (tmp_path / "a.gz").write_bytes(buffer.getvalue())
    (tmp_path / "b").write_bytes(gzip.decompress(buffer.getvalue()))
    good, bad = read(config.TfrecordSource("."), tmp_path)
    assert good == [{"text": b"a", "label": b"x"}] * 2
    assert [(r.where, r.reason) for r in bad] == [
        ("a.gz:2", "not a serialized tf.Example"),
        ("b:2", "not a serialized tf.Example"),
    ]


def test_damaged_tfrecords_are_refused(tmp_path):
    buffer = io.BytesIO()
    tfrecord.write(buffer, [tfexample.serialize({"text": b"a", "label": b"x"})] * 12)
    plain = bytearray(gzip.decompress(buffer.getvalue()))
    plain[-5] ^= 1
    (tmp_path / "a").write_bytes(plain)
    with pytest.raises(errors.DataError, match="a: after record 11: damaged in the content"):
        read(config.TfrecordSource("a"), tmp_path)


def test_image_folders_give_labels_by_folder(tmp_path):
    label = unicodedata.normalize("NFD", "고양이")
    png(tmp_path / label / "deep" / "a.png")
    png(tmp_path / "dog" / "b.png")
    (tmp_path / "dog" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    png(tmp_path / "stray.png")
    (tmp_path / "empty").mkdir()
    good, bad = read(config.ImageFolderSource("."), tmp_path, IMAGES)
    assert sorted(r["label"] for r in good) == ["dog", "고양이"]
    assert {(r.where, r.reason) for r in bad} == {
        ("empty", "a class folder without any file"),
        ("stray.png", "lies outside of the class folders"),
    }


def test_image_folders_may_stand_below_splits(tmp_path):
    for split in ("train", "validation", "test"):
        png(tmp_path / split / "cat" / "a.png")
    opened = reading.open_source(config.ImageFolderSource("."), str(tmp_path), "", IMAGES)
    assert reading.named_splits(opened) == {"train", "eval", "test"}


def test_a_class_may_be_named_train(tmp_path):
    png(tmp_path / "train" / "a.png")
    png(tmp_path / "bus" / "a.png")
    good, _ = read(config.ImageFolderSource("."), tmp_path, IMAGES)
    assert sorted(r["label"] for r in good) == ["bus", "train"]


def test_splits_beside_other_folders_are_refused(tmp_path):
    png(tmp_path / "train" / "cat" / "a.png")
    png(tmp_path / "backup" / "cat" / "a.png")
    with pytest.raises(errors.DataError, match="beside the split folder 'train'.*backup"):
        read(config.ImageFolderSource("."), tmp_path, IMAGES)


def test_links_in_circles_end(tmp_path):
    png(tmp_path / "cat" / "a.png")
    (tmp_path / "cat" / "again").symlink_to(tmp_path / "cat")
    assert len(read(config.ImageFolderSource("."), tmp_path, IMAGES)[0]) == 1


def test_image_tables_name_missing_files(tmp_path):
    png(tmp_path / "pictures" / "a.png")
    (tmp_path / "t.csv").write_text("image,label,camera\na.png,x,1\nb.png,y,2\n")
    source = config.ImageTableSource("t.csv", images="pictures")
    good, bad = read(source, tmp_path, IMAGES)
    assert [r["camera"] for r in good] == ["1"]
    assert good[0]["image"].startswith(b"\x89PNG")
    assert bad[0].where == "t.csv:3 b.png"
    assert bad[0].reason.startswith("No such file or directory")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "T.CSV"])
def test_image_tables_are_divided_as_their_header_is(tmp_path, name, delimiter):
    png(tmp_path / "a.png")
    (tmp_path / name).write_text(f"image{delimiter}label\na.png{delimiter}x\n")
    good, bad = read(config.ImageTableSource(name), tmp_path, IMAGES)
    assert [r["label"] for r in good] == ["x"] and not bad


def test_an_image_table_of_another_delimiter_is_told_the_setting(tmp_path):
    png(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("file;label\na.png;x\n")
    with pytest.raises(errors.DataError, match='set `data.source.delimiter: ";"`'):
        read(config.ImageTableSource("t.csv"), tmp_path, IMAGES)
    (tmp_path / "t.csv").write_text("image:label\na.png:x\n")
    good, _ = read(config.ImageTableSource("t.csv", delimiter=":"), tmp_path, IMAGES)
    assert [r["label"] for r in good] == ["x"]


def test_missing_paths_hint_at_neighbours(tmp_path):
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews" / "train.csv").write_text("text,label\n")
    with pytest.raises(errors.DataError, match="there is no 'review' in .*Did you mean 'reviews'"):
        read(config.CsvSource("review/train.csv"), tmp_path)
    with pytest.raises(errors.DataError, match=r"no \.tsv or \.tsv\.gz files.*'train.csv'"):
        read(config.TsvSource("reviews"), tmp_path)


def test_empty_files_are_refused(tmp_path):
    with pytest.raises(errors.DataError, match=r"a.csv is empty \(0 bytes\)"):
        csv(tmp_path, "")


def test_files_name_splits_only_together(tmp_path):
    for name in ("train.jsonl", "dev.jsonl"):
        (tmp_path / name).write_text(json.dumps({"text": name, "label": 1}) + "\n")
    source = config.JsonlSource(".")
    opened = reading.open_source(source, str(tmp_path), "", WANTED)
    assert reading.named_splits(opened) == {"train", "eval"}
    (tmp_path / "extra.jsonl").write_text('{"text": "a", "label": 1}\n')
    with pytest.raises(errors.DataError, match="some files name a split .*extra.jsonl"):
        read(source, tmp_path)


def test_excerpts_fit_one_line_of_a_terminal():
    shown = row.excerpt(b"a\x00\n\xff\xc3\xa9" + b"z" * 10_000)
    assert shown.startswith("a\\x00\\x0a\\xffé")
    assert len(shown) == row.EXCERPT_LENGTH


def test_every_kind_of_source_has_a_reader():
    union = typing.get_args(config.Source)[0]
    kinds = {cls.__dataclass_fields__["kind"].default for cls in typing.get_args(union)}
    assert kinds - {"sample"} == set(reading.READERS)
