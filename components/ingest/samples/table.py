"""Sample data sets, written into a folder once and reused."""

import hashlib
import importlib
import os
import pathlib
import shutil
import tempfile
from importlib import metadata
from typing import Any

from components.ingest import config

_SAMPLES = {
    "imdb_small": "components.ingest.samples.imdb_small",
    "digits": "components.ingest.samples.digits",
    "digit_pairs": "components.ingest.samples.digit_pairs",
    "code_terms": "components.ingest.samples.code_terms",
    "function_choices": "components.ingest.samples.function_choices",
    "function_code": "components.ingest.samples.function_code",
    "function_docs": "components.ingest.samples.function_docs",
    "function_tasks": "components.ingest.samples.function_tasks",
    "library_docs": "components.ingest.samples.library_docs",
    "named_functions": "components.ingest.samples.named_functions",
    "parameter_questions": "components.ingest.samples.parameter_questions",
}
_FORMAT = "2"


def materialise(name: str, folder: str) -> Any:
    """Write a sample, unless it is there, and return the source that reads it.

    Another process never sees half a sample: it is written beside and renamed.

    Args:
        name: Name of the sample.
        folder: Folder for all samples; created if missing.
    """
    root = pathlib.Path(folder).absolute()
    target = root / f"{name}-{_slug(versions(name))}"
    if not target.exists():
        root.mkdir(parents=True, exist_ok=True)
        made = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
        try:
            importlib.import_module(_SAMPLES[name]).write(made)
            os.rename(made, target)
        except OSError:
            # Somebody else was faster; any other failure is ours to report.
            if not target.exists():
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    if name == "digits":
        return config.ImageFolderSource(path=str(target))
    table = str(target / f"{name}.csv")
    return config.ImageTableSource(table) if name == "digit_pairs" else config.CsvSource(table)


def versions(name: str) -> str:
    """The sample's name with the versions of the libraries it is made from."""
    sample = importlib.import_module(_SAMPLES[name])
    found = [f"{d}={_version(d)}" for d in sample.DISTRIBUTIONS]
    return " ".join([name, _FORMAT, *found])


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "absent"


def _slug(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
