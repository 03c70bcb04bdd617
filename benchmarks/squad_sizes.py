"""How well questions are answered by how many there were to learn from.

    python -m benchmarks.squad_sizes FOLDER [--shares 8 --shares 4]

Runs `configs/results/squad_minilm.yaml` on every eighth, fourth, second and on each question of
`train-*.json` in the folder, all judged on all of its `dev-*.json`; each run tells its figures.
"""

import json
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import click

ROOT = pathlib.Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "results" / "squad_minilm.yaml"


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--shares", multiple=True, type=int, default=(8, 4, 2, 1), show_default=True)
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/squad")
def main(folder: pathlib.Path, shares: tuple[int, ...], workspace: pathlib.Path) -> None:
    """See the module."""
    (train,), (dev,) = (sorted(folder.glob(f"{name}-*.json")) for name in ("train", "dev"))
    for share in shares:
        data = workspace.absolute() / f"every_{share}"
        data.mkdir(parents=True, exist_ok=True)
        kept = thinned(json.loads(train.read_text("utf-8")), share)
        (data / "train.json").write_text(json.dumps(kept), "utf-8")
        shutil.copyfile(dev, data / "test.json")
        settings = (f"name=squad_every_{share}", f"data.source.path={data}")
        command = [sys.executable, "-m", "pipeline", "run", str(CONFIG)]
        command += ["--workspace", str(workspace.absolute())]
        subprocess.run(command + [f"--set={one}" for one in settings], check=True, cwd=ROOT)


def thinned(document: dict[str, Any], share: int) -> dict[str, Any]:
    """SQuAD's object with the first of each `share` questions."""
    number = 0
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            kept = []
            for question in paragraph["qas"]:
                if number % share == 0:
                    kept.append(question)
                number += 1
            paragraph["qas"] = kept
    return document


if __name__ == "__main__":
    main()
