"""Functions that TFX calls by their dotted paths; it calls such a file a `module_file`."""
