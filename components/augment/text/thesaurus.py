"""Synonyms from a file, in any language."""

import pathlib
from collections.abc import Mapping, Sequence

from components.augment.text.synonyms import fold


class Thesaurus:
    """A file of synonyms.

    Args:
        path: UTF-8; a word, then its synonyms, tabs between, one entry a line.

    Raises:
        ValueError: If the file cannot be read or a line is no entry.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._entries: dict[str, list[str]] = {}
        for number, line in enumerate(read_lines(path, "synonyms"), start=1):
            word, *synonyms = [field.strip() for field in line.split("\t")]
            if not line.strip():
                continue
            if not word or not any(synonyms):
                raise ValueError(
                    f"Line {number} of the thesaurus {path} is no entry. Expected: a word, then "
                    f"its synonyms, tabs between. Received: {line!r}"
                )
            known = self._entries.setdefault(fold(word), [])
            known += [synonym for synonym in synonyms if synonym and synonym not in known]

    def find(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Synonyms of each word that has an entry."""
        return {word: self._entries[word] for word in words if word in self._entries}


def read_lines(path: pathlib.Path, field: str) -> list[str]:
    """Lines of a UTF-8 file.

    Args:
        path: The file.
        field: What names it in the YAML, for errors.

    Raises:
        ValueError: If it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ValueError(
            f"`augmentation` ... `{field}` names the file {path}, which cannot be read: "
            f"{error.strerror}. Paths are relative to the YAML."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8: byte {error.object[error.start]:#04x} at position "
            f"{error.start}. Save it as UTF-8."
        ) from error
