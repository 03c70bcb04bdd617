"""Text of lines, or which encoding to set."""

import codecs
import functools
import itertools

from components.ingest import row
from components.ingest.files import source_files
from components.ingest.text import encodings, lines

# Of lines that are looked at to tell an encoding.
_SAMPLE_LINES = 100_000
_SAMPLE_BYTES = 20_000
_BEFORE, _AFTER = 10, 20


class Decoder:
    """Text of lines. Where one cannot be read, looks at the others to tell what it is in."""

    def __init__(self, part: lines.Part, encoding: str):
        """Keep where the lines come from.

        Args:
            part: What the lines are from.
            encoding: As the user set it.
        """
        self._file = part.file
        self._encoding = encoding

    def __call__(self, line: lines.Line) -> str:
        """Text of a line.

        Raises:
            BadRow: If the bytes are not in that encoding; names the byte and the fix.
        """
        try:
            return line.raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise row.BadRow(
                f"byte 0x{line.raw[error.start]:02x} at position {line.offset + error.start} of "
                f"the file is not {self._encoding}; {self._advice(line.raw)}"
            ) from error

    @functools.cached_property
    def _sample(self) -> list[bytes]:
        return _beyond_ascii(self._file)

    @functools.cached_property
    def _superset(self) -> str | None:
        return encodings.superset(self._encoding, self._sample)

    @functools.cached_property
    def _likely(self) -> encodings.Likely | None:
        return encodings.likely(self._sample) if self._sample else None

    def _advice(self, raw: bytes) -> str:
        """What to do about a line that is not in the encoding that was set."""
        if self._superset and encodings.reads(self._superset, raw):
            return f"it is {self._superset}, often called that: {_setting(self._superset, raw)}"
        found = self._likely
        if not found:
            return "set `data.source.encoding` to what the file was saved in, or save it as UTF-8"
        if codecs.lookup(found.encoding) != codecs.lookup(self._encoding):
            most = "the file" if found.share == 1 else "most of the file"
            return f"{most} reads as {found.encoding}: {_setting(found.encoding, raw)}"
        alone = encodings.likely([raw])
        reading = f" (as {alone.encoding} it reads {_shown(raw, alone.encoding)})" if alone else ""
        return (
            f"most of the file is, so this line is damaged or from another file{reading}. "
            "Repair it, or save it as the others are"
        )


def likely(file: source_files.DataFile) -> encodings.Likely | None:
    """The encoding that a text file seems to be in; None if what was looked at is ASCII, or none.

    Args:
        file: Read up to its first lines beyond ASCII.
    """
    sample = _beyond_ascii(file)
    if sample and all(encodings.reads("utf-8", line) for line in sample):
        # Hardly ever by chance, whatever signs it holds.
        return encodings.Likely("utf-8", 1)
    return encodings.likely(sample) if sample else None


def _beyond_ascii(file: source_files.DataFile) -> list[bytes]:
    """Some of the lines of a file that hold more than ASCII."""
    found: list[bytes] = []
    taken = 0
    for line in itertools.islice(lines.read(lines.Part(file)), _SAMPLE_LINES):
        if isinstance(line, lines.Line) and not line.raw.isascii():
            found.append(line.raw[:_SAMPLE_BYTES])
            taken += len(line.raw)
        if taken > _SAMPLE_BYTES:
            break
    return found


def _setting(encoding: str, raw: bytes) -> str:
    return f"set `data.source.encoding: {encoding}`, which reads {_shown(raw, encoding)}"


def _shown(raw: bytes, encoding: str) -> str:
    """A few words of a line, about its first character that is not ASCII."""
    text = raw.decode(encoding, "replace")
    first = next((place for place, c in enumerate(text) if c >= "\x80"), 0)
    return repr(row.excerpt(text[max(0, first - _BEFORE) : first + _AFTER].strip()))
