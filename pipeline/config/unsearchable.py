"""What a search cannot vary: fields of the model that are settled before its first trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from models import zoo
from models.text import config as text_config
from models.tuning.config import SearchRange
from pipeline.config.problems import Problem
from pipeline.config.sections import PipelineConfig

_LADDER = "Compare configs that differ in it with `maru ladder`."
_COUNTED = f"the stage Transform numbers the tokens with it, before the search. {_LADDER}"
_UNLEARNED = (
    "`words` and `characters` are numbered by the stage Transform, before the search. Search "
    "`wordpiece`, `bpe` and `unigram` alone, or compare configs with `maru ladder`."
)
_IN_FILE = "`model.tokenizer_file` decides it. Without the file, tokenizers are learned in trials."
_MEASURED = "it is measured on the training images. Search `model.pixels`, which says what for."
_COUNTED_ONCE = "the model is counted in one pass over the examples. Search fields of `model`."
_KIND = "each kind has fields of its own. Compare models with `maru ladder`."
_COPIED = (
    "the stage Augment writes copies in this size, before the search. Leave out "
    "`copies.materialize`, and they are drawn anew in each trial."
)


def describe(config: PipelineConfig, space: Mapping[str, SearchRange]) -> Iterator[Problem]:
    """What is wrong with the fields that `tuning.space` names.

    Args:
        config: Whose fields they are.
        space: The fields and their ranges.
    """
    reasons = _reasons(config)
    for path, searched in space.items():
        if path.endswith(".kind") and path != "model.kind":
            choice = path.removesuffix(".kind")
            text = f"comes with its own fields: search `{choice}` instead."
            yield Problem(f"tuning.space.{path}", text)
        section, _, field = path.partition(".")
        reason = reasons.get(field)
        if field == "tokenizer" and set(searched.values or ()) & set(text_config.UNLEARNED):
            reason = reason or _UNLEARNED
        if section == "training" and zoo.MODELS[config.model.kind].estimator is not None:
            text = f"is the same in every trial: {_COUNTED_ONCE}"
            yield Problem(f"tuning.space.{path}", text)
        if section == "model" and reason:
            yield Problem(f"tuning.space.{path}", f"is the same in every trial: {reason}")


def _reasons(config: PipelineConfig) -> dict[str, str]:
    """Why a field of the model is the same in every trial, for those that are."""
    model = config.model
    entry = zoo.MODELS[model.kind]
    reasons = {"kind": _KIND, "channel_mean": _MEASURED, "channel_std": _MEASURED}
    if entry.feature(model) == "token_ids":
        reasons |= dict.fromkeys(text_config.COUNTED_WITH, _COUNTED)
    elif entry.tokenizer_files(model):
        reasons |= dict.fromkeys(("tokenizer", "vocabulary_size"), _IN_FILE)
    if config.copies.materialize:
        reasons["image_size"] = _COPIED
    fields = {field.name for field in dataclasses.fields(model)}
    return {field: why for field, why in reasons.items() if field in fields}
