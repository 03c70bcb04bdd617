"""Synonyms from WordNet's files, read by NLTK."""

import pathlib
import warnings
from collections.abc import Mapping, Sequence

_FILES = ("data", "index")
_PARTS = ("noun", "verb", "adj", "adv")


class Wordnet:
    """The other words of all synsets of a word, as in the code of the EDA paper.

    Inflected words are looked up by WordNet's own rules, and their synonyms are not inflected:
    `movies` gives `film`.

    Args:
        folder: WordNet's database files.

    Raises:
        ValueError: If files are missing.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        import nltk.data

        needed = [f"{file}.{part}" for part in _PARTS for file in _FILES]
        needed += [f"{part}.exc" for part in _PARTS] + ["lexnames"]
        missing = [name for name in needed if not (folder / name).is_file()]
        if missing:
            raise ValueError(
                f"`synonyms: [{{kind: wordnet, folder: ...}}]` names {folder}, which lacks files "
                f"of WordNet: {', '.join(missing)}. Unpack NLTK's `wordnet` corpus and give the "
                "folder that holds data.noun."
            )
        folder = folder.resolve()
        # NLTK reads below its known folders only; that the user names this one is the permission.
        if str(folder) not in nltk.data.path:
            nltk.data.path.append(str(folder))
        with warnings.catch_warnings():
            # That there are no other languages.
            warnings.simplefilter("ignore", UserWarning)
            self._reader = _reader_class()(str(folder), None)

    def find(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Words of all synsets of each word that WordNet knows, in its order."""
        found = {}
        for word in words:
            names = dict.fromkeys(
                name.replace("_", " ")
                for synset in self._reader.synsets(word.replace(" ", "_"))
                for name in synset.lemma_names()
            )
            if names:
                found[word] = list(names)
        return found


def _reader_class() -> type:
    """NLTK's reader, defined here because importing NLTK takes seconds."""
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class Reader(WordNetCorpusReader):
        def map_wn(self, version: str = "wordnet") -> None:
            # Only other languages need a map to WordNet 3.0, which NLTK would look for elsewhere.
            return None

    return Reader
