"""Pretrained image backbones with random weights, small enough for a test."""

import keras
import keras_hub

SCALE, OFFSET = [0.01, 0.02, 0.03], [-1.0, -2.0, -3.0]


def save_vgg(folder):
    """Two blocks of one convolution, for images of any size."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.VGGBackbone(
        stackwise_num_repeats=[1, 1], stackwise_num_filters=[4, 6]
    )
    return _save(folder, backbone, keras_hub.models.VGGImageClassifierPreprocessor)


def save_vit(folder):
    """Two blocks over four patches and a class token, for images of 8 pixels."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(8, 8, 3), patch_size=4, num_layers=2, num_heads=2, hidden_dim=6, mlp_dim=10
    )
    return _save(folder, backbone, keras_hub.models.ViTImageClassifierPreprocessor)


def _save(folder, backbone, preprocessor) -> str:
    backbone.save_to_preset(str(folder))
    # The preset's own size is not that of the images of the tests.
    converter = preprocessor.image_converter_cls(image_size=(5, 5), scale=SCALE, offset=OFFSET)
    converter.save_to_preset(str(folder))
    return str(folder)
