"""The peer's side of `benchmarks/augmentation/text.py`; runs where our code is not installed.

Reads one JSON request a line and answers with one: `{"library", "operation", "alpha",
"copies"}` gives `{"seconds", "texts"}`, the processor time for new texts of all sentences.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence

Change = Callable[[str, float, int], Sequence[str]]
"""New texts of a sentence, given the share of words that change and how many texts are wanted."""


def main(sentences_file: str, stop_words_file: str, wordnet_root: str) -> None:
    """Answer until standard input ends.

    Args:
        sentences_file: JSON list of sentences.
        stop_words_file: JSON list of words.
        wordnet_root: Holds `corpora/wordnet`.
    """
    with open(sentences_file, encoding="utf-8") as file:
        sentences = json.load(file)
    with open(stop_words_file, encoding="utf-8") as file:
        stop_words = set(json.load(file))
    operations = _textaugment(stop_words, wordnet_root) | _nlpaug()
    for line in sys.stdin:
        request = json.loads(line)
        change = operations[request["library"], request["operation"]]
        started = time.process_time()
        texts = sum(
            len(change(sentence, request["alpha"], request["copies"])) for sentence in sentences
        )
        seconds = time.process_time() - started
        sys.stdout.write(json.dumps({"seconds": seconds, "texts": texts}) + "\n")
        sys.stdout.flush()


def _textaugment(stop_words: set[str], wordnet_root: str) -> dict[tuple[str, str], Change]:
    import nltk

    nltk.data.path.insert(0, wordnet_root)
    # It would download on construction; the words and synonyms are given here.
    nltk.download = lambda *names: True
    import textaugment

    eda = textaugment.EDA(stop_words=stop_words)

    def amount(sentence: str, alpha: float) -> int:
        return max(1, int(alpha * len(sentence.split())))

    def several(change: Callable[[str, float], str]) -> Change:
        return lambda text, alpha, copies: [change(text, alpha) for _ in range(copies)]

    return {
        ("textaugment", "synonym_replacement"): several(
            lambda text, alpha: eda.synonym_replacement(text, n=amount(text, alpha))
        ),
        ("textaugment", "random_insertion"): several(
            lambda text, alpha: eda.random_insertion(text, n=amount(text, alpha))
        ),
        ("textaugment", "random_swap"): several(
            lambda text, alpha: eda.random_swap(text, n=amount(text, alpha))
        ),
        ("textaugment", "random_deletion"): several(
            lambda text, alpha: eda.random_deletion(text, p=alpha)
        ),
    }


def _nlpaug() -> dict[tuple[str, str], Change]:
    import nlpaug.augmenter.word as naw

    # It rounds the share of words up, and never takes more than ten.
    actions = {"random_swap": "swap", "random_deletion": "delete"}
    made: dict[tuple[str, str], Change] = {}
    for operation, action in actions.items():
        augmenter = naw.RandomWordAug(action=action)

        def change(
            text: str, alpha: float, copies: int, augmenter: naw.RandomWordAug = augmenter
        ) -> list[str]:
            augmenter.aug_p = alpha
            return augmenter.augment(text, n=copies)

        made["nlpaug", operation] = change
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
