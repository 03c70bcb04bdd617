"""Every task kind by name. Adding one is one file and one line here."""

from models.tasks import classification

TASKS = {
    "text_classification": classification.TextClassification,
    "image_classification": classification.ImageClassification,
}
