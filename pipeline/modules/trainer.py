"""What the Trainer does: fit, export, and write down its own answers.

`run_fn` is called by TFX by its dotted path.
"""

import dataclasses
import hashlib
import itertools
import json
import pathlib
import shutil
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models import rounding, siamese, zoo
from models.estimator import Estimator
from models.finetuning import trainable
from models.layers import fused
from models.tasks import task as tasks
from models.tasks.endpoints import ALIGN, FEATURES, Endpoints
from models.training import estimate, fit, placement
from models.training.checkpoint import STATE
from pipeline.artifact_files import ALIGNMENT, PRETRAINED, REFERENCE, SUMMARY, TOKENIZERS
from pipeline.config import loading
from pipeline.modules import kept_examples
from pipeline.modules import learner as learners
from serving import ragged
from serving.export import description, reference, request_form, warm_up_file
from serving.export import signatures as exporting

NUM_REFERENCE = 32
"""Examples the Canary compares on."""
WARM_UP_BATCHES = (1, NUM_REFERENCE)
"""Rows of the requests that every export brings, for servers to replay before it answers."""
_ALIGNED = 3  # Texts that are drawn with what they were written by.
_ANY_NAME = "default"  # A server replays the requests to the version they lie in.


def run_fn(fn_args: Any) -> None:
    """Train a model and write it, its history and its reference answers.

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` holds `learner` (JSON) and `resumable` (folder).
    """
    begin = time.monotonic()
    values = (fn_args.hyperparameters or {}).get("values")
    config = loading.load_learner(fn_args.custom_config["learner"], values)
    folder = pathlib.Path(fn_args.custom_config["resumable"])
    learner = learners.prepare(config, fn_args.transform_output, fn_args.train_files, folder)
    run = pathlib.Path(fn_args.model_run_dir)
    left = [_checkpoints(fn_args) / name for name in (STATE, estimate.STATISTICS)]
    is_continued = any(file.is_file() for file in left)
    estimator = learner.estimator()
    if estimator is None:
        model = _train(learner, fn_args, run)
    else:
        model = _count(learner, estimator, fn_args, run)
    course = {"seconds": time.monotonic() - begin, "is_continued": is_continued}
    counts = trainable.trainable_counts(model)
    served = _served(trainable.merged(model))
    learner = _settled(_keep_tokenizer(learner, run), served, fn_args.eval_files)
    _write_summary(run / SUMMARY, learner, counts, course)
    endpoints = learner.config.task.endpoints(learner.network(served), learner.facts)
    signatures = _signatures(learner, endpoints)
    examples = list(itertools.islice(_records(fn_args.eval_files), NUM_REFERENCE))
    values = _raw(learner, endpoints, examples)
    answers = _answers(signatures, values)
    with rounding.weights_moved(served):
        moved = _answers(signatures, values)
    reference.save(run / REFERENCE, reference.with_rounding(answers, moved))
    _draw_alignments(answers, run / ALIGNMENT)
    fused.fuse(served)  # After the answers, so that the Canary compares with the model as trained.
    export = pathlib.Path(fn_args.serving_model_dir)
    resources = [served, learner.graph, *learner.encoder.trackable]
    exporting.export(signatures, resources, export)
    save = zoo.MODELS[learner.config.model.kind].save_pretrained
    if not tasks.targets(learner.config.task) and save is not None:
        save(learner.config.model, served, export / PRETRAINED)
    # Let servers meet real requests before clients do.
    warm_up_file.write(export, _ANY_NAME, answers, WARM_UP_BATCHES)
    description.write(export, _description(learner, endpoints, answers[exporting.DEFAULT]))


def _train(learner: learners.Learner, fn_args: Any, run: pathlib.Path) -> keras.Model:
    """The model as gradients trained it, in float32 whatever it was trained in."""
    training = learner.config.training
    model_config = learner.config.model
    fine_tuning = zoo.MODELS[model_config.kind].fine_tuning(model_config)
    train = learner.batches(fn_args.train_files, shuffled=True)
    evaluation = learner.batches(fn_args.eval_files, shuffled=False)
    class_weights = learner.class_weights(fn_args.train_files)
    with placement.strategy(training.devices).scope():
        model = learner.build(training.precision)
        fit.fit(
            model,
            learner.objective,
            train,
            evaluation,
            training,
            _checkpoints(fn_args),
            run,
            class_weights,
            fine_tuning,
        )
    if training.precision == "float32" and training.devices == "one":
        return model
    exported = learner.build("float32")
    exported.set_weights(model.get_weights())
    return exported


def _count(
    learner: learners.Learner, estimator: Estimator, fn_args: Any, run: pathlib.Path
) -> keras.Model:
    """The model with the weights that one pass over the train split gives it."""
    model, _ = estimate.fit(
        learner.build("float32"),
        estimator,
        learner.objective(),
        learner.batches(fn_args.train_files, shuffled=False),
        learner.counted,
        learner.batches(fn_args.eval_files, shuffled=False),
        _checkpoints(fn_args),
        run,
    )
    return model


def _checkpoints(fn_args: Any) -> pathlib.Path:
    """Where this training leaves its epochs: the same folder if it is started again.

    The name covers everything the result depends on, so an unfinished training is never
    continued with another configuration or other data.
    """
    content = [
        fn_args.custom_config,
        fn_args.hyperparameters,
        fn_args.transform_output,
        sorted(fn_args.train_files),
    ]
    name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return pathlib.Path(fn_args.custom_config["resumable"]) / f"training-{name}"


def _keep_tokenizer(learner: learners.Learner, run: pathlib.Path) -> learners.Learner:
    """Copy tokenizers to the model run: what is learned lies where a finished run is cleared."""
    model = learner.config.model
    kept = {
        field: shutil.copyfile(path, str(run / TOKENIZERS[field]))
        for field, path in zoo.MODELS[model.kind].tokenizer_files(model).items()
    }
    return learner.with_model(**kept) if kept else learner


def _served(model: keras.Model) -> keras.Model:
    """The model with its outputs and vectors, if it has any, given by one pass."""
    outputs = {"outputs": model.output, FEATURES: siamese.features(model)}
    there = {name: output for name, output in outputs.items() if output is not None}
    return keras.Model(model.input, there, name="served")


def _settled(
    learner: learners.Learner, served: keras.Model, eval_files: Sequence[str]
) -> learners.Learner:
    """The learner with what the task chooses by the eval split."""

    def evaluated() -> tuple[np.ndarray, np.ndarray]:
        parts = [
            (served.predict_on_batch(inputs)["outputs"], target.numpy())
            for inputs, target in learner.batches(eval_files, shuffled=False).epoch(0)
        ]
        outputs, targets = (np.concatenate(side) for side in zip(*parts, strict=True))
        return outputs, targets

    facts = learner.config.task.settle(learner.facts, evaluated)
    return dataclasses.replace(learner, facts=facts)


def _signatures(learner: learners.Learner, endpoints: Endpoints) -> dict[str, exporting.Signature]:
    """What the export answers."""
    columns = {column.served_as: column.name for column in tasks.inputs(learner.config.task)}
    taken = {name: endpoints.takes.get(name, columns) for name in endpoints.functions}
    signatures = {
        name: exporting.Signature(function, tuple(taken[name]), endpoints.settings.get(name, {}))
        for name, function in endpoints.functions.items()
    }
    judged = exporting.of_examples(signatures[endpoints.judged], taken[endpoints.judged])
    return {**signatures, exporting.OF_EXAMPLES: judged}


def _answers(
    signatures: Mapping[str, exporting.Signature], values: Mapping[str, list[bytes]]
) -> dict[str, Any]:
    """Inputs and outputs of every signature, computed by the model as it was trained."""
    answers = {}
    for name, signature in signatures.items():
        inputs = {one: np.array(values[one], object) for one in signature.inputs}
        rows = len(next(iter(inputs.values())))
        inputs |= {
            one: np.full(rows, value, exporting.DTYPES[type(value)].as_numpy_dtype)
            for one, value in signature.settings.items()
        }
        outputs = signature.function({one: tf.constant(array) for one, array in inputs.items()})
        answers[name] = {
            "inputs": inputs,
            "outputs": {key: value.numpy() for key, value in outputs.items()},
        }
    return answers


def _draw_alignments(answers: Mapping[str, Any], path: pathlib.Path) -> None:
    """Which words the first texts were written by, of a model that tells."""
    if ALIGN not in answers:
        return
    from pipeline.display import alignment_plot

    rows = ragged.rows(answers[ALIGN]["outputs"])[:_ALIGNED]
    if drawn := [found for row in rows if (found := alignment_plot.of_words(row)) is not None]:
        alignment_plot.draw(drawn, alignment_plot.TITLE, path)


def _raw(
    learner: learners.Learner, endpoints: Endpoints, examples: Sequence[bytes]
) -> dict[str, list[bytes]]:
    """The inputs of examples as clients ask, by their name in requests, and the examples."""
    columns = {column.served_as: column.name for column in tasks.inputs(learner.config.task)}
    for others in endpoints.takes.values():
        columns |= others
    inputs = {
        name: [_feature(example, column) for example in examples]
        for name, column in columns.items()
    }
    return {**endpoints.asked(inputs), "examples": list(examples)}


def _description(
    learner: learners.Learner, endpoints: Endpoints, answered: Mapping[str, Any]
) -> description.Description:
    """What an export says of itself.

    Args:
        learner: What was trained.
        endpoints: What the export answers.
        answered: Inputs and outputs of the default signature.
    """
    task = learner.config.task
    columns = {column.name: column for column in tasks.inputs(task)}
    names = {column.served_as: column.name for column in columns.values()}
    given = {
        name: columns[column]
        for name, column in endpoints.takes.get(exporting.DEFAULT, names).items()
    }
    images = frozenset(name for name, column in given.items() if column.holds == "image")
    kept = kept_examples.choose(answered["inputs"], images)
    return description.Description(
        kind=task.kind,
        inputs=tuple(
            description.Input(name, column.holds, column.name, column.joiner)
            for name, column in given.items()
        ),
        labels=learner.facts.vocabularies,
        shown_as=task.shown_as,
        outputs=description.outputs(answered["outputs"]),
        examples=tuple(request_form.rows(kept)),
        judged=endpoints.judged,
    )


def _records(patterns: list[str]) -> Any:
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    return tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()


def _feature(example: bytes, column: str) -> bytes:
    return tf.train.Example.FromString(example).features.feature[column].bytes_list.value[0]


def _write_summary(
    path: pathlib.Path,
    learner: learners.Learner,
    counts: trainable.TrainableCounts,
    course: Mapping[str, Any],
) -> None:
    expected = learner.config.task.expected(learner.facts)
    summary = {
        "untrained": {"loss": expected.loss, "reason": expected.reason},
        "facts": dataclasses.asdict(learner.facts),
        "trainable_parameters": counts.trainable,
        "frozen_parameters": counts.frozen,
        **course,
        "learner": json.loads(loading.dump_learner(learner.config)),
    }
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False), "utf-8")
