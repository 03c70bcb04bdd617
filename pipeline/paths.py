"""Where everything lives on disk."""

import dataclasses
import pathlib

SEARCH = "search-"
"""How the names of searches in `Paths.resumable` begin."""


@dataclasses.dataclass(frozen=True)
class Paths:
    """Folders and files of one pipeline inside a workspace."""

    workspace: pathlib.Path
    """Folder of everything that runs write."""
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
