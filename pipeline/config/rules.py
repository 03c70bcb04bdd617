"""Rules about fields of several sections: what each alone allows and together makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from components.ingest import reading
from models import zoo
from models.finetuning import config as finetuning_config
from pipeline.config import augmentation, sections
from pipeline.config.problems import Problem
from pipeline.config.salvage import Unknown


def broken(config: Any) -> Iterator[Problem]:
    """What is wrong with fields together.

    Args:
        config: A `PipelineConfig`, or what `salvage` made of one; a rule that needs a field that is
            itself wrong is left out.
    """
    for rule in _RULES:
        try:
            yield from rule(config)
        except Unknown:
            continue


def _model_fits_the_task(config: Any) -> Iterator[Problem]:
    yield from _refusal("model.kind", sections.check_fits, config.model.kind, config.task)


def _recipe_is_read(config: Any) -> Iterator[Problem]:
    for field, text in zoo.MODELS[config.model.kind].unread_recipe(config.model):
        yield Problem(f"model.recipe.{field}", text)


def _training_is_long_enough(config: Any) -> Iterator[Problem]:
    fine_tuning = zoo.MODELS[config.model.kind].fine_tuning(config.model)
    if isinstance(fine_tuning, finetuning_config.HeadFirst | finetuning_config.Gradual):
        yield from _refusal("training.epochs", fine_tuning.check_length, config.training.epochs)


def _xla_compiles_the_model(config: Any) -> Iterator[Problem]:
    if config.training.xla and not zoo.MODELS[config.model.kind].is_compilable:
        yield Problem(
            "training.xla",
            "compiles no Hub modules, which bring their own graph. Received: "
            f"xla=True with model.kind={config.model.kind}. Leave out `xla`.",
        )


def _tokenizer_splits_units(config: Any) -> Iterator[Problem]:
    entry = zoo.MODELS[config.model.kind]
    is_counted = entry.tokenizer == "fitted" and entry.feature(config.model) == "token_ids"
    if config.task.needs == "tokens" and "tokens" in entry.provides and is_counted:
        yield Problem(
            "model.tokenizer",
            f"`task.kind: {config.task.kind}` gives a tag to each unit of a text, which is read in "
            f"pieces that are learned. Received: tokenizer={config.model.tokenizer!r}. Choose "
            "wordpiece, bpe or unigram.",
        )


def _training_suits_the_task(config: Any) -> Iterator[Problem]:
    yield from _refusal("training", config.task.check_training, config.training)


def _lengths_make_batches(config: Any) -> Iterator[Problem]:
    tokens = config.training.batch_tokens
    if tokens is not None and config.task.needs != "decoder":
        yield Problem(
            "training.batch_tokens",
            f"is of models that write texts, but `task.kind: {config.task.kind}` needs none. "
            f"Received: batch_tokens={tokens}. Use `batch_size`.",
        )


def _training_is_read(config: Any) -> Iterator[Problem]:
    entry = zoo.MODELS[config.model.kind]
    for field, text in entry.unread_training(config.model, config.training):
        yield Problem(f"training.{field}", text)


def _trials_have_epochs(config: Any) -> Iterator[Problem]:
    counts = zoo.MODELS[config.model.kind].estimator is not None
    if counts and config.tuning is not None and config.tuning.algorithm == "hyperband":
        yield Problem(
            "tuning.algorithm",
            f"hyperband gives weak trials fewer epochs, but `model.kind: {config.model.kind}` is "
            "counted in one pass. Received: hyperband. Use random, grid or bayesian.",
        )


def _metrics_are_the_tasks(config: Any) -> Iterator[Problem]:
    yield from config.evaluation.problems(config.task.metrics)


def _objective_is_watched(config: Any) -> Iterator[Problem]:
    watched = config.task.monitored
    if config.tuning is not None and config.tuning.objective not in (None, *watched):
        yield Problem(
            "tuning.objective",
            f"must be one of {', '.join(watched)}. Received: {config.tuning.objective!r}",
        )


def _answers_replace_no_rows(config: Any) -> Iterator[Problem]:
    asked = config.batch_answers
    if asked is None:
        return
    for source in (asked.source, config.data.source):
        if "path" in reading.paths(source) and source.path == asked.output:
            text = f"is what rows are read from. Received: {asked.output!r}. Name another file."
            yield Problem("batch_answers.output", text)
            return


def _operations_fit(config: Any) -> Iterator[Problem]:
    for place, operation in enumerate(config.augmentation):
        try:
            yield from augmentation.fits(operation, f"augmentation[{place}]", config)
        except Unknown:
            continue  # The others are told all the same.


def _refusal(path: str, check: Callable[..., None], *values: Any) -> Iterator[Problem]:
    """What a check refuses, at a path."""
    try:
        check(*values)
    except ValueError as error:
        yield Problem(path, str(error))


_RULES: tuple[Callable[[Any], Iterator[Problem]], ...] = (
    _model_fits_the_task,
    _tokenizer_splits_units,
    _recipe_is_read,
    _training_is_long_enough,
    _xla_compiles_the_model,
    _training_suits_the_task,
    _lengths_make_batches,
    _training_is_read,
    _trials_have_epochs,
    _metrics_are_the_tasks,
    _objective_is_watched,
    _answers_replace_no_rows,
    _operations_fit,
    augmentation.suits_the_targets,
    augmentation.copies_are_made,
    augmentation.materialized,
    augmentation.searched,
)
