"""From a config to a TFX pipeline."""

import dataclasses
import hashlib
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from tfx.components import SchemaGen, Trainer, Transform, Tuner
from tfx.dsl.components.base import base_component
from tfx.dsl.components.common import importer, resolver
from tfx.orchestration import metadata, pipeline
from tfx.proto import pusher_pb2, trainer_pb2
from tfx.types import channel, standard_artifacts

from components.augment import component as augment
from components.baseline import component as baseline
from components.canary import component as canary
from components.doctor.config import DoctorConfig
from components.evaluation import component as evaluator
from components.ingest import component as ingest
from components.ingest import fingerprint as ingest_fingerprint
from components.ingest import job
from components.push import component as push
from components.statistics import component as statistics
from components.validation import component as validation
from models import zoo
from pipeline import (
    augmentation_files,
    augmenting,
    doctor_stages,
    evaluation,
    fingerprint,
    model_files,
    paths,
    places,
    resolution,
)
from pipeline import config as pipeline_config
from pipeline.modules import trainer, transform

IN_PROCESS_BEAM = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    # Unused in process, but Beam would spend a second on guessing it, for every job.
    "--sdk_container_image=unused",
    # TFDV's lift statistics and TFMA's extracts do not satisfy Beam's stricter type check.
    "--no_pipeline_type_check",
)
Component = base_component.BaseComponent


def build(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> Any:
    """Wire one pipeline. Reads top to bottom in execution order.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = _data(config, where, base)
    examined = _examined(config, where, data)
    tuned = _tuner(config, where, data)
    trained = _trainer(config, where, data, tuned)
    doctor_stages.hold_back([*tuned, trained], examined)
    verdict = doctor_stages.verdict(config, data.examples, trained)
    simple = baseline.Baseline(
        examples=data.examples,
        kind=config.task.input_kind,
        input_column=config.task.input_column,
        label_column=config.task.label,
    )
    simple.add_upstream_node([trained, *verdict][-1])
    champion = _champion(trained)
    judged = evaluator.Evaluation(
        examples=data.examples,
        model=trained.outputs["model"],
        baseline_model=champion.outputs["model"],
        eval_config=evaluation.eval_config(config.evaluation),
    ).with_id("Evaluator")
    probed = _canary(trained, data)
    probed.add_upstream_node(judged)
    pushed = push.Push(
        model=trained.outputs["model"],
        model_blessing=judged.outputs["blessing"],
        infra_blessing=probed.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(where.served))
        ),
    ).with_id("Pusher")
    stages = [*data.stages, *examined, *tuned, trained, *verdict]
    stages += [simple, champion, judged, probed, pushed]
    return _pipeline(config, where, stages)


def build_examination(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> Any:
    """Wire data and Doctor only: nothing is trained, and no finding stops it.

    Args:
        config: What to examine; without a `doctor` section, by the section's defaults.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = _data(config, where, base)
    effort = (config.doctor or DoctorConfig()).effort
    stages = [*data.stages, _examination(config, where, data, effort)]
    return _pipeline(config, where, stages)


def build_rung(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> Any:
    """Wire one rung of a ladder: as `build`, but the Canary is the end and nothing is pushed.

    Rungs under one `config.name` share what they have in common: stages that are told the same
    come from cache.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = _data(config, where, base)
    trained = _trainer(config, where, data, [])
    return _pipeline(config, where, [*data.stages, trained, _canary(trained, data)])


def build_training(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> Any:
    """Wire data and training only: as `build_rung`, without the Canary.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = _data(config, where, base)
    return _pipeline(config, where, [*data.stages, _trainer(config, where, data, [])])


@dataclasses.dataclass(frozen=True)
class _Data:
    """What there is before any model."""

    stages: Sequence[Any]
    """The stages, in order."""
    examples: Any
    """What Ingest wrote: what models are evaluated on."""
    learned: Any
    """What models learn from: the same, or with augmented copies in the train split."""
    transformed: Component
    """The stage with the transform graph."""


def _data(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> _Data:
    """The stages before any model."""
    ingested = _ingest(config, where, base)
    examples = ingested.outputs["examples"]
    measured = statistics.Statistics(examples=examples).with_id("StatisticsGen")
    described, schema = _schema(config, where, base, measured)
    validated = validation.Validation(
        statistics=measured.outputs["statistics"], schema=schema
    ).with_id("ExampleValidator")
    stages = [ingested, measured, described, validated]
    learned = examples
    if config.augmentation:
        varied = _augment(config, where, base, examples)
        varied.add_upstream_node(validated)
        stages.append(varied)
        learned = varied.outputs.get("augmented", examples)
    # Texts: a synonym that only copies hold must be in the vocabulary, or the model would see
    # an unknown word in its place. Of images only labels are learned, which copies do not change.
    is_text = config.task.input_kind == "text"
    transformed = _transform(config, learned if is_text else examples, schema)
    transformed.add_upstream_node(stages[-1])
    return _Data([*stages, transformed], examples, learned, transformed)


def _augment(
    config: pipeline_config.PipelineConfig, where: paths.Paths, base: str, examples: Any
) -> Component:
    """The stage that writes augmented examples, or what is done anew each epoch."""
    operations = augmentation_files.placed(config.augmentation, base)
    kind = config.task.input_kind
    parameters = {
        "examples": examples,
        "kind": kind,
        "input_column": config.task.input_column,
        "label_column": config.task.label,
        "augmenter": augmenting.AUGMENTERS[kind],
        "augmentation": pipeline_config.dump_operations(operations),
        "resources": augmenting.resources(config, where),
        "seed": config.copies.seed,
        "fingerprint": augmentation_files.fingerprint(operations),
        "code": fingerprint.of_code(*_AUGMENT_CODE[kind]),
    }
    if augmenting.writes_examples(config):
        stage = augment.AugmentedExamples(**parameters, balanced=config.copies.balance)
    else:
        stage = augment.Policy(**parameters)
    return stage.with_id("Augment")


_AUGMENT_CODE = {
    "text": ("components/augment", "pipeline/modules/augmenting.py"),
    "image": (
        "components/augment",
        "models/image/augmentation",
        "models/image/input/decode.py",
        "models/image/input/orientation.py",
        "pipeline/modules/augmenting.py",
    ),
}
"""What copies depend on, by what is copied."""


def _pipeline(
    config: pipeline_config.PipelineConfig, where: paths.Paths, stages: list[Any]
) -> pipeline.Pipeline:
    return pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(where.artifacts),
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(where.metadata)),
        enable_cache=True,
        beam_pipeline_args=list(config.runtime.beam or IN_PROCESS_BEAM),
        components=stages,
    )


def _ingest(config: pipeline_config.PipelineConfig, where: paths.Paths, base: str) -> Component:
    data = pipeline_config.to_mapping(config)["data"]
    return ingest.Ingest(
        source=json.dumps(data["source"]),
        split=json.dumps(data["split"]),
        features=json.dumps([dataclasses.asdict(f) for f in config.features]),
        max_quarantined=config.data.max_quarantined,
        base=base,
        samples_dir=str(where.samples),
        fingerprint=ingest_fingerprint.fingerprint(config.data, config.features, base)
        + fingerprint.of_code("components/ingest", "components/tfrecord.py"),
    )


def _schema(
    config: pipeline_config.PipelineConfig, where: paths.Paths, base: str, measured: Component
) -> tuple[Any, Any]:
    """The stage that gives the schema, and the schema."""
    if config.runtime.schema is None:
        stage = SchemaGen(statistics=measured.outputs["statistics"], infer_feature_shape=True)
        return stage, stage.outputs["schema"]
    # TFX wants a folder with nothing else in it, and takes the same folder for the same schema.
    given = pathlib.Path(places.place(config.runtime.schema, base))
    if not given.is_file():
        raise ValueError(
            f"`runtime.schema`: there is no file {given}. Give the path of a `schema.pbtxt`, "
            "relative to the YAML; an earlier run's SchemaGen wrote one to start from."
        )
    content = given.read_bytes()
    folder = where.schemas / hashlib.sha256(content).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.pbtxt").write_bytes(content)
    stage = importer.Importer(source_uri=str(folder), artifact_type=standard_artifacts.Schema)
    return stage.with_id("ImportedSchema"), stage.outputs["result"]


def _transform(config: pipeline_config.PipelineConfig, examples: Any, schema: Any) -> Component:
    """Only the graph: examples are transformed where they are read, so nothing is stored twice."""
    feature = zoo.MODELS[config.model.kind].feature(config.model)
    model = pipeline_config.to_mapping(config)["model"]
    fields = {key: model[key] for key in transform.FEATURES[feature].fields if key in model}
    return Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="pipeline.modules.transform.preprocessing_fn",
        materialize=False,
        disable_statistics=True,
        custom_config={
            "feature": feature,
            "input_column": config.task.input_column,
            "label_column": config.task.label,
            "model": json.dumps(fields),
            "code": fingerprint.of_code("pipeline/modules/transform.py"),
        },
    )


def _examined(
    config: pipeline_config.PipelineConfig, where: paths.Paths, data: _Data
) -> list[Component]:
    if config.doctor is None:
        return []
    examination = _examination(config, where, data, config.doctor.effort)
    return [examination, *doctor_stages.gate(examination, config.doctor.stop_on)]


def _examination(
    config: pipeline_config.PipelineConfig, where: paths.Paths, data: _Data, effort: str
) -> Component:
    return doctor_stages.examination(
        config,
        _learner(config, where, with_tuning=False),
        (data.examples, data.learned, data.transformed.outputs["transform_graph"]),
        effort,
    )


def _tuner(
    config: pipeline_config.PipelineConfig, where: paths.Paths, data: _Data
) -> list[Component]:
    if config.tuning is None:
        return []
    return [
        Tuner(
            tuner_fn="pipeline.modules.tuner.tuner_fn",
            examples=data.learned,
            transform_graph=data.transformed.outputs["transform_graph"],
            custom_config=_learner(config, where, with_tuning=True),
            **_SPLITS,
        )
    ]


def _trainer(
    config: pipeline_config.PipelineConfig,
    where: paths.Paths,
    data: _Data,
    tuned: list[Component],
) -> Component:
    hyperparameters = tuned[0].outputs["best_hyperparameters"] if tuned else None
    return Trainer(
        run_fn="pipeline.modules.trainer.run_fn",
        examples=data.learned,
        transform_graph=data.transformed.outputs["transform_graph"],
        hyperparameters=hyperparameters,
        custom_config=_learner(config, where, with_tuning=False),
        **_SPLITS,
    )


_SPLITS = {
    "train_args": trainer_pb2.TrainArgs(splits=["train"]),
    "eval_args": trainer_pb2.EvalArgs(splits=["eval"]),
}


_EXPORT_CODE = (
    "serving/export/signatures.py",
    "serving/export/reference.py",
    "serving/export/warm_up_file.py",
)
"""What of `serving/` goes into an export; the rest of the server trains nothing again."""


def _learner(
    config: pipeline_config.PipelineConfig, where: paths.Paths, *, with_tuning: bool
) -> dict[str, str]:
    """What Tuner and Trainer are told; nothing else of the config makes them run again.

    Nothing reads the fingerprints: they are there to change when the model's files or code do.
    """
    learner = pipeline_config.learner(config, with_tuning=with_tuning)
    return {
        "learner": pipeline_config.dump_learner(learner),
        "resumable": str(where.resumable),
        "files": fingerprint.of_files(model_files.of(learner)),
        "code": fingerprint.of_code("models", "pipeline/modules", *_EXPORT_CODE),
    }


def _canary(trained: Component, data: _Data) -> Component:
    return canary.Canary(
        model=trained.outputs["model"],
        model_run=trained.outputs["model_run"],
        examples=data.examples,
        command="\n".join([sys.executable, "-m", "serving.probe"]),
        reference=trainer.REFERENCE,
        originals=job.ORIGINALS_FILE,
        code=fingerprint.of_code("serving"),
    )


def _champion(trained: Component) -> Any:
    return resolver.Resolver(
        strategy_class=resolution.LatestBlessedBefore,
        candidate=trained.outputs["model"],
        model=channel.Channel(type=standard_artifacts.Model),
        model_blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("Champion")
