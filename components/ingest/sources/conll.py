"""Read files of a word a line with its tags, a blank line after each sentence.

Columns of the rows: `tokens`, the first column of the file; `tags`, its last; `column_2` and so on,
those between; `document`, which of the file's documents the sentence is of, where lines
`-DOCSTART-` part them. Lines of comments, as CoNLL-U and KLUE have them, are no words.
"""

from collections.abc import Iterator, Sequence

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.text import decoding, lines

TOKENS, TAGS, DOCUMENT = "tokens", "tags", "document"
_DOCUMENT_BEGINS = "-DOCSTART-"
_MOST_WORDS = 100_000
"""Of a sentence; more are a file without blank lines."""
_PEEK = 100


def shards(source: config.ConllSource, base: str, wanted: columns.Wanted) -> list[lines.Part]:
    """Whole files: a sentence has many lines.

    Raises:
        DataError: If files are missing, or have no sentences with the wanted columns.
    """
    found = []
    for file in source_files.find(source, base):
        contents.require_text(file, source.encoding)
        part = lines.Part(file)
        first = next((entry for entry in read(source, part) if isinstance(entry, row.Row)), None)
        if first is None:
            raise errors.DataError(
                f"{file.name} has no sentence: expected a word and its tag on each line, parted by "
                "a tab or spaces, and a blank line after each sentence. Look at "
                "`data.source.kind`."
            )
        columns.require(list(first.values), wanted.names, file.name)
        found.append(part)
    return found


def read(source: config.ConllSource, part: lines.Part) -> Iterator[row.Row | row.Rejected]:
    """The sentences of a file."""
    document, sentence = "", _Sentence(part)
    decode = decoding.Decoder(part, source.encoding)
    number = 0
    for line in lines.read(part):
        if isinstance(line, row.Rejected):
            sentence.reject(line.reason, int(line.where.rpartition(":")[2]))
            continue
        try:
            text = decode(line).rstrip("\r\n")
        except row.BadRow as error:
            sentence.reject(str(error), line.number)
            continue
        if not text.strip():
            yield from sentence.finish(document)
            sentence = _Sentence(part)
        elif text.startswith(_DOCUMENT_BEGINS):
            yield from sentence.finish(document)
            sentence, number = _Sentence(part), number + 1
            document = f"{part.file.name} {number}"
        else:
            sentence.add(text, line.number)
    yield from sentence.finish(document)


class _Sentence:
    """The lines of one sentence."""

    def __init__(self, part: lines.Part):
        self._part = part
        self._first = 0
        self._reason = ""
        self._rows: list[Sequence[str]] = []

    def reject(self, reason: str, number: int) -> None:
        """Keep why the sentence cannot be used."""
        self._first = self._first or number
        self._reason = self._reason or reason

    def add(self, text: str, number: int) -> None:
        """Take a line."""
        fields = _fields(text)
        if not self._rows and _is_comment(text, fields):
            return
        self._first = self._first or number
        if len(fields) < 2:
            self.reject(f"line {number} has one column, {row.excerpt(text)!r}: no tag", number)
        elif self._rows and len(fields) != len(self._rows[0]):
            self.reject(
                f"line {number} has {len(fields)} columns, the sentence's first "
                f"{len(self._rows[0])}",
                number,
            )
        elif len(self._rows) >= _MOST_WORDS:
            self.reject(f"a sentence of more than {_MOST_WORDS:,} lines: no blank lines?", number)
        else:
            self._rows.append(fields)

    def finish(self, document: str) -> Iterator[row.Row | row.Rejected]:
        """The row of the sentence, if it has any line."""
        if not self._first:
            return
        where = f"{self._part.file.name}:{self._first}"
        if self._reason:
            excerpt = " ".join(fields[0] for fields in self._rows[:_PEEK])
            yield row.Rejected(where, self._reason, row.excerpt(excerpt))
            return
        found = [list(column) for column in zip(*self._rows, strict=True)]
        values: dict[str, object] = {TOKENS: found[0], TAGS: found[-1]}
        values |= {f"column_{place}": one for place, one in enumerate(found[1:-1], 2)}
        yield row.Row({**values, DOCUMENT: document}, where, self._part.split)


def _fields(text: str) -> Sequence[str]:
    # A tab parts columns of which the first may be a space: Korean tagged by characters.
    return text.split("\t") if "\t" in text else text.split()


def _is_comment(text: str, fields: Sequence[str]) -> bool:
    """Whether a line is about the sentence: `# text = …`, or `## id`, a tab, the text."""
    if not text.startswith("#"):
        return False
    return len(fields) == 1 or " " in fields[0] or ("\t" not in text and len(fields) > 2)
