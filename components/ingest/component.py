"""TFX face of Ingest: any source in, tf.Examples and a quarantine out."""

from typing import Any

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components import artifacts
from components.ingest import executor


class IngestSpec(component_spec.ComponentSpec):
    """Names and types of Ingest's parameters and outputs."""

    PARAMETERS = {
        "source": component_spec.ExecutionParameter(type=str),
        "split": component_spec.ExecutionParameter(type=str),
        "features": component_spec.ExecutionParameter(type=str),
        "max_quarantined": component_spec.ExecutionParameter(type=float),
        "base": component_spec.ExecutionParameter(type=str),
        "samples_dir": component_spec.ExecutionParameter(type=str),
        "fingerprint": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: dict[str, Any] = {}
    OUTPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "quarantine": component_spec.ChannelParameter(type=artifacts.Quarantine),
    }


class Ingest(base_beam_component.BaseBeamComponent):
    """Read a source, check every row, and write tf.Examples by split.

    Outputs:
        examples: tf.Examples with one bytes value per feature, in `Split-<name>` folders.
        quarantine: `quarantine.jsonl`, the rows left out and why; `counts.json`, rows by
            split and label.
    """

    SPEC_CLASS = IngestSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        source: str,
        split: str,
        features: str,
        max_quarantined: float,
        base: str,
        samples_dir: str,
        fingerprint: str,
    ):
        """Declare the component.

        Args:
            source: JSON of one `config.Source`.
            split: JSON of a `config.SplitConfig`.
            features: JSON list of `config.Feature`.
            max_quarantined: Largest share of rows that may be unusable, 0 to 1.
            base: Folder that relative paths start from.
            samples_dir: Folder for sample data.
            fingerprint: Of the data, from `fingerprint.fingerprint`; equal ones let TFX
                reuse an earlier run.
        """
        spec = IngestSpec(
            source=source,
            split=split,
            features=features,
            max_quarantined=float(max_quarantined),
            base=base,
            samples_dir=samples_dir,
            fingerprint=fingerprint,
            examples=channel.Channel(type=standard_artifacts.Examples),
            quarantine=channel.Channel(type=artifacts.Quarantine),
        )
        super().__init__(spec=spec)
