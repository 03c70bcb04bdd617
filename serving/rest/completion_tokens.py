"""Tokens of prompts and continuations with the logarithms of their probabilities, as OpenAI's.

Those of a prompt are the prompt's own, however it goes on, so that clients can count them. What
follows is told piece by piece if the pieces of prompt and continuation begin with the prompt's;
else as one token, whose probability is that of the pieces that reach beyond the prompt. A text that
ended by itself has a token for its end, as OpenAI's `<|endoftext|>`.
"""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from serving import piece_text

_END = "</s>"
"""The token that ends a text; the text itself does not have it."""


@dataclasses.dataclass(frozen=True)
class Token:
    """A piece of a text."""

    text: str
    place: int
    """Characters before it."""
    score: float
    likeliest: str
    """What is likelier than all else in its place; itself if nobody knows."""
    likeliest_score: float


def read(row: Mapping[str, Any]) -> list[Token]:
    """The tokens of a text that the signature `score` told of."""
    decode, place, found = codecs.getincrementaldecoder("utf-8")("replace"), 0, []
    for piece, score, likeliest, best in zip(
        row["piece"],
        row["piece_log_probability"],
        row["likeliest_piece"],
        row["likeliest_log_probability"],
        strict=True,
    ):
        content = piece_text.content(piece.decode())
        likeliest_text = _told(piece_text.content(likeliest.decode()))
        found.append(Token(_told(content), place, float(score), likeliest_text, float(best)))
        place += len(decode.decode(content))
    return found


def written(
    prompt: Sequence[Token], whole: Sequence[Token], begin: int, text: str, ending: float | None
) -> list[Token]:
    """The tokens behind a prompt.

    Args:
        prompt: Tokens of the prompt alone.
        whole: Tokens of prompt and continuation.
        begin: Characters of the prompt.
        text: The continuation.
        ending: Logarithm of the probability of the continuation with its end; None if it has not
            ended by itself.
    """
    found = _behind(prompt, whole, begin, text)
    if ending is None:
        return found
    # A text that is split anew may be other pieces than it was written in.
    score = min(0.0, ending - sum(token.score for token in found))
    return [*found, Token(_END, begin + len(text), score, _END, score)]


def _behind(prompt: Sequence[Token], whole: Sequence[Token], begin: int, text: str) -> list[Token]:
    number = len(prompt)
    if [one.text for one in whole[:number]] == [one.text for one in prompt]:
        return list(whole[number:])
    ends = [after.place for after in whole[1:]] + [begin + len(text)]
    score = sum(one.score for one, end in zip(whole, ends, strict=True) if end > begin)
    return [Token(text, begin, score, text, score)]


def logprobs(tokens: Sequence[Token], first: int, *, with_alternatives: bool) -> dict[str, Any]:
    """Tokens in OpenAI's form.

    Args:
        tokens: All that are told.
        first: Characters before what is told.
        with_alternatives: Whether the likeliest token stands beside each.
    """
    tops = None
    if with_alternatives:
        tops = [{one.likeliest: one.likeliest_score, one.text: one.score} for one in tokens]
    return {
        "tokens": [one.text for one in tokens],
        "token_logprobs": [one.score for one in tokens],
        "top_logprobs": tops,
        "text_offset": [one.place - first for one in tokens],
    }


def _told(content: bytes) -> str:
    """As OpenAI names parts of characters."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in content)
