"""Tests of models/training/{callbacks,checkpoint}.py, one callback or state at a time."""

import json
import logging
import math

import keras
import numpy as np
import pytest

from models.training import callbacks
from models.training.checkpoint import STATE, Checkpoints, State


def reported(caplog, times, epochs=2, steps=40):
    """The records of a training whose steps end at some times, in tenths of a second."""
    clock = iter([time / 10 for time in times])
    progress = callbacks.Progress(epochs, steps, clock=lambda: next(clock))
    with caplog.at_level(logging.INFO, logger="maru.progress"):
        progress.on_epoch_begin(1)
        for batch in range(len(times)):
            progress.on_train_batch_end(batch, {"loss": 0.5})
        progress.on_epoch_end(1, {"loss": 0.25, "val_loss": 0.125})
    return [record.progress for record in caplog.records]


def test_steps_are_reported_ten_times_a_second_and_epochs_always(caplog):
    records = reported(caplog, [0, 0.5, 0.9, 1.1, 1.2, 2.0, 2.2])
    assert [record["step"] for record in records] == [1, 4, 7, 40]
    assert records[0] == {
        "stage": "train",
        "epoch": 2,
        "epochs": 2,
        "step": 1,
        "steps": 40,
        "loss": 0.5,
    }
    assert records[-1]["stage"] == "epoch"
    assert (records[-1]["epoch"], records[-1]["val_loss"]) == (2, 0.125)
    assert caplog.messages[-1] == "epoch 2/2 step 40/40 loss 0.2500 val_loss 0.1250"


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_is_refused_with_its_place(loss):
    stop = callbacks.StopOnNaN(0.125)
    stop.on_epoch_begin(2)
    stop.on_train_batch_end(4, {"loss": 1e30})
    stop.on_train_batch_end(4, {})
    with pytest.raises(FloatingPointError, match=r"in epoch 3, step 5\. .*now 0\.125"):
        stop.on_train_batch_end(4, {"loss": loss})


def noisy():
    keras.utils.set_random_seed(0)
    x = given = keras.Input((3,))
    for _ in range(2):
        x = keras.layers.Dropout(0.5)(x)
    model = keras.Model(given, keras.layers.Dense(2)(x))
    model.compile(optimizer=keras.optimizers.SGD())
    return model


def states(seed, epoch, steps=7):
    seeding = callbacks.SeedEpoch(seed, steps)
    seeding.set_model(noisy())
    seeding.on_epoch_begin(epoch)
    found = [v for v in seeding.model.variables if v.name == "seed_generator_state"]
    return [np.array(state).tolist() for state in found]


def test_each_layers_noise_is_a_function_of_seed_and_epoch():
    first, second = states(3, 2)
    assert first[0] != second[0]
    assert first[1] == second[1] == 2 * 7  # As far as two epochs of seven steps have come.
    assert states(3, 2) == [first, second]
    assert states(3, 0) == [[first[0], 0], [second[0], 0]]


def test_neighbouring_seeds_share_no_layers_noise():
    seeds = [state[0] for seed in range(50) for state in states(seed, 0)]
    assert len(set(seeds)) == 100
    assert max(state[0] for state in states(2**40, 0)) < 2**31


def after(losses, name="val_loss"):
    state = State("a")
    for loss in losses:
        state = state.after({"loss": 1.0, name: loss})
    return state


def test_the_first_of_equal_epochs_is_the_best():
    state = after([3, 2, 2, 2.5])
    assert (state.best_epoch, state.epochs_done) == (1, 4)
    assert state.epochs_without_gain(0) == 2
    assert state.history == {"loss": [1.0] * 4, "val_loss": [3, 2, 2, 2.5]}
    assert after([0.5]).best_epoch == 0


def test_without_validation_the_training_loss_tells_the_best_epoch():
    assert after([3, 1, 2], name="loss").best_epoch == 1
    assert after([math.nan, math.nan]).best_epoch == 0
    assert after([math.inf, 5.0, math.nan]).best_epoch == 1


def test_the_last_and_the_best_epoch_come_back_from_the_disk(tmp_path):
    model = noisy()
    model.optimizer.build(model.trainable_variables)
    kept = Checkpoints(tmp_path / "new", "print")
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 4.0]):
        model.layers[-1].bias.assign([epoch, epoch])
        model.optimizer.iterations.assign(10 * epoch)
        kept.save(model, {"loss": 0.0, "val_loss": loss})
    files = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert files == ["epoch_0002.npz", "epoch_0004.npz", STATE]

    again = Checkpoints(tmp_path / "new", "print")
    assert again.state == kept.state
    assert (again.state.epochs_done, again.state.best_epoch) == (4, 1)
    for epoch in (1, 3):
        again.restore_weights(model, epoch)
        assert np.array(model.layers[-1].bias).tolist() == [epoch, epoch]
        again.restore_optimizer(model, epoch)
        assert int(model.optimizer.iterations) == 10 * epoch

    assert Checkpoints(tmp_path / "new", "other").state == State("other")
    assert not (tmp_path / "new" / STATE).exists()


def test_the_state_is_readable_by_people(tmp_path):
    model = noisy()
    Checkpoints(tmp_path, "print").save(model, {"loss": np.float32(0.5)})
    assert json.loads((tmp_path / STATE).read_text()) == {
        "fingerprint": "print",
        "epochs_done": 1,
        "best_epoch": 0,
        "history": {"loss": [0.5]},
    }
    assert list(tmp_path.glob(".*")) == []  # Nothing half written.
