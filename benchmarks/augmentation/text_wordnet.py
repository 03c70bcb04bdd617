"""Synonyms in the format of WordNet's database files, for machines that have no WordNet.

Format: the manual pages wndb(5WN), senseidx(5WN) and lexnames(5WN) of WordNet 3.0.
"""

import pathlib
from collections import defaultdict
from collections.abc import Sequence

_LEXNAMES = ("adj.all\t3", "adj.pert\t3", "adv.all\t4", "noun.Tops\t1")
_TOPS = 3


def write(folder: pathlib.Path, synsets: Sequence[Sequence[str]]) -> None:
    """Write synsets of nouns; the other parts of speech are empty.

    Args:
        folder: Made if there is none.
        synsets: Words that mean the same, with `_` for spaces, lower case.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("verb", "adj", "adv", "noun"):
        for name in (f"data.{part}", f"index.{part}", f"{part}.exc"):
            (folder / name).write_bytes(b"")
    names = [f"{number:02d}\t{name}\n" for number, name in enumerate(_LEXNAMES)]
    (folder / "lexnames").write_text("".join(names), "utf-8")
    data, offsets = b"", defaultdict(list)
    for synset in synsets:
        words = " ".join(f"{word} 0" for word in synset)
        for word in synset:
            offsets[word].append(len(data))
        line = f"{len(data):08d} {_TOPS:02d} n {len(synset):02x} {words} 000 | made up\n"
        data += line.encode()
    (folder / "data.noun").write_bytes(data)
    index = [
        f"{word} n {len(found)} 0 {len(found)} 0 {' '.join(f'{o:08d}' for o in found)}  \n"
        for word, found in sorted(offsets.items())
    ]
    (folder / "index.noun").write_text("".join(index), "utf-8")
    senses = [
        f"{word}%1:{_TOPS:02d}:{number:02d}:: {offset:08d} {number + 1} 0\n"
        for word, found in sorted(offsets.items())
        for number, offset in enumerate(found)
    ]
    (folder / "index.sense").write_text("".join(senses), "utf-8")
