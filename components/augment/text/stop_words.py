"""Words that carry too little meaning to be replaced."""

import pathlib

from components.augment.text.config import ENGLISH, NO_STOP_WORDS
from components.augment.text.synonyms import fold
from components.augment.text.thesaurus import read_lines


def load(name: str) -> frozenset[str]:
    """Folded stop words.

    Args:
        name: `english` (scikit-learn's list), `none`, or a UTF-8 file with one word a line.

    Raises:
        ValueError: If the file cannot be read.
    """
    if name == NO_STOP_WORDS:
        return frozenset()
    if name == ENGLISH:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        return ENGLISH_STOP_WORDS
    lines = read_lines(pathlib.Path(name), "stop_words")
    return frozenset(fold(line.strip()) for line in lines if line.strip())
