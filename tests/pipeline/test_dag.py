"""Tests of pipeline/dag.py: which stages there are, and what an imported schema needs."""

import pytest

pytestmark = pytest.mark.tfx

from pipeline import config, console, dag, paths  # noqa: E402

DATA = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn"},
}
SEARCH = {"tuning": {"space": {"training.learning_rate": {"values": [0.1, 0.2]}}}}


def stages(folder, **sections):
    settings = config.from_mapping(DATA | sections, source="the test")
    pipeline = dag.build(settings, paths.Paths(folder, "mail"), str(folder))
    return [component.id for component in pipeline.components]


def test_stages_stand_in_the_order_that_is_shown(tmp_path):
    with_search = [name for name in stages(tmp_path, **SEARCH) if name != "Champion"]
    assert with_search == list(console.STAGES)
    assert "Tuner" not in stages(tmp_path)


def test_a_given_schema_replaces_the_inferred_one(tmp_path):
    (tmp_path / "mail.pbtxt").write_text('feature { name: "text" type: BYTES }')
    found = stages(tmp_path, runtime={"schema": "mail.pbtxt"})
    assert "ImportedSchema" in found
    assert "SchemaGen" not in found


def test_a_missing_schema_is_named_with_its_key(tmp_path):
    with pytest.raises(ValueError, match=r"`runtime.schema`: there is no file .*none.pbtxt"):
        stages(tmp_path, runtime={"schema": "none.pbtxt"})
