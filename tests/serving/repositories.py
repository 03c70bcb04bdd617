"""Folders of versions, a loader that reads a word instead of a model, and how to wait for both."""

import contextlib
import threading
import time

from serving import errors
from serving.model import ModelSpec
from serving.repository.model_config import Latest, ServedModel
from serving.repository.repository import Repository, RepositoryConfig
from tests.serving import fakes

DEMO = ModelSpec("demo")
LATEST = Latest()
ONCE = RepositoryConfig(poll_seconds=0.01, max_load_retries=0)
PATIENT = RepositoryConfig(poll_seconds=0.01, max_load_retries=5, load_retry_seconds=3600)


class Loader:
    """Loads folders whose `saved_model.pb` is not `bad`; `slow` waits for `go`."""

    def __init__(self):
        self.tries = []
        self.loaded = []
        self.go = threading.Event()

    def __call__(self, name, version, folder):
        self.tries.append((name, version))
        content = (folder / "saved_model.pb").read_text()
        if content == "slow":
            self.go.wait(30)
        if content == "bad":
            raise errors.ServingError("DATA_LOSS", f"cannot read version {version}")
        self.loaded.append(fakes.FakePredictor(version))
        return self.loaded[-1]


@contextlib.contextmanager
def opened(load):
    """Gives a function that makes repositories, and closes them at the end."""
    made = []

    def make(config=ONCE, models_dir=None, load=load):
        made.append(Repository(load, config, models_dir))
        return made[-1]

    try:
        yield make
    finally:
        load.go.set()
        for repository in made:
            repository.close()


def push(folder, version, content="good", name="demo"):
    """Changes a version, or adds one in one step, as looks at the disk may come at any time."""
    path = folder / name / str(version)
    if path.exists():
        (path / "saved_model.pb").write_text(content)
        return path
    incoming = folder / name / f".incoming-{version}"
    incoming.mkdir(parents=True)
    (incoming / "saved_model.pb").write_text(content)
    return incoming.rename(path)


def demo(folder, policy=LATEST, name="demo", **fields):
    return ServedModel(name, folder / name, policy, **fields)


def states(repository, name="demo"):
    return {status.version: status.state for status in repository.status(name)}


def served(repository, spec=DEMO):
    with repository.lease(spec) as predictor:
        return predictor.version


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited for 10 s"
        time.sleep(0.002)


def in_background(call, *arguments):
    """Starts a call; the result lists what it raised, once it is done."""
    raised = []

    def run():
        try:
            call(*arguments)
            raised.append(None)
        except errors.ServingError as error:
            raised.append(str(error))

    threading.Thread(target=run, daemon=True).start()
    return raised
