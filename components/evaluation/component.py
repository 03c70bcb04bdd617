"""TFX face of `executor.py`: Evaluator with another executor."""

from tfx.components import Evaluator
from tfx.dsl.components.base import executor_spec

from components.evaluation import executor


class Evaluation(Evaluator):
    """Evaluator on the `test` split where there is one, else on `eval`.

    Inputs:
        examples: tf.Examples.
        model: Candidate.
        baseline_model: The model it is compared with, if any.

    Outputs:
        evaluation: TFMA's results.
        blessing: Whether every threshold was met.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
