"""How files are written, whatever they are called."""

import gzip
import json

import pyarrow
import pyarrow.parquet
import pytest

from components.ingest import errors
from pipeline.config import loading

ROWS = [{"text": f"a fine film {i}", "label": i % 2} for i in range(20)]


@pytest.mark.parametrize(
    ("name", "delimiter", "kind", "told"),
    [
        ("a.csv", ",", "csv", None),
        ("a.csv", ";", "csv", ";"),
        ("a.txt", "|", "csv", "|"),
        ("a.txt", "\t", "tsv", None),
        ("a.csv", "\t", "tsv", None),
        ("a.tsv", ",", "csv", None),
    ],
)
def test_the_header_and_the_rows_tell_the_delimiter(guessed, table, name, delimiter, kind, told):
    found = guessed(name, table(f"text{delimiter}label", f"{{text}}{delimiter}{{label}}"))
    assert found["data.source.kind"] == kind
    assert ("data.source.delimiter" in found) == (told is not None)
    if told:
        assert found["data.source.delimiter"] == told


def test_quotes_around_tab_separated_fields_are_seen(guessed, table):
    found = guessed("a.tsv", table('"text"\t"label"', '"{text}"\t"{label}"'))
    assert found["data.source.quoting"] is True


def test_quotes_within_tab_separated_fields_are_plain(guessed, table):
    found = guessed("a.tsv", table("text\tlabel", '"{text}" he said\t{label}'))
    assert "data.source.quoting" not in found


def test_korean_in_cp949_is_known_by_how_it_reads(guessed, table):
    content = table("문장,라벨", "이 영화는 정말 재미있었다 {i},n{label}").encode("cp949")
    found = guessed("a.csv", content)
    assert found["data.source.encoding"] == "cp949"
    assert found["task.text"] == "문장"


def test_utf_8_is_utf_8_though_it_holds_odd_signs(guessed):
    rows = "".join(f"so it was\x96 then {i}\x85,{i % 2}\n" for i in range(20))
    assert "data.source.encoding" not in guessed("a.csv", f"text,label\n{rows}")


def test_a_mark_of_utf_8_and_gzip_are_no_part_of_a_table(guessed, table):
    content = "\ufeff" + table("text,label", "{text},{label}")
    assert guessed("a.csv.gz", gzip.compress(content.encode()))["task.text"] == "text"


@pytest.mark.parametrize(
    "document",
    [
        ROWS,
        {"version": 1, "rows": ROWS},
        {"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]},
        {str(i): row for i, row in enumerate(ROWS)},
        {name: {str(i): row[name] for i, row in enumerate(ROWS)} for name in ("text", "label")},
        {"columns": ["text", "label"], "data": [list(row.values()) for row in ROWS]},
    ],
)
def test_json_documents_of_many_shapes_are_tables(guessed, tmp_path, document):
    found = guessed("a.json", json.dumps(document))
    assert found["data.source.kind"] == "jsonl"
    assert (found["task.text"], found["task.label"]) == ("text", "label")


def test_parquet_tells_its_columns(guessed, tmp_path):
    path = tmp_path / "a.parquet"
    columns = {"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]}
    pyarrow.parquet.write_table(pyarrow.table(columns | {"parts": [[1]] * 20}), path)
    found = guessed(path)
    assert found["data.source.kind"] == "parquet"
    assert found["task.label"] == "label"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", r"a\.csv is empty \(0 bytes\)"),
        ("a.csv", "text,label\n", "only a header. Add rows below it"),
        ("a.csv", "text\nso it is\nand so\n", "has no column that could be learned"),
        ("a.tsv", "a bad film\t0\na good film\t1\nso so\t0\n", "has no names of columns"),
        ("a.csv", "a,b\n1,2,3\n1,2,3\n", "no table: divided by commas, its header has 2"),
        ("a.tsv", "# from the web\n# a\tb\nx\ty\n", "begins with a comment"),
        ("a.txt", "# from the web\nso it is\nand so\n", "lines of text without labels"),
        ("a.csv", "text,label\na b c,1\n".encode("utf-16"), "Save it as UTF-8"),
        ("a.json", '["a", "b"]', "expected a JSON object, received a"),
        ("a.json", "[]", "it is an empty list"),
        ("a.csv", "text,label\n" + "".join(f"film {i},x{i}\n" for i in range(20)), "`label`: "),
    ],
)
def test_what_is_no_table_is_refused_in_words(guessed, name, content, message):
    with pytest.raises(errors.DataError, match=message):
        guessed(name, content)


def test_names_that_yaml_would_misread_survive_it(guessed, table, tmp_path):
    found = guessed("a.csv", table('null,"12:30 # x: y"', "{text},{label}"))
    path = tmp_path / "a.yaml"
    path.write_text(found.yaml(path), encoding="utf-8")
    task = loading.load(path).task
    assert [column.name for column in task.columns] == ["null", "12:30 # x: y"]


def test_every_line_of_the_yaml_says_why_and_fits_the_screen(guessed, table, tmp_path):
    path = tmp_path / "a.yaml"
    text = guessed("a.csv", table("text,label", "{text},{label}")).yaml(path)
    lines = text.splitlines()
    assert lines[0] == "# Which `label` `text` has."
    assert f"# Run:     maru run {path}" in lines
    for number, line in enumerate(lines):
        is_field = not line.lstrip().startswith("#") and not line.endswith(":")
        if is_field and not line.startswith("name:"):
            assert "  # " in line or lines[number - 1].lstrip().startswith("# "), line
        assert len(line) <= 100 or str(tmp_path) in line
