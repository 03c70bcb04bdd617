"""100 film reviews that the tfx package carries for its own examples."""

import importlib.util
import pathlib

from components.ingest import errors

DISTRIBUTIONS = ("tfx",)
_FILE = "examples/imdb/data/imdb_small_with_labels.txt"


def write(folder: pathlib.Path) -> None:
    """Write `imdb_small.csv` with the columns `label` (0 negative, 1 positive) and `text`.

    Raises:
        DataError: If tfx, or its example data, is not installed.
    """
    # Found without importing tfx, which takes tens of seconds.
    spec = importlib.util.find_spec("tfx")
    places = spec.submodule_search_locations if spec else None
    found = [pathlib.Path(place, _FILE) for place in places or ()]
    existing = [file for file in found if file.is_file()]
    if not existing:
        raise errors.DataError(
            f"The sample imdb_small needs the file {_FILE} of the tfx package. "
            "Install tfx, or use the sample library_docs."
        )
    (folder / "imdb_small.csv").write_bytes(existing[0].read_bytes())
