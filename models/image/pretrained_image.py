"""Classifier on top of any network of keras.applications or KerasHub backbone of images alone.

The linear head sits on the class token's vector of the Transformers that have one, as in
Dosovitskiy et al. (2020), https://arxiv.org/abs/2010.11929; otherwise on the mean over the last
feature map or the tokens, as in He et al. (2015), https://arxiv.org/abs/1512.03385, and Liu et al.
(2021), https://arxiv.org/abs/2103.14030. KerasHub's own classifiers do the same. Backbones that
read texts besides, such as CLIP and SigLIP, are refused. The preprocessing that the network was
trained with is part of the model.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Annotated, Literal

import keras
import keras_hub

from models import did_you_mean
from models.backbone import Backbone
from models.bounds import Count, NotEmpty, Share
from models.encoder import Encoder
from models.finetuning import course, trainable
from models.finetuning.config import FineTuned
from models.image.input import decode
from models.tensor import Tensor

_CLASS_TOKENS = {"class_token", "cls_token"}
"""What KerasHub's image backbones call the weight of the token that they put first."""
_WEIGHTS = {"pretrained": "imagenet", "none": None}
"""What `weights` may be besides a file, and what keras.applications calls it."""


@dataclasses.dataclass(frozen=True)
class PretrainedImageConfig(FineTuned):
    """Which pretrained network is used and how it is fine-tuned."""

    kind: Literal["pretrained_image"] = "pretrained_image"
    """Name of this model."""
    preset: Annotated[NotEmpty, "Example: `preset: mobilenet_v2`"] = "mobilenet_v2"
    """A network of keras.applications, such as resnet50, mobilenet_v2 or efficientnet_b0, a
    KerasHub preset name, a handle such as hf://organisation/model, or a preset's folder,
    relative to the YAML."""
    weights: Annotated[NotEmpty, "For the default, leave it out."] = "pretrained"
    """`pretrained` (of keras.applications: on ImageNet), `none` to start from random ones, or, for
    networks of keras.applications, a file that Keras saved without the network's head, relative to
    the YAML."""
    image_size: Count = 224
    """Side of the square input in pixels; images are stretched to it."""
    dropout: Share = 0.1
    """Rate applied to the image vector, in [0, 1)."""


def build(config: PretrainedImageConfig) -> Backbone:
    """Build the network with its weights.

    Args:
        config: Network and fine-tuning.

    Returns:
        The backbone, of `image` `(batch, image_size, image_size, 3)` uint8. Layer `features` gives
        the pooled image vector; layer `backbone` is the network.

    Raises:
        ValueError: If the network cannot be found, downloaded or read, if it cannot read images of
            this size, or if it has fewer blocks than `trainable_layers`.
    """
    from models.image import keras_networks

    application = keras_networks.find(config.preset)
    if application is None:
        pixels, backbone = _hub_preset(config)
    else:
        pixels, backbone = _application(config, application[1])
    image = keras.Input((config.image_size, config.image_size, 3), dtype="uint8", name="image")

    has_class_token = any(weight.name in _CLASS_TOKENS for weight in backbone.weights)
    x = trainable.prepare(backbone, config)(pixels(image))
    if len(x.shape) == 4:
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    elif has_class_token:
        x = keras.layers.Cropping1D((0, x.shape[1] - 1), name="first_token")(x)
        x = keras.layers.Flatten(name="pool")(x)
    else:
        x = keras.layers.GlobalAveragePooling1D(name="pool")(x)
    x = keras.layers.Identity(name="features")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)

    return Backbone("pretrained_image", {"image": image}, x)


def encoder(config: PretrainedImageConfig) -> Encoder:
    """Return the encoder: `image_bytes` `(batch,)` string to `image`, see `decode.decode`."""
    return Encoder(
        lambda features: {"image": decode.decode(features["image_bytes"], config.image_size)}
    )


def require_preset(config: PretrainedImageConfig, preset: str) -> None:
    """Refuse a preset that is neither published nor a folder, without loading it.

    Args:
        config: Of the model.
        preset: Its `preset`, or one that a search tries; a folder's path is absolute.

    Raises:
        ValueError: If there is no such preset.
    """
    del config
    from models.image import keras_networks

    if pathlib.PurePath(preset).is_absolute() or keras_networks.find(preset) is None:
        _resolve(preset)


def require_weights(config: PretrainedImageConfig, weights: str) -> None:
    """Refuse a file of weights that is not there.

    Args:
        config: Of the model.
        weights: Its `weights`, or what a search tries; a file's path is absolute.

    Raises:
        ValueError: If it is neither a word nor a file.
    """
    del config
    if weights not in _WEIGHTS and not pathlib.Path(weights).expanduser().is_file():
        raise ValueError(
            f"There is no file of weights {pathlib.Path(weights).absolute()}. Expected "
            f"`weights` to be pretrained, none or a file. Received: weights={weights!r}"
        )


def _application(
    config: PretrainedImageConfig, function: str
) -> tuple[keras.layers.Layer, keras.Model]:
    """Preprocessing and network from keras.applications, made by its function of this name."""
    from models.image import keras_networks

    require_weights(config, config.weights)
    weights = _WEIGHTS.get(config.weights, str(pathlib.Path(config.weights).expanduser()))
    try:
        network = getattr(keras.applications, function)(
            include_top=False,
            weights=weights,
            input_shape=(config.image_size, config.image_size, 3),
        )
    # Downloads, files and sizes fail with errors of three libraries and of plain `Exception`.
    except Exception as error:
        raise ValueError(
            f"Could not make {function} for images of {config.image_size} pixels with `weights: "
            f"{config.weights}`. `pretrained` weights are downloaded to ~/.keras/models on first "
            "use: check the network, or give a file. The reason given: "
            f"{type(error).__name__}: {error}"
        ) from error
    backbone = keras.Model(network.inputs, network.output, name=course.BACKBONE)
    return keras_networks.NetworkPixels(config.preset, name="pixels"), backbone


def _hub_preset(config: PretrainedImageConfig) -> tuple[keras.layers.Layer, keras.Model]:
    """Preprocessing and backbone from a KerasHub preset."""
    if config.weights not in ("pretrained", "none"):
        raise ValueError(
            "A KerasHub preset brings its weights: expected `weights` to be pretrained or none. "
            f"Received: weights={config.weights!r}"
        )
    preset = _resolve(config.preset)
    try:
        backbone = keras_hub.models.Backbone.from_preset(
            preset,
            load_weights=config.weights == "pretrained",
            # A preset remembers its dtype; the training's counts.
            dtype=keras.config.dtype_policy().name,
        )
        converter = keras_hub.layers.ImageConverter.from_preset(preset)
    # Downloads fail with the errors of four HTTP libraries, files with those of three formats.
    except Exception as error:
        raise ValueError(
            f"Could not load the preset {config.preset!r} as an image model. If it is a folder, a "
            "file is missing or of another kind of model; else it is downloaded on first use: "
            "check the network, that the name exists and that its terms are accepted. The reason "
            f"given: {type(error).__name__}: {error}"
        ) from error
    output = _last_map(backbone)
    _check(backbone, output, config)
    # The images have their size; what is left of the preset's preprocessing is this.
    pixels = keras.layers.Rescaling(
        1.0 if converter.scale is None else converter.scale,
        0.0 if converter.offset is None else converter.offset,
        dtype="float32",
        name="pixels",
    )
    return pixels, keras.Model(backbone.inputs[0], output, name=course.BACKBONE)


def _resolve(preset: str) -> str:
    """What KerasHub's `from_preset` understands."""
    from models.image import keras_networks

    is_path = pathlib.PurePath(preset).is_absolute()  # Whose name none has: Keras stays unloaded.
    if "://" in preset or (not is_path and preset in keras_hub.models.Backbone.presets):
        return preset
    folder = pathlib.Path(preset).expanduser()
    if (folder / "config.json").is_file():
        return str(folder)
    known = [*(name.lower() for name in keras_networks.names()), *keras_hub.models.Backbone.presets]
    near = did_you_mean.hint(preset, known)
    raise ValueError(
        f"Unknown preset {preset!r}.{near} It is no network of keras.applications, no KerasHub "
        "preset name (listed at https://keras.io/keras_hub/presets/), no handle such as "
        f"hf://organisation/model, and there is no folder {folder} with a config.json. Change "
        "`preset`."
    )


def _last_map(backbone: keras.Model) -> Tensor:
    """What a backbone computes last, if it names its stages and gives the map of each."""
    output = backbone.output
    if isinstance(output, dict) and hasattr(backbone, "stage_names"):
        return output.get(backbone.stage_names[-1])
    return output


def _check(backbone: keras.Model, output: Tensor, config: PretrainedImageConfig) -> None:
    """Refuse backbones that take something else than such images."""
    if len(backbone.inputs) > 1:
        names = sorted(tensor.name for tensor in backbone.inputs)
        raise ValueError(
            f"The preset {config.preset!r} takes more than images: expected one input (batch, "
            f"height, width, 3). Received: {names}. Networks of images and texts, such as CLIP and "
            "SigLIP, cannot be used. Choose another `preset`."
        )
    shape = tuple(backbone.inputs[0].shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            f"The preset {config.preset!r} is no image model: expected one input (batch, height, "
            f"width, 3). Received: {shape}. Choose another `preset`."
        )
    if any(side not in (None, config.image_size) for side in shape[1:3]):
        raise ValueError(
            f"The preset {config.preset!r} reads images of {shape[1]} pixels. "
            f"Received: image_size={config.image_size}"
        )
    if not isinstance(output, keras.KerasTensor) or len(output.shape) not in (3, 4):
        raise ValueError(
            f"The preset {config.preset!r} gives no feature map or tokens. Received: {output}. "
            "Choose another `preset`."
        )
