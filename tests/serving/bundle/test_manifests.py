"""Tests of the bundle's manifests: the schemas of Compose and Kubernetes, and what they promise."""

import compose_spec
import kubernetes_validate
import pytest
import yaml

from serving.bundle import compose, kserve, kubernetes, model, server_files, writing
from serving.bundle.releases import RELEASES
from tests.serving import bundles

MODELS = [bundles.bundled("library_docs", 12), bundles.bundled("digits", 3, size=1_400_000)]
RELEASE = RELEASES["2.20"]
APP = kubernetes.App("models", MODELS, RELEASE)
KUBERNETES = ("1.27", "1.37")
"""The oldest with a stable gRPC probe, and the newest whose schemas we have."""


def manifests():
    files = {"models.config": "model_config_list {\n}\n"}
    return [
        *kubernetes.storage(APP),
        *kubernetes.fill(APP),
        *kubernetes.shared(APP, files),
        *kubernetes.cpu(APP),
        *kubernetes.gpu(APP),
    ]


def find(documents, kind):
    (document,) = (d for d in documents if d["kind"] == kind)
    return document


def pod_of(documents):
    return find(documents, "Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize(
    "manifest", manifests(), ids=lambda m: f"{m['kind']}-{m['metadata']['name']}"
)
def test_manifests_are_what_kubernetes_takes(manifest, version):
    read = yaml.safe_load(writing.to_yaml([manifest]))
    assert read == manifest
    kubernetes_validate.validate(read, version, strict=True)


def test_a_misspelled_field_would_be_found():
    manifest = find(kubernetes.cpu(APP), "Deployment")
    manifest["spec"]["template"]["spec"]["terminationGracePeriod"] = 1
    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriod"):
        kubernetes_validate.validate(manifest, KUBERNETES[0], strict=True)


def test_the_service_and_the_autoscalers_find_the_pods():
    for documents in (kubernetes.cpu(APP), kubernetes.gpu(APP)):
        deployment = find(documents, "Deployment")
        scaled = find(documents, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
        assert scaled["name"] == deployment["metadata"]["name"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert find(kubernetes.shared(APP, {}), "Service")["spec"]["selector"] == labels
        claims = [
            v["persistentVolumeClaim"]
            for v in pod_of(documents)["volumes"]
            if v["name"] == "models"
        ]
        assert claims[0]["claimName"] == kubernetes.storage(APP)[0]["metadata"]["name"]


def test_a_pod_that_goes_drains_before_it_is_killed():
    pod = pod_of(kubernetes.cpu(APP))
    command, seconds = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    assert int(seconds) < pod["terminationGracePeriodSeconds"]


def test_pods_run_as_a_user_and_cannot_write():
    for documents in (kubernetes.cpu(APP), kubernetes.gpu(APP)):
        pod = pod_of(documents)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
        mounts = {m["mountPath"]: m for m in pod["containers"][0]["volumeMounts"]}
        assert mounts["/models"]["readOnly"]
        assert mounts["/config"]["readOnly"]


def test_readiness_reads_the_status_of_every_model():
    command = pod_of(kubernetes.cpu(APP))["containers"][0]["readinessProbe"]["exec"]["command"]
    assert command[:2] == ["bash", "-c"]
    assert "library_docs digits" in command[2]
    assert "AVAILABLE" in command[2]


def test_memory_follows_the_size_of_the_models():
    small, large = ([bundles.bundled(size=size)] for size in (1_000_000, 1_000_000_000))
    assert model.memory_request(small) == 768
    assert model.memory_request(large) == 3584
    resources = pod_of(kubernetes.cpu(APP))["containers"][0]["resources"]
    assert resources["requests"]["memory"] == f"{model.memory_request(MODELS)}Mi"
    assert resources["limits"]["memory"] == f"{model.memory_request(MODELS) * 3 // 2}Mi"


def test_cores_are_those_the_figures_are_from_at_most_eight():
    assert model.cpu_request(MODELS) == 2
    assert model.cpu_request([bundles.bundled(cores=64)]) == 8


def test_the_start_may_take_ten_times_as_long_as_here():
    assert model.start_seconds([bundles.bundled(load_seconds=0.1)]) == 60
    assert model.start_seconds(MODELS) == 150
    probe = pod_of(kubernetes.cpu(APP))["containers"][0]["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] == 150


def test_the_gpu_variant_asks_for_one_and_takes_its_image():
    container = pod_of(kubernetes.gpu(APP))["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["image"] == "tensorflow/serving:2.20.0-gpu"


def test_the_adapter_makes_the_metric_the_autoscaler_reads():
    (rule,) = kubernetes.adapter_rules()["rules"]["custom"]
    metric = find(kubernetes.gpu(APP), "HorizontalPodAutoscaler")["spec"]["metrics"][0]
    assert rule["name"]["as"] == metric["pods"]["metric"]["name"]
    assert ":tensorflow:serving:batching_session:queuing_latency_count" in rule["metricsQuery"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("library_docs", "library-docs"),
        ("Digits-", "digits"),
        ("20news", "model-20news"),
        ("리뷰", "model"),
        ("a" * 70, "a" * 50),
    ],
)
def test_names_become_names_kubernetes_takes(name, expected):
    assert model.dns_name(name) == expected


@pytest.mark.parametrize("names", [["a_b", "a-b"], ["a", "a_gpu"]])
def test_names_that_become_the_same_are_refused(names):
    model.require_distinct(["a_b", "c"])
    with pytest.raises(ValueError, match="would both be .* in Kubernetes"):
        model.require_distinct(names)


def test_compose_takes_the_file_and_both_profiles():
    text = writing.to_yaml([compose.compose(MODELS, RELEASE)])
    read = compose_spec.PyCompose.from_yaml(text)
    assert sorted(read.service_names()) == ["serving", "serving-gpu"]
    services = yaml.safe_load(text)["services"]
    assert services["serving"]["image"] == "tensorflow/serving:2.20.0"
    assert services["serving-gpu"]["image"] == "tensorflow/serving:2.20.0-gpu"
    assert [s["profiles"] for s in services.values()] == [["cpu"], ["gpu"]]
    for service in services.values():
        assert service["read_only"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert all(volume.endswith(":ro") for volume in service["volumes"])


def test_compose_would_refuse_a_misspelled_field():
    text = writing.to_yaml([compose.compose(MODELS, RELEASE)])
    with pytest.raises(ValueError, match="readonly"):
        compose_spec.PyCompose.from_yaml(text.replace("read_only", "readonly"))


def test_compose_does_not_take_the_shells_variables_for_its_own():
    test = compose.compose(MODELS, RELEASE)["services"]["serving"]["healthcheck"]["test"]
    assert test[0] == "CMD"
    unescaped = [word.replace("$$", "$") for word in test[1:]]
    assert unescaped == server_files.is_ready_command(MODELS)
    assert "$" not in test[-1].replace("$$", "")


@pytest.mark.parametrize("on_gpu", [False, True])
def test_the_inference_service_has_kserves_fields(on_gpu):
    service = kserve.inference_service(MODELS[0], RELEASE, on_gpu=on_gpu)
    assert service["apiVersion"] == "serving.kserve.io/v1beta1"
    assert set(service) == {"apiVersion", "kind", "metadata", "spec"}
    predictor = service["spec"]["predictor"]
    assert set(predictor) == {"minReplicas", "model"}
    own = {"modelFormat", "runtimeVersion", "protocolVersion", "storageUri"}
    assert own <= set(predictor["model"])
    assert predictor["model"]["storageUri"].endswith("/library_docs")
    # The rest of a model is a Kubernetes container, which has a schema.
    container = {k: v for k, v in predictor["model"].items() if k not in own}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": service["metadata"],
        "spec": {"containers": [{"name": "kserve-container"} | container]},
    }
    kubernetes_validate.validate(pod, KUBERNETES[-1], strict=True)
    assert ("nvidia.com/gpu" in container["resources"]["limits"]) == on_gpu


def test_several_models_batch_by_their_own_files():
    flag = "--enable_per_model_batching_parameters"
    assert flag in server_files.flags(MODELS, "/config")
    assert flag not in server_files.flags(MODELS[:1], "/config")
