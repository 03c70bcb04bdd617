"""What each command does, a file a command; heavy libraries are imported where they are used."""

from pipeline.runtime import deferred_imports

for _module in ("tensorflow", "keras", "keras_hub", "keras_tuner"):
    deferred_imports.defer(_module)
