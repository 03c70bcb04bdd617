"""Tests of scripts/make_descriptors.py and of the files that it wrote."""

import pytest

from scripts import make_descriptors


@pytest.fixture(scope="module")
def made():
    return make_descriptors.make()


@pytest.mark.parametrize(
    "path",
    [
        "components/ingest/example.binpb",
        "serving/client/messages.binpb",
        "serving/configuration.binpb",
    ],
)
def test_the_descriptors_are_those_of_the_installed_packages(made, path):
    is_current = (make_descriptors.ROOT / path).read_bytes() == made[path]
    assert is_current, f"{path} is of other versions: run `make descriptors`"


def test_a_broken_proto_file_is_refused(tmp_path):
    path = tmp_path / "broken.proto"
    path.write_text("message {")
    with pytest.raises(
        ValueError, match=r"protoc refused .*broken\.proto with exit code 1: [^$]*Expected"
    ):
        make_descriptors._compiled(path)
