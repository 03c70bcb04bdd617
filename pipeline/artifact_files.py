"""Names of the files that stages and commands leave for each other.

What a lower package reads or writes by such a name it has from here, as an argument, or is asked
for its own.
"""

from components.push import push

SUMMARY = "summary.json"
"""Of a model run: parameter counts, labels, the resolved settings, seconds of the training, and
whether it took up epochs of an earlier try."""
HISTORY = "history.json"
"""Of a model run: each metric by epoch; `models/training/fit.py` writes it."""
TOKENIZERS = {"tokenizer_file": "tokenizer", "target_tokenizer_file": "target_tokenizer"}
"""Of a model run, by field of the model: the tokenizers that are learned or given in a file."""
REFERENCE = "reference.npz"
"""Of a model run: the trainer's own answers to real examples."""
ALIGNMENT = "alignment.png"
"""Of a model run whose model tells which words it wrote each word by: some texts drawn."""

PRETRAINED = "assets.extra"
"""Of an export, a folder that servers leave alone: what other tasks fine-tune, if the model was
pre-trained for that, in `preset` and `hub`."""

SOURCE = push.SOURCE_FILE
"""Of a pushed version: which model it was copied from."""

JOB = "search.json"
"""Of the folder of unfinished work: what is searched, for workers elsewhere."""
RESULTS = "trials.json"
"""Of a search and of the run that made it: every trial."""
PLOT = "trials.png"
"""Of a search and of the run that made it: the scores drawn."""

RUN_SUMMARY = "summary.json"
"""Of a run: what it achieved."""
CONFIG = "config.yaml"
"""Of a session: the resolved config."""
