"""Tests of components/validation: the wording, and that anomalies stop the run."""

import os

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.validation import validation


def anomalies(**descriptions):
    found = anomalies_pb2.Anomalies()
    for column, description in descriptions.items():
        found.anomaly_info[column].description = description
    return found


def test_each_anomaly_is_one_line_with_its_split_and_column():
    lines = validation.describe(
        {"train": anomalies(), "eval": anomalies(label="Unexpected values: 중립", text="Missing")}
    )
    assert lines == [
        "eval split, column 'label': Unexpected values: 중립",
        "eval split, column 'text': Missing",
    ]


def test_an_anomaly_of_the_whole_data_names_no_column():
    found = anomalies()
    found.dataset_anomaly_info.description = "Too few examples."
    assert validation.describe({"eval": found}) == ["eval split: Too few examples."]


def test_data_without_anomalies_has_no_lines():
    assert validation.describe({"train": anomalies(), "eval": anomalies()}) == []


@pytest.fixture
def validate(tmp_path):
    """Validate a column `label` with some values against a schema of two labels."""
    import tensorflow_data_validation as tfdv
    from google.protobuf import text_format
    from tfx.types import artifact_utils, standard_artifacts

    from components.validation import executor

    schema = schema_pb2.Schema()
    schema.string_domain.add(name="label", value=["good", "나쁨"])
    schema.feature.add(name="label", type="BYTES", domain="label").presence.min_count = 1

    def call(*values):
        import pandas

        given = standard_artifacts.ExampleStatistics()
        given.uri = str(tmp_path / "statistics")
        given.split_names = artifact_utils.encode_split_names(["eval"])
        folder = artifact_utils.get_split_uri([given], "eval")
        os.makedirs(folder)
        frame = pandas.DataFrame({"label": values})
        statistics = tfdv.generate_statistics_from_dataframe(frame)
        assert isinstance(statistics, statistics_pb2.DatasetFeatureStatisticsList)
        with open(os.path.join(folder, "FeatureStats.pb"), "wb") as file:
            file.write(statistics.SerializeToString())
        described = standard_artifacts.Schema()
        described.uri = str(tmp_path / "schema")
        os.makedirs(described.uri)
        with open(os.path.join(described.uri, "schema.pbtxt"), "w") as file:
            file.write(text_format.MessageToString(schema))
        found = standard_artifacts.ExampleAnomalies()
        found.uri = str(tmp_path / "anomalies")
        inputs = {"statistics": [given], "schema": [described]}
        executor.Executor().Do(inputs, {"anomalies": [found]}, {"exclude_splits": "[]"})
        return os.listdir(artifact_utils.get_split_uri([found], "eval"))

    return call


@pytest.mark.tfx
def test_data_that_fits_its_schema_passes(validate):
    assert validate("good", "나쁨", "good") == ["SchemaDiff.pb"]


@pytest.mark.tfx
def test_data_that_does_not_fit_stops_the_run_in_words(validate, tmp_path):
    with pytest.raises(ValueError, match="does not fit its schema") as caught:
        validate("good", "maybe", "good")
    message = str(caught.value)
    assert "\n  eval split, column 'label': " in message
    assert "maybe" in message
    assert str(tmp_path / "schema" / "schema.pbtxt") in message
    assert "`runtime.schema`" in message
    assert (tmp_path / "anomalies" / "Split-eval" / "SchemaDiff.pb").is_file()
