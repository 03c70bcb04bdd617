"""A fresh Debian 13 with its own Python 3.13: install, check and run, as a newcomer there does."""

import contextlib
import os
import pathlib
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
PACKAGES = "ca-certificates,g++,make,python3,python3-dev,python3-venv"
"""What the Dockerfile asks of the system."""
SETTINGS = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches the network and its package index, and whom it trusts there."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = os.environ | {"HOME": "/root", "LANG": "C.UTF-8", "PATH": SYSTEM_PATH}


class Debian:
    """A system in a folder.

    Args:
        folder: Where `debootstrap` put it.
    """

    def __init__(self, folder):
        self.folder = folder

    def run(self, *command):
        """What a command in the project's folder wrote; it must end with 0."""
        inside = ["chroot", self.folder, "sh", "-c", 'cd /maru && exec "$@"', "sh", *command]
        return call(*inside)


def call(*command):
    """Output of a command that must end with 0."""
    done = subprocess.run(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def copy_project(folder):
    """The files that git knows, as they are here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


@contextlib.contextmanager
def mounted(folder):
    """The folder with the kernel's `/proc`, which TensorFlow and `ps` read."""
    call("mount", "-t", "proc", "proc", folder / "proc")
    try:
        yield
    finally:
        call("umount", "--lazy", folder / "proc")


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    """Debian 13 with the project in `/maru`; removed afterwards, for it takes 4 GB."""
    if os.geteuid() != 0:
        pytest.skip("a system in a folder (chroot) needs root")
    if not shutil.which("debootstrap", path=SYSTEM_PATH):
        pytest.skip("needs debootstrap: apt-get install debootstrap")
    folder = tmp_path_factory.mktemp("debian")
    try:
        call("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", folder)
        for path in map(pathlib.Path, SETTINGS):
            if path.is_file():
                shutil.copy(path, folder / path.relative_to("/"))
        copy_project(folder / "maru")
        with mounted(folder):
            yield Debian(folder)
    finally:
        shutil.rmtree(folder)


def test_the_project_installs_and_runs_on_debian_13(debian):
    assert "glibc-2.39" in debian.run("make", "install")
    assert debian.run(".venv/bin/python", "-V").startswith("Python 3.13")
    assert "ready: maru run" in debian.run(".venv/bin/maru", "check", "configs/digits.yaml")
    small = ["--set", "training.epochs=1", "--set", "evaluation.must_reach.accuracy=0.05"]
    shown = debian.run(".venv/bin/maru", "run", "configs/digits.yaml", *small)
    assert "served model:" in shown
