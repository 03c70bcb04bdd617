"""How fast augmentation is, beside libraries that do the same operations.

    python -m benchmarks.augment text [--texts FILE] [--copies 4] [--rounds 5] [--wordnet FOLDER]
    python -m benchmarks.augment images [--batch 64] [--rounds 5]

Each writes a table and a JSON of its figures.
"""

import click

from benchmarks import augment_images, augment_text


@click.group()
def main() -> None:
    """Measure Maru's augmentation and others', in turns."""


main.add_command(augment_text.main, "text")
main.add_command(augment_images.main, "images")


if __name__ == "__main__":
    main()
