"""Tests that each union that a type checker reads is the table that the program reads."""

import typing
from collections.abc import Mapping

import pytest

from models import zoo
from models.finetuning import config as finetuning_config
from models.tasks import table
from models.training import config as training_config
from models.training import optimizer_config, schedule_config
from pipeline.config import augmentation, dotted, sections

OPERATIONS = {
    name: kind for kinds in augmentation.OPERATIONS.values() for name, kind in kinds.items()
}


@pytest.mark.parametrize(
    ("union", "kinds"),
    [
        (table.Task, table.TASKS),
        (zoo.Model, {name: entry.config for name, entry in zoo.MODELS.items()}),
        (sections.Augmentation, OPERATIONS),
        (finetuning_config.Method, finetuning_config.METHODS),
        (training_config.Optimizer, optimizer_config.OPTIMIZERS),
        (training_config.Schedule, schedule_config.SCHEDULES),
    ],
)
def test_a_union_has_the_dataclasses_of_its_table_under_the_same_names(union, kinds):
    assert {dotted.tag(kind): kind for kind in dotted.dataclasses_in(union)} == kinds


def test_every_kind_of_data_source_has_a_name_of_its_own():
    sources = dotted.dataclasses_in(typing.get_type_hints(sections.DataConfig)["source"])
    assert len({dotted.tag(source) for source in sources} - {None}) == len(sources)


@pytest.mark.parametrize(
    "hint", [dict[str, float], Mapping[str, float], Mapping[str, float] | None, tuple[float, ...]]
)
def test_the_values_of_lists_and_mappings_are_known(hint):
    assert dotted.element(hint) is float
