"""The stages that search and train a model."""

from tfx.components import Trainer, Tuner
from tfx.proto import trainer_pb2

from pipeline.config import loading, model_files, sections
from pipeline.config.sections import PipelineConfig
from pipeline.paths import Paths
from pipeline.runtime import fingerprint
from pipeline.stages.data import Component, Data

_SPLITS = {
    "train_args": trainer_pb2.TrainArgs(splits=["train"]),
    "eval_args": trainer_pb2.EvalArgs(splits=["eval"]),
}
EXPORT_CODE = (
    "serving/export/description.py",
    "serving/export/reference.py",
    "serving/export/request_form.py",
    "serving/export/signatures.py",
    "serving/export/warm_up_file.py",
    "serving/ragged.py",
)
"""What of `serving/` goes into an export; the rest of the server trains nothing again."""


def tuner(config: PipelineConfig, where: Paths, data: Data) -> list[Component]:
    """The stage that searches; none without `tuning`.

    Args:
        config: What to search.
        where: Folders to write to.
        data: The stages before it.
    """
    if config.tuning is None:
        return []
    return [
        Tuner(
            tuner_fn="pipeline.modules.tuner.tuner_fn",
            examples=data.learned,
            transform_graph=data.transformed.outputs["transform_graph"],
            custom_config=build_custom_config(config, where, with_tuning=True),
            **_SPLITS,
        )
    ]


def trainer(config: PipelineConfig, where: Paths, data: Data, tuned: list[Component]) -> Component:
    """The stage that trains.

    Args:
        config: What to train.
        where: Folders to write to.
        data: The stages before it.
        tuned: The stage whose best values are trained with; empty: the config's own.
    """
    hyperparameters = tuned[0].outputs["best_hyperparameters"] if tuned else None
    return Trainer(
        run_fn="pipeline.modules.trainer.run_fn",
        examples=data.learned,
        transform_graph=data.transformed.outputs["transform_graph"],
        hyperparameters=hyperparameters,
        custom_config=build_custom_config(config, where, with_tuning=False),
        **_SPLITS,
    )


def build_custom_config(
    config: PipelineConfig, where: Paths, *, with_tuning: bool
) -> dict[str, str]:
    """What Tuner and Trainer are told; nothing else of the config makes them run again.

    Nothing reads the fingerprints: they are there to change when the model's files or code do.

    Args:
        config: What to train.
        where: Folders to write to.
        with_tuning: Whether what is searched belongs to it.
    """
    learner = sections.learner(config, with_tuning=with_tuning)
    return {
        "learner": loading.dump_learner(learner),
        "resumable": str(where.resumable),
        "files": fingerprint.hash_files(model_files.list_files(learner)),
        "code": fingerprint.hash_code("models", "pipeline/modules", *EXPORT_CODE),
    }
