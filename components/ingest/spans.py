"""A cell with tags of words, or with spans of a text, as spans: begin, end and type of each.

Tags may be IOB1, IOB2 (Tjong Kim Sang and Veenstra, 1999, https://aclanthology.org/E99-1023),
BIOES or BILOU, which one reading covers: an entity begins with `B`, `S` or `U`, and where `I`, `E`
or `L` follow neither its like nor a begin of its type. A tag without such a letter marks its word
alone, as parts of speech do. Spans are those of Label Studio, doccano, spaCy and Hugging Face.
"""

import ast
import io
import itertools
import json
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.ingest import row
from components.span_text import Span

OUTSIDE = ("O", "-", "_", "")
_TAG = re.compile(r"([BIESLUM])[-_](.+)", re.DOTALL)
_BEGINS, _ENDS = "BSU", "ESLU"
_FIELDS = {
    "start": ("start", "start_offset", "begin", "from"),
    "end": ("end", "end_offset", "stop", "to"),
    "type": ("labels", "label", "entity_group", "entity", "type", "tag"),
}
_SHOWN = 40


def of_cell(
    cell: Any, words: Sequence[str] | None, text: str, joiner: str, name: str
) -> list[Span]:
    """The spans of a cell, in order.

    Args:
        cell: Tags, one for each word, in a list or parted by white space; or spans.
        words: Of the row, if they come as a list; the text holds them, parted by `joiner`.
        text: Of the row.
        joiner: Between the words.
        name: Of the column.

    Raises:
        BadRow: If the cell is empty or neither, has another number of tags than words, or spans
            that lie outside the text, overlap or are empty.
    """
    found = _listed(cell, name)
    if not found:
        return []
    if not isinstance(found[0], str):
        spans = sorted(_span(one, text, name) for one in found)
    else:
        spans = list(_of_tags(found, _places(words, text, joiner), name))
    for one, other in zip(spans, spans[1:], strict=False):
        if other[0] < one[1]:
            raise row.BadRow(
                f"`{name}` has spans that overlap: {_shown(one, text)} and {_shown(other, text)}; "
                "a sign of the text can be of one entity only"
            )
    return spans


def list_in(text: str, name: str) -> list[Any] | None:
    """The list that a text is, as JSON or Python writes it; None for any other text.

    Args:
        text: Of a cell.
        name: Of the column.

    Raises:
        BadRow: If NumPy wrote it, without commas: Python would read all words as one.
    """
    if not text.lstrip().startswith("["):
        return None
    try:
        return _as_list(json.loads(text))
    except (ValueError, RecursionError):
        pass
    try:
        found = _as_list(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    tokens = tokenize.generate_tokens(io.StringIO(text.strip()).readline)
    kinds = [one.type for one in tokens if one.type in (tokenize.STRING, tokenize.OP)]
    if (tokenize.STRING, tokenize.STRING) in itertools.pairwise(kinds):
        raise row.BadRow(
            f"`{name}` is a list without commas, as NumPy prints it: {row.excerpt(text)}; write it "
            "as JSON"
        )
    return found


def require_whole(spans: Sequence[Span], text: str, name: str) -> None:
    """Refuse spans that end within a word, which has one tag.

    Args:
        spans: Of the text.
        text: Of the row.
        name: Of the column.

    Raises:
        BadRow: If there is one.
    """
    for span in spans:
        for place in span[:2]:
            around = text[max(place - 1, 0) : place + 1]
            if 0 < place < len(text) and around.isalnum():
                raise row.BadRow(
                    f"`{name}` has {_shown(span, text)}, which ends within a word (…{around}…); "
                    "if that is meant, set `task.units: characters`"
                )


def _listed(cell: Any, name: str) -> list[Any]:
    """The tags or spans of a cell."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        raise row.BadRow(f"`{name}` is empty; write [] where a text has no entity")
    if isinstance(cell, str):
        written = list_in(cell, name)
        if written is None:
            if cell.lstrip().startswith("["):
                raise row.BadRow(
                    f"`{name}` begins as a list but is none: {row.excerpt(cell)}; write it as JSON"
                )
            return cell.split()
        cell = written
    if not isinstance(cell, Sequence) or isinstance(cell, bytes):
        raise row.BadRow(
            f"`{name}` holds {row.excerpt(str(cell))!r}; a list of tags or of spans is expected"
        )
    found = list(cell)
    if any(isinstance(one, str) != isinstance(found[0], str) for one in found):
        raise row.BadRow(f"`{name}` mixes tags and spans: {row.excerpt(str(found))}")
    return found


def _as_list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def _span(given: Any, text: str, name: str) -> Span:
    if isinstance(given, Mapping):
        given = given.get("value", given)  # Label Studio wraps it.
        fields: list[Any] = [
            next((given[key] for key in keys if key in given), None) for keys in _FIELDS.values()
        ]
    elif isinstance(given, Sequence) and len(given) == 3:
        fields = list(given)
    else:
        raise row.BadRow(
            f"`{name}` holds {row.excerpt(str(given))!r}, no tag and no span; expected an object "
            "with start, end and label, or a list of these three"
        )
    begin, end, kind = fields
    if isinstance(kind, list | tuple) and len(kind) == 1:
        kind = kind[0]
    if not (_is_place(begin) and _is_place(end) and isinstance(kind, str) and kind.strip()):
        raise row.BadRow(
            f"`{name}` has a span without two whole numbers and one label: "
            f"{row.excerpt(str(given))}"
        )
    begin, end = int(begin), int(end)
    if not 0 <= begin < end <= len(text):
        raise row.BadRow(
            f"`{name}` has a span from {begin} to {end}, but the text has {len(text)} characters; "
            "places count Unicode's code points from 0, and the end is not included"
        )
    told = given.get("text", given.get("word")) if isinstance(given, Mapping) else None
    if isinstance(told, str) and told.strip() != text[begin:end].strip():
        raise row.BadRow(
            f"`{name}` says that {row.excerpt(told)!r} stands at {begin} to {end}, but there is "
            f"{row.excerpt(text[begin:end])!r}; do the places count bytes, or UTF-16?"
        )
    while text[begin].isspace() and begin < end - 1:
        begin += 1
    while text[end - 1].isspace() and begin < end - 1:
        end -= 1
    return begin, end, " ".join(kind.split())


def _is_place(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def _places(words: Sequence[str] | None, text: str, joiner: str) -> list[tuple[int, int]]:
    """Where each word stands in the text."""
    if words is None:
        found = re.finditer(r"\S+", text) if joiner else re.finditer(r"(?s).", text)
        return [match.span() for match in found]
    places, begin = [], 0
    for word in words:
        places.append((begin, begin + len(word)))
        begin += len(word) + len(joiner)
    return places


def _of_tags(tags: Sequence[str], places: Sequence[tuple[int, int]], name: str) -> Iterator[Span]:
    if len(tags) != len(places):
        raise row.BadRow(f"`{name}` has {len(tags)} tags, but the text has {len(places)} words")
    kind, begin, end = "", 0, 0
    for tag, (first, last) in zip(tags, places, strict=True):
        tag = tag.strip()
        match = _TAG.fullmatch(tag)
        prefix, named = match.groups() if match else ("U", tag)
        named = "" if tag in OUTSIDE else " ".join(named.split())
        if kind and (named != kind or prefix in _BEGINS):
            yield begin, end, kind
            kind = ""
        if named and not kind:
            kind, begin = named, first
        end = last
        if kind and prefix in _ENDS:
            yield begin, end, kind
            kind = ""
    if kind:
        yield begin, end, kind


def _shown(span: Span, text: str) -> str:
    begin, end, kind = span
    return f"{kind} {text[begin:end][:_SHOWN]!r} ({begin} to {end})"
