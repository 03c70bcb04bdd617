"""Versions that change while many ask: no failed, no mixed answer, no memory left behind."""

import gc
import os
import pathlib
import shutil
import threading

import grpc
import numpy as np
import pytest
import requests
from tensorflow_serving.apis import prediction_service_pb2_grpc

from serving.batching.parameters import BatchingParameters
from serving.command.server import Sources
from serving.repository.model_config import Latest, ServedModel
from tests.serving import served_models
from tests.serving.served_models import export_number, request_for, wait_until

ROWS = 3


class Callers:
    """Threads that ask until they are told to stop, and check each answer."""

    def __init__(self, served, num_per_protocol=3):
        self._served = served
        self._stop = threading.Event()
        self.wrong = []
        self.versions = []
        asks = [self._ask_rest, self._ask_grpc] * num_per_protocol
        self._threads = [threading.Thread(target=ask) for ask in asks]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask_rest(self):
        url = self._served.url("/v1/models/m:predict")
        with requests.Session() as session:
            while not self._stop.is_set():
                response = session.post(url, json={"instances": [0.0] * ROWS}, timeout=20)
                if response.status_code != 200:
                    self.wrong.append(response.content)
                    continue
                rows = response.json()["predictions"]
                self._check([value for row in rows for value in row.values()])

    def _ask_grpc(self):
        request = request_for("m", x=np.zeros(ROWS, "float32"))
        with grpc.insecure_channel(f"127.0.0.1:{self._served.server.grpc_port}") as channel:
            predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
            while not self._stop.is_set():
                try:
                    response = predict(request, timeout=20)
                except grpc.RpcError as error:
                    self.wrong.append(error.details())
                    continue
                outputs = response.outputs
                values = [*outputs["y"].float_val, *outputs["number"].float_val]
                self._check([*values, response.model_spec.version.value])

    def _check(self, values):
        """All of one answer must come from one version."""
        if len(set(values)) != 1 or len(values) < 2 * ROWS:
            self.wrong.append(values)
        self.versions.append(values[0])


def swap(served, base, number):
    """Put a version beside the one that serves, wait for it and for the end of the other."""
    export_number(base, number, num_floats=1000)
    wait_until(
        lambda: served.states("m") | {number: "AVAILABLE", number - 1: "END"} == served.states("m"),
        lambda: str(served.states("m")),
    )
    if number > 3:
        shutil.rmtree(base / str(number - 3))


BATCHED = BatchingParameters(max_batch_size=16, allowed_batch_sizes=(4, 16), num_batch_threads=2)


@pytest.mark.parametrize(
    ("batching", "num_swaps"),
    [
        (None, 10),
        (BATCHED, 10),
        pytest.param(None, 50, marks=pytest.mark.slow),
        pytest.param(BATCHED, 50, marks=pytest.mark.slow),
    ],
)
def test_versions_change_without_a_failed_or_mixed_answer(tmp_path, batching, num_swaps):
    base = tmp_path / "m"
    export_number(base, 1)
    with served_models.serve(Sources([ServedModel("m", base)]), batching=batching) as served:
        with Callers(served) as callers:
            for number in range(2, num_swaps + 2):
                swap(served, base, number)
        print(f"{num_swaps} swaps, {len(callers.versions)} answers, {len(callers.wrong)} wrong")
    assert callers.wrong == []
    # Under load nearly every version has its say.
    assert len(set(callers.versions)) > num_swaps * 0.8
    assert {1, num_swaps + 1} <= set(callers.versions)


def test_a_named_version_fails_cleanly_once_it_is_gone_and_others_never(tmp_path):
    base = tmp_path / "m"
    for number in (1, 2):
        export_number(base, number)
    model = ServedModel("m", base, Latest(2))
    with served_models.serve(Sources([model])) as served, Callers(served) as callers:
        path = "/v1/models/m/versions/1:predict"
        assert served.post(path, {"instances": [0.0]})[0] == 200
        export_number(base, 3)
        served.wait_for("m", {3: "AVAILABLE", 2: "AVAILABLE", 1: "END"})
        assert served.post(path, {"instances": [0.0]}) == (
            404,
            {"error": "Servable not found for request: Specific(m, 1)"},
        )
    assert callers.wrong == []


def resident_megabytes():
    gc.collect()
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
@pytest.mark.parametrize("batching", [None, BATCHED])
def test_a_hundred_swaps_take_no_memory(tmp_path, batching):
    base = tmp_path / "m"
    export_number(base, 1, num_floats=1_000_000)
    with served_models.serve(Sources([ServedModel("m", base)]), batching=batching) as served:
        used = {}
        for number in range(2, 102):
            export_number(base, number, num_floats=1_000_000)
            served.wait_for("m", {number: "AVAILABLE", **dict.fromkeys(range(1, number), "END")})
            assert served.post("/v1/models/m:predict", {"instances": [0.0] * ROWS})[0] == 200
            shutil.rmtree(base / str(number - 1))
            if number - 1 in (20, 60, 100):
                used[number - 1] = resident_megabytes()
        print(used)
        threads = [thread.name for thread in threading.enumerate()]
    # A version has 4 MB of variables; 80 of them would be 320.
    assert used[100] - used[20] < 20
    assert len(threads) < 60
