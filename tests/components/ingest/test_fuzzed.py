"""Whatever a file holds, its reader gives rows, reasons or an error that a person can act on."""

import csv
import gzip
import io
import json
import random
import re

import pyarrow
import pyarrow.parquet
import pytest

from components.ingest import columns, config, encode, errors, reading, row

FILES = 120
FEATURES = [config.Feature("text", "text"), config.Feature("label", "category")]
PYTHON = re.compile(
    r"codec can't|Extra data|Expecting|newline=|NoneType|Traceback|not subscriptable"
)
TEXTS = [
    "hello",
    "배송이 빨라요",
    "it’s",
    "a, b; c\td",
    "line\nbreak",
    'say "hi"',
    "C:\\d",
    "",
    "\0",
    "😀",
]
PIECES = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\\",
    b'\\"',
    b"\xef\xbb\xbf",
    b"{",
    b"]",
    b"\xff\xfe",
    b"\t",
]
ENCODINGS = ["utf-8", "utf-8", "cp949", "cp932", "cp1252", "utf-16-le", "utf-7", "iso2022_jp"]


def rows(chance):
    number = chance.randint(0, 8)
    return [{"text": f"{chance.choice(TEXTS)}{i}", "label": "xy"[i % 2]} for i in range(number)]


def table(chance, delimiter):
    out = io.StringIO()
    out.write(chance.choice(["", "", "", "sep=;\n", "# comment\n"]))
    writer = csv.writer(
        out,
        delimiter=delimiter,
        lineterminator=chance.choice(["\n", "\r\n", "\r"]),
        escapechar="\\",
        doublequote=chance.random() < 0.5,
    )
    writer.writerows([["text", "label"], *(r.values() for r in rows(chance))])
    return out.getvalue().encode(chance.choice(ENCODINGS), "replace")


def json_text(chance):
    found = rows(chance)
    whole = chance.choice([found, {"data": found}, dict(enumerate(found))])
    one_a_line = "\n".join(map(json.dumps, found))
    text = chance.choice([one_a_line, json.dumps(whole), json.dumps(whole, indent=1)])
    return text.encode(chance.choice(ENCODINGS), "replace")


def parquet(chance):
    out = io.BytesIO()
    kinds = [
        pyarrow.string(),
        pyarrow.binary(),
        pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
    ]
    found = rows(chance)
    made = {name: [r[name] for r in found] for name in ("text", "label")}
    kind = chance.choice(kinds)
    content = {name: pyarrow.array(v, pyarrow.string()).cast(kind) for name, v in made.items()}
    pyarrow.parquet.write_table(pyarrow.table(content), out)
    return out.getvalue()


def damaged(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice([0, 1, 2, 8])):
        place = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:
            data[place:place] = chance.choice(PIECES)
        else:
            data[place : place + chance.randint(1, 6)] = chance.randbytes(chance.randint(0, 3))
    return gzip.compress(data) if chance.random() < 0.1 else bytes(data) or b"\n"


SOURCES = {
    "csv": (config.CsvSource, lambda chance: table(chance, ",")),
    "tsv": (config.TsvSource, lambda chance: table(chance, "\t")),
    "jsonl": (config.JsonlSource, json_text),
    "parquet": (config.ParquetSource, parquet),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_damaged_files_give_rows_reasons_or_errors_in_words(tmp_path, kind):
    cls, make = SOURCES[kind]
    wanted = columns.Wanted(("text", "label"), None)
    outcomes = {"row": 0, "reason": 0, "error": 0}
    for seed in range(FILES):
        chance = random.Random(seed)
        (tmp_path / "a").write_bytes(damaged(chance, make(chance)))
        try:
            opened = reading.open_source(cls("a"), str(tmp_path), "", wanted)
            for entry in (entry for shard in opened.shards for entry in opened.read(shard)):
                found = encode.attempt(entry, FEATURES, None)
                is_reason = isinstance(found, row.Rejected)
                outcomes["reason" if is_reason else "row"] += 1
                assert not (is_reason and PYTHON.search(found.reason)), f"{seed}: {found.reason}"
        except errors.DataError as error:
            outcomes["error"] += 1
            assert not PYTHON.search(str(error)), f"{seed}: {error}"
    assert min(outcomes.values()) > 10, outcomes
