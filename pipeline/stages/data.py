"""The stages before any model: ingest, statistics, schema, validation, copies, transform graph."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Sequence
from typing import Any, TypeAlias

from tfx.components import SchemaGen, Transform
from tfx.dsl.components.base import base_component
from tfx.dsl.components.common import importer
from tfx.types import standard_artifacts

from components.augment import component as augment
from components.ingest import component as ingest
from components.ingest import fingerprint as ingest_fingerprint
from components.statistics import component as statistics
from components.validation import component as validation
from models import zoo
from models.tasks import task as tasks
from pipeline.config import augmentation, augmentation_files, loading, relative_paths
from pipeline.config.sections import PipelineConfig
from pipeline.modules import transform
from pipeline.paths import Paths
from pipeline.runtime import fingerprint

Component: TypeAlias = base_component.BaseComponent
_AUGMENT_CODE = {
    "text": ("components/augment", "pipeline/modules/augmenters.py"),
    "image": (
        "components/augment",
        "models/image/augmentation",
        "models/image/input/decode.py",
        "models/image/input/orientation.py",
        "pipeline/modules/augmenters.py",
    ),
}
"""What copies depend on, by what is copied."""
TRANSFORM_CODE = (
    "components/span_text.py",
    "models/tasks/task.py",
    "models/text/config.py",
    "models/text/segments.py",
    "pipeline/modules/transform.py",
)
"""What the transform graph is made by."""


@dataclasses.dataclass(frozen=True)
class Data:
    """What there is before any model."""

    stages: Sequence[Any]
    """The stages, in order."""
    examples: Any
    """What Ingest wrote: what models are evaluated on."""
    learned: Any
    """What models learn from: the same, or with augmented copies in the train split."""
    transformed: Component
    """The stage with the transform graph."""


def wire(config: PipelineConfig, where: Paths, base: str) -> Data:
    """The stages, wired.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.
    """
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
    inputs = tasks.inputs(config.task)
    is_text = inputs[0].holds == "text"
    transformed = _transform(config, learned if is_text else examples, schema)
    transformed.add_upstream_node(stages[-1])
    return Data([*stages, transformed], examples, learned, transformed)


def _augment(config: PipelineConfig, where: Paths, base: str, examples: Any) -> Component:
    """The stage that writes augmented examples, or what is done anew each epoch."""
    operations = augmentation_files.place(config.augmentation, base)
    kind = tasks.reads(config.task)
    parameters = {
        "examples": examples,
        "kind": kind,
        "columns": json.dumps([dataclasses.asdict(column) for column in config.task.columns]),
        "augmenter": augmentation.AUGMENTERS[kind],
        "augmentation": loading.dump_operations(operations),
        "resources": augmentation.resources(config, where),
        "seed": config.copies.seed,
        "fingerprint": augmentation_files.hash_files(operations),
        "code": fingerprint.hash_code(*_AUGMENT_CODE[kind]),
    }
    if augmentation.writes_examples(config):
        stage = augment.AugmentedExamples(**parameters, balanced=config.copies.balance)
    else:
        stage = augment.Policy(**parameters)
    return stage.with_id("Augment")


def _ingest(config: PipelineConfig, where: Paths, base: str) -> Component:
    data = loading.to_mapping(config)["data"]
    return ingest.Ingest(
        source=json.dumps(data["source"]),
        split=json.dumps(data["split"]),
        features=json.dumps([dataclasses.asdict(f) for f in config.features]),
        max_quarantined=config.data.max_quarantined,
        base=base,
        samples_dir=str(where.samples),
        fingerprint=ingest_fingerprint.fingerprint(config.data, config.features, base)
        + fingerprint.hash_code(
            "components/ingest", "components/span_text.py", "components/tfrecord.py"
        ),
    )


def _schema(
    config: PipelineConfig, where: Paths, base: str, measured: Component
) -> tuple[Any, Any]:
    """The stage that gives the schema, and the schema."""
    if config.runtime.schema is None:
        stage = SchemaGen(statistics=measured.outputs["statistics"], infer_feature_shape=True)
        return stage, stage.outputs["schema"]
    # TFX wants a folder with nothing else in it, and takes the same folder for the same schema.
    given = pathlib.Path(relative_paths.place(config.runtime.schema, base))
    content = given.read_bytes()
    folder = where.schemas / hashlib.sha256(content).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.pbtxt").write_bytes(content)
    stage = importer.Importer(source_uri=str(folder), artifact_type=standard_artifacts.Schema)
    return stage.with_id("ImportedSchema"), stage.outputs["result"]


def _transform(config: PipelineConfig, examples: Any, schema: Any) -> Component:
    """Only the graph: examples are transformed where they are read, so nothing is stored twice."""
    feature = zoo.feature(config.model, config.task)
    model = loading.to_mapping(config)["model"]
    fields = {key: model[key] for key in transform.FEATURES[feature].fields if key in model}
    return Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="pipeline.modules.transform.preprocessing_fn",
        materialize=False,
        disable_statistics=True,
        custom_config={
            "feature": feature,
            "columns": json.dumps([dataclasses.asdict(column) for column in config.task.columns]),
            "model": json.dumps({**fields, "sides": config.task.sides}),
            "code": fingerprint.hash_code(*TRANSFORM_CODE),
        },
    )
