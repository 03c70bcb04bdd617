"""A module of TensorFlow Hub as a Keras 3 layer that can be trained, saved and exported."""

from __future__ import annotations

import pathlib
import random
import re
from typing import Any

import keras
import tensorflow as tf

from models.finetuning.blocks import VariableBlock
from models.hub import cache, module
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class HubLayer(keras.layers.Layer):
    """A TF2 SavedModel in Hub format, with its weights as Keras weights.

    The Keras weights are the module's own variables and no copies of them. `trainable=False`
    freezes the module. If all of its trainable variables are trained, it is called with
    `training=True` in training: its dropout is on and its batch normalisation follows the data.
    Otherwise it stays in inference, because one switch sets the whole module and the frozen part
    must keep its statistics. Its noise follows Keras's global seed.

    A saved `.keras` file has the weights and the handle; loading it looks up the handle again.
    An exported SavedModel has everything.

    Args:
        handle: Where the module is, see `cache.resolve`.
        pattern: Train only variables in whose name this regular expression is found.
        last_blocks: Train only the last blocks; a block is the variables whose names agree up to
            their last slash, which are those of one layer.
        output: Key, or position, of the output to return; None returns all of them as they are.
        cache_folder: See `cache.resolve`.
        sha256: See `cache.resolve`.
        **kwargs: `name`, `trainable`, `dtype`. Weights keep the module's dtypes; inputs are cast
            to what the module takes, floating outputs to the layer's compute dtype.

    Input shape:
        The module's. One that lacks the batch axis gives an output that lacks it too.

    Output shape:
        The module's.

    Raises:
        ValueError: If the module cannot be used, `pattern` or `last_blocks` selects nothing, or
            there is no such output; the message lists what there is.
        ConnectionError: If it cannot be fetched.
    """

    def __init__(
        self,
        handle: str,
        pattern: str | None = None,
        last_blocks: int | None = None,
        output: str | None = None,
        cache_folder: str | pathlib.Path | None = None,
        sha256: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        if pattern is not None and last_blocks is not None:
            raise ValueError(
                "Give `pattern` or `last_blocks`, not both. "
                f"Received: pattern={pattern!r}, last_blocks={last_blocks}"
            )
        self.handle, self.pattern, self.last_blocks = handle, pattern, last_blocks
        self.chosen_output = output
        self.supports_jit = False  # XLA compiles neither strings nor lookup tables.
        self.sha256 = sha256
        chosen = pathlib.Path(cache_folder) if cache_folder else None
        folder = cache.resolve(handle, chosen, sha256)
        self._module = module.load(folder, handle, random.randint(1, 2**31 - 1))
        self._restored = self._module.loaded  # Tracked: exports carry its tables and files.
        self._selected = self._select()
        if output is not None and output not in self._module.outputs:
            raise ValueError(
                f"The module {handle!r} has no output {output!r}. It has: {self.describe_outputs()}"
            )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the module's variables weights of the layer."""
        self._weights_in_order = [
            keras.Variable(
                variable,
                trainable=name in self._selected,
                autocast=False,
                # Optimizers make scope names of it, which may have these signs alone.
                name=re.sub(r"[^\w.-]", ".", name, flags=re.ASCII),
            )
            for name, variable in self._module.variables.items()
        ]
        if not self.trainable:
            # Keras passes the layer's state on when it changes, and this is no change.
            for weight in self._weights_in_order:
                weight.trainable = False

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Call the module."""
        inputs, restore = self._prepare(inputs)
        is_trained = bool(self.trainable_variables)
        if self._module.takes_training:
            is_whole = len(self.trainable_variables) == len(self._module.trainable)
            outputs = self._restored(inputs, training=bool(training and is_trained and is_whole))
        else:
            outputs = self._restored(inputs)
        if is_trained:
            for loss in self._module.regularization_losses:
                self.add_loss(loss())
        if self.chosen_output is not None:
            outputs = module.keyed(outputs)[self.chosen_output]
        outputs = keras.tree.map_structure(restore, outputs)
        return keras.tree.map_structure(self._cast_output, outputs)

    @property
    def variable_names(self) -> list[str]:
        """Names of the module's variables, in its order; `pattern` is looked for in these."""
        return list(self._module.variables)

    @property
    def variable_blocks(self) -> list[VariableBlock]:
        """The blocks of a built layer in the module's order; every weight is in exactly one.

        A variable that is not trained and shares its name with no block is in the one before it.
        """
        members: dict[str, dict[str, keras.Variable]] = {name: {} for name in self._block_names()}
        current = next(iter(members))
        for name, weight in zip(self.variable_names, self._weights_in_order, strict=True):
            current = _block(name) if _block(name) in members else current
            members[current][name] = weight
        return [
            VariableBlock(
                block,
                list(weights.values()),
                [weight for name, weight in weights.items() if name in self._selected],
            )
            for block, weights in members.items()
        ]

    def describe_inputs(self) -> str:
        """What the module takes, for a message."""
        flat = keras.tree.flatten(self._module.inputs)
        return ", ".join(
            f"{spec.name or 'input'} {_shape(spec)} {spec.dtype.name}"
            if isinstance(spec, tf.TensorSpec)
            else "anything"
            for spec in flat
        )

    def describe_outputs(self) -> str:
        """The outputs with their shapes, for a message."""
        outputs = sorted(self._module.outputs.items())
        return ", ".join(f"{key} {_shape(spec)}" for key, spec in outputs)

    def save_own_variables(self, store: Any) -> None:
        """Save in the module's order, which does not depend on what is trained."""
        for index, variable in enumerate(self._weights_in_order):
            store[str(index)] = variable

    def load_own_variables(self, store: Any) -> None:
        """Load what `save_own_variables` saved."""
        if len(store) != len(self._weights_in_order):
            raise ValueError(
                f"The saved weights are of another module than {self.handle!r}: expected "
                f"{len(self._weights_in_order)} variables. Received: {len(store)}"
            )
        for index, variable in enumerate(self._weights_in_order):
            variable.assign(store[str(index)])

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> HubLayer:
        """Find the module again; unlike Keras's own, lets its message through as it is."""
        return cls(**{**config, "dtype": keras.dtype_policies.get(config["dtype"])})

    def get_config(self) -> dict[str, Any]:
        """Everything but the cache folder, which is of the machine."""
        return {
            **super().get_config(),
            "handle": self.handle,
            "pattern": self.pattern,
            "last_blocks": self.last_blocks,
            "output": self.chosen_output,
            "sha256": self.sha256,
        }

    def _select(self) -> frozenset[str]:
        """Names of the variables that are trained while the layer is."""
        names = [name for name in self.variable_names if name in self._module.trainable]
        if self.trainable and not names:
            raise ValueError(
                f"The module {self.handle!r} has no trainable variables. Use it with "
                "`fine_tuning: frozen`."
            )
        if self.pattern is not None:
            selected = [name for name in names if re.search(self.pattern, name)]
            if not selected:
                raise ValueError(
                    f"No trainable variable of the module {self.handle!r} has a name that matches "
                    f"{self.pattern!r}. Names: {names}"
                )
            return frozenset(selected)
        if self.last_blocks is not None:
            blocks = self._block_names()
            if not 1 <= self.last_blocks <= len(blocks):
                raise ValueError(
                    f"The module {self.handle!r} has {len(blocks)} trainable blocks: {blocks}. "
                    f"Received: {self.last_blocks} blocks to train."
                )
            last = set(blocks[-self.last_blocks :])
            return frozenset(name for name in names if _block(name) in last)
        return frozenset(names)

    def _block_names(self) -> list[str]:
        """Blocks of the variables that may be trained, or of all if none may."""
        names = [name for name in self.variable_names if name in self._module.trainable]
        return list(dict.fromkeys(_block(name) for name in names or self.variable_names))

    def _prepare(self, inputs: Tensor) -> Tensor:
        """Cast to the module's dtypes; return also what brings outputs back to the batch given."""
        expected = self._module.inputs
        inputs = keras.tree.map_structure(tf.convert_to_tensor, inputs)
        if not _is_alike(inputs, expected):
            return inputs, _as_it_is
        inputs = keras.tree.map_structure(_cast, inputs, expected)
        pairs = zip(keras.tree.flatten(inputs), keras.tree.flatten(expected), strict=True)
        ranks = [(one.shape.rank, spec.shape.rank) for one, spec in pairs]
        if any(rank is None or wanted is None for rank, wanted in ranks):
            return inputs, _as_it_is
        if all(rank == wanted - 1 for rank, wanted in ranks):
            inputs = keras.tree.map_structure(lambda one: one[tf.newaxis], inputs)
            return inputs, lambda output: output[0]
        if all(rank == wanted > 0 for rank, wanted in ranks):
            return _without_empty_batch(inputs)
        return inputs, _as_it_is

    def _cast_output(self, output: Tensor) -> Tensor:
        return tf.cast(output, self.compute_dtype) if output.dtype.is_floating else output


def _as_it_is(output: Tensor) -> Tensor:
    return output


def _without_empty_batch(inputs: Tensor) -> Tensor:
    """Give an empty batch one empty example, and what takes it away from the outputs.

    Operations of TensorFlow, convolutions for one, fail on no examples at all.
    """
    first = keras.tree.flatten(inputs)[0]
    if first.shape[0]:
        return inputs, _as_it_is
    rows = tf.shape(first)[0]

    def fill(one: Tensor) -> Tensor:
        missing = tf.concat([[tf.cast(rows == 0, tf.int32)], tf.shape(one)[1:]], 0)
        filled = tf.concat([one, tf.zeros(missing, one.dtype)], 0)
        return tf.ensure_shape(filled, [None, *one.shape[1:]])

    return keras.tree.map_structure(fill, inputs), lambda output: output[:rows]


def _block(name: str) -> str:
    """The layer that a variable is of."""
    return name.rpartition("/")[0] or name


def _shape(spec: tf.TensorSpec) -> str:
    return "(any shape)" if spec.shape.rank is None else str(tuple(spec.shape))


def _is_alike(inputs: Tensor, expected: Tensor) -> bool:
    """Whether there is one spec for each input."""
    try:
        keras.tree.assert_same_structure(inputs, expected)
    except (TypeError, ValueError):
        return False
    return all(isinstance(spec, tf.TensorSpec) for spec in keras.tree.flatten(expected))


def _cast(value: Tensor, spec: tf.TensorSpec) -> Tensor:
    """Between numbers of one kind: what the values mean stays as it is."""
    is_same_kind = (value.dtype.is_floating and spec.dtype.is_floating) or (
        value.dtype.is_integer and spec.dtype.is_integer
    )
    return tf.cast(value, spec.dtype) if is_same_kind else value
