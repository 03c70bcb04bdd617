"""Tests of components/ingest/sources/delimited.py and its neighbours: tables as they come."""

import re

import pytest

from components.ingest import columns, config, errors, reading, row
from components.ingest.text import lines
from tests import strict

WANTED = columns.Wanted(("text", "label"), None)
KINDS = {"csv": config.CsvSource, "tsv": config.TsvSource}


def read(tmp_path, content, kind="csv", **options):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "a").write_bytes(data)
    opened = reading.open_source(KINDS[kind]("a", **options), str(tmp_path), "", WANTED)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    good = [entry for entry in entries if isinstance(entry, row.Row)]
    pairs = [(entry.values["text"], entry.values["label"]) for entry in good]
    return pairs, [entry for entry in entries if isinstance(entry, row.Rejected)]


def refusal(tmp_path, content, kind="csv", **options):
    with pytest.raises(errors.DataError) as caught:
        read(tmp_path, content, kind, **options)
    message = str(caught.value)
    assert not re.search("universal|newline|codec|expected after|unexpected end", message)
    return message


ESCAPED = r'''text,label
"she said \"one\", twice",x
"\"two\"",y
"three \"",x
"C:\dir\name \\ \d",y
four,x
"five ""doubled""",y
"six
\"lines\"",x
'''


@pytest.mark.parametrize("escape", [None, "\\"])
def test_quotes_escaped_with_backslashes_are_read(tmp_path, escape):
    good, bad = read(tmp_path, ESCAPED, escape=escape)
    assert good == [
        ('she said "one", twice', "x"),
        ('"two"', "y"),
        ('three "', "x"),
        (r"C:\dir\name \ \d", "y"),
        ("four", "x"),
        ('five "doubled"', "y"),
        ('six\n"lines"', "x"),
    ]
    assert not bad


def test_escapes_are_found_however_many_there_are_and_after_plain_rows(tmp_path):
    content = "text,label\n" + '"a",x\n' * 1500 + '"say \\"hi\\"",y\n' * 1500
    good, bad = read(tmp_path, content)
    assert good[1500:] == [('say "hi"', "y")] * 1500
    assert not bad


def test_backslashes_before_quotes_that_end_fields_stay(tmp_path):
    content = 'text,label\n"C:\\dir\\",x\n"D:\\",y\n"he said ""hi""\\",x\n'
    good, bad = read(tmp_path, content)
    assert good == [("C:\\dir\\", "x"), ("D:\\", "y"), ('he said "hi"\\', "x")]
    assert not bad


def test_escapes_can_be_denied_and_the_reason_names_the_setting(tmp_path):
    _, bad = read(tmp_path, ESCAPED, escape="")
    assert "set `data.source.escape: '\\'`" in bad[0].reason


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_escapes_in_tables_with_other_delimiters_are_found(tmp_path, kind):
    delimiter = {"csv": ";", "tsv": "\t"}[kind]
    options = {"csv": {"delimiter": ";"}, "tsv": {"quoting": True}}[kind]
    content = ESCAPED.replace(",", delimiter)
    good, bad = read(tmp_path, content, kind, **options)
    assert len(good) == 7 and not bad


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;", "\n\nsep=;"])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_in_which_excel_names_the_delimiter_is_read(tmp_path, line, delimiter, end):
    content = end.join([line, "text;label", "a, b;x", "c;y", ""])
    good, bad = read(tmp_path, content, delimiter=delimiter)
    assert good == [("a, b", "x"), ("c", "y")]
    assert not bad


def test_excels_line_may_name_a_tab_or_a_comma(tmp_path):
    assert read(tmp_path, "sep=\t\ntext\tlabel\na\tx\n")[0] == [("a", "x")]
    assert read(tmp_path, "sep=,\ntext,label\na,x\n")[0] == [("a", "x")]
    assert read(tmp_path, "sep=\t\ntext\tlabel\na\tx\n", "tsv")[0] == [("a", "x")]


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("csv", "text;label\na;x\n", '`data.source.delimiter: ";"`'),
        ("csv", '"text";"label"\n"a";"x"\n', '`data.source.delimiter: ";"`'),
        ("csv", "text|label\na|x\n", '`data.source.delimiter: "|"`'),
        ("csv", "text\tlabel\na\tx\n", "`data.source.kind: tsv`"),
        ("csv", "text\tlabel,2\na\tx\n", ""),
        ("tsv", "text,label\na,x\n", "`data.source.kind: csv`"),
        ("tsv", '"text","label"\n"a","x"\n', "`data.source.kind: csv`"),
        ("tsv", "text;label\na;x\n", '`data.source.kind: csv` and `data.source.delimiter: ";"`'),
        ("csv", "review;stars\na;x\n", '`data.source.delimiter: ";"`'),
    ],
)
def test_the_right_delimiter_is_told(tmp_path, kind, content, told):
    message = refusal(tmp_path, content, kind)
    assert f"set {told}" in message if told else "divided" not in message


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("tsv", '"text"\t"label"\n"a"\t"x"\n', "set `data.source.quoting: true`"),
        ("csv", "so good,1\nso bad,0\n", "The first line looks like a row"),
        ("csv", "so good,pos\nso bad,neg\nfine,pos\n", "The first line looks like a row"),
        ("csv", "# made 2020\ntext,label\na,x\n", "named in line 2: delete the lines above"),
        ("csv", "My table,\n\n,\ntext,label\na,x\n", "named in line 4: delete the lines above"),
        ("csv", "# made 2020\nTEXT,label\na,x\n", "The first line is a comment"),
        ("csv", '{"text": "a", "label": 1}\n', "set `data.source.kind: jsonl`"),
        ("csv", "Text,label\na,x\n", "Did you mean 'Text'"),
    ],
)
def test_the_likely_mistake_is_told_where_a_column_is_missing(tmp_path, kind, content, told):
    assert told in refusal(tmp_path, content, kind)


def test_a_wrong_delimiter_is_not_told_as_a_kind_that_is_set(tmp_path):
    message = refusal(tmp_path, "text,label\na,x\n", delimiter=";")
    assert 'set `data.source.delimiter: ","`' in message


def test_long_first_lines_are_not_shown_whole(tmp_path):
    assert len(refusal(tmp_path, "word " * 5000 + ",1\nb,0\n")) < 500


@pytest.mark.parametrize("header", ["#text,label", "# text,label", "\ufeff\ufefftext,label"])
def test_signs_before_the_first_name_are_no_part_of_it(tmp_path, header):
    assert read(tmp_path, header + "\na,x\n")[0] == [("a", "x")]


@pytest.mark.parametrize(
    "content",
    [
        "text,label,\na,x,\nb,y,\n",
        "text,label\na,x,\nb,y,,,\n",
        "text,label,,\na,x\nb,y\n",
        'text,label,\n"a",x\n"b",y\n',
        "text,label\n,\na,x\n , \nb,y\n\x1a",
        "text,label\r\na,x\nb,y\r\n",
    ],
)
def test_delimiters_at_the_end_and_empty_rows_are_no_content(tmp_path, content):
    good, bad = read(tmp_path, content)
    assert good == [("a", "x"), ("b", "y")]
    assert not bad


def test_joined_files_give_no_row_of_their_headers(tmp_path):
    good, bad = read(tmp_path, "text,label\na,x\n\ufefftext,label\nb,y\n")
    assert good == [("a", "x"), ("b", "y")]
    assert [(r.where, r.reason) for r in bad] == [("a:3", "the header again; were files joined?")]


def test_a_stray_quote_closed_by_another_does_not_swallow_the_rows_between(tmp_path):
    content = 'text,label\n"a,x\nb,y\nc,x\nd",z,y\ne,x\n'
    good, bad = read(tmp_path, content)
    assert good == [("b", "y"), ("c", "x"), ("e", "x")]
    assert bad[0].where == "a:2"
    assert "a quote that is opened here is closed in line 5" in bad[0].reason
    assert bad[1].where == "a:5"


def test_an_open_quote_is_told_where_it_opens_however_long_the_file(tmp_path):
    content = 'text,label\na,x\n"b,y\n' + "c,x\n" * 3000
    good, bad = read(tmp_path, content)
    assert len(good) == 3001
    assert [(r.where, r.reason) for r in bad] == [
        ("a:3", "not valid CSV: a quote is opened and never closed")
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('"a"b,x', "a quote is closed within a field"),
        ('"a"\r"b",x', "a carriage return stands outside of quotes"),
        ("a,x\rb,y", "a lone carriage return stands in it"),
        ("a,b,c", "a field that holds ',' must stand in quotes"),
        ("a", "1 field where the header has 2"),
    ],
)
def test_reasons_are_in_plain_words(tmp_path, line, reason):
    good, bad = read(tmp_path, f"text,label\nok,x\n{line}\nfine,y\n")
    assert good == [("ok", "x"), ("fine", "y")]
    assert reason in bad[0].reason
    assert bad[0].where == "a:3"


def test_quotes_in_plain_tsv_are_told_where_rows_do_not_fit(tmp_path):
    _, bad = read(tmp_path, 'text\tlabel\n"a\tb"\tx\n', "tsv")
    assert "set `data.source.quoting: true`" in bad[0].reason


def test_thousands_of_columns_are_read(tmp_path):
    names = ["text", "label", *(f"c{i}" for i in range(20_000))]
    content = "\n".join([",".join(names), ",".join(["a", "x", *["0"] * 20_000])])
    assert read(tmp_path, content)[0] == [("a", "x")]


def test_fields_of_megabytes_are_read(tmp_path):
    long = "w " * 1_000_000
    good, bad = read(tmp_path, f'text,label\n"{long}",x\n{long},y\n"{long}\n{long}",z\n')
    assert [len(text) for text, _ in good] == [2_000_000, 2_000_000, 4_000_001]
    assert not bad


@pytest.mark.parametrize("escape", ["ab", '"', " "])
def test_impossible_escapes_are_refused(escape):
    with pytest.raises(ValueError, match="escape: .*must be one character"):
        strict.read(config.CsvSource, {"path": "a", "escape": escape})


def test_large_tables_are_read_in_parts_that_share_the_header_and_excels_line(
    tmp_path, monkeypatch
):
    divide = lines.divide
    monkeypatch.setattr(lines, "divide", lambda file: divide(file, 64))
    rows = [(f"text {i} {'x' * (i % 37)}", "xy"[i % 2]) for i in range(40)]
    content = "sep=\t\ntext\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows)
    good, bad = read(tmp_path, content, "tsv")
    assert good == rows
    assert not bad
