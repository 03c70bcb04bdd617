"""TFX face of `executor.py`: StatisticsGen with another executor."""

from tfx.components import StatisticsGen
from tfx.dsl.components.base import executor_spec

from components.statistics import executor


class Statistics(StatisticsGen):
    """StatisticsGen that starts no Beam job for data that fits in memory.

    Inputs:
        examples: tf.Examples.

    Outputs:
        statistics: One `FeatureStats.pb` per split.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
