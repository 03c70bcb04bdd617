"""What every test needs: settings before TensorFlow is first imported, and a fixture."""

import os

import pytest
from matplotlib.figure import Figure

os.environ["TF_USE_LEGACY_KERAS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


@pytest.fixture
def drawn(monkeypatch):
    """Figures that were saved, laid out."""
    figures = []
    save = Figure.savefig

    def keep(figure, *args, **options):
        save(figure, *args, **options)
        figure.draw_without_rendering()  # Sizes are those of the file's resolution until then.
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures
