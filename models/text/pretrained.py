"""Classifier on top of a pretrained text encoder, pooled and linear.

The families of KerasHub that prepare texts for a classifier and mark padding: BERT, ALBERT,
DeBERTa V3, DistilBERT, RoBERTa, XLM-RoBERTa; ELMo, `models/text/elmo_preset.py`, and GPT-2,
`models/text/gpt_preset.py`.

Sources: Devlin et al. (2018), "BERT", https://arxiv.org/abs/1810.04805, section 4
(linear head on a pooled vector), and Reimers and Gurevych (2019), "Sentence-BERT",
https://arxiv.org/abs/1908.10084, section 3 (mean pooling). What a long text loses: Sun et al.
(2019), https://arxiv.org/abs/1905.05583, section 5.3.1. Difference from BERT: `cls` takes the last
layer's first vector without the pre-trained `tanh` pooler, which many published checkpoints lack.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Annotated, Any, Literal

import keras
import keras_hub
from annotated_types import Ge

from models.backbone import Backbone
from models.bounds import NotEmpty, Share
from models.encoder import Encoder
from models.finetuning import blocks, trainable
from models.finetuning.config import FineTuned, Full
from models.text import encoder_module, packing, presets

_INPUTS = {"token_ids", "padding_mask", "segment_ids"}


@dataclasses.dataclass(frozen=True)
class PretrainedTextConfig(FineTuned):
    """Which pretrained encoder is used and how it is fine-tuned."""

    kind: Literal["pretrained_text"] = "pretrained_text"
    """Name of this model."""
    preset: Annotated[NotEmpty, "Example: `preset: minilm`"] = "minilm"
    """`minilm` (installed, needs no network), a KerasHub preset name, a handle such as
    hf://organisation/model, or a folder, relative to the YAML; of BERT, ALBERT, DeBERTa V3,
    DistilBERT, RoBERTa, XLM-RoBERTa or GPT-2."""
    sequence_length: Annotated[int, Ge(3), "Two of the tokens are special."] = 128
    """Input length in the preset's tokens, its special tokens included; longer texts are cut."""
    truncate: Literal["end", "middle"] = "end"
    """What a longer text loses: its end, or its middle, so that a quarter of the tokens read are
    its first and the others its last. Reviews and letters tend to judge in their last lines."""
    layers: Literal["last", "mixed"] = "last"
    """What stands for a token: what the last layer gives, or a mean of all layers and of the
    embedding whose weights are learned with the head (Peters et al., 2018,
    https://arxiv.org/abs/1802.05365, equation 1), also where the rest is frozen."""
    pooling: packing.Pooling = "mean"
    """Text vector: mean over the tokens, or the vector of the first token or of the last, which
    alone saw all of the text in a GPT."""
    dropout: Share = 0.1
    """Rate applied to the text vector, in [0, 1)."""
    lm_weight: Annotated[float, Ge(0)] = 0.0
    """What training counts the loss of telling each token from those before it, beside the task's
    own; for GPT-2 alone. Radford et al. (2018), section 3.2, equation 5: 0.5."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lm_weight and self.layers == "mixed":
            raise ValueError(
                "`lm_weight` is about what the last layer gives, but `layers: mixed` mixes all. "
                f"Received: lm_weight={self.lm_weight}. Leave out one of them."
            )


def build(config: PretrainedTextConfig) -> Backbone:
    """Build the network with the preset's weights.

    Args:
        config: Preset and fine-tuning.

    Returns:
        The backbone, of `token_ids`, `padding_mask` and, for some presets, `segment_ids`, each
        `(batch, sequence_length)`. Layer `features` gives the pooled text vector; layer `backbone`
        is the encoder.

    Raises:
        ValueError: If the preset cannot be loaded or is no text encoder, if it cannot read
            `sequence_length` tokens, has fewer than `trainable_layers` layers or none of those that
            `lora` names.
    """
    backbone = _token_vectors(
        presets.load(
            keras_hub.models.Backbone.from_preset,
            config.preset,
            # A preset remembers its dtype; the training's counts.
            dtype=keras.config.dtype_policy().name,
        ),
        config,
    )
    inputs = {
        name: keras.Input((config.sequence_length,), dtype=tensor.dtype, name=name)
        for name, tensor in _inputs(backbone).items()
    }

    from models.layers.layer_mixture import LayerMixture
    from models.layers.trim_padding import TrimPadding

    tokens = TrimPadding(name="trim_padding")(inputs)
    vectors = trainable.prepare(backbone, config)(tokens)
    if config.layers == "mixed":
        vectors = LayerMixture(name="mixture")(vectors)
    if config.lm_weight:
        vectors = _told_beside(vectors, tokens, backbone.get_layer("token_embedding"), config)
    return packing.pooled(
        "pretrained_text", inputs, tokens, vectors, config.pooling, config.dropout
    )


def encoder(config: PretrainedTextConfig) -> Encoder:
    """Return the encoder: the preset's own tokenizer over `text` `(batch,)` string.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    return packing.of_texts(_preprocessor(config), truncate=config.truncate)


def unit_encoder(config: PretrainedTextConfig) -> Encoder:
    """Return the encoder of a text's units: each is split by the preset's own tokenizer.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    return packing.of_units(_preprocessor(config))


def _preprocessor(config: PretrainedTextConfig) -> keras.layers.Layer:
    return presets.load(
        keras_hub.models.TextClassifierPreprocessor.from_preset,
        config.preset,
        sequence_length=config.sequence_length,
        # One text is cut alike either way, but the other way's operation is unknown to
        # TensorFlow Serving before 2.20.
        truncate="waterfall",
    )


def _token_vectors(backbone: keras.Model, config: PretrainedTextConfig) -> keras.Model:
    """Check a loaded backbone and cut what follows its token vectors.

    Mixed layers are what each block reads first, and what the last one gives.
    """
    if config.lm_weight and not isinstance(backbone, keras_hub.models.GPT2Backbone):
        raise ValueError(
            "`lm_weight` needs a preset that tells each token from those before it: expected one "
            f"of GPT-2. Received: lm_weight={config.lm_weight} and preset={config.preset!r}, a "
            f"{type(backbone).__name__}. Leave it out."
        )
    names = set(_inputs(backbone))
    if not {"token_ids", "padding_mask"} <= names <= _INPUTS:
        raise ValueError(
            f"The preset {config.preset!r} is no text encoder that can be told what is padding: "
            "expected the inputs token_ids and padding_mask, and perhaps segment_ids. Received: "
            f"{sorted(names)}. Choose another `preset`."
        )
    longest = getattr(backbone, "max_sequence_length", None)
    if longest is not None and config.sequence_length > longest:
        raise ValueError(
            f"The preset {config.preset!r} reads at most {longest} tokens. "
            f"Received: sequence_length={config.sequence_length}"
        )
    outputs = backbone.output
    if isinstance(outputs, dict):
        # The pooler that BERT has beside it would be trained by no gradient.
        outputs = outputs["sequence_output"]
    if config.layers == "mixed":
        firsts = [part.layers[0].name for part in blocks.split(backbone).numbered]
        outputs = [*(backbone.get_layer(name).input[0] for name in firsts), outputs]
    return keras.Model(_inputs(backbone), outputs, name="backbone")


def _told_beside(
    vectors: Any, tokens: dict[str, Any], embedding: Any, config: PretrainedTextConfig
) -> Any:
    """The same vectors, whose loss as a language model's is minimised, too."""
    from models.layers.next_token_loss import NextTokenLoss

    given = [vectors, embedding(vectors, reverse=True), tokens["token_ids"], tokens["padding_mask"]]
    return NextTokenLoss(config.lm_weight, name="next_token_loss")(given)


def _inputs(backbone: keras.Model) -> dict[str, keras.KerasTensor]:
    return {tensor.name: tensor for tensor in backbone.inputs}


def save_pretrained(config: PretrainedTextConfig, model: keras.Model, folder: pathlib.Path) -> None:
    """Write what other tasks fine-tune, see `encoder_module.save_beside_preset`.

    Args:
        config: Of the model.
        model: Trained, without added matrices.
        folder: To write them in.
    """
    whole = presets.load(keras_hub.models.Backbone.from_preset, config.preset, dtype="float32")
    fresh = build(dataclasses.replace(config, fine_tuning=Full()))
    tokenizer = _preprocessor(config).tokenizer
    encoder_module.save_beside_preset(model, whole, fresh, tokenizer, encoder(config), folder)
