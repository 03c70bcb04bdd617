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


def save_vit(folder, use_class_token=True):
    """Two blocks over four patches and perhaps a class token, for images of 8 pixels."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(8, 8, 3),
        patch_size=4,
        num_layers=2,
        num_heads=2,
        hidden_dim=6,
        mlp_dim=10,
        use_class_token=use_class_token,
    )
    return _save(folder, backbone, keras_hub.models.ViTImageClassifierPreprocessor)


def save_deit(folder):
    """Two blocks over four patches, a class and a distillation token, for images of 8 pixels."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.DeiTBackbone(
        image_shape=(8, 8, 3),
        patch_size=4,
        num_layers=2,
        num_heads=2,
        hidden_dim=6,
        intermediate_dim=10,
    )
    return _save(folder, backbone, keras_hub.models.DeiTImageClassifierPreprocessor)


def save_swin(folder):
    """Two stages over sixteen and four patches, no class token, for images of 8 pixels."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.SwinTransformerBackbone(
        image_shape=(8, 8, 3),
        patch_size=2,
        embed_dim=4,
        depths=(1, 1),
        num_heads=(2, 2),
        window_size=2,
    )
    return _save(folder, backbone, keras_hub.models.SwinTransformerImageClassifierPreprocessor)


def save_hgnet(folder):
    """Two stages, whose maps come out beside the stem's, for images of 32 pixels."""
    keras.utils.set_random_seed(5)
    backbone = keras_hub.models.HGNetV2Backbone(
        depths=[1, 1],
        embedding_size=4,
        hidden_sizes=[6, 8],
        stem_channels=[3, 4, 4],
        hidden_act="relu",
        use_learnable_affine_block=False,
        stackwise_stage_filters=[(4, 4, 6, 1, 1, 3), (6, 4, 8, 1, 1, 3)],
        apply_downsample=[False, True],
        use_lightweight_conv_block=[False, False],
        image_shape=(32, 32, 3),
    )
    return _save(folder, backbone, keras_hub.models.HGNetV2ImageClassifierPreprocessor)


def save_clip(folder):
    """A network of images and texts."""
    keras.utils.set_random_seed(5)
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 4, "intermediate_dim": 6}
    backbone = keras_hub.models.CLIPBackbone(
        keras_hub.models.CLIPVisionEncoder(patch_size=4, image_shape=(8, 8, 3), **sizes),
        keras_hub.models.CLIPTextEncoder(
            vocabulary_size=9, embedding_dim=4, max_sequence_length=5, **sizes
        ),
        projection_dim=4,
    )
    backbone.save_to_preset(str(folder))
    keras_hub.layers.CLIPImageConverter(image_size=(5, 5)).save_to_preset(str(folder))
    return str(folder)


def _save(folder, backbone, preprocessor) -> str:
    backbone.save_to_preset(str(folder))
    # The preset's own size is not that of the images of the tests.
    converter = preprocessor.image_converter_cls(image_size=(5, 5), scale=SCALE, offset=OFFSET)
    converter.save_to_preset(str(folder))
    return str(folder)
