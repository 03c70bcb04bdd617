"""Tests of what pipeline/config/sections.py says of `tuning.space`."""

import pytest
import yaml

from models.training import optimizer_config
from models.tuning.config import SearchRange
from pipeline.config import loading, sections
from pipeline.config.problems import ConfigError

SMALL = {
    "name": "reviews",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "reviews.csv"}},
    "model": {"kind": "text_cnn"},
}


def load(**sections):
    return loading.from_mapping({**SMALL, **sections}, source="the test")


def searching(space):
    return load(tuning={"space": space})


@pytest.mark.parametrize("order", [1, -1])
def test_a_trial_has_the_searched_choice_and_fields_of_it_in_any_order(order):
    learner = loading.dump_learner(sections.learner(load(), with_tuning=True))
    values = {"training.optimizer": "sgd", "training.optimizer.momentum": 0.8}
    trial = loading.load_learner(learner, dict(list(values.items())[::order]))
    assert trial.training.optimizer == optimizer_config.SGD(momentum=0.8)


def test_a_field_may_be_searched_inside_the_choices_that_have_it():
    space = {
        "training.optimizer": {"values": ["rmsprop", "sgd"]},
        "training.optimizer.momentum": {"values": [0.5, 0.9]},
    }
    assert len(searching(space).tuning.space) == 2
    space["training.optimizer"] = {"values": ["adam", "sgd"]}
    message = r'optimizer.momentum: unknown key.* \(with training.optimizer: "adam"\)'
    with pytest.raises(ConfigError, match=message) as caught:
        searching(space)
    assert "sgd" not in str(caught.value)


def test_a_wrong_number_is_one_problem():
    with pytest.raises(ConfigError) as caught:
        searching({"training.learning_rate": {"log": ["1e-4", 0.1]}})
    assert str(caught.value).count("received '1e-4'") == 1


def test_an_override_reaches_single_fields_of_the_space_and_labels_with_dots(tmp_path):
    path = tmp_path / "reviews.yaml"
    space = {"training.learning_rate": {"log": [1e-4, 1e-2]}, "model.filters": {"values": [8]}}
    sections = {"training": {"class_weights": "balanced"}, "tuning": {"space": space}}
    path.write_text(yaml.safe_dump({**SMALL, **sections}))
    loaded = loading.load(
        path,
        [
            "tuning.space.training.learning_rate={log: [1.0e-5, 1.0e-3]}",
            "tuning.space.model.recipe.dropout={linear: [0.1, 0.5]}",
            "training.class_weights.v1.0=2",
        ],
    )
    assert loaded.tuning.space == {
        "training.learning_rate": SearchRange(log=(1e-5, 1e-3)),
        "model.filters": SearchRange(values=(8,)),
        "model.recipe.dropout": SearchRange(linear=(0.1, 0.5)),
    }
    assert loaded.training.class_weights == {"v1.0": 2.0}


def test_a_value_is_possible_if_another_searched_value_makes_it_so():
    base = {"kind": "transformer", "hidden_dim": 64, "num_heads": 4}
    space = {"model.hidden_dim": {"values": [60, 90]}, "model.num_heads": {"values": [5, 6]}}
    assert load(model=base, tuning={"space": space}).tuning.space.keys() == space.keys()
    space["model.hidden_dim"] = {"values": [60, 62]}
    with pytest.raises(ConfigError) as caught:
        load(model=base, tuning={"space": space})
    assert [line for line in caught.value.problems if "(62)" in line] == caught.value.problems


def test_a_grid_keeps_the_order_of_the_config():
    space = {
        "training.learning_rate": {"values": [0.1, 0.2]},
        "model.filters": {"values": [4, 8]},
    }
    learner = loading.dump_learner(sections.learner(searching(space), with_tuning=True))
    assert list(loading.load_learner(learner).tuning.space) == list(space)


def test_a_kind_is_searched_as_the_choice_it_names():
    with pytest.raises(ConfigError, match="search `training.optimizer` instead"):
        searching({"training.optimizer.kind": {"values": ["sgd", "adam"]}})


def test_a_place_that_a_list_lacks_is_named():
    sections = {"task": {"kind": "image_classification"}, "model": {"kind": "vgg", "depth": 11}}
    space = {"augmentation.1.degrees": {"values": [5, 10]}}
    message = "augmentation.1.degrees: '1' is no place in this list of 1; they are counted from 0"
    with pytest.raises(ConfigError, match=message):
        load(augmentation=["rotation"], tuning={"space": space}, **sections)
