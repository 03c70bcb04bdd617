"""Evaluator that looks at the data for its split, and compares with a served model if it can."""

import itertools
import json
import logging
import pathlib
from typing import Any

from tfx.components.evaluator import executor as evaluator
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import path_utils

from components import records
from components.evaluation import champion

_NUM_ASKED = 32
_EXAMPLES = standard_component_specs.EXAMPLES_KEY
_SERVED = standard_component_specs.BASELINE_MODEL_KEY


class Executor(evaluator.Executor):
    """Evaluates on `test` where the data has one, else on `eval`.

    A served model that cannot be asked any more ends no run: it is left out, with a remark.
    """

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluate as TFX's executor does.

        Args:
            input_dict: `examples`, `model` and perhaps `baseline_model`.
            output_dict: `evaluation` and `blessing`.
            exec_properties: As the Evaluator's; `example_splits` is chosen here.
        """
        examples = artifact_utils.get_single_instance(input_dict[_EXAMPLES])
        split = records.evaluated_split(artifact_utils.decode_split_names(examples.split_names))
        chosen = {standard_component_specs.EXAMPLE_SPLITS_KEY: json.dumps([split])}
        try:
            super().Do(input_dict, output_dict, exec_properties | chosen)
        except Exception:
            problem = _problem_of_served(input_dict, examples, split)
            if problem is None:
                raise
            logging.getLogger(__name__).exception("Evaluating the served model failed.")
            remark = "not compared with the served model: %s"
            logging.getLogger("maru.outcome").warning(remark, problem)
            alone = {key: found for key, found in input_dict.items() if key != _SERVED}
            super().Do(alone, output_dict, exec_properties | chosen)


def _problem_of_served(input_dict: dict[str, list[Any]], examples: Any, split: str) -> str | None:
    """Why the served model cannot be compared with; None if it can, or if there is none."""
    if not input_dict.get(_SERVED):
        return None
    served, candidate = (
        pathlib.Path(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict[key])))
        for key in (_SERVED, standard_component_specs.MODEL_KEY)
    )
    asked = itertools.islice(records.serialized(examples.uri, split), _NUM_ASKED)
    return champion.problem(served, candidate, list(asked))
