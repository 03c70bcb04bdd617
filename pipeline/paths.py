"""Where everything lives on disk."""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import tempfile

from components.ingest.files import names

SEARCH = "search-"
"""How the names of searches in `Paths.resumable` begin."""

_PATTERN = frozenset("*?[\\")
"""What TensorFlow and Beam take for a pattern, wherever they list files or restore a model."""


def workspace(folder: pathlib.Path, *, is_made: bool = False) -> pathlib.Path:
    """The workspace by a name that TensorFlow can use: its absolute path, or a link to it.

    No SavedModel can be loaded from a folder such as `run [1]`, which TensorFlow takes for a
    pattern. The link has the same name in every run, so that cached artifacts are found by it.

    Args:
        folder: The workspace as the user names it.
        is_made: Whether to make the folder if it is not there.

    Raises:
        ValueError: If the path is not UTF-8, which metadata and models cannot hold, or the folder
            cannot be made.
    """
    real = folder.resolve()
    if not names.is_utf8(real):
        raise ValueError(
            f"--workspace: the path {names.shown(real)} is not UTF-8. Rename its folders "
            "(`convmv` does many at once) or choose another workspace."
        )
    if is_made:
        make(real, "--workspace")
    return plain(real)


def make(folder: pathlib.Path, option: str) -> None:
    """Make a folder that an option names.

    Raises:
        ValueError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    # Even of a kind that would be a defect elsewhere: /proc says of new folders that they are
    # not there.
    except OSError as error:
        raise ValueError(
            f"{option}: {names.shown(folder)} cannot be made: {error.strerror}. Choose a folder "
            "that you may write to."
        ) from error


def plain(folder: pathlib.Path) -> pathlib.Path:
    """An absolute folder, or a link to it, so that TensorFlow takes its path for no pattern.

    Args:
        folder: Left as it is where there is none.

    Raises:
        ValueError: If no link can be made safely.
    """
    if _PATTERN.isdisjoint(str(folder)) or not folder.is_dir():
        return folder
    # Nobody else can write to the folder of the links.
    links = pathlib.Path(tempfile.gettempdir(), f"maru-{os.getuid()}")
    links.mkdir(mode=0o700, exist_ok=True)
    if links.is_symlink() or links.stat().st_uid != os.getuid():
        raise ValueError(f"{links} belongs to somebody else. Set TMPDIR to a folder of your own.")
    link = links / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    if not link.is_symlink() or os.readlink(link) != str(folder):
        beside = link.with_name(f"{link.name}.{os.getpid()}")
        beside.symlink_to(folder)
        beside.replace(link)
    return link


def shown(path: pathlib.Path) -> str:
    """A path for people: without the link, and from the current folder if it is in there."""
    real = path.resolve()
    with contextlib.suppress(ValueError):
        real = real.relative_to(pathlib.Path.cwd())
    return names.shown(real)


@dataclasses.dataclass(frozen=True)
class Paths:
    """Folders and files of one pipeline inside a workspace."""

    workspace: pathlib.Path
    """Folder of everything that runs write, from `workspace`."""
    name: str
    """Name of the pipeline."""

    @property
    def root(self) -> pathlib.Path:
        """Folder of this pipeline."""
        return self.workspace / "runs" / self.name

    @property
    def artifacts(self) -> pathlib.Path:
        """Outputs of the stages, one folder per stage, output and execution."""
        return self.root / "artifacts"

    @property
    def metadata(self) -> pathlib.Path:
        """ML Metadata's SQLite file: lineage and cache of all runs."""
        return self.root / "metadata.sqlite"

    @property
    def lock(self) -> pathlib.Path:
        """Locked while a run is in progress."""
        return self.root / "run.lock"

    @property
    def resumable(self) -> pathlib.Path:
        """Checkpoints and trials of stages that a killed run left unfinished."""
        return self.root / "unfinished"

    @property
    def schemas(self) -> pathlib.Path:
        """Copies of imported schemas, one folder each."""
        return self.root / "schemas"

    @property
    def samples(self) -> pathlib.Path:
        """Sample data, written out once for all pipelines."""
        return self.workspace / "samples"

    @property
    def translations(self) -> pathlib.Path:
        """What back-translation's translators gave, kept once for all pipelines and commands."""
        return self.workspace / "translations"

    @property
    def served_models(self) -> pathlib.Path:
        """Folder of the served models of all pipelines."""
        return self.workspace / "served"

    @property
    def served(self) -> pathlib.Path:
        """Folder of the integer versions of this pipeline's served model."""
        return self.served_models / self.name

    def run(self, started: str) -> pathlib.Path:
        """Folder of one run: its log and its resolved config."""
        return self.root / "log" / started

    def examination(self, started: str) -> pathlib.Path:
        """Folder of one `maru doctor`: its log, its resolved config and its findings."""
        return self.root / "doctor" / started

    def evaluation(self, started: str) -> pathlib.Path:
        """Folder of one `maru evaluate`: its log, figures and page."""
        return self.root / "evaluations" / started

    @property
    def prompting(self) -> pathlib.Path:
        """Folder of all `maru prompt`: one for each, and what a killed one answered."""
        return self.root / "prompting"
