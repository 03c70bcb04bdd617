"""Four token sequences that differ, 11 token ids, 6 places."""

import numpy as np

TOKEN_IDS = np.array(
    [[2, 3, 4, 0, 0, 0], [5, 6, 7, 8, 9, 10], [10, 2, 0, 0, 0, 0], [9, 9, 3, 5, 0, 0]], "int64"
)
FEATURES = {"token_ids": TOKEN_IDS}
