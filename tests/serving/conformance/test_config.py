"""Lists of models, policies, labels and bad versions on a running server, seen by its clients.

Sources: TensorFlow Serving, `model_servers/model_service_impl.cc`, `server_core.cc` and
`sources/storage_path/file_system_storage_path_source.cc`.
"""

import shutil

import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2

from serving.command.server import Sources
from serving.repository.model_config import ServedModel
from serving.repository.repository import RepositoryConfig
from tests.serving import served_models
from tests.serving.served_models import export_broken, export_number, refusal, request_for

AVAILABLE, END = "AVAILABLE", "END"
POLLED = RepositoryConfig(poll_seconds=0.02, max_load_retries=1, load_retry_seconds=0.01)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    export_number(folder, 1)
    sources = Sources([ServedModel("start", folder)])
    with served_models.serve(sources, repository=POLLED) as running:
        yield running


@pytest.fixture
def base(tmp_path):
    """The folder of a model, with a name of its own in each test, as states are never forgotten."""
    folder = tmp_path / f"m_{tmp_path.name}"
    for number in (1, 2, 3):
        export_number(folder, number)
    return folder


def entry(base, *lines):
    text = [f'name: "{base.name}" base_path: "{base}" model_platform: "tensorflow"', *lines]
    return f"config {{ {' '.join(text)} }}"


def reload_request(*entries):
    text = f"config {{ model_config_list {{ {' '.join(entries)} }} }}"
    return text_format.Parse(text, model_management_pb2.ReloadConfigRequest())


def reload(served, *entries):
    request = reload_request(*entries)
    return served.models.HandleReloadConfigRequest(request, timeout=30)


def refused(served, *entries):
    return refusal(served.models.HandleReloadConfigRequest, reload_request(*entries))


def answer(served, model, version=""):
    """The number of the version that answers over REST."""
    status, body = served.post(f"/v1/models/{model}{version}:predict", {"instances": [0.0]})
    return body["predictions"][0]["number"] if status == 200 else body["error"]


def labelled(served, model, label):
    """The number of the version that answers over gRPC to a label."""
    request = request_for(model, x=[0.0])
    request.model_spec.version_label = label
    response = served.prediction.Predict(request, timeout=10)
    assert response.outputs["number"].float_val == [response.model_spec.version.value]
    return response.model_spec.version.value


def test_a_reload_waits_for_new_models_and_drops_those_it_does_not_name(served, base, tmp_path):
    other = tmp_path / f"other_{tmp_path.name}"
    export_number(other, 7)
    response = reload(served, entry(base), entry(other))
    assert (response.status.error_code, response.status.error_message) == (0, "")
    assert served.states(base.name) == {3: AVAILABLE}
    assert answer(served, other.name) == 7
    reload(served, entry(other))
    served.wait_for(base.name, {3: END})
    assert answer(served, base.name) == f"Servable not found for request: Latest({base.name})"
    assert answer(served, other.name) == 7
    # A list without models unloads everything.
    reload(served)
    served.wait_for(other.name, {7: END})


def test_a_reload_reports_how_much_counters_grew(served, base):
    request = reload_request(entry(base))
    request.metric_names.append("/tensorflow/serving/request_count")
    request.metric_names.append("/no/such/metric")
    [first, second] = served.models.HandleReloadConfigRequest(request, timeout=30).metric
    assert (first.name, first.int64_value_increase) == ("/tensorflow/serving/request_count", 0)
    assert (second.name, second.int64_value_increase) == ("/no/such/metric", 0)


def test_a_new_model_that_does_not_load_fails_the_reload_and_nothing_else(served, base, tmp_path):
    bad = tmp_path / f"bad_{tmp_path.name}"
    export_broken(bad, 5)
    code, text = refused(served, entry(base), entry(bad))
    assert code == "UNKNOWN"
    reason = f"{{{{name: {bad.name} version: 5}} due to error: "
    assert text.startswith("1 model(s) did not become available: {" + reason)
    assert text.endswith("}, }")
    assert answer(served, base.name) == 3
    _, status = served.get(f"/v1/models/{bad.name}")
    [version] = status["model_version_status"]
    assert (version["version"], version["state"]) == ("5", END)
    assert version["status"]["error_code"] != "OK"
    assert version["status"]["error_message"] in text


@pytest.mark.parametrize(
    ("make", "code", "text"),
    [
        (
            lambda m: [entry(m), entry(m)],
            "INVALID_ARGUMENT",
            "Illegal to list model {name} multiple times in config list",
        ),
        (
            lambda m: ['config { name: "r" base_path: "r/s" model_platform: "tensorflow" }'],
            "INVALID_ARGUMENT",
            "Expected model r to have an absolute path or URI; got base_path()=r/s",
        ),
        (
            lambda m: ['config { name: "t" base_path: "/t" model_platform: "tflite" }'],
            "INVALID_ARGUMENT",
            "Model t requests unsupported platform tflite",
        ),
        (
            lambda m: [entry(m).replace('"tensorflow"', '"other"')],
            "INVALID_ARGUMENT",
            "Illegal to change a model's platform. For model {name} platform was tensorflow and "
            "new platform requested is other",
        ),
        (
            lambda m: ['config { name: "n" base_path: "/n" }'],
            "INVALID_ARGUMENT",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is n",
        ),
        (
            lambda m: [entry(m, 'version_labels { key: "L" value: 2 }')],
            "FAILED_PRECONDITION",
            "Request to assign label to version 2 of model {name}, "
            "which is not currently available for inference",
        ),
    ],
)
def test_a_list_that_is_refused_changes_nothing(served, base, make, code, text):
    reload(served, entry(base))
    assert refused(served, *make(base)) == (code, text.format(name=base.name))
    assert answer(served, base.name) == 3


def test_a_reload_takes_lists_only(served):
    request = model_management_pb2.ReloadConfigRequest()
    for _ in range(2):
        assert refusal(served.models.HandleReloadConfigRequest, request) == (
            "INVALID_ARGUMENT",
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported",
        )
        request.config.custom_model_config.SetInParent()


def test_policies_choose_versions(served, base):
    latest = "model_version_policy { latest { num_versions: 2 } }"
    reload(served, entry(base, latest))
    served.wait_for(base.name, {3: AVAILABLE, 2: AVAILABLE})
    reload(served, entry(base, "model_version_policy { all {} }"))
    served.wait_for(base.name, {3: AVAILABLE, 2: AVAILABLE, 1: AVAILABLE})
    assert answer(served, base.name) == 3
    assert answer(served, base.name, "/versions/1") == 1
    specific = "model_version_policy { specific { versions: 1 versions: 9 } }"
    reload(served, entry(base, specific))
    served.wait_for(base.name, {3: END, 2: END, 1: AVAILABLE})
    assert answer(served, base.name) == 1
    assert answer(served, base.name, "/versions/3") == (
        f"Servable not found for request: Specific({base.name}, 3)"
    )
    # The version that was missing comes.
    export_number(base, 9)
    served.wait_for(base.name, {9: AVAILABLE, 3: END, 2: END, 1: AVAILABLE})


def test_folders_are_versions_if_they_are_numbers(served, base):
    for name in ("notes", "4.5", "-1", "99999999999999999999"):
        shutil.copytree(base / "1", base / name)
    (base / "1").rename(base / "00000123")
    reload(served, entry(base, "model_version_policy { all {} }"))
    served.wait_for(base.name, {123: AVAILABLE, 3: AVAILABLE, 2: AVAILABLE, -1: AVAILABLE})


def test_a_new_version_takes_over_and_the_old_one_stays_listed(served, base):
    reload(served, entry(base))
    export_number(base, 10)
    served.wait_for(base.name, {10: AVAILABLE, 3: END})
    assert list(served.states(base.name)) == [10, 3]
    assert answer(served, base.name) == 10
    shutil.rmtree(base / "10")
    served.wait_for(base.name, {10: END, 3: AVAILABLE})
    assert answer(served, base.name) == 3


def test_a_bad_version_is_reported_while_the_old_one_serves(served, base):
    reload(served, entry(base))
    export_broken(base, 4)
    served.wait_for(base.name, {4: END, 3: AVAILABLE})
    assert answer(served, base.name) == 3
    newest = served.get(f"/v1/models/{base.name}")[1]["model_version_status"][0]
    assert newest["status"]["error_code"] != "OK"
    assert newest["status"]["error_message"]
    # It gets another chance when its folder has been away.
    shutil.rmtree(base / "4")
    export_number(base, 4)
    served.wait_for(base.name, {4: AVAILABLE, 3: END})


def test_without_any_version_nothing_answers_but_the_status(served, base):
    reload(served, entry(base))
    for number in (1, 2, 3):
        shutil.rmtree(base / str(number))
    served.wait_for(base.name, {3: END})
    assert served.get(f"/v1/models/{base.name}")[0] == 200
    assert answer(served, base.name) == f"Servable not found for request: Latest({base.name})"


def test_a_base_folder_that_is_away_unloads_nothing_and_holds_up_no_other(served, base, tmp_path):
    other = tmp_path / f"other_{tmp_path.name}"
    export_number(other, 1)
    reload(served, entry(base), entry(other))
    base.rename(tmp_path / "away")
    export_number(other, 2)
    served.wait_for(other.name, {2: AVAILABLE, 1: END})
    assert answer(served, base.name) == 3


BOTH = "model_version_policy { specific { versions: 1 versions: 2 } }"


def label(name, number):
    return f'version_labels {{ key: "{name}" value: {number} }}'


def test_labels_lead_to_versions_over_both_protocols(served, base):
    reload(served, entry(base, BOTH))
    served.wait_for(base.name, {2: AVAILABLE, 1: AVAILABLE})
    reload(served, entry(base, BOTH, label("stable", 1), label("canary", 2), label("가", 1)))
    assert [labelled(served, base.name, name) for name in ("stable", "canary", "가")] == [1, 2, 1]
    assert answer(served, base.name, "/labels/%EA%B0%80") == 1
    assert answer(served, base.name, "/labels/canary") == 2
    assert answer(served, base.name) == 2
    _, metadata = served.get(f"/v1/models/{base.name}/labels/stable/metadata")
    assert metadata["model_spec"]["version"] == "1"
    # Moved, and one of them removed.
    reload(served, entry(base, BOTH, label("stable", 2), label("canary", 2)))
    assert [labelled(served, base.name, name) for name in ("stable", "canary")] == [2, 2]
    assert answer(served, base.name, "/labels/%EA%B0%80") == (
        "Unrecognized servable version label: 가"
    )


def test_a_label_of_a_version_that_was_unloaded_finds_nothing(served, base):
    reload(served, entry(base, BOTH))
    served.wait_for(base.name, {2: AVAILABLE, 1: AVAILABLE})
    reload(served, entry(base, BOTH, label("stable", 1)))
    shutil.rmtree(base / "1")
    served.wait_for(base.name, {2: AVAILABLE, 1: END})
    assert answer(served, base.name, "/labels/stable") == (
        f"Servable not found for request: Specific({base.name}, 1)"
    )


def test_labels_may_come_before_their_versions_where_that_is_allowed(base):
    model = ServedModel(base.name, base, labels={"new": 4})
    early = RepositoryConfig(poll_seconds=0.02, allow_labels_for_unavailable=True)
    with served_models.serve(Sources([model]), repository=early) as served:
        assert answer(served, base.name, "/labels/new") == (
            f"Servable not found for request: Specific({base.name}, 4)"
        )
        export_number(base, 4)
        served.wait_for(base.name, {4: AVAILABLE, 3: END})
        assert labelled(served, base.name, "new") == 4
        assert refused(served, entry(base, label("new", 5))) == (
            "FAILED_PRECONDITION",
            f"Request to assign label to version 5 of model {base.name}, "
            "which is not currently available for inference",
        )
