"""Every example runs and prints what its text promises."""

import subprocess
import sys
from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[1] / "examples"

_PRINTED = {
    "keep_and_resume": ["4 attempts, 0 kept before, 3 to run", "4 attempts, 4 kept before, 0 to run", "pass@1 = 0.75"],
    "own_metric": ["growth = 1.6", "over 3 tasks"],
    "root_cause": ["robust_z: pate 0.99", "page_rank: stock (+27.8 ms, front → cart → stock)"],
    "serving_compare": [
        "in time",
        "times the latency_s of whole prompts on the 8 tasks",
        "caveat: step times by roofline",
    ],
    "serving_own_batching": ["fewprompts(prompts_per_step=1): worst gap between tokens", "mean latency"],
    "serving_own_dispatch": ["longapart: mean ttft", "plain and compiled agree to the last bit: true"],
    "telemetry_logs": ["400 lines, 11 true templates", "drain: GA = 0.708", "compared by cpu_s"],
    "two_programs": ["right=True", "one pass takes 0.01", "times the wasm_instructions of every pair"],
}


def test_every_example_has_a_promise():
    assert sorted(file.stem for file in _FOLDER.glob("*.py")) == sorted(_PRINTED)


@pytest.mark.parametrize("name", sorted(_PRINTED))
def test_example_prints(name):
    done = subprocess.run([sys.executable, _FOLDER / f"{name}.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = " ".join(done.stdout.split()).lower()
    for expected in _PRINTED[name]:
        assert expected.lower() in printed
