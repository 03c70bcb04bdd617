"""Labels that are not what they seem: one label in two spellings, words for a missing value."""

from collections import Counter
from collections.abc import Mapping, Sequence

from components import spelling, stand_ins
from components.doctor.finding import Finding

NAME = "label_names"
_SHOWN = 5


def label_names(labels: Mapping[str, Sequence[str]]) -> Finding:
    """Look for labels that look like one label, and for those that may stand for a missing value.

    Args:
        labels: Labels by split, `train` among them.

    Returns:
        `warn` where there are any; figures `alike` (lists of labels, the one to keep first) and
        `missing` (labels).
    """
    counts = {split: Counter(values) for split, values in labels.items()}
    alike = spelling.alike(counts)
    missing = stand_ins.doubtful(set().union(*counts.values()))
    figures = {"alike": [list(one.spellings) for one in alike], "missing": missing}
    if not alike and not missing:
        number = len(set().union(*counts.values()))
        evidence = f"No two of the {number} labels look like one, and none like a missing value."
        return Finding(NAME, "pass", evidence, figures=figures)
    told, meanings, fixes = [], [], []
    if alike:
        shown = "; ".join(spelling.describe(one, counts) for one in alike[:_SHOWN])
        occur = "1 label occurs" if len(alike) == 1 else f"{len(alike)} labels occur"
        told.append(f"{occur} in several spellings: {shown}.")
        meanings.append(
            "Each spelling is a class of its own, and its rows are errors of the others."
        )
        fixes.append(f"If they are one, {'; '.join(map(spelling.mend, alike[:_SHOWN]))}.")
    if missing:
        shown = ", ".join(
            f"{spelling.shown(label)} ({sum(c[label] for c in counts.values())} rows)"
            for label in missing[:_SHOWN]
        )
        told.append(f"Labels that may stand for a missing value: {shown}.")
        meanings.append("If they do, the model learns to answer that nobody knew.")
        fixes.append("Unless it is a class, leave its rows out of `data.source`.")
    return Finding(NAME, "warn", " ".join(told), " ".join(meanings), " ".join(fixes), figures)
