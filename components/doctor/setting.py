"""What of config and data bears on advice, so that only what is left to do is advised."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Setting:
    """How the examined rows came about, and what is done about them already."""

    source: str = "csv"
    """`data.source.kind`."""
    target: str = "label"
    """Column with the target."""
    target_field: str = "label"
    """Field of `task` that names it."""
    holds: str = "category"
    """What it holds: `category`, `categories` or `number`."""
    split_column: str | None = None
    """`data.split.column`."""
    group_column: str | None = None
    """`data.split.group`."""
    named_splits: tuple[str, ...] = ()
    """Splits that files, folders or the column name; the others are divided by content."""
    is_stratified: bool = False
    """`data.split.stratify`."""
    is_weighted: bool = False
    """Whether rare labels count more, or are copied."""
    must_reach: tuple[str, ...] = ()
    """Metrics with a threshold in `evaluation.must_reach`."""
    truncate: str = ""
    """`model.truncate`; empty if the model has none."""
    sides: Sequence[Sequence[int]] = ()
    """Places of the inputs that the model reads together, of each of its sides; empty if all."""

    def is_divided(self, split: str) -> bool:
        """Whether the rows of a split were divided from train's by their content."""
        return split not in self.named_splits

    def check_target(self) -> str:
        """How to make sure of the target, as the start of a sentence."""
        if self.source == "image_folder":
            return "Check that each class has a folder of its own with its images in it"
        return f"Check that `task.{self.target_field}` ({self.target!r}) names the right column"

    def keep_together(self) -> str:
        """How rows that belong together stay in one split, as a part of a sentence."""
        if self.split_column:
            return f"give rows that belong together one value in column {self.split_column!r}"
        if self.named_splits:
            return "put rows that belong together into the files or folders of one split"
        if self.group_column:
            return f"give rows that belong together one value in column {self.group_column!r}"
        if self.source == "image_folder":
            return (
                "put rows that belong together into a folder of their own below the class folders, "
                "and set `data.split.group: folder`"
            )
        return "name a column with one value for rows that belong together in `data.split.group`"

    def divide_alike(self, split: str) -> str:
        """How a split becomes a sample of the same rows as train, as the start of a sentence."""
        if not self.is_divided(split):
            first = (
                f"Leave out `data.split.column` ({self.split_column!r})"
                if self.split_column
                else "Put all rows into files or folders that name no split"
            )
            return f"{first}, and leave the division to `data.split`"
        if self.holds == "category" and not self.is_stratified:
            return "Set `data.split.stratify: true`, which divides each label alike"
        return "Collect more rows: these are divided from one pool, and few differ by chance"
