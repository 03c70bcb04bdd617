"""Tests of pipeline/modules/tuner_cluster.py."""

import pytest

from pipeline.modules import tuner_cluster

HOST = {"KERASTUNER_ORACLE_IP": "10.0.0.5"}


def test_the_port_of_the_chief_is_the_given_one():
    assert tuner_cluster.chief_port({**HOST, "KERASTUNER_ORACLE_PORT": "8500"}) == 8500


@pytest.mark.parametrize("environment", [{}, {"KERASTUNER_ORACLE_PORT": "abc"}])
def test_a_search_on_one_machine_takes_any_port(environment):
    assert tuner_cluster.chief_port(environment) == 0


@pytest.mark.parametrize("given", ["abc", "", "-1", "0", "65536", "8500.0"])
def test_what_is_no_port_is_refused(given):
    with pytest.raises(ValueError, match=f"1 to 65535. Received: KERASTUNER_ORACLE_PORT='{given}'"):
        tuner_cluster.chief_port({**HOST, "KERASTUNER_ORACLE_PORT": given})


def test_a_missing_port_is_refused():
    with pytest.raises(ValueError, match="KERASTUNER_ORACLE_PORT=None"):
        tuner_cluster.chief_port(HOST)
