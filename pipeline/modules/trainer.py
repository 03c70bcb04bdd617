"""What the Trainer does: fit, export, and write down its own answers.

`run_fn` is called by TFX by its dotted path.
"""

import hashlib
import itertools
import json
import pathlib
import shutil
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models import rounding
from models.finetuning import trainable
from models.layers import fused
from models.training import fit, placement
from models.training.checkpoint import STATE
from pipeline.artifact_files import REFERENCE, SUMMARY, TOKENIZER
from pipeline.config import loading
from pipeline.modules import learner as learners
from serving.export import reference, signatures, warm_up_file

NUM_REFERENCE = 32
"""Examples the Canary compares on."""
WARM_UP_BATCHES = (1, NUM_REFERENCE)
"""Rows of the requests that every export brings, for servers to replay before it answers."""
SERVED_NAMES = {"text": "text", "image": "image_bytes"}
"""Name of the raw input in requests, by what it is; TF Serving decodes base64 in JSON for
either, and `_bytes` marks the one that needs it."""
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
    is_continued = (_checkpoints(fn_args) / STATE).is_file()
    model = _train(learner, fn_args, run)
    course = {"seconds": time.monotonic() - begin, "is_continued": is_continued}
    learner = _keep_tokenizer(learner, run)
    _write_summary(run / SUMMARY, learner, model, course)
    served = _served(trainable.merged(model))
    classifier = _classifier(learner, served)
    examples = list(itertools.islice(_records(fn_args.eval_files), NUM_REFERENCE))
    answers = _answers(classifier, examples)
    with rounding.weights_moved(served):
        moved = _answers(classifier, examples)
    reference.save(run / REFERENCE, reference.with_rounding(answers, moved))
    fused.fuse(served)  # After the answers, so that the Canary compares with the model as trained.
    signatures.export(classifier, pathlib.Path(fn_args.serving_model_dir))
    _write_warm_up(pathlib.Path(fn_args.serving_model_dir), answers)


def _train(learner: learners.Learner, fn_args: Any, run: pathlib.Path) -> keras.Model:
    """The trained model, in float32 whatever it was trained in."""
    training = learner.config.training
    fine_tuning = getattr(learner.config.model, "fine_tuning", None)
    train = learner.batches(fn_args.train_files, shuffled=True)
    evaluation = learner.batches(fn_args.eval_files, shuffled=False)
    class_weights = learner.class_weights(fn_args.train_files)
    with placement.strategy(training.devices).scope():
        model = learner.build(training.precision)
        fit.fit(
            model,
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
    """Copy the tokenizer to the model run: what is learned lies where a finished run is cleared."""
    path = getattr(learner.config.model, "tokenizer_file", None)
    if path is None:
        return learner
    return learner.with_model(tokenizer_file=shutil.copyfile(path, str(run / TOKENIZER)))


def _served(model: keras.Model) -> keras.Model:
    """The model with both outputs, given by one pass through the layers."""
    outputs = {"logits": model.output, "features": model.get_layer("features").output}
    return keras.Model(model.input, outputs, name="served")


def _classifier(learner: learners.Learner, served: keras.Model) -> signatures.Classifier:
    task = learner.config.task
    return signatures.Classifier(
        input_name=SERVED_NAMES[task.input_kind],
        input_column=task.input_column,
        label_column=task.label,
        labels=learner.labels,
        logits=lambda raw: served(learner.encode(raw), training=False)["logits"],
        embedding=lambda raw: served(learner.encode(raw), training=False)["features"],
        label_id=learner.label_id,
        resources=[served, learner.graph, *learner.encoder.trackable],
    )


def _answers(classifier: signatures.Classifier, examples: list[bytes]) -> dict[str, Any]:
    """Inputs and outputs of every signature, computed by the model as it was trained."""
    raw = [_feature(example, classifier.input_column) for example in examples]
    answers = {}
    for name, (function, input_name) in signatures.endpoints(classifier).items():
        values = examples if input_name == "examples" else raw
        outputs = function(tf.constant(values))
        answers[name] = {
            "inputs": {input_name: np.array(values, dtype=object)},
            "outputs": {key: value.numpy() for key, value in outputs.items()},
        }
    return answers


def _write_warm_up(export: pathlib.Path, answers: reference.Reference) -> None:
    """Let servers meet real requests before clients do; nobody asks the evaluation's signature."""
    asked = {name: answers[name] for name in answers if name != signatures.FOR_EVALUATION}
    warm_up_file.write(export, _ANY_NAME, asked, WARM_UP_BATCHES)


def _records(patterns: list[str]) -> Any:
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    return tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()


def _feature(example: bytes, column: str) -> bytes:
    return tf.train.Example.FromString(example).features.feature[column].bytes_list.value[0]


def _write_summary(
    path: pathlib.Path, learner: learners.Learner, model: keras.Model, course: Mapping[str, Any]
) -> None:
    counts = trainable.trainable_counts(model)
    summary = {
        "labels": list(learner.labels),
        "trainable_parameters": counts.trainable,
        "frozen_parameters": counts.frozen,
        **course,
        "learner": json.loads(loading.dump_learner(learner.config)),
    }
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False), "utf-8")
