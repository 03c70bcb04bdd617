"""Pieces for WordPiece, learned from words and how often they occur.

WordPiece spells a word with its longest known beginning, then the longest known continuation
(Schuster and Nakajima, 2012, https://doi.org/10.1109/ICASSP.2012.6289079). Which pieces there are
is learned by joining neighbours that occur most often (Sennrich et al., 2016,
https://arxiv.org/abs/1508.07909), here by SentencePiece, from words with their counts: what takes
time is how many words are different.
"""

from __future__ import annotations

import io
import pathlib
import string
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence

import tensorflow as tf

MOST_CHARACTERS = 1000
"""Words of rarer ones are unknown."""
JOINER = "##"
"""Begins the pieces that continue a word."""
_LONGEST = 50
"""Characters of a word; longer ones are hardly words, and nothing is learned of them."""
# As KerasHub's tokenizer: signs are words by themselves, and so are Chinese characters.
_APART = (
    r"[!-/:-@\[-`{-~]|[\p{P}]|[\x{4E00}-\x{9FFF}]|[\x{3400}-\x{4DBF}]|[\x{20000}-\x{2A6DF}]"
    r"|[\x{2A700}-\x{2B73F}]|[\x{2B740}-\x{2B81F}]|[\x{2B820}-\x{2CEAF}]|[\x{F900}-\x{FAFF}]"
    r"|[\x{2F800}-\x{2FA1F}]"
)
_BEGIN = 0xF0000
"""Code of what stands for the first of the characters where a word begins, so that no other place
of a word is joined with it; then come the others. Words with characters from there on, which have
no meaning but in some fonts, are only spelled."""
_KEPT = frozenset("▁▅")
"""Characters that SentencePiece keeps to itself."""
_NO_PIECES = string.whitespace + "\0"
"""Characters between words, and one that TensorFlow Text knows no piece of."""
_AT_ONCE = 10_000


def characters_of(lines: Iterable[str], lowercase: bool) -> Counter[str]:
    """Characters that can be pieces, as often as they occur."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line.casefold() if lowercase else line)
    for sign in _NO_PIECES:
        counts.pop(sign, None)
    return counts


def learn(lines: Sequence[str], size: int, lowercase: bool, special: Sequence[str]) -> list[str]:
    """Pieces in the order of their ids: special ones, characters, others as they were joined.

    Args:
        lines: Texts.
        size: Most pieces; at least two for each character beside the special ones.
        lowercase: Whether case is folded.
        special: Pieces that no text has.
    """
    common = characters_of(lines, lowercase).most_common(MOST_CHARACTERS)
    characters = sorted(sign for sign, _ in common)
    spelled = [*special, *characters, *(JOINER + sign for sign in characters)]
    known = {sign for sign in characters if sign not in _KEPT and ord(sign) < _BEGIN}
    counts = {
        word: count
        for word, count in _words(lines, lowercase).items()
        if len(word) <= _LONGEST and known.issuperset(word)
    }
    joined = _joined(counts, characters, size) if len(spelled) < size and counts else []
    return list(dict.fromkeys([*spelled, *joined]))[:size]


def _words(lines: Sequence[str], lowercase: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for place in range(0, len(lines), _AT_ONCE):
        part = [line.casefold() if lowercase else line for line in lines[place : place + _AT_ONCE]]
        apart = tf.strings.regex_replace(tf.constant(part), f"({_APART})", r" \1 ")
        for line in apart.numpy():
            counts.update(line.decode("utf-8", "replace").split())
    return counts


def _joined(counts: dict[str, int], characters: Sequence[str], size: int) -> list[str]:
    """At least so many pieces of words if there are as many, in the order they were joined."""
    import sentencepiece

    firsts = {sign: chr(_BEGIN + place) for place, sign in enumerate(characters)}
    signs = {first: sign for sign, first in firsts.items()}
    # Of pairs that occur alike the order decides which is joined first.
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "words.tsv")
        rows = (f"{firsts[word[0]]}{word[1:]}\t{count}\n" for word, count in ordered)
        path.write_text("".join(rows), "utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(path),
            input_format="tsv",
            model_writer=model,
            model_type="bpe",
            vocab_size=size + 2 * len(characters),
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            split_by_unicode_script=False,
            split_by_number=False,
            bos_id=-1,
            eos_id=-1,
            minloglevel=2,
        )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = map(processor.id_to_piece, range(1, processor.get_piece_size()))
    return [
        signs[piece[0]] + piece[1:] if piece[0] in signs else JOINER + piece for piece in pieces
    ]
