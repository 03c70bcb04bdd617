"""Pusher's work, atomic and idempotent."""

import json
import logging
import pathlib
from typing import Any

from tfx.components.pusher import executor as pusher
from tfx.types import artifact_utils, standard_component_specs

from components.push import push


class Executor(pusher.Executor):
    """Pushes a blessed model through `push.push`."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push the model if both blessings allow it.

        Args:
            input_dict: `model`, `model_blessing`, `infra_blessing`.
            output_dict: `pushed_model`, whose properties say whether and where it was pushed.
            exec_properties: `push_destination`, a file system folder.
        """
        pushed = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.PUSHED_MODEL_KEY]
        )
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            logging.getLogger("maru.outcome").info("not pushed")
            return
        destination = json.loads(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY])
        folder = pathlib.Path(destination["filesystem"]["base_directory"])
        model = artifact_utils.get_single_instance(input_dict[standard_component_specs.MODEL_KEY])
        version, is_new = push.push(
            pathlib.Path(self.GetModelPath(input_dict)), folder, source=model.uri
        )
        self._MarkPushed(pushed, str(folder / str(version)), str(version))
        outcome = "pushed as version %d" if is_new else "version %d already serves this model"
        logging.getLogger("maru.outcome").info(outcome, version)
