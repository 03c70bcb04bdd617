"""TFX face of `executor.py`: ExampleValidator with another executor."""

from tfx.components import ExampleValidator
from tfx.dsl.components.base import executor_spec

from components.validation import executor


class Validation(ExampleValidator):
    """ExampleValidator whose anomalies stop the run.

    Inputs:
        statistics: Statistics of every split.
        schema: What the data must look like.

    Outputs:
        anomalies: One `SchemaDiff.pb` per split.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
