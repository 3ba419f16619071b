"""A COFFE folder of two function tasks and one of a file task."""

from pathlib import Path

from tests.programs.written import json_file

INC, PAIR = "def inc(x):\n    ...", "Write pair(a, b)."
SUM = "Read numbers and print their sum."


def functions(folder: Path, **changes: object) -> Path:
    """HumanEval/9 `inc` and MBPP 7 `pair`; `changes` replace whole files."""
    tables: dict[str, object] = {
        "data": [
            {
                "dataset": "openai_humaneval",
                "entry_point": "inc",
                "final_prompt": INC,
                "task_id": "HumanEval/9",
                "test": "def check(candidate):\n    assert candidate(4) == 5\n",
            },
            {
                "dataset": "mbpp",
                "entry_point": "pair",
                "final_prompt": PAIR,
                "task_id": 7,
                "test_imports": ["import math"],
                "test_list": ["assert pair(1, 2) == (1, 2)", "assert math.isclose(pair(0.1, 2)[0], 0.1)"],
            },
        ],
        "best_solutions": {
            INC: ["def solution(x):\n    return x + 1", False],
            PAIR: ["def solution(a, b):\n    return (a, b)", False],
        },
        "testcases": {
            INC: [{"input": [4], "output": [5]}, {"input": [0.5], "output": [1.5]}],
            PAIR: [{"input": [1, 2], "output": [[1, 2]]}],
        },
        "stressful_testcases": {
            INC: [{"input": "[10**6]", "output": None}],
            PAIR: [{"input": "[[random.random()] * 3, 2]", "output": None}],
        },
    }
    for name, value in (tables | changes).items():
        json_file(folder / f"{name}.json", value)
    return folder


def files(folder: Path, **changes: object) -> Path:
    """One task: print the sum of the numbers."""
    draw = "import random\nrandom.seed(1024)\ndef generate_input():\n    return f'{random.random()} 2 \\n'"
    tables: dict[str, object] = {
        "data": [{"dataset": "codeparrot/apps", "final_prompt": SUM}],
        "best_solutions": {SUM: ["print(sum(map(float, input().split())))\n", True]},
        "stressful_testcases": {SUM: [draw, "def generate_input():\n    return '1 ' * 999"]},
    }
    for name, value in (tables | changes).items():
        json_file(folder / f"{name}.json", value)
    return folder
