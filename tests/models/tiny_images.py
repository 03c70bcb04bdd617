"""Four images that differ, as encoded bytes."""

import numpy as np
import tensorflow as tf


def make_images():
    x, y = np.meshgrid(np.linspace(0, 255, 12), np.linspace(0, 255, 7))
    planes = [np.stack(channels, -1) for channels in ((x, y, x), (y, x, y), (x, x, 255 - y))]
    planes.append(np.zeros((7, 12, 3)))
    return [tf.io.encode_png(plane.astype("uint8")).numpy() for plane in planes]


FEATURES = {"image_bytes": make_images()}
