"""StatisticsGen's work without a Beam job when the data is small."""

import os
from typing import Any

import pyarrow as pa
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tfx.components.statistics_gen import executor as statistics_gen
from tfx.types import artifact_utils, standard_component_specs
from tfx_bsl.coders import example_coder

SMALL = 64 * 2**20
"""Bytes of compressed examples up to which statistics are computed in memory."""


class Executor(statistics_gen.Executor):
    """Same statistics and files as StatisticsGen's own executor."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Compute the statistics of every split.

        Args:
            input_dict: `examples`.
            output_dict: `statistics`, one `FeatureStats.pb` per split.
            exec_properties: As StatisticsGen's.
        """
        examples = artifact_utils.get_single_instance(
            input_dict[standard_component_specs.EXAMPLES_KEY]
        )
        splits = artifact_utils.decode_split_names(examples.split_names)
        files = {split: _files(examples, split) for split in splits}
        if sum(os.path.getsize(file) for names in files.values() for file in names) > SMALL:
            super().Do(input_dict, output_dict, exec_properties)
            return
        statistics = artifact_utils.get_single_instance(
            output_dict[standard_component_specs.STATISTICS_KEY]
        )
        statistics.split_names = artifact_utils.encode_split_names(splits)
        statistics.span = examples.span
        for split in splits:
            folder = artifact_utils.get_split_uri([statistics], split)
            os.makedirs(folder, exist_ok=True)
            proto = stats_impl.generate_statistics_in_memory(
                _record_batch(files[split]), tfdv.StatsOptions()
            )
            with open(os.path.join(folder, statistics_gen.DEFAULT_FILE_NAME), "wb") as file:
                file.write(proto.SerializeToString())


def _files(examples: Any, split: str) -> list[str]:
    folder = artifact_utils.get_split_uri([examples], split)
    return sorted(os.path.join(folder, name) for name in os.listdir(folder))


def _record_batch(files: list[str]) -> pa.RecordBatch:
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    return example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(list(records))
