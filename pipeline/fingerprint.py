"""What a stage's result depends on besides its inputs: our own code."""

import hashlib
import pathlib

ROOT = pathlib.Path(__file__).parents[1]


def of_code(*places: str) -> str:
    """Hash of some Python sources of the project: files, and all under folders.

    Stages take it as a parameter, so that a changed model is trained again instead of being
    served from the cache.
    """
    digest = hashlib.sha256()
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
