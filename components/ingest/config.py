"""The `data` section of a config: where rows come from and how they are split.

Plain dataclasses; importing this file costs nothing but pydantic.
"""

import codecs
import dataclasses
from typing import Annotated, Literal

import pydantic

SPLITS = ("train", "eval", "test")


@dataclasses.dataclass(frozen=True)
class CsvSource:
    """Comma-separated tables with a header line; `.gz` files are read as they are."""

    path: str
    """File, folder (all its `.csv` and `.csv.gz` files) or glob; relative to the YAML."""
    kind: Literal["csv"] = "csv"
    """Always `csv`."""
    delimiter: str = ","
    """One character between fields."""
    encoding: str = "utf-8"
    """Text encoding, a Python codec name such as `utf-8`, `cp949` or `latin-1`."""
    quoting: bool = True
    """Whether `"` starts a field that may hold delimiters and line breaks."""
    escape: str | None = None
    """Character before a quote that is part of a quoted field, as the backslash of Spark, MySQL
    and R; empty for none, so that only `""` is a quote; left out: found out from each file."""

    def __post_init__(self) -> None:
        check_delimiter(self.delimiter)
        check_escape(self.escape)
        check_encoding(self.encoding)


@dataclasses.dataclass(frozen=True)
class TsvSource:
    """Tab-separated tables with a header line; `.gz` files are read as they are."""

    path: str
    """File, folder (all its `.tsv` and `.tsv.gz` files) or glob; relative to the YAML."""
    kind: Literal["tsv"] = "tsv"
    """Always `tsv`."""
    encoding: str = "utf-8"
    """Text encoding, a Python codec name such as `utf-8`, `cp949` or `latin-1`."""
    quoting: bool = False
    """Whether `"` starts a field that may hold tabs and line breaks."""
    escape: str | None = None
    """Character before a quote that is part of a quoted field; empty for none; left out: found
    out from each file. Without `quoting` nothing is escaped."""

    def __post_init__(self) -> None:
        check_escape(self.escape)
        check_encoding(self.encoding)

    @property
    def delimiter(self) -> str:
        """The tab between fields."""
        return "\t"


@dataclasses.dataclass(frozen=True)
class JsonlSource:
    """One JSON object a line, an array of objects, or an object that holds rows or columns.

    `.gz` files are read as they are.
    """

    path: str
    """File, folder (all its `.jsonl` and `.jsonl.gz` files) or glob; relative to the YAML."""
    kind: Literal["jsonl"] = "jsonl"
    """Always `jsonl`."""
    encoding: str = "utf-8"
    """Text encoding, a Python codec name."""

    def __post_init__(self) -> None:
        check_encoding(self.encoding)


@dataclasses.dataclass(frozen=True)
class ParquetSource:
    """Parquet tables; image columns may be bytes or structs with a `bytes` field."""

    path: str
    """File, folder (all its `.parquet` files) or glob; relative to the YAML."""
    kind: Literal["parquet"] = "parquet"
    """Always `parquet`."""


@dataclasses.dataclass(frozen=True)
class TfrecordSource:
    """TFRecord files of serialized tf.Examples, plain or gzipped."""

    path: str
    """File, folder (all its files) or glob; relative to the YAML."""
    kind: Literal["tfrecord"] = "tfrecord"
    """Always `tfrecord`."""


@dataclasses.dataclass(frozen=True)
class ImageFolderSource:
    """Image files in one folder per class; columns `image` and `label`.

    Folders named train, val, valid, validation, dev, eval or test, also `training_set` or
    `seg_test`, may stand above or below the class folders; then they are the splits.
    """

    path: str
    """Folder; relative to the YAML, or to `~`."""
    kind: Literal["image_folder"] = "image_folder"
    """Always `image_folder`."""


@dataclasses.dataclass(frozen=True)
class ImageTableSource:
    """A table with a column of image paths beside the labels."""

    path: str
    """Table with a header line, or a glob; relative to the YAML."""
    kind: Literal["image_table"] = "image_table"
    """Always `image_table`."""
    images: str | None = None
    """Folder the image paths are relative to, itself relative to the YAML; by default the
    folder of the table."""
    encoding: str = "utf-8"
    """Text encoding of the table, a Python codec name."""
    delimiter: str | None = None
    """One character between fields; left out: of comma, tab, semicolon and vertical bar the one
    that divides the header into the columns of the task, or else by the ending, `.csv` or not."""

    def __post_init__(self) -> None:
        if self.delimiter is not None:
            check_delimiter(self.delimiter)
        check_encoding(self.encoding)


@dataclasses.dataclass(frozen=True)
class SampleSource:
    """Data that needs no network.

    `imdb_small`: 100 film reviews (`text`, `label`); `digits`: 1797 images of
    8 x 8 pixels (`image`, `label`); `library_docs`: paragraphs of the
    documentation of installed libraries (`text`, `library`).
    """

    name: Literal["imdb_small", "digits", "library_docs"]
    """Which sample."""
    kind: Literal["sample"] = "sample"
    """Always `sample`."""


Source = Annotated[
    CsvSource
    | TsvSource
    | JsonlSource
    | ParquetSource
    | TfrecordSource
    | ImageFolderSource
    | ImageTableSource
    | SampleSource,
    pydantic.Field(discriminator="kind"),
]


@dataclasses.dataclass(frozen=True)
class SplitConfig:
    """How rows are divided.

    A row's split depends on its content alone, so new rows never move old ones
    and exact duplicates never straddle. Parts that the data names itself
    (by `column`, by folders or by files named train, eval or test) are kept; a
    part it does not name is taken from its train rows.
    """

    train: int = 8
    """Parts of the rows to train on, at least 1."""
    eval: int = 2
    """Parts to choose the best model by; 0 only if the data names its own eval rows."""
    test: int = 0
    """Parts to hold out until the end."""
    stratify: bool = False
    """Divide each label in this ratio. The price: a new row can move a few old ones that lie
    next to a boundary."""
    column: str | None = None
    """Column that names each row's split: train; eval, val, valid, validation or dev; test."""

    def __post_init__(self) -> None:
        if min(self.train, self.eval, self.test) < 0 or self.train < 1:
            raise ValueError(
                "`train` must be at least 1, `eval` and `test` at least 0. Received: "
                f"train={self.train}, eval={self.eval}, test={self.test}"
            )


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Where the rows come from, how they are split, how many may be unreadable."""

    source: Source
    """Files and their format."""
    split: SplitConfig = SplitConfig()
    """How rows are divided into train, eval and test."""
    max_quarantined: float = 0.01
    """Largest share of rows that may be unusable before the run stops, in [0, 1]."""

    def __post_init__(self) -> None:
        if not 0 <= self.max_quarantined <= 1:
            raise ValueError(
                f"`max_quarantined` must be in [0, 1]. Received: {self.max_quarantined}"
            )


@dataclasses.dataclass(frozen=True)
class Feature:
    """One column of the examples, as the task needs it."""

    name: str
    """Column of the source, or the name of a derived column."""
    kind: Literal["text", "image", "label", "slice", "derived"]
    """`slice` columns are copied for evaluation by group; `derived` ones are computed."""


def check_delimiter(delimiter: str) -> None:
    """Refuse what cannot stand between fields."""
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise ValueError(
            "`delimiter` must be one character that is neither a quote nor a line break. "
            f"Received: {delimiter!r}"
        )


def check_escape(escape: str | None) -> None:
    """Refuse what cannot stand before a quote."""
    if escape and (len(escape) != 1 or escape.isspace() or escape == '"'):
        raise ValueError(
            "`escape` must be one character that is neither a quote nor white space, or empty. "
            f"Received: {escape!r}"
        )


def check_encoding(encoding: str) -> None:
    """Refuse an encoding Python lacks or whose line breaks are not single bytes."""
    try:
        newline = "\n".encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError, TypeError) as error:
        raise ValueError(
            f"Unknown `encoding` {encoding!r}. Use a Python codec name such as 'utf-8', 'cp949', "
            "'shift_jis' or 'latin-1'."
        ) from error
    if newline not in (b"\n", b"\xef\xbb\xbf\n"):
        raise ValueError(
            f"`encoding` {encoding!r} cannot be read line by line. Save the file as UTF-8."
        )
