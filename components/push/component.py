"""TFX face of `push.py`: Pusher with another executor."""

from tfx.components import Pusher
from tfx.dsl.components.base import executor_spec

from components.push import executor


class Push(Pusher):
    """Pusher that renames a complete copy into place and never pushes a model twice.

    Inputs:
        model: Candidate.
        model_blessing: The Evaluator's.
        infra_blessing: The Canary's.

    Outputs:
        pushed_model: Where it was pushed to, in its properties.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
