"""How fast augmentation is, beside libraries that do the same operations.

    python -m benchmarks.augmentation text [--texts FILE] [--copies 4] [--rounds 5]
        [--wordnet FOLDER]
    python -m benchmarks.augmentation images [--batch 64] [--rounds 5]

Each writes a table and a JSON of its figures.
"""

import click

from benchmarks.augmentation import images, text


@click.group()
def main() -> None:
    """Measure Maru's augmentation and others', in turns."""


main.add_command(text.main, "text")
main.add_command(images.main, "images")


if __name__ == "__main__":
    main()
