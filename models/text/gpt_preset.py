"""GPT's texts as presets of KerasHub bring them: pieces, and how texts are prepared for a task.

Source: Radford et al. (2018), "Improving Language Understanding by Generative Pre-Training",
section 3.3: a sign begins a text, one stands between two, and at one behind it, which saw all of
it, a task's answer is read. Differences: the three are one, that between texts, as the model knows
no other.
"""

from __future__ import annotations

from typing import Any

import keras
import keras_hub

from models import pieces


@keras.saving.register_keras_serializable(package="maru")
class GptTokenizer(keras_hub.tokenizers.SentencePieceTokenizer):
    """Pieces of `models/text/continuing.py`, whose special ones have the ids of `models.pieces`."""

    backbone_cls = keras_hub.models.GPT2Backbone
    pad_token_id = pieces.PADDING
    unk_token_id = pieces.UNKNOWN
    start_token_id = pieces.SEPARATOR
    end_token_id = pieces.SEPARATOR


@keras.saving.register_keras_serializable(package="maru")
class GptTextClassifierPreprocessor(keras_hub.models.TextClassifierPreprocessor):
    """A text between the signs of its ends, and one between two, without segments."""

    backbone_cls = keras_hub.models.GPT2Backbone
    tokenizer_cls = GptTokenizer

    def call(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Prepare texts, or texts with answers."""
        found = super().call(x, y, sample_weight)
        inputs = found[0] if isinstance(found, tuple) else found
        del inputs["segment_ids"]
        # Published presets pad with the id of a piece that texts have; padding has none behind it.
        is_other = keras.ops.cast(inputs["padding_mask"], "int32")
        behind = keras.ops.flip(keras.ops.cumsum(keras.ops.flip(is_other, -1), -1), -1)
        inputs["padding_mask"] = behind > 0
        return found
