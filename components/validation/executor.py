"""ExampleValidator that stops the run when it finds something."""

import os
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components.example_validator import executor as example_validator
from tfx.types import artifact_utils, standard_component_specs

from components.validation import validation


class Executor(example_validator.Executor):
    """Writes ExampleValidator's anomalies, then refuses data that has any."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> Any:
        """Validate every split.

        Args:
            input_dict: `statistics` and `schema`.
            output_dict: `anomalies`, one `SchemaDiff.pb` per split.
            exec_properties: As ExampleValidator's.

        Raises:
            ValueError: If there is any anomaly; the message lists all in words.
        """
        result = super().Do(input_dict, output_dict, exec_properties)
        artifact = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.ANOMALIES_KEY]
        )
        splits = artifact_utils.decode_split_names(artifact.split_names)
        schema = artifact_utils.get_single_uri(input_dict[standard_component_specs.SCHEMA_KEY])
        lines = validation.describe({split: _read(artifact, split) for split in splits})
        if lines:
            raise ValueError(
                "The data does not fit its schema:\n"
                + "\n".join(f"  {line}" for line in lines)
                + "\nMend the data, or, if it is right, edit a copy of "
                f"{schema}/schema.pbtxt until it allows this and name that as `runtime.schema`."
            )
        return result


def _read(artifact: Any, split: str) -> anomalies_pb2.Anomalies:
    folder = artifact_utils.get_split_uri([artifact], split)
    with open(os.path.join(folder, example_validator.DEFAULT_FILE_NAME), "rb") as file:
        return anomalies_pb2.Anomalies.FromString(file.read())
