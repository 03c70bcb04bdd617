"""A causal language model that KerasHub reads, asked by its logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.text import presets
from pipeline.prompting import language_model
from pipeline.prompting.config import PresetModel
from serving import piece_text

_TOKENS = 4096
"""Tokens that are read at once, of all texts together: each has a logit of every piece."""
_STEP = 32
"""Widths are multiples of it, so that few graphs are traced."""


class PresetLanguageModel:
    """See `language_model.LanguageModel`.

    Args:
        network: KerasHub's `CausalLM`, without a preprocessor.
        tokenizer: Of the same preset.
        which: Preset, in words.
        length: Tokens that it reads at once.

    Raises:
        ValueError: If the bytes of its pieces are not known.
    """

    def __init__(self, network: Any, tokenizer: Any, which: str, length: int):
        import keras_hub
        import tensorflow as tf

        self.which = which
        self.length = length
        self._network = network
        self._tokenizer = tokenizer
        self._begin = [] if tokenizer.start_token_id is None else [tokenizer.start_token_id]
        hub = keras_hub.tokenizers
        self._size: Callable[[str], int]
        if isinstance(tokenizer, hub.SentencePieceTokenizer):
            self._size = _size_of_sentence_piece
        elif isinstance(tokenizer, hub.BytePairTokenizer):
            self._size = len  # A sign stands for each byte.
        else:
            raise ValueError(
                f"`model.preset`: the pieces of {which} must be SentencePiece's or of byte pairs. "
                f"Received: {type(tokenizer).__name__}"
            )

        @tf.function(reduce_retracing=True)
        def told(token_ids: Any, mask: Any) -> Any:
            logits = network({"token_ids": token_ids, "padding_mask": mask}, training=False)
            logs = tf.nn.log_softmax(tf.cast(logits[:, :-1], tf.float32))
            return tf.gather(logs, token_ids[:, 1:], batch_dims=2)

        self._told = told
        network.compile(sampler="greedy", jit_compile=False)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `LanguageModel.score`."""
        whole = [prompt + answer for prompt, answer in pairs]
        rows = [self._begin + ids for ids in self._ids(whole)]
        fitting = [place for place, row in enumerate(rows) if len(row) <= self.length]
        logs = self._in_batches([rows[place] for place in fitting], self._logs)
        found: list[float | None] = [None] * len(pairs)
        for place, told in zip(fitting, logs, strict=True):
            answer = len(pairs[place][1].encode())
            number = self._of_answer(rows[place], answer, pairs[place])
            found[place] = float(np.sum(told[-number:], dtype=np.float64))
        return found

    def _of_answer(self, row: list[int], answer: int, pair: tuple[str, str]) -> int:
        sizes = [self._size(self._tokenizer.id_to_token(one)) for one in row[len(self._begin) :]]
        number = language_model.answer_of(sizes, answer)
        if number > len(row) - 1:
            raise ValueError(
                f"`model.preset`: {self.which} has no sign before a text, so the first piece of "
                f"one has no probability. Received the prompt {pair[0]!r}. Begin with an "
                "instruction."
            )
        return number

    def _logs(self, rows: list[list[int]]) -> list[np.ndarray]:
        token_ids, mask = self._padded(rows, 0)
        told = self._told(token_ids, mask).numpy()
        return [one[: len(row) - 1] for one, row in zip(told, rows, strict=True)]

    def write(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        """See `LanguageModel.write`."""
        rows = [self._begin + ids for ids in self._ids(prompts)]
        fitting = [place for place, row in enumerate(rows) if len(row) + longest <= self.length]

        def generate(some: list[list[int]]) -> list[list[int]]:
            return self._generated(some, longest)

        told = self._in_batches([rows[place] for place in fitting], generate)
        found: list[str | None] = [None] * len(prompts)
        for place, ids in zip(fitting, told, strict=True):
            found[place] = self._text(prompts[place], rows[place], ids)
        return found

    def _generated(self, rows: list[list[int]], longest: int) -> list[list[int]]:
        """The tokens behind each row, up to the sign that ends a text."""
        token_ids, mask = self._padded(rows, longest)
        end = self._tokenizer.end_token_id
        told = self._network.generate(
            {"token_ids": token_ids, "padding_mask": mask},
            stop_token_ids=None if end is None else [end],
        )
        written = np.asarray(told["token_ids"])
        found = []
        for row, ids in zip(rows, written, strict=True):
            new = ids[len(row) : len(row) + longest].tolist()
            found.append(new[: new.index(end)] if end in new else new)
        return found

    def _text(self, prompt: str, row: list[int], ids: list[int]) -> str:
        """What tokens add to a prompt; white space between them is told by the whole alone."""
        read = row[len(self._begin) :]
        whole = str(self._tokenizer.detokenize([*read, *ids]))
        is_same = whole.startswith(prompt)
        return whole[len(prompt) :] if is_same else str(self._tokenizer.detokenize(ids))

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [[int(one) for one in row] for row in self._tokenizer(list(texts))]

    def _padded(self, rows: list[list[int]], more: int) -> tuple[np.ndarray, np.ndarray]:
        widest = max(map(len, rows)) + more
        width = min(-(-widest // _STEP) * _STEP, max(self.length, widest))
        token_ids = np.zeros((len(rows), width), np.int32)
        mask = np.zeros((len(rows), width), np.int32)
        for place, row in enumerate(rows):
            token_ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return token_ids, mask

    def _in_batches(self, rows: list[list[int]], ask: Any) -> list[Any]:
        most = max(1, _TOKENS // max([*map(len, rows), 1]))
        return language_model.in_batches(rows, len, most, ask)

    def close(self) -> None:
        """See `LanguageModel.close`: the process frees it."""


def load(config: PresetModel, preset: str) -> PresetLanguageModel:
    """Load a preset.

    Args:
        config: What is asked for.
        preset: Its preset, a folder absolute.

    Raises:
        ValueError: If there is none, it is no causal language model, or nobody knows how much it
            reads at once.
    """
    import keras_hub

    hub = keras_hub.models
    network = presets.load(hub.CausalLM.from_preset, preset, preprocessor=None)
    tokenizer = presets.load(hub.Tokenizer.from_preset, preset)
    places = network.backbone.get_config().get("max_sequence_length")
    length = config.length or places
    if length is None or (places is not None and length > places):
        raise ValueError(
            f"`model.length` must be given for {config.preset}, which says nothing of it, or be at "
            f"most what it has places for. Received: {config.length}, and places for {places}"
        )
    return PresetLanguageModel(network, tokenizer, f"preset {preset}", length)


def _size_of_sentence_piece(piece: str) -> int:
    return len(piece_text.content(piece))
