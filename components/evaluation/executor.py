"""Evaluator that looks at the data for its split."""

import json
from typing import Any

from tfx.components.evaluator import executor as evaluator
from tfx.types import artifact_utils, standard_component_specs

from components import records


class Executor(evaluator.Executor):
    """Evaluates on `test` where the data has one, else on `eval`."""

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
        examples = artifact_utils.get_single_instance(
            input_dict[standard_component_specs.EXAMPLES_KEY]
        )
        split = records.evaluated_split(artifact_utils.decode_split_names(examples.split_names))
        chosen = {standard_component_specs.EXAMPLE_SPLITS_KEY: json.dumps([split])}
        super().Do(input_dict, output_dict, exec_properties | chosen)
