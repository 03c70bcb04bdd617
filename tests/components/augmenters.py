"""An augmenter without models, for tests."""

from collections import Counter

from components.augment.contract import Copy


class Numbering:
    """Copies are the input with a number; every third is equal to the input and dropped."""

    def __init__(self, copies=2):
        self.copies = copies
        self.shown = ("number",)
        self.dropped = Counter()

    def augment(self, inputs, labels, seed, copies):
        for row, (content, wanted) in enumerate(zip(inputs, copies, strict=True)):
            for number in range(wanted):
                if number % 3 == 2:
                    self.dropped["number"] += 1
                else:
                    yield Copy(row, "number", content + f" {seed}.{number}".encode())

    def show(self, inputs, labels, seed):
        for row, content in enumerate(inputs):
            yield Copy(row, "number", content + b" <new>", "a note")

    def warnings(self, labels):
        return [f"doubtful: {', '.join(sorted(labels))}"]


def numbering(operations, resources, num_train):
    """As the Augment stage calls it."""
    return Numbering()
