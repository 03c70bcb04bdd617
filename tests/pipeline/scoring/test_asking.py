"""Tests of pipeline/scoring/asking.py with a fake client."""

import contextlib

import pytest

from pipeline import paths
from pipeline.scoring import asking
from serving import client


@pytest.fixture
def answered_by(monkeypatch, tmp_path):
    """A model whose server raises an error for every request."""

    def make(error):
        def predict(self, name, values, signature):
            raise error

        spec = client.TensorSpec("string", (-1,))
        signature = client.Signature({"text": spec}, {})
        monkeypatch.setattr(
            client.Client, "signatures", lambda self, name: {"serving_default": signature}
        )
        monkeypatch.setattr(client.Client, "predict", predict)
        address = "grpc://127.0.0.1:8500"
        asked = closing.enter_context(client.Client(address))
        return asking.from_server(asked, address, paths.Paths(tmp_path, "mail"))

    with contextlib.ExitStack() as closing:
        yield make


# gRPC has no HTTP status.
@pytest.mark.parametrize("status", [400, None])
def test_a_row_that_a_server_refuses_is_told_by_itself(answered_by, status):
    model = answered_by(client.ClientError("no such words\nat node 7", "INVALID_ARGUMENT", status))
    (refused,) = model.answer([{"text": b"bad"}])
    assert isinstance(refused, asking.Refused) and str(refused) == "no such words"


def test_a_server_that_fails_ends_the_command(answered_by):
    model = answered_by(client.ClientError("nobody answers", "UNAVAILABLE"))
    with pytest.raises(client.ClientError, match="nobody answers"):
        model.answer([{"text": b"good"}])
