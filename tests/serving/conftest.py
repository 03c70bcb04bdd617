"""The exports that several tests serve."""

import pytest


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """One export, to be read only or copied."""
    # Here and not above, so that tests without a model do not wait for TensorFlow.
    from tests.serving import exports

    return exports.export_text_model(tmp_path_factory.mktemp("exported") / "1")


@pytest.fixture(scope="session")
def exported_pairs(tmp_path_factory):
    """An export of two inputs with ragged answers, to be read only or copied."""
    from tests.serving import exports

    return exports.export_pair_model(tmp_path_factory.mktemp("exported_pairs") / "1")
