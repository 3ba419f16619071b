"""Runs under the official package's own Python: answers questions on standard input, one JSON object a line.

`python -m venv pate && pate/bin/pip install PATE==0.1.1` makes that Python; its pins are numpy 1.24, scikit-learn 1.3.
"""

import json
import sys
import time

import numpy as np
from pate.PATE_metric import PATE

for line in sys.stdin:
    asked = json.loads(line)
    labels, scores = np.array(asked.pop("labels")), np.array(asked.pop("scores"), dtype=float)
    begun = time.process_time()
    value = float(PATE(labels, scores, **asked))
    print(json.dumps({"value": value, "cpu_s": time.process_time() - begun}), flush=True)
