"""Where a model is right and where it is wrong: slices, calibration, mistakes, neighbours."""
