"""The `data` section of a config: where rows come from and how they are split.

Plain dataclasses; importing this file costs nothing but pydantic.
"""

import codecs
import dataclasses
from typing import Annotated, Literal

import pydantic
from annotated_types import Ge, Le

from components.bounds import Count, WholeNumber

SPLITS = ("train", "eval", "test")


def _check_delimiter(delimiter: str) -> str:
    """Refuse what cannot stand between fields."""
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise ValueError(
            "must be one character that is neither a quote nor a line break. "
            f"Received: {delimiter!r}"
        )
    return delimiter


def _check_escape(escape: str) -> str:
    """Refuse what cannot stand before a quote."""
    if escape and (len(escape) != 1 or escape.isspace() or escape == '"'):
        raise ValueError(
            "must be one character that is neither a quote nor white space, or empty. "
            f"Received: {escape!r}"
        )
    return escape


def _check_encoding(encoding: str) -> str:
    """Refuse an encoding Python lacks or whose line breaks are not single bytes."""
    try:
        newline = "\n".encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError, TypeError) as error:
        raise ValueError(
            "must be a Python codec name such as 'utf-8', 'cp949', 'shift_jis' or 'latin-1'. "
            f"Received: {encoding!r}"
        ) from error
    if newline not in (b"\n", b"\xef\xbb\xbf\n"):
        raise ValueError(
            "must be an encoding that can be read line by line. "
            f"Received: {encoding!r}. Save the file as UTF-8."
        )
    return encoding


Delimiter = Annotated[str, pydantic.AfterValidator(_check_delimiter)]
Escape = Annotated[str, pydantic.AfterValidator(_check_escape)]
Encoding = Annotated[str, pydantic.AfterValidator(_check_encoding)]


@dataclasses.dataclass(frozen=True)
class CsvSource:
    """Comma-separated tables with a header line; `.gz` files are read as they are."""

    path: str
    """File, folder (all its `.csv` and `.csv.gz` files) or glob; relative to the YAML."""
    kind: Literal["csv"] = "csv"
    """Always `csv`."""
    delimiter: Delimiter = ","
    """One character between fields."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name such as `utf-8`, `cp949` or `latin-1`."""
    quoting: bool = True
    """Whether `"` starts a field that may hold delimiters and line breaks."""
    escape: Escape | None = None
    """Character before a quote that is part of a quoted field, as the backslash of Spark, MySQL
    and R; empty for none, so that only `""` is a quote; left out: found out from each file."""


@dataclasses.dataclass(frozen=True)
class TsvSource:
    """Tab-separated tables with a header line; `.gz` files are read as they are."""

    path: str
    """File, folder (all its `.tsv` and `.tsv.gz` files) or glob; relative to the YAML."""
    kind: Literal["tsv"] = "tsv"
    """Always `tsv`."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name such as `utf-8`, `cp949` or `latin-1`."""
    quoting: bool = False
    """Whether `"` starts a field that may hold tabs and line breaks."""
    escape: Escape | None = None
    """Character before a quote that is part of a quoted field; empty for none; left out: found
    out from each file. Without `quoting` nothing is escaped."""

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
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name."""


@dataclasses.dataclass(frozen=True)
class TextSource:
    """Plain text without columns, for tasks that learn from texts alone; the column is `text`.

    `.gz` files are read as they are.
    """

    path: str
    """File, folder (all its `.txt` and `.txt.gz` files) or glob; relative to the YAML."""
    kind: Literal["text"] = "text"
    """Always `text`."""
    row: Literal["line", "block"] = "line"
    """What a row is: a line, or a block of lines up to a blank one, joined by spaces."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name."""


@dataclasses.dataclass(frozen=True)
class ConllSource:
    """Files of a word a line with its tags, a blank line after each sentence.

    Columns: `tokens`, the first of the file; `tags`, its last; `column_2` and so on, those between;
    `document`, where lines `-DOCSTART-` part documents. `.gz` files are read as they are.
    """

    path: str
    """File, folder (all its `.txt`, `.conll`, `.conllu`, `.tsv`, `.iob`, `.iob2`, `.bio` and
    `.bioes` files) or glob; relative to the YAML."""
    kind: Literal["conll"] = "conll"
    """Always `conll`."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name."""


def _check_endings(endings: tuple[str, str]) -> tuple[str, str]:
    """Refuse two endings that do not tell files apart."""
    if endings[0] == endings[1] or not all(endings) or any("." in one for one in endings):
        raise ValueError(
            "must be the two endings of the files, without dots and not the same, for example "
            f"[en, de] of train.en and train.de. Received: {list(endings)}"
        )
    return endings


@dataclasses.dataclass(frozen=True)
class AlignedSource:
    """Files in pairs whose lines belong together, such as `train.en` and `train.de`.

    Columns: named by the two endings, here `en` and `de`. `.gz` files are read as they are.
    """

    path: str
    """Folder, or a glob of both files; relative to the YAML."""
    endings: Annotated[tuple[str, str], pydantic.AfterValidator(_check_endings)]
    """What the names of the two files end with, and the names of the columns: `[en, de]`."""
    kind: Literal["aligned"] = "aligned"
    """Always `aligned`."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name."""


@dataclasses.dataclass(frozen=True)
class SquadSource:
    """SQuAD's files (1.1, 2.0; KorQuAD 1.0): articles of paragraphs, with questions and answers.

    Columns: `question`, `context`, `answers`, `id`, `title`. `.gz` files are read as they are.
    """

    path: str
    """File, folder (all its `.json` and `.json.gz` files) or glob; relative to the YAML."""
    kind: Literal["squad"] = "squad"
    """Always `squad`."""
    encoding: Encoding = "utf-8"
    """Text encoding, a Python codec name."""


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
    """Image files in one folder per class; columns `image`, `label` and `folder`.

    `folder` is the path from the class folder to the file's own, empty for files right in it.

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
    encoding: Encoding = "utf-8"
    """Text encoding of the table, a Python codec name."""
    delimiter: Delimiter | None = None
    """One character between fields; left out: of comma, tab, semicolon and vertical bar the one
    that divides the header into the columns of the task, or else by the ending, `.csv` or not."""


@dataclasses.dataclass(frozen=True)
class SampleSource:
    """Data that needs no network.

    `imdb_small`: 100 film reviews (`text`, `label`); `digits`: 1797 images of
    8 x 8 pixels (`image`, `label`); `digit_pairs`: 1200 images of two of them
    (`image`, `digits`, `sum`); `library_docs`: paragraphs of the documentation
    of installed libraries (`text`, `library`); `function_docs`: of their
    functions (`text`, `parameters`, `count`, `name`, `same`, `other`,
    `overlap`); `code_terms`: with what is code in them (`text`, `terms`);
    `named_functions`: their names and documentation (`name`, `text`);
    `parameter_questions`: questions about their parameters (`question`, `context`, `answers`,
    `function`, `reply`); `function_code`: how functions are called (`text`, `code`, `library`);
    `function_tasks`: the same asked about what is called and of which library (`task`, `text`,
    `answer`);
    `function_choices`: which of four names is theirs (`text`, `a`, `b`, `c`, `d`, `right`).
    """

    name: Literal[
        "imdb_small",
        "digits",
        "digit_pairs",
        "library_docs",
        "function_choices",
        "function_code",
        "function_docs",
        "function_tasks",
        "code_terms",
        "named_functions",
        "parameter_questions",
    ]
    """Which sample."""
    kind: Literal["sample"] = "sample"
    """Always `sample`."""


Source = Annotated[
    CsvSource
    | TsvSource
    | JsonlSource
    | TextSource
    | ConllSource
    | AlignedSource
    | SquadSource
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

    A row's split depends on its content alone, or on the name of its group, so new
    rows move old ones only as `stratify` and `group` say, and exact duplicates never
    straddle. Parts that the data names itself (by `column`, by folders or by files
    named train, eval or test) are kept; a part it does not name is taken from its
    train rows.
    """

    train: Count = 8
    """Parts of the rows to train on, at least 1."""
    eval: WholeNumber = 2
    """Parts to choose the best model by; 0 only if the data names its own eval rows."""
    test: WholeNumber = 0
    """Parts to hold out until the end."""
    stratify: bool = False
    """Divide each label in this ratio. The price: a new row can move a few old ones that lie
    next to a boundary."""
    column: str | None = None
    """Column that names each row's split: train; eval, val, valid, validation or dev; test."""
    group: str | None = None
    """Column whose equal values stay in one split, such as the patient of an image or the article
    of a question; a row without a value is by itself. Splits that the data names are kept. The
    price: a new row with the content of another group joins the two, and with `stratify` any new
    row can move whole groups."""


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Where the rows come from, how they are split, how many may be unreadable."""

    source: Source
    """Files and their format."""
    split: SplitConfig = SplitConfig()
    """How rows are divided into train, eval and test."""
    max_quarantined: Annotated[float, Ge(0), Le(1)] = 0.01
    """Largest share of rows that may be unusable before the run stops, in [0, 1]."""


@dataclasses.dataclass(frozen=True)
class Feature:
    """One column of the examples, as the task needs it."""

    name: str
    """Column of the source, or the name of a derived column."""
    holds: Literal[
        "text",
        "image",
        "category",
        "categories",
        "choice",
        "number",
        "spans",
        "answers",
        "written",
        "slice",
        "derived",
    ]
    """What its cells are: a `category` is one label, `categories` are any number of them, a
    `choice` says which of other columns is right; `spans` are parts of a text with a type each,
    `answers` are parts that say the same; `written` is a text that a model is to write; `slice`
    columns are copied for evaluation by group; `derived` ones are computed."""
    separator: str = ""
    """Between the labels in a cell of `categories`."""
    field: str = ""
    """Field of the YAML's `task` that names the column."""
    joiner: str | None = None
    """What the words of a `text` are joined by where they come as a list; None refuses lists."""
    within: str = ""
    """Column whose text the cells of `spans` and `answers` are parts of."""
    is_required: bool = False
    """Whether a row without any of `answers` is refused."""
