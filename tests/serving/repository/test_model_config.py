"""Tests of serving/repository/model_config.py with TensorFlow Serving's own messages."""

import pathlib

import pytest
from google.protobuf import any_pb2, text_format
from tensorflow_serving.config import model_server_config_pb2

from serving import errors
from serving.repository.model_config import (
    All,
    Latest,
    ServedModel,
    Specific,
    check_platforms,
    from_proto,
)

NO_TRANSITION = (
    "FAILED_PRECONDITION: Cannot transition to requested config. It is only legal to transition "
    "from one ModelConfigList to another."
)


def read(*entries):
    """The models of a config file with these entries."""
    text = "".join(f"config {{ {entry} }} " for entry in entries)
    message = model_server_config_pb2.ModelServerConfig()
    return from_proto(text_format.Parse(f"model_config_list {{ {text} }}", message))


def error_of(*entries):
    with pytest.raises(errors.ServingError) as caught:
        read(*entries)
    return str(caught.value)


def test_a_list_of_models_is_read_with_its_defaults():
    assert read(
        "name: 'a' base_path: '/models/a' model_platform: 'tensorflow'",
        "name: 'b' base_path: 'file:///models/b' model_platform: 'tensorflow'",
    ) == [
        ServedModel("a", pathlib.Path("/models/a"), Latest(1), {}),
        ServedModel("b", pathlib.Path("/models/b")),
    ]
    assert read() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest { num_versions: 3 }", Latest(3)),
        ("latest { }", Latest(1)),
        ("all { }", All()),
        ("specific { versions: 42 versions: 7 }", Specific((42, 7))),
        ("", Latest(1)),
    ],
)
def test_version_policies(text, expected):
    entry = (
        f"name: 'a' base_path: '/a' model_platform: 'tensorflow' model_version_policy {{{text}}}"
    )
    assert read(entry)[0].policy == expected


def test_labels():
    labels = "version_labels { key: 'stable' value: 2 } version_labels { key: 'canary' value: 3 }"
    [model] = read(f"name: 'a' base_path: '/a' model_platform: 'tensorflow' {labels}")
    assert model.labels == {"stable": 2, "canary": 3}


def test_the_deprecated_type_is_accepted_with_a_warning(caplog):
    assert read("name: 'a' base_path: '/a' model_type: TENSORFLOW")[0].platform == "tensorflow"
    assert "Deprecated ModelServerConfig::model_type field used." in caplog.text


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            "base_path: 'models/a' model_platform: 'tensorflow'",
            "Expected model a to have an absolute path or URI; got base_path()=models/a",
        ),
        (
            "model_platform: 'tensorflow'",
            "Expected model a to have an absolute path or URI; got base_path()=",
        ),
        (
            "base_path: '/a'",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is a",
        ),
        (
            "base_path: '/a' model_platform: 'tensorflow' model_type: TENSORFLOW",
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            "ModelServerConfig::model_platform, model name is a",
        ),
        (
            "base_path: '/a' model_type: OTHER",
            "ModelServerConfig::model_type choice 2 not supported.",
        ),
        (
            "base_path: '/a' model_platform: 'tensorflow' logging_config { }",
            "No request-logger-creator provided.",
        ),
    ],
)
def test_an_entry_that_cannot_be_served_is_refused(entry, text):
    assert error_of(f"name: 'a' {entry}") == f"INVALID_ARGUMENT: {text}"


def test_a_name_must_not_be_listed_twice():
    entry = "name: 'a' base_path: '/a' model_platform: 'tensorflow'"
    assert error_of(entry, entry) == (
        "INVALID_ARGUMENT: Illegal to list model a multiple times in config list"
    )


def test_a_bucket_is_refused_with_what_to_do_instead():
    assert error_of("name: 'a' base_path: 'gs://bucket/a' model_platform: 'tensorflow'") == (
        "UNIMPLEMENTED: This server reads model a from local folders only; got "
        "base_path()=gs://bucket/a. Mount or copy it, and name the local folder."
    )


@pytest.mark.parametrize("fields", [{}, {"custom_model_config": any_pb2.Any()}])
def test_only_a_list_of_models_can_be_read(fields):
    with pytest.raises(errors.ServingError) as caught:
        from_proto(model_server_config_pb2.ModelServerConfig(**fields))
    assert str(caught.value) == NO_TRANSITION


def test_a_platform_must_be_known_and_stay_the_same():
    ours = ServedModel("a", pathlib.Path("/a"))
    other = ServedModel("a", pathlib.Path("/a"), platform="other")
    check_platforms([], [ours])
    check_platforms([ours], [ours])
    with pytest.raises(errors.ServingError) as caught:
        check_platforms([ours], [other])
    assert caught.value.text == (
        "Illegal to change a model's platform. For model a platform was tensorflow and new "
        "platform requested is other"
    )
    with pytest.raises(errors.ServingError, match="Model a requests unsupported platform other"):
        check_platforms([], [other])
