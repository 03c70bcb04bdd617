"""An augmenter without models, for tests."""

from collections import Counter

from components.augment.contract import Copy


class Numbering:
    """Copies are the input with a number; every third is equal to the input and dropped."""

    def __init__(self, copies=2):
        self.copies = copies
        self.shown = ("number",)
        self.dropped = Counter()

    def augment(self, inputs, targets, seed, copies):
        for row, (texts, wanted) in enumerate(zip(inputs, copies, strict=True)):
            for number in range(wanted):
                if number % 3 == 2:
                    self.dropped["number"] += 1
                else:
                    end = f" {seed}.{number}".encode()
                    yield Copy(row, "number", tuple(text + end for text in texts))

    def show(self, inputs, targets, seed):
        for row, texts in enumerate(inputs):
            yield Copy(row, "number", tuple(text + b" <new>" for text in texts), "a note")

    def warnings(self, labels):
        return [f"doubtful: {', '.join(sorted(labels))}"]


def numbering(operations, resources, num_train):
    """As the Augment stage calls it."""
    return Numbering()
