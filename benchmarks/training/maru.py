"""Maru's side of the benchmark of training: `pretrained_text`, made ready as by the Trainer."""

import sys

import keras
import numpy as np
import tensorflow as tf

from benchmarks import classifier
from benchmarks.training import worker
from models.layers import fused
from models.text import pretrained
from models.training import fit
from models.training import inputs as training_inputs
from models.training.config import TrainingConfig
from models.training.optimizer_config import AdamW


def main(folder: str, learning_rate: float, xla: bool) -> None:
    """Serve the benchmark.

    Args:
        folder: With the batch.
        learning_rate: Of AdamW.
        xla: Whether XLA compiles, as with `training.xla`.
    """
    arrays = worker.load(folder)
    rows, length = arrays["token_ids"].shape
    keras.utils.set_random_seed(0)
    config = pretrained.PretrainedTextConfig(sequence_length=length, fine_tuning="full")
    model = classifier.build(config, arrays["kernel"].shape[1])
    model.get_layer("logits").set_weights([arrays["kernel"], arrays["bias"]])
    inputs = {name: arrays[name] for name in ("token_ids", "padding_mask")}
    inputs["segment_ids"] = np.zeros_like(arrays["token_ids"])
    inputs = {name: tf.constant(inputs[name]) for name in model.input}
    training = TrainingConfig(
        batch_size=rows, optimizer=AdamW(), learning_rate=learning_rate, epochs=1, xla=xla
    )
    fit.compile_model(model, classifier.objective(training), training, steps=1)
    fused.fuse(model)
    batch = tf.data.Dataset.from_tensors((inputs, tf.constant(arrays["labels"])))
    batches = training_inputs.prefetched(batch.repeat())
    answer = tf.function(lambda features: model(features, training=False), jit_compile=xla)

    def train(steps: int) -> None:
        model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)

    def infer(steps: int) -> None:
        for _ in range(steps):
            answer(inputs).numpy()

    worker.serve(lambda: answer(inputs).numpy(), train, infer)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), xla=sys.argv[3:] == ["xla"])
