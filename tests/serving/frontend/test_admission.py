"""Tests of serving/frontend/admission.py."""

import pytest

from serving import errors
from serving.frontend.admission import Admission, read_token
from serving.telemetry.metrics import Metrics

TOKEN = "correct-horse-battery"
REFUSED = "/maru/serving/requests_refused"


def test_both_protocols_share_the_places():
    metrics = Metrics()
    admission = Admission(metrics, max_concurrent_requests=2)
    with admission.request("REST"), admission.request("GRPC"):
        third = admission.request("GRPC")
        with pytest.raises(errors.ServingError, match="answers 2 requests, its limit") as caught:
            third.__enter__()
        assert caught.value.code == "UNAVAILABLE"
        page = metrics.to_prometheus().decode()
    with admission.request("GRPC"):
        pass
    assert '\n:maru:serving:requests_in_progress{entrypoint="GRPC"} 1\n' in page
    assert metrics.value(REFUSED) == 1


def test_a_place_is_free_again_after_an_error():
    metrics = Metrics()
    admission = Admission(metrics, max_concurrent_requests=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), admission.request("REST"):
            raise ZeroDivisionError
    assert metrics.value(REFUSED) == 0


@pytest.mark.parametrize("authorization", [b"", b"Bearer ", TOKEN.encode(), b"Bearer \xff\xfe"])
def test_a_wrong_token_is_refused_and_counted(authorization):
    metrics = Metrics()
    with pytest.raises(errors.ServingError, match="asks for a token") as caught:
        Admission(metrics, TOKEN).check_token(authorization, "REST")
    assert caught.value.code == "UNAUTHENTICATED"
    assert metrics.value(REFUSED) == 1


def test_the_right_token_and_no_token_at_all_let_in():
    metrics = Metrics()
    asking, open_to_all = Admission(metrics, TOKEN), Admission(metrics)
    asking.check_token(f"Bearer {TOKEN}".encode(), "REST")
    open_to_all.check_token(b"", "REST")
    assert (asking.needs_token, open_to_all.needs_token) == (True, False)
    assert metrics.value(REFUSED) == 0


def test_the_token_is_the_text_of_the_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"\n{TOKEN} \n")
    assert read_token(path) == TOKEN


@pytest.mark.parametrize("content", [b"", b"short\n", b"two lines of text\nand more", b"\xff" * 20])
def test_a_file_without_a_proper_token_is_refused(tmp_path, content):
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(errors.ServingError, match="at least 16 printable ASCII characters"):
        read_token(path)


def test_a_missing_token_file_is_named(tmp_path):
    with pytest.raises(errors.ServingError, match=r"Cannot read the token file .*absent: No such"):
        read_token(tmp_path / "absent")
