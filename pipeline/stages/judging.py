"""The stages that judge a trained model, push it and look at its mistakes."""

import dataclasses
import json
import sys
from typing import Any

from tfx.dsl.components.common import resolver
from tfx.proto import pusher_pb2
from tfx.types import channel, standard_artifacts

from components.baseline import component as baseline_stage
from components.batch_answers import component as batch_answers_stage
from components.canary.component import Canary
from components.error_analysis import component as error_analysis_stage
from components.evaluation import component as evaluation_stage
from components.ingest import job
from components.push import component as push_stage
from models.tasks import task as tasks
from pipeline import artifact_files
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.modules import batch_answers as batch_answers_module
from pipeline.paths import Paths
from pipeline.runtime import fingerprint
from pipeline.stages import evaluator as evaluator_stage
from pipeline.stages.champion import LatestBlessedBefore
from pipeline.stages.data import Component, Data


def baseline(config: PipelineConfig, data: Data) -> Any:
    """The stage that measures simple models on the split that the Evaluator uses."""
    return baseline_stage.Baseline(
        examples=data.examples,
        columns=json.dumps([dataclasses.asdict(column) for column in config.task.columns]),
        learned=tasks.learned(config.task),
        metric=config.task.metrics[0].name,
        judge="pipeline.modules.judge.headline",
        task=loading.dump_task(config.task),
        counting="models.ngrams.levels.learn",
        code=fingerprint.hash_code(
            "components/baseline",
            "components/records.py",
            "models/ngrams",
            "models/tasks",
            "pipeline/modules/judge.py",
        ),
    )


def champion(trained: Component) -> Any:
    """The stage that finds the model which is served now.

    Args:
        trained: The Trainer.
    """
    return resolver.Resolver(
        strategy_class=LatestBlessedBefore,
        candidate=trained.outputs["model"],
        model=channel.Channel(type=standard_artifacts.Model),
        model_blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("Champion")


def evaluator(config: PipelineConfig, data: Data, trained: Any, champion: Any) -> Any:
    """The stage that measures the model, and compares it with the last blessed one."""
    return evaluation_stage.Evaluation(
        examples=data.examples,
        model=trained.outputs["model"],
        baseline_model=champion.outputs["model"],
        eval_config=evaluator_stage.eval_config(config.evaluation, config.task),
    ).with_id("Evaluator")


def canary(trained: Component, data: Data) -> Component:
    """The stage that asks the export in a server's process.

    Args:
        trained: The Trainer.
        data: The stages before it.
    """
    return Canary(
        model=trained.outputs["model"],
        model_run=trained.outputs["model_run"],
        examples=data.examples,
        command="\n".join([sys.executable, "-m", "serving.probe"]),
        reference=artifact_files.REFERENCE,
        originals=job.ORIGINALS_FILE,
        code=fingerprint.hash_code("serving"),
    )


def pusher(where: Paths, trained: Any, judged: Any, probed: Any) -> Any:
    """The stage that puts the model where servers look, if Evaluator and Canary bless it."""
    return push_stage.Push(
        model=trained.outputs["model"],
        model_blessing=judged.outputs["blessing"],
        infra_blessing=probed.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(where.served))
        ),
    ).with_id("Pusher")


def batch_answers(
    config: PipelineConfig, base: str, trained: Component, judged: Any, probed: Component
) -> list[Component]:
    """The stage that answers further rows, if the model is blessed; none without the section.

    Args:
        config: What to run.
        base: Folder that relative paths of the config start from.
        trained: The Trainer.
        judged: The Evaluator.
        probed: The Canary.
    """
    if config.batch_answers is None:
        return []
    features = [one for one in config.features if one.holds in ("text", "image")]
    return [
        batch_answers_stage.BatchAnswers(
            model=trained.outputs["model"],
            model_blessing=judged.outputs["blessing"],
            infra_blessing=probed.outputs["blessing"],
            answer="pipeline.modules.batch_answers.write",
            questions=batch_answers_module.questions(config.batch_answers, base),
            fingerprint=batch_answers_module.fingerprint(config.batch_answers, features, base),
            code=fingerprint.hash_code(
                "pipeline/modules/batch_answers.py",
                "pipeline/pushed_models.py",
                "pipeline/scoring",
                "pipeline/display/answers.py",
                "components/ingest",
            ),
        )
    ]


def error_analysis(config: PipelineConfig, data: Data, trained: Any) -> Any:
    """The stage that looks at single answers."""
    return error_analysis_stage.ErrorAnalysis(
        examples=data.examples,
        model=trained.outputs["model"],
        analyse="pipeline.modules.error_analysis.write",
        task=loading.dump_task(config.task),
        code=fingerprint.hash_code(
            "pipeline/modules/error_analysis.py",
            "pipeline/error_analysis",
            "components/records.py",
            "models/tasks",
        ),
    )
