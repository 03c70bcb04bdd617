"""Tests of components/ingest/sources/jsonl.py and json_*.py: JSON in all the shapes it comes in."""

import json

import pandas
import pytest

from components.ingest import columns, config, encode, errors, reading, row
from components.ingest.files import source_files
from components.ingest.sources import json_document
from components.ingest.text import lines

WANTED = columns.Wanted(("text", "label"), None)
ROWS = [{"text": f"말 {i}", "label": "xy"[i % 2], "more": [i, {}]} for i in range(5)]
FRAME = pandas.DataFrame({"text": ["a", "b", "c"], "label": ["x", "y", "x"]})
FEATURES = [config.Feature("text", "text"), config.Feature("label", "category")]


def read(tmp_path, content, wanted=WANTED, **options):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "a.json").write_bytes(data)
    opened = reading.open_source(config.JsonlSource("a.json", **options), str(tmp_path), "", wanted)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    assert opened.size > 0
    good = [entry for entry in entries if isinstance(entry, row.Row)]
    return good, [entry for entry in entries if isinstance(entry, row.Rejected)]


def pairs(entries):
    return [(entry.values["text"], entry.values["label"]) for entry in entries]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps(ROWS, indent="\t", ensure_ascii=False),
        "\ufeff" + json.dumps(ROWS, indent=1),
        "\r\n".join(json.dumps(ROWS, indent=1).split("\n")),
        "[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n",
        "[" + "\n,".join(map(json.dumps, ROWS)) + "]",
        "[\n" + ",\n".join(map(json.dumps, ROWS)) + ",\n]\n",
        "\n\n" + json.dumps(ROWS),
        "\n".join(json.dumps(r, indent=2) for r in ROWS),
        "".join(json.dumps(r) for r in ROWS),
        " ".join(json.dumps(r) for r in ROWS) + "\n",
        ",\n".join(json.dumps(r) for r in ROWS),
        json.dumps(ROWS[:2]) + "\n" + json.dumps(ROWS[2:]),
        json.dumps({"data": ROWS}),
        json.dumps({"version": "1.0", "count": 5, "data": ROWS}, indent=2),
        json.dumps({"meta": {"tags": ["a"]}, "rows": ROWS, "errors": []}),
        json.dumps({"a": ROWS[0], "b": ROWS[1], "c": ROWS[2], "d": ROWS[3], "e": ROWS[4]}),
        "\n".join(map(json.dumps, ROWS)),
        "\n\n".join(map(json.dumps, ROWS)) + "\n\n",
    ],
)
def test_rows_are_found_in_every_shape(tmp_path, content):
    good, bad = read(tmp_path, content)
    assert pairs(good) == [(r["text"], r["label"]) for r in ROWS]
    assert not bad


@pytest.mark.parametrize("orient", ["columns", "index", "split", "table", "records"])
@pytest.mark.parametrize("indent", [None, 2])
def test_what_pandas_writes_is_read(tmp_path, orient, indent):
    good, _ = read(tmp_path, FRAME.to_json(orient=orient, indent=indent))
    assert pairs(good) == [("a", "x"), ("b", "y"), ("c", "x")]


def test_lists_by_column_are_read(tmp_path):
    good, _ = read(tmp_path, json.dumps({"label": [1, 2.5], "text": ["a", "b"], "other": 3}))
    assert pairs(good) == [("a", 1), ("b", 2.5)]


def test_a_single_row_is_a_row_in_one_line_or_several(tmp_path):
    for indent in (None, 2):
        good, _ = read(tmp_path, json.dumps({"text": "a", "label": 1}, indent=indent))
        assert pairs(good) == [("a", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"train": ROWS, "test": ROWS}, r"several keys \('train', 'test'\).*jq -c '.\[\"train\"\]"),
        ({"text": ["a", "b"], "label": [1]}, "'text' is a list of 2, 'label' is a list of 1"),
        ({"a": [1, 2], "b": {"c": 1}}, r"the keys 'a' \(a list\), 'b' \(an object\)"),
        ({"columns": ["text", "label"], "data": [["a"]]}, "entry 1 of 'data' is a list"),
        ({"data": [{"txt": "a", "label": 1}]}, "no column 'text'. Did you mean 'txt'"),
        ([{"txt": "a", "label": 1}], "no column 'text'. Did you mean 'txt'"),
    ],
)
def test_objects_whose_rows_are_unclear_are_refused(tmp_path, content, message):
    for indent in (None, 1):
        with pytest.raises(errors.DataError, match=message):
            read(tmp_path, json.dumps(content, indent=indent))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[\n{"text": "a", "label": 1}\n{"text": "b", "label": 2}\n]', "a.json:3: .*a comma or"),
        ('[\n{"text": "a", "label": 1},', "a.json:2: not JSON.*where it ends"),
        ('[\n{"text": "a", "label": nul}\n]', "a.json:2: not JSON: at character 24 a value is"),
        ("[\n{'text': 'a', 'label': 1}\n]", "double quotes, not single ones"),
    ],
)
def test_damage_in_a_document_is_told_with_its_line(tmp_path, content, message):
    with pytest.raises(errors.DataError, match=message):
        read(tmp_path, content)


def test_elements_that_are_no_objects_are_rejected_with_their_line(tmp_path):
    good, bad = read(tmp_path, '[\n{"text": "a", "label": 1},\n[1],\n7, "z", null\n]')
    assert pairs(good) == [("a", 1)]
    assert [(r.where, r.reason.partition("received ")[2]) for r in bad] == [
        ("a.json:3", "a list"),
        ("a.json:4", "a number"),
        ("a.json:4", "a text"),
        ("a.json:4", "null"),
    ]


def test_documents_are_read_in_pieces_of_any_size(tmp_path, monkeypatch):
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(json_document, "_BLOCK", size)
        for indent in (None, 2):
            good, _ = read(tmp_path, json.dumps(ROWS, indent=indent, ensure_ascii=False))
            assert pairs(good) == [(r["text"], r["label"]) for r in ROWS]


@pytest.mark.parametrize(
    ("content", "held"),
    [('\n {"a": [1]} \n', {"a": [1]}), ('{"a": 1} {"a": 2}', None), ("[1]", None), (" ", None)],
)
def test_an_object_is_the_only_one_if_nothing_follows(tmp_path, content, held):
    (tmp_path / "a.json").write_text(content)
    source = config.JsonlSource("a.json")
    file = source_files.DataFile(str(tmp_path / "a.json"), "a.json", None, 9)
    assert json_document.only_object(source, json_document.Document(file, ())) == held


def test_a_document_that_cannot_be_opened_is_told_as_such(tmp_path):
    file = source_files.DataFile(str(tmp_path / "gone.json"), "gone.json", None, 9)
    with pytest.raises(FileNotFoundError):
        json_document.only_object(config.JsonlSource("gone.json"), json_document.Document(file, ()))


def test_a_quote_that_stays_open_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_ROW_BYTES", 1000)
    monkeypatch.setattr(json_document, "_BLOCK", 100)
    with pytest.raises(errors.DataError, match="a quote that is not closed"):
        read(tmp_path, '[{"text": "' + "a " * 5000)


def test_documents_in_another_encoding_are_told(tmp_path):
    content = json.dumps(ROWS, indent=1, ensure_ascii=False).encode("cp949")
    with pytest.raises(errors.DataError, match="set `data.source.encoding: cp949`"):
        read(tmp_path, content)
    assert len(read(tmp_path, content, encoding="cp949")[0]) == 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{'text': 'a', 'label': 1}", "double quotes, not single ones"),
        ('{"text": "a", "label": True}', "JSON writes null, true and false"),
        ('{"text": "a", "label": 1,}', "a comma too many"),
        ('{"text": "a" "label": 1}', "a comma or the end is expected"),
        ('{"text": "a", "label": 1', "where it ends"),
        ('{"text": "C:\\dir", "label": 1}', "a plain one is written"),
        ('{"text": "say "hi"", "label": 1}', "a comma or the end is expected"),
        ('{"text": "a", "label": 1} trailing', "after the first value follows 'trailing'"),
        ('{"text": "a", "label": 1, "text": "b"}', "the key 'text' is given twice"),
        ('{"text": ' + "[" * 100_000 + "}", "nested too deeply"),
        ('{"text": ' + "7" * 5000 + ', "label": 1}', "too many digits"),
        ("text,label", "a value is expected, not 'text,label'"),
        ('"text"', "expected a JSON object, received a text"),
    ],
)
def test_reasons_are_in_words_of_json(tmp_path, line, reason):
    good, bad = read(tmp_path, '{"text": "ok", "label": 0}\n' + line + "\n")
    assert len(good) == 1
    assert reason in bad[0].reason
    assert not any(word in bad[0].reason for word in ("Expecting", "Extra data", "delimiter"))


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("true", "true"),
        ("1e2", "100"),
        ('"1.0"', "1.0"),
        ("-0.5", "-0.5"),
    ],
)
def test_numbers_are_labels(tmp_path, label, told):
    (entry,), _ = read(tmp_path, f'{{"text": "a", "label": {label}}}\n')
    assert encode.encode(entry, FEATURES, None).stratum == told


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("NaN", "`label` is empty"),
        ("null", "`label` is empty"),
        ("Infinity", "`label` is infinite"),
        ("-1e999", "`label` is infinite"),
        ("[1]", "`label` holds a list, not one text or number"),
        ("{}", "`label` holds a mapping, not one text or number"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('"\\u0000"', "a NUL byte"),
    ],
)
def test_values_that_are_no_labels_are_rejected(tmp_path, label, reason):
    (entry,), _ = read(tmp_path, f'{{"text": "a", "label": {label}}}\n')
    rejected = encode.attempt(entry, FEATURES, None)
    assert isinstance(rejected, row.Rejected) and reason in rejected.reason


def test_the_same_value_given_twice_is_no_conflict_and_tabs_in_texts_are_read(tmp_path):
    good, bad = read(tmp_path, '{"text": "a\tb", "label": 1, "label": 1}\n{"text":"c","label":2}')
    assert pairs(good) == [("a\tb", 1), ("c", 2)] and not bad


@pytest.mark.parametrize(
    ("content", "kind"), [("text,label\na,x\n", "csv"), ("label\ttext", "tsv")]
)
def test_a_table_is_told_by_its_kind(tmp_path, content, kind):
    with pytest.raises(errors.DataError, match=f"not JSON. Set `data.source.kind: {kind}`"):
        read(tmp_path, content)
