"""What a stage's result depends on besides its inputs: our own code, and files it reads."""

import hashlib
import pathlib
from collections.abc import Iterable

ROOT = pathlib.Path(__file__).parents[2]


def hash_code(*places: str) -> str:
    """Hash of some Python sources of the project: files, and all under folders.

    Stages take it as a parameter, so that a changed model is trained again instead of being
    served from the cache.
    """
    digest = hashlib.sha256()
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def hash_files(places: Iterable[pathlib.Path]) -> str:
    """Hash of the names, sizes and times of some files, and of all under folders.

    Files are not opened. Missing ones give a fingerprint, too; reading them is the error.
    """
    digest = hashlib.sha256()
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                stat = file.stat()
                digest.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]
