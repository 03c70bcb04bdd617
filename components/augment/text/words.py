"""A text as words, so that it can be changed and put together again.

Spaces and punctuation stay where they are, words move: swapping the ends of `Good film, bad
sound.` gives `Sound film, bad good.` (The EDA paper strips punctuation and lower-cases; here what
is not touched stays as it was written, and a text that began with a capital begins with one.) A
word is what stands between spaces, in Korean an eojeol, without the punctuation around it; with a
SentencePiece model it is a piece of that.
"""

import functools
import pathlib
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_SYLLABLE = re.compile("[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff]")
"""Hangul, in NFC or NFD, but not the lone letters of `ㅋㅋㅋ`."""
_LETTER = re.compile("[^\\W\\d_\u3130-\u318f]")
_REVERSED_END = re.compile("\\W*?[.!?\u2026\u3002~\uff5e^\nㅋㅎㅜㅠ]")
"""What ends a sentence, and marks behind it; read backwards, which stays fast on long runs."""
_SPACE = re.compile(r"\s")
_OTHER_SPACE = re.compile(r"[^\S ]")
# Where a word beside it was deleted, one of its spaces may be missing or shared.
_PADDED_SPACE = re.compile(r" ?([^\S ]) ?")


class Words(NamedTuple):
    """One text, taken apart."""

    tokens: list[str]
    """Words with the punctuation around them, and what is between them. The first word has no
    sentence capital."""
    places: Sequence[int]
    """Indexes of tokens that hold words."""
    movable: Sequence[int]
    """Those of `places` whose words may change places."""
    starts: Sequence[int]
    """Indexes of tokens before which a word may enter: `places`, or among pieces the first of
    each eojeol that holds a word."""
    joint: str
    """What stands between tokens."""
    is_capital: bool
    """Whether the first word becomes a capital one again."""
    has_other_spaces: bool
    """Whether line breaks and tabs are tokens of their own."""

    @property
    def is_open(self) -> bool:
        """Whether a word may follow the last one, which in Korean ends its sentence."""
        return bool(self.movable) and self.movable[-1] == self.places[-1]


Split = Callable[[Sequence[str]], list[Words]]
"""Takes texts apart."""


class Affixes(NamedTuple):
    """A token, taken apart."""

    before: str
    """Punctuation before the word; the whole token if it holds no word."""
    word: str
    """The word, empty if there is none."""
    after: str
    """Punctuation after the word."""


def by_spaces(texts: Sequence[str]) -> list[Words]:
    """Take texts apart at their spaces."""
    found = []
    for text in texts:
        has_other_spaces = not text.isprintable() and bool(_OTHER_SPACE.search(text))
        if has_other_spaces:
            text = _OTHER_SPACE.sub(r" \g<0> ", text)
        found.append((text.split(" "), has_other_spaces))
    return _words(found, " ")


def by_pieces(processor: Any) -> Split:
    """What takes texts apart into pieces of a SentencePiece model.

    Args:
        processor: A `SentencePieceProcessor`.
    """

    def split(texts: Sequence[str]) -> list[Words]:
        return _words([(_pieces(processor, text), False) for text in texts], "")

    return split


def _pieces(processor: Any, text: str) -> list[str]:
    tokens, reached = [], 0
    for piece in processor.encode(text, return_type="proto").pieces:
        core = piece.surface.strip()
        start = text.find(core, reached) if core else -1
        if start < 0:
            continue
        # Spaces, and what the model drops, are tokens of their own.
        tokens += [text[reached:start], core] if start > reached else [core]
        reached = start + len(core)
    return [*tokens, text[reached:]] if reached < len(text) else tokens


def load_pieces(path: pathlib.Path) -> Any:
    """Read a SentencePiece model.

    Args:
        path: The `.model` file.

    Raises:
        ValueError: If there is none, or it is not one.
    """
    import sentencepiece

    try:
        return sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"`sentencepiece` names {path}, which cannot be read as a SentencePiece model: "
            f"{error}. Paths are relative to the YAML."
        ) from error


def join(words: Words, tokens: list[str]) -> str:
    """Put a text together.

    Args:
        words: The text that the tokens come from.
        tokens: May be changed.
    """
    if words.is_capital:
        _capitalise(tokens)
    text = words.joint.join(tokens)
    return _PADDED_SPACE.sub(r"\1", text) if words.has_other_spaces else text


@functools.lru_cache(maxsize=1 << 16)
def affixes(token: str) -> Affixes:
    """Take a token apart."""
    match = _core().search(token)
    if match is None:
        return Affixes(token, "", "")
    return Affixes(token[: match.start()], match[0], token[match.end() :])


def _words(found: Sequence[tuple[list[str], bool]], joint: str) -> list[Words]:
    """Find the words among tokens; each token is looked at once, however many texts hold it."""
    known = set().union(*[tokens for tokens, _ in found])
    wordless = {token for token in known if not (token.isalnum() or affixes(token).word)}
    has_korean = any(_SYLLABLE.search(token) for token in known if not token.isascii())
    made = []
    for tokens, has_other_spaces in found:
        places: Sequence[int] = range(len(tokens))
        if not wordless.isdisjoint(tokens):
            places = [place for place in places if tokens[place] not in wordless]
        movable = _movable(tokens, places, joint) if has_korean else places
        starts = places if joint else _starts(tokens, places)
        is_capital = bool(places) and _lower_sentence_capital(tokens, places[0])
        made.append(Words(tokens, places, movable, starts, joint, is_capital, has_other_spaces))
    return made


def _starts(tokens: Sequence[str], places: Sequence[int]) -> Sequence[int]:
    wordy = set(places)
    return [eojeol[0] for eojeol in _eojeols(tokens, "") if not wordy.isdisjoint(eojeol)]


def _lower_sentence_capital(tokens: list[str], place: int) -> bool:
    """`The` has one, which goes; `I`, `NASA`, `iPhone` and `McCoy` have none."""
    token = tokens[place]
    if token.islower():
        return False
    before, word, after = affixes(token)
    if not word.istitle() or word == "I" or word[1:] != word[1:].lower():
        return False
    tokens[place] = f"{before}{word.lower()}{after}"
    return True


def _capitalise(tokens: list[str]) -> None:
    """Give the first word a capital."""
    for index, token in enumerate(tokens):
        if token.isalpha():
            tokens[index] = token[0].upper() + token[1:]
            return
        before, word, after = affixes(token)
        if word:
            tokens[index] = f"{before}{word[0].upper()}{word[1:]}{after}"
            return


def _movable(tokens: Sequence[str], places: Sequence[int], joint: str) -> Sequence[int]:
    """All words but those that end a Korean sentence: the verb and its ending stand last.

    What follows the verb in its sentence stays too, such as `😀`, `good` or `(5점)`.
    """
    if not any(_SYLLABLE.search(token) for token in tokens):
        return places
    still: set[int] = set()
    following: list[int] = []
    is_final = True
    for eojeol in reversed(_eojeols(tokens, joint)):
        text = "".join([tokens[index] for index in eojeol])
        if _REVERSED_END.match(text[::-1]):
            is_final = True
            # Words have a sentence of their own, `ㅋㅋ 😀` and `10/10` have none.
            if any(_LETTER.search(tokens[index]) for index in following):
                following = []
        if not is_final:
            continue
        following += eojeol
        if _SYLLABLE.search(text) and not _is_aside(text):
            still.update(following)
            is_final, following = False, []
    return [place for place in places if place not in still]


def _is_aside(eojeol: str) -> bool:
    """`5점` and `(강추)` follow a sentence rather than end it."""
    before, word, after = affixes(eojeol)
    return word[:1].isdigit() or ("(" in before and ")" in after)


def _eojeols(tokens: Sequence[str], joint: str) -> list[list[int]]:
    """Indexes of the tokens between spaces; spaces that are tokens stand alone."""
    if joint:
        return [[index] for index in range(len(tokens))]
    found: list[list[int]] = [[]]
    for index, token in enumerate(tokens):
        if _SPACE.search(token):
            found += [[index], []]
        else:
            found[-1].append(index)
    return [eojeol for eojeol in found if eojeol]


@functools.cache
def _core() -> re.Pattern[str]:
    """A token without the punctuation at its ends."""
    marks = "".join(
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)).startswith("P")
    )
    core = f"[^\\s{re.escape(marks + '`')}]"
    return re.compile(rf"{core}(?:\S*{core})?")
