"""Tests of components/ingest/sources/{parquet,arrow_values}.py: columns of every type."""

import datetime
import decimal

import numpy
import pyarrow
import pyarrow.parquet
import pytest

from components.ingest import columns, config, encode, errors, reading, row, tfexample

WANTED = columns.Wanted(("text", "label"), None)
IMAGES = columns.Wanted(("image", "label"), "image")
FEATURES = [config.Feature("text", "text"), config.Feature("label", "category")]
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5)
DECIMAL = decimal.Decimal
INFINITE = "`label` is infinite, which is no value to learn"


def read(tmp_path, column, wanted=WANTED, name="label"):
    others = {n: ["a"] * len(column) for n in wanted.names if n != name}
    table = pyarrow.table({name: column, **others})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    opened = reading.open_source(config.ParquetSource("a.parquet"), str(tmp_path), "", wanted)
    return [entry for shard in opened.shards for entry in opened.read(shard)]


def labels(tmp_path, column):
    found = [encode.attempt(entry, FEATURES, None) for entry in read(tmp_path, column)]
    return [f.reason if isinstance(f, row.Rejected) else f.stratum for f in found]


def cells_of(entry, features):
    return tfexample.all_of(tfexample.parse(encode.attempt(entry, features, None).example)["label"])


def array(values, kind):
    return pyarrow.array(values, kind)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (array([DECIMAL(1), DECIMAL(2)], pyarrow.decimal128(10, 0)), ["1", "2"]),
        (array([DECIMAL("1.00"), DECIMAL("2.50")], pyarrow.decimal128(38, 2)), ["1", "2.5"]),
        (
            array([DECIMAL("12345678901234567890.125")], pyarrow.decimal256(50, 3)),
            ["12345678901234567890.125"],
        ),
        (array([DECIMAL("-0.0010")], pyarrow.decimal128(9, 4)), ["-0.001"]),
        (array([True, False], pyarrow.bool_()), ["true", "false"]),
        (array([1, 255], pyarrow.uint8()), ["1", "255"]),
        (array([2**64 - 1], pyarrow.uint64()), ["18446744073709551615"]),
        (array([0.1, 1.0], pyarrow.float32()), ["0.1", "1"]),
        (array([numpy.float16(0.1)], pyarrow.float16()), ["0.1"]),
        (array(["x", "y"], pyarrow.large_string()), ["x", "y"]),
        (array(["x", "y", "x"], pyarrow.string()).dictionary_encode(), ["x", "y", "x"]),
        (array([3, 4, 3], pyarrow.int8()).dictionary_encode(), ["3", "4", "3"]),
        (array([b"x", "말".encode()], pyarrow.binary()), ["x", "말"]),
        (array([b"xy"], pyarrow.binary(2)), ["xy"]),
        (array([MOMENT.date()], pyarrow.date32()), ["2020-01-02"]),
        (array([MOMENT.date()], pyarrow.date64()), ["2020-01-02"]),
        (array([MOMENT], pyarrow.timestamp("s")), ["2020-01-02 03:04:05"]),
        (array([MOMENT], pyarrow.timestamp("ns")), ["2020-01-02 03:04:05"]),
        (array([MOMENT], pyarrow.timestamp("us", "Asia/Seoul")), ["2020-01-02 03:04:05Z"]),
        (
            array([MOMENT.replace(microsecond=120000)], pyarrow.timestamp("ms")),
            ["2020-01-02 03:04:05.120"],
        ),
        (array([2**62], pyarrow.int64()).cast(pyarrow.timestamp("us")), [str(2**62)]),
        (array([MOMENT.time()], pyarrow.time64("us")), ["03:04:05"]),
        (array([7], pyarrow.duration("s")), ["7"]),
    ],
)
def test_values_of_every_type_are_labels(tmp_path, column, expected):
    assert labels(tmp_path, column) == expected


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (array([None, None], pyarrow.null()), "`label` is empty"),
        (array([None], pyarrow.decimal128(5, 1)), "`label` is empty"),
        (array([None], pyarrow.timestamp("us", "UTC")), "`label` is empty"),
        (array([None], pyarrow.float32()), "`label` is empty"),
        (array([float("nan")], pyarrow.float64()), "`label` is empty"),
        (
            array([float("inf")], pyarrow.float32()),
            INFINITE,
        ),
        (array([b"\xff"], pyarrow.binary()), "`label` is not UTF-8 at its byte 0"),
        (
            array([b"\xff"], pyarrow.binary()).cast(pyarrow.string(), safe=False),
            "`label` is not UTF-8 at its byte 0",
        ),
    ],
)
def test_values_that_are_no_labels_are_rejected_by_row(tmp_path, column, reason):
    assert set(labels(tmp_path, column)) == {reason}


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (array([["a"]], pyarrow.list_(pyarrow.string())), "holds lists (list<"),
        (array([[1, 2]], pyarrow.large_list(pyarrow.int64())), "holds lists (large_list<"),
        (array([{"a": 1}], pyarrow.struct([("a", pyarrow.int64())])), "holds structs (struct<"),
        (array([[("a", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())), "holds mappings"),
    ],
)
def test_nested_columns_are_refused_in_terms_of_the_column(tmp_path, column, told):
    with pytest.raises(errors.DataError) as caught:
        read(tmp_path, column)
    assert f"a.parquet: column 'label' {told}" in str(caught.value)
    assert "expected one text or number a row" in str(caught.value)


STRINGS = pyarrow.list_(pyarrow.string())
SPANS = pyarrow.list_(
    pyarrow.struct(
        [("start", pyarrow.int32()), ("end", pyarrow.int64()), ("label", pyarrow.string())]
    )
)


@pytest.mark.parametrize(
    ("column", "feature", "expected"),
    [
        (
            array([["b", "a", "b"], [], ["말"]], STRINGS),
            config.Feature("label", "categories", separator=","),
            [[b"b", b"a"], [], ["말".encode()]],
        ),
        (
            array([["a"], ["c", "b"]], pyarrow.large_list(pyarrow.large_string())),
            config.Feature("label", "categories", separator=","),
            [[b"a"], [b"c", b"b"]],
        ),
        (
            array([[1, 20], [3, 3]], pyarrow.list_(pyarrow.int8(), 2)),
            config.Feature("label", "categories", separator=","),
            [[b"1", b"20"], [b"3"]],
        ),
        (
            array(["a,b"], pyarrow.string()),
            config.Feature("label", "categories", separator=","),
            [[b"a", b"b"]],
        ),
        (
            array([["Anna", "is", "in", "부산"], ["Hi"]], STRINGS),
            config.Feature("label", "text", joiner=" "),
            [["Anna is in 부산".encode()], [b"Hi"]],
        ),
    ],
)
def test_lists_of_labels_and_of_words_are_read(tmp_path, column, feature, expected):
    wanted = columns.wanted([feature], config.SplitConfig())
    entries = read(tmp_path, column, wanted)
    assert [cells_of(entry, [feature]) for entry in entries] == expected


def test_spans_and_tags_are_read_from_lists(tmp_path):
    features = [
        config.Feature("words", "text", joiner=" "),
        config.Feature("label", "spans", within="words"),
    ]
    wanted = columns.wanted(features, config.SplitConfig())
    table = {
        "words": array([["Anna", "Lee", "sings"], ["Go", "Anna"]], STRINGS),
        "label": array([["B-PER", "I-PER", "O"], ["O", "B-PER"]], STRINGS),
    }
    tagged = spans_of(tmp_path, table, wanted, features)
    table["label"] = array(
        [[{"start": 0, "end": 8, "label": "PER"}], [{"start": 3, "end": 7, "label": "PER"}]], SPANS
    )
    assert tagged == spans_of(tmp_path, table, wanted, features)
    assert len(tagged) == 2 and all(len(row) == 1 for row in tagged)


def spans_of(tmp_path, table, wanted, features):
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "a.parquet")
    opened = reading.open_source(config.ParquetSource("a.parquet"), str(tmp_path), "", wanted)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    return [cells_of(entry, features) for entry in entries]


def test_text_inside_lists_that_is_not_utf_8_is_rejected_by_row(tmp_path):
    broken = array([[b"ok"], [b"\xff"]], pyarrow.list_(pyarrow.binary()))
    feature = config.Feature("label", "categories", separator=",")
    wanted = columns.wanted([feature], config.SplitConfig())
    entries = read(tmp_path, broken.cast(STRINGS, safe=False), wanted)
    found = [encode.attempt(entry, [feature], None) for entry in entries]
    assert [getattr(one, "reason", None) for one in found] == [
        None,
        "`label` is not UTF-8 at its byte 0",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.binary(),
        pyarrow.large_binary(),
        pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]),
    ],
)
def test_images_are_bytes_or_structs_of_them(tmp_path, kind):
    value = {"bytes": b"x", "path": None} if pyarrow.types.is_struct(kind) else b"x"
    entries = read(tmp_path, array([value, None], kind), IMAGES, "image")
    assert [entry.values["image"] for entry in entries] == [b"x", None]


@pytest.mark.parametrize(
    "column",
    [
        array(["a.png"], pyarrow.string()),
        array([[0, 255]], pyarrow.list_(pyarrow.uint8())),
        array([{"path": "x"}], pyarrow.struct([("path", pyarrow.string())])),
    ],
)
def test_columns_without_bytes_are_no_images(tmp_path, column):
    with pytest.raises(errors.DataError, match=r"expected encoded images \(bytes\)"):
        read(tmp_path, column, IMAGES, "image")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"text,label\na,x\n", "is text, not Parquet. Set `data.source.kind` to csv"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, not Parquet"),
        (b"ARROW1\0\0" + bytes(50), r"an Arrow \(Feather\) file, not Parquet"),
        (b"PAR1" + bytes(50), "was it copied completely"),
        (bytes(range(256)), "was it copied completely"),
    ],
)
def test_what_is_no_parquet_is_told_by_what_it_is(tmp_path, content, told):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(errors.DataError, match=told):
        reading.open_source(config.ParquetSource("a.parquet"), str(tmp_path), "", WANTED)
