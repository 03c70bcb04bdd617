"""From a config to a TFX pipeline."""

from typing import Any

from tfx.orchestration import metadata, pipeline

from components.doctor.config import DoctorConfig
from pipeline.config.sections import PipelineConfig
from pipeline.paths import Paths
from pipeline.stages import data as data_stages
from pipeline.stages import doctor, judging, training

IN_PROCESS_BEAM = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    # Unused in process, but Beam would spend a second on guessing it, for every job.
    "--sdk_container_image=unused",
    # TFDV's lift statistics and TFMA's extracts do not satisfy Beam's stricter type check.
    "--no_pipeline_type_check",
)


def build(config: PipelineConfig, where: Paths, base: str) -> Any:
    """Wire one pipeline. Reads top to bottom in execution order.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = data_stages.wire(config, where, base)
    examined = doctor.examined(config, where, data)
    tuned = training.tuner(config, where, data)
    trained = training.trainer(config, where, data, tuned)
    doctor.hold_back([*tuned, trained], examined)
    verdict = doctor.verdict(config, data.examples, trained)
    simple = judging.baseline(config, data)
    simple.add_upstream_node([trained, *verdict][-1])
    champion = judging.champion(trained)
    judged = judging.evaluator(config, data, trained, champion)
    probed = judging.canary(trained, data)
    probed.add_upstream_node(judged)
    pushed = judging.pusher(where, trained, judged, probed)
    answered = judging.batch_answers(config, base, trained, judged, probed)
    for stage in answered:
        stage.add_upstream_node(pushed)
    analysed = judging.error_analysis(config, data, trained)
    analysed.add_upstream_node([pushed, *answered][-1])
    stages = [*data.stages, *examined, *tuned, trained, *verdict]
    stages += [simple, champion, judged, probed, pushed, *answered, analysed]
    return _pipeline(config, where, stages)


def build_examination(config: PipelineConfig, where: Paths, base: str) -> Any:
    """Wire data and Doctor only: nothing is trained, and no finding stops it.

    Args:
        config: What to examine; without a `doctor` section, by the section's defaults.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = data_stages.wire(config, where, base)
    effort = (config.doctor or DoctorConfig()).effort
    stages = [*data.stages, doctor.examine(config, where, data, effort)]
    return _pipeline(config, where, stages)


def build_rung(config: PipelineConfig, where: Paths, base: str) -> Any:
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
    data = data_stages.wire(config, where, base)
    trained = training.trainer(config, where, data, [])
    return _pipeline(config, where, [*data.stages, trained, judging.canary(trained, data)])


def build_training(config: PipelineConfig, where: Paths, base: str) -> Any:
    """Wire data and training only: as `build_rung`, without the Canary.

    Args:
        config: What to run.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.

    Returns:
        A `tfx.orchestration.pipeline.Pipeline`.
    """
    data = data_stages.wire(config, where, base)
    return _pipeline(config, where, [*data.stages, training.trainer(config, where, data, [])])


def _pipeline(config: PipelineConfig, where: Paths, stages: list[Any]) -> pipeline.Pipeline:
    return pipeline.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(where.artifacts),
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(where.metadata)),
        enable_cache=True,
        beam_pipeline_args=list(config.runtime.beam or IN_PROCESS_BEAM),
        components=stages,
    )
