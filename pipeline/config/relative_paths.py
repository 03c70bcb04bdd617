"""Where the paths of a YAML lead: relative ones start from its folder."""

from __future__ import annotations

import pathlib

from components.ingest.files import locate
from pipeline import paths

_INSTALLED = "minilm"


def base(config: pathlib.Path) -> pathlib.Path:
    """The folder that relative paths in a config file start from.

    Args:
        config: The YAML.
    """
    return config.resolve().parent


def place(path: str, base: str | pathlib.Path) -> str:
    """The path, absolute, as it is spelled on disk; `~` is the user's home.

    Args:
        path: As written.
        base: Folder of the YAML.
    """
    return str(
        locate.Locator(base).find(path) or pathlib.Path(base, pathlib.Path(path).expanduser())
    )


def place_saved_model(path: str, base: str | pathlib.Path) -> str:
    """The same for the folder of a SavedModel, under a name that TensorFlow can load it by.

    Args:
        path: As written.
        base: Folder of the YAML.
    """
    return str(paths.plain(pathlib.Path(place(path, base))))


def place_preset(preset: str, base: str | pathlib.Path) -> str:
    """The absolute path of a preset that is a folder; names and handles as they are.

    A word alone is a folder if there is one beside the YAML and nothing published has this name.

    Args:
        preset: As written.
        base: Folder of the YAML.
    """
    if "://" in preset or preset == _INSTALLED:
        return preset
    is_word = preset == pathlib.Path(preset).name
    if is_word and (not pathlib.Path(place(preset, base)).is_dir() or _is_published(preset)):
        return preset
    return place(preset, base)


def _is_published(name: str) -> bool:
    # They load Keras, for a question that is seldom asked.
    import keras_hub

    from models.image import keras_networks

    return name in keras_hub.models.Backbone.presets or keras_networks.find(name) is not None
