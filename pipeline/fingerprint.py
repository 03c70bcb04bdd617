"""What a stage's result depends on besides its inputs: our own code."""

import hashlib
import pathlib

ROOT = pathlib.Path(__file__).parents[1]


def of_code(*packages: str) -> str:
    """Hash of the Python sources under some folders of the project.

    Stages take it as a parameter, so that a changed model is trained again instead of being
    served from the cache.
    """
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
