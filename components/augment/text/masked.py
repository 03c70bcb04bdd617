"""What a masked language model expects in the place of words.

Any KerasHub model whose class is a `MaskedLM`, with a WordPiece, byte-pair or SentencePiece
tokenizer.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras_hub
import numpy as np
import tensorflow as tf

_SHORTEST = 16
"""Shortest length that texts are padded to, in tokens; longer ones are this times powers of 2."""
_SAME = 8
"""Guesses beyond those asked for, because some are other spellings of the same word."""

Guess = list[tuple[str, float]]
"""Words and their probabilities, likeliest first; the probabilities need not add up to 1."""
# Byte-pair vocabularies write bytes as letters: printable ones as themselves, the others from
# U+0100 on in their order (Radford et al. 2019, the encoder of GPT-2).
_PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_BYTES = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(0x100 + place): byte for place, byte in enumerate(sorted(set(range(256)) - set(_PRINTABLE)))
}
_SPACE = next(letter for letter, byte in _BYTES.items() if byte == ord(" "))


class _Masked(NamedTuple):
    """A text as token ids."""

    token_ids: list[int]
    positions: list[int]


class MaskedModel:
    """A masked language model that guesses words.

    Texts are padded to one of few lengths, by their own length, and batches are always full; so
    a guess depends on its own text alone, up to the rounding of float32.

    Args:
        preset: What KerasHub's `from_preset` takes.
        sequence_length: Longest text in tokens; words beyond have no guesses.
        batch_size: Texts per call of the model.
        candidates: Guesses per word that are wanted.

    Raises:
        ValueError: If the preset cannot be loaded, has no trained head or reads fewer tokens.
    """

    def __init__(self, preset: str, sequence_length: int, batch_size: int, candidates: int) -> None:
        self._model = _load(preset)
        longest = getattr(self._model.backbone, "max_sequence_length", None)
        if longest is not None and sequence_length > longest:
            raise ValueError(
                f"`kind: contextual` has the preset {preset!r}, which reads at most {longest} "
                f"tokens. Received: sequence_length={sequence_length}. Set `sequence_length` to "
                f"{longest} or less."
            )
        self._tokenizer = self._model.preprocessor.tokenizer
        self._sequence_length = sequence_length
        self._batch_size = batch_size
        self._words = _whole_words(self._tokenizer)
        self._most = min(candidates + _SAME, len(self._words))
        self._barred = np.full(self._tokenizer.vocabulary_size(), -np.inf, "float32")
        self._barred[list(self._words)] = 0.0
        self._step = tf.function(self._likeliest, reduce_retracing=True)

    def guess(self, texts: Sequence[Sequence[str]]) -> list[list[Guess]]:
        """Guess words.

        Args:
            texts: Each cut at the words to guess, without them: `["A good ", "."]`.

        Returns:
            For each text, a guess per word; an empty one where the text is too long.
        """
        guesses: list[list[Guess]] = [[[] for _ in text[1:]] for text in texts]
        by_length = defaultdict(list)
        for index, masked in enumerate(self._mask(texts)):
            if masked.positions:
                by_length[self._padded(len(masked.token_ids))].append((index, masked))
        for length, found in sorted(by_length.items()):
            for start in range(0, len(found), self._batch_size):
                batch = found[start : start + self._batch_size]
                answers = self._ask([masked for _, masked in batch], length)
                for (index, masked), answer in zip(batch, answers, strict=True):
                    count = len(masked.positions)
                    guesses[index][:count] = answer[:count]
        return guesses

    def _mask(self, texts: Sequence[Sequence[str]]) -> Iterator[_Masked]:
        """Token ids with masks in the place of words; all texts are tokenized in one call."""
        # The mask stands for the space before the word as well.
        flat = [piece for text in texts for piece in [*map(str.rstrip, text[:-1]), text[-1]]]
        tokenized = iter(self._tokenizer(flat) if flat else ())
        for text in texts:
            yield self._assemble([np.asarray(next(tokenized)).tolist() for _ in text])

    def _assemble(self, pieces: Sequence[Sequence[int]]) -> _Masked:
        tokenizer = self._tokenizer
        token_ids = [tokenizer.start_token_id, *pieces[0]]
        positions = []
        for piece in pieces[1:]:
            positions.append(len(token_ids))
            token_ids += [tokenizer.mask_token_id, *piece]
        end = self._sequence_length - 1
        kept = [position for position in positions if position < end]
        return _Masked([*token_ids[:end], tokenizer.end_token_id], kept)

    def _padded(self, length: int) -> int:
        padded = _SHORTEST
        while padded < length:
            padded *= 2
        return min(padded, self._sequence_length)

    def _ask(self, batch: Sequence[_Masked], length: int) -> list[list[Guess]]:
        most = max(len(masked.positions) for masked in batch)
        # Few different widths, so that the model is traced a few times only.
        width = 1 << (most - 1).bit_length()
        token_ids = np.full((self._batch_size, length), self._tokenizer.pad_token_id, "int32")
        positions = np.zeros((self._batch_size, width), "int32")
        for row, masked in enumerate(batch):
            token_ids[row, : len(masked.token_ids)] = masked.token_ids
            positions[row, : len(masked.positions)] = masked.positions
        lengths = [len(masked.token_ids) for masked in batch]
        lengths += [1] * (self._batch_size - len(batch))
        weights, found = self._step(
            token_ids, np.arange(length) < np.array(lengths)[:, None], positions
        )
        return [
            [self._guess(*pair) for pair in zip(*row, strict=True)]
            for row in zip(found.numpy()[: len(batch)], weights.numpy(), strict=False)
        ]

    def _guess(self, ids: np.ndarray, weights: np.ndarray) -> Guess:
        pairs = zip(ids.tolist(), weights.tolist(), strict=True)
        return [(self._words[index], weight) for index, weight in pairs if weight > 0]

    def _likeliest(
        self, token_ids: tf.Tensor, padding_mask: tf.Tensor, positions: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Probabilities among whole words and ids, each `(batch, positions, most)`."""
        given = {
            "token_ids": token_ids,
            "padding_mask": padding_mask,
            "segment_ids": tf.zeros_like(token_ids),
            "mask_positions": positions,
        }
        logits = self._model({name: given[name] for name in self._model.input}, training=False)
        allowed = tf.nn.softmax(tf.cast(logits, tf.float32) + self._barred)
        return tf.math.top_k(allowed, self._most)


def _load(preset: str) -> Any:
    try:
        model = keras_hub.models.MaskedLM.from_preset(preset)
    # Downloads fail with the errors of four HTTP libraries, files with those of three formats.
    except Exception as error:
        raise ValueError(
            f"`kind: contextual` cannot load a masked language model from the preset {preset!r}. "
            "Expected a KerasHub preset of a class with a `MaskedLM`, such as BERT or RoBERTa. "
            f"The reason given: {type(error).__name__}: {error}"
        ) from error
    inherited = {id(weight) for weight in model.backbone.weights}
    own = [weight for weight in model.weights if id(weight) not in inherited]
    biases = [weight for weight in own if weight.path.endswith("output_bias")]
    # KerasHub gives a fresh head in silence where the preset has none; its biases are all 0. Some
    # models (RoFormer V2) have no weights beside the encoder's, so nothing can be fresh.
    if own and not any(np.any(np.array(bias)) for bias in biases):
        raise ValueError(
            f"The preset {preset!r} has no trained masked-language-model head, so its guesses "
            "would be noise. Give one that was saved by `MaskedLM.save_to_preset` after training; "
            "`minilm` and folders in the Hugging Face format have an encoder alone."
        )
    return model


def _whole_words(tokenizer: Any) -> dict[int, str]:
    """Ids that stand for a whole word, and the word; no special tokens, numbers or marks."""
    special = set(tokenizer.special_token_ids)
    found = {}
    for index, token in enumerate(tokenizer.get_vocabulary()):
        word = _whole_word(tokenizer, token)
        if index not in special and word.isalpha():
            found[index] = word
    return found


def _whole_word(tokenizer: Any, token: str) -> str:
    """The word that a token stands for; empty if it is the middle of one."""
    if isinstance(tokenizer, keras_hub.tokenizers.WordPieceTokenizer):
        return "" if token.startswith(tokenizer.suffix_indicator) else token
    if isinstance(tokenizer, keras_hub.tokenizers.SentencePieceTokenizer):
        return token.removeprefix("\u2581") if token.startswith("\u2581") else ""
    return _of_bytes(token[1:]) if token.startswith(_SPACE) else ""


def _of_bytes(token: str) -> str:
    """The text that letters of a byte-pair token stand for; empty if it is half a character."""
    try:
        return bytes(_BYTES[letter] for letter in token).decode()
    except (KeyError, UnicodeDecodeError):
        return ""
