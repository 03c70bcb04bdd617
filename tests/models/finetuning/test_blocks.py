"""Tests of models/finetuning/blocks.py."""

import keras
import keras_hub
import pytest

from models.finetuning import blocks


def chain(*names, inputs="inputs"):
    x = inputs = keras.Input((3,), name=inputs)
    for name in names:
        x = keras.layers.Dense(3, name=name)(x)
    return keras.Model(inputs, x, name="backbone")


def numbered(backbone):
    return [part.name for part in blocks.split(backbone).numbered]


def test_numbered_layers_are_blocks_in_the_order_of_computation():
    layers = [f"transformer_layer_{index}" for index in range(11)]
    parts = blocks.split(chain("embedding", *layers, "final_norm"))
    assert [part.name for part in parts.numbered] == layers
    assert [layer.name for layer in parts.below.layers] == ["inputs", "embedding"]
    assert [layer.name for layer in parts.above.layers] == ["final_norm"]


def test_layers_between_two_blocks_belong_to_the_first():
    parts = blocks.split(chain("stem", "block1_conv", "between", "block2_conv"))
    assert [[layer.name for layer in part.layers] for part in parts.numbered] == [
        ["block1_conv", "between"],
        ["block2_conv"],
    ]


def test_an_input_that_keras_numbered_is_no_block():
    backbone = chain("stem", "block1_conv", "block2_conv", inputs="input_layer_1")
    assert numbered(backbone) == ["block1", "block2"]


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        (("conv2_block1_1_conv", "conv2_block1_2_conv", "conv2_block2_1_conv"), 2),
        (("stack0_block0_1_conv", "stack1_block0_1_conv", "stack1_block1_1_conv"), 3),
        (("block1a_expand_conv", "block1a_project_conv", "block1b_expand_conv"), 2),
        (("block_1_expand", "block_2_expand", "Conv_1"), 2),
        (("stage1_conv", "stage1_bn", "stage2_conv"), 2),
        (("mixed0", "mixed1", "mixed10"), 3),
        (("first", "second", "third", "fourth"), 4),
        (("dense_block", "normal"), 2),
    ],
)
def test_families_are_known_by_the_names_of_their_layers(layers, wanted):
    assert len(numbered(chain(*layers))) == wanted


def test_numbered_layers_without_weights_are_no_blocks():
    x = inputs = keras.Input((3,), name="inputs")
    for index in (1, 2):
        x = keras.layers.Dense(3, name=f"block8_{index}_conv")(x)
        x = keras.layers.Rescaling(0.5, name=f"custom_scale_layer_{index}")(x)
    x = keras.layers.Dense(3, name="block9_1_conv")(x)
    first, second = blocks.split(keras.Model(inputs, x, name="backbone")).numbered
    assert [layer.name for layer in first.layers] == [
        "block8_1_conv", "custom_scale_layer_1", "block8_2_conv", "custom_scale_layer_2",
    ]  # fmt: skip
    assert [layer.name for layer in second.layers] == ["block9_1_conv"]


def test_a_backbone_without_numbers_is_divided_at_its_kernels():
    x = inputs = keras.Input((3,), name="inputs")
    x = keras.layers.Rescaling(2.0, name="scale")(x)
    x = keras.layers.Dense(3, name="first")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dense(3, name="second")(x)
    parts = blocks.split(keras.Model(inputs, x))
    assert [[layer.name for layer in part.layers] for part in parts.all] == [
        ["inputs", "scale"],
        ["first", "norm"],
        ["second"],
        [],
    ]


def test_models_inside_a_model_are_divided_too():
    inputs = keras.Input((3,), name="outer_inputs")
    inner = chain("embedding", "layer_0", "layer_1")
    assert numbered(keras.Model(inputs, inner(inputs))) == ["layer_0", "layer_1"]


def test_a_layer_that_is_no_model_is_one_block():
    layer = keras.layers.LayerNormalization(name="odd")
    layer.build((None, 3))
    parts = blocks.split(layer)
    assert [part.name for part in parts.numbered] == ["odd"]
    assert parts.numbered[0].layers == (layer,)


def test_the_blocks_of_an_image_transformer_are_found_inside_its_encoder():
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(8, 8, 3),
        patch_size=4,
        num_layers=3,
        num_heads=2,
        hidden_dim=4,
        mlp_dim=6,
    )
    parts = blocks.split(backbone)
    assert [part.name for part in parts.numbered] == [f"transformer_block_{n}" for n in (1, 2, 3)]
    assert [layer.name for layer in parts.below.layers if layer.weights] == [
        "vit_patching_and_embedding"
    ]
    assert [layer.name for layer in parts.above.layers] == ["ln"]


def test_the_blocks_of_a_residual_net_have_all_its_weights():
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 6],
        stackwise_num_blocks=[2, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=(8, 8, 3),
    )
    parts = blocks.split(backbone)
    assert [part.name for part in parts.numbered] == [
        "stack0_block0",
        "stack0_block1",
        "stack1_block0",
    ]
    counts = [sum(len(layer.weights) for layer in part.layers) for part in parts.all]
    assert sum(counts) == len(backbone.weights)
    assert min(counts[:-1]) > 0
