"""pass@k of CodeGen-16B on HumanEval, from the recorded pass/fail table: the estimator alone, nothing is run."""

import gzip
import json

import pytest

from perfwise.core.metric import evaluate
from perfwise.programs.metrics.pass_at_k import PassAtK
from tests.data_folder import shared
from tests.outcomes import made


@pytest.mark.paper
@pytest.mark.parametrize(("k", "recorded"), [(1, 0.2234), (10, 0.5055), (100, 0.7378)])
def test_recorded_table_gives_the_recorded_pass_at_k(k, recorded):
    with gzip.open(shared("programs/humaneval/codegen16b_passfail.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    outcomes = [
        made(row["task_id"], candidate=str(i), right=bool(right)) for row in rows for i, right in enumerate(row["pass"])
    ]
    assert len(outcomes) == 16_400
    # the recorded values have four digits
    assert evaluate(PassAtK(k=k), outcomes).value == pytest.approx(recorded, abs=5e-5)
