"""TFX face of `job.py`: runs it, checks its counts, describes the examples."""

import itertools
import json
import os
from typing import Any

import pydantic
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from components import artifacts
from components.ingest import columns, config, errors, job, reading, row
from components.ingest.review import problems, summary


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs the job and stops the pipeline if the data is unusable."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the splits and the quarantine.

        Raises:
            DataError: If files or columns are missing, too many rows are unusable, or a
                split or the label cannot be trained on.
        """
        del input_dict
        data, features = parse(exec_properties)
        wanted = columns.wanted(features, data.split)
        opened = reading.open_source(
            data.source, exec_properties["base"], exec_properties["samples_dir"], wanted
        )
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        quarantine = artifact_utils.get_single_instance(output_dict["quarantine"])
        with self._make_beam_pipeline() as pipeline:
            job.build(pipeline, opened, data.split, features, examples.uri, quarantine.uri)
        counts = _checked_counts(data, columns.roles(features, data.split), quarantine.uri)
        for split in counts.splits():
            job.fill_gaps(examples.uri, split, job.num_files(opened))
        examples.splits = list(counts.splits())
        named = [name for name in config.SPLITS if name in counts.named]
        examples.set_string_custom_property(artifacts.NAMED_SPLITS, " ".join(named))
        examples.set_string_custom_property("file_format", "tfrecords_gzip")
        examples.set_string_custom_property(
            "payload_format",
            example_gen_pb2.PayloadFormat.Name(example_gen_pb2.FORMAT_TF_EXAMPLE),
        )


def parse(exec_properties: dict[str, Any]) -> tuple[config.DataConfig, list[config.Feature]]:
    """The component's parameters as objects."""
    data = config.DataConfig(
        source=pydantic.TypeAdapter(config.Source).validate_json(exec_properties["source"]),
        split=pydantic.TypeAdapter(config.SplitConfig).validate_json(exec_properties["split"]),
        max_quarantined=exec_properties["max_quarantined"],
    )
    features = pydantic.TypeAdapter(list[config.Feature])
    return data, features.validate_json(exec_properties["features"])


def _checked_counts(data: config.DataConfig, roles: columns.Roles, uri: str) -> summary.Summary:
    """Counts of the finished job.

    Raises:
        DataError: If the data cannot be trained on.
    """
    with fileio.open(os.path.join(uri, job.COUNTS_FILE)) as stream:
        found = json.loads(stream.read())
    listing = os.path.join(uri, job.QUARANTINE_FILE)
    with fileio.open(listing) as stream:
        first = [json.loads(line) for line in itertools.islice(stream, summary.MAX_REASONS)]
    counts = summary.from_json(found, [row.Rejected(**entry) for entry in first])
    # TFX deletes the outputs of a component that fails, and people need the list.
    kept = uri.rstrip("/") + ".rejected.jsonl"
    found = problems.problems(counts, data, roles, kept)
    if found:
        if counts.num_rejected:
            fileio.copy(listing, kept, overwrite=True)
        raise errors.DataError("\n".join(found))
    return counts
