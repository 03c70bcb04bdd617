"""Read two files whose lines belong together: a text, and on the same line of the other its pair.

The form of parallel corpora: `train.en` and `train.de`. The columns are named by the endings.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.text import decoding, lines

_GZIPPED = ".gz"


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two files, line by line."""

    parts: tuple[lines.Part, lines.Part]
    """Whole files, in the order of the endings."""

    @property
    def split(self) -> str | None:
        """Split the files stand for."""
        return self.parts[0].split

    @property
    def size(self) -> int:
        """Bytes to expect."""
        return sum(part.size for part in self.parts)


def shards(source: config.AlignedSource, base: str, wanted: columns.Wanted) -> list[Pair]:
    """Files in pairs.

    Raises:
        DataError: If files are missing, have no other file beside them, or other columns are
            wanted.
    """
    columns.require(list(source.endings), wanted.names, "The aligned files")
    stems = [_by_stem(source_files.find(source, base), ending) for ending in source.endings]
    alone = sorted(set(stems[0]) ^ set(stems[1]))
    if alone or not stems[0]:
        told = ", ".join(repr(stem) for stem in alone[:5]) or "no file with either ending"
        raise errors.DataError(
            f"`data.source.path`: each file that ends in .{source.endings[0]} needs one beside it "
            f"that ends in .{source.endings[1]}, and the other way round. Received: {told}. Look "
            "at `data.source.endings`."
        )
    found = []
    for stem in sorted(stems[0]):
        files = [stems[side][stem] for side in range(2)]
        for file in files:
            contents.require_text(file, source.encoding)
        first, second = (lines.Part(file) for file in files)
        found.append(Pair((first, second)))
    return found


def read(source: config.AlignedSource, pair: Pair) -> Iterator[row.Row | row.Rejected]:
    """A row for each line.

    Raises:
        DataError: If one file has more lines than the other.
    """
    decoders = [decoding.Decoder(part, source.encoding) for part in pair.parts]
    sides = [lines.read(part) for part in pair.parts]
    for number, both in enumerate(itertools.zip_longest(*sides), 1):
        where = f"{pair.parts[0].file.name}:{number}"
        one, other = both
        if one is None or other is None:
            first, second = (part.file.name for part in pair.parts)
            longer, shorter = (second, first) if one is None else (first, second)
            raise errors.DataError(
                f"{longer} has more lines than {shorter}, which has {number - 1}: from some line "
                "on texts stand beside others than theirs. Give files of the same lines."
            )
        if isinstance(one, row.Rejected):
            yield dataclasses.replace(one, where=where)
            continue
        if isinstance(other, row.Rejected):
            yield dataclasses.replace(other, where=where)
            continue
        try:
            texts = [_text(decoders[0], one), _text(decoders[1], other)]
        except row.BadRow as error:
            yield row.Rejected(where, str(error), row.excerpt(one.raw))
            continue
        yield row.Row(dict(zip(source.endings, texts, strict=True)), where, pair.split)


def _text(decode: decoding.Decoder, line: lines.Line) -> str:
    return decode(line).strip("\r\n").removeprefix("\ufeff")


def _by_stem(
    files: Sequence[source_files.DataFile], ending: str
) -> dict[str, source_files.DataFile]:
    """Files with an ending, by what stands before it."""
    found = {}
    for file in files:
        stem, _, last = file.name.removesuffix(_GZIPPED).rpartition(".")
        if last == ending:
            found[stem] = file
    return found
