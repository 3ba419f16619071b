"""`perfwise eval` on programs that are not Python."""

from pathlib import Path

import pytest

from tests.cli.conftest import Perfwise

TASK = '''"""Sum the numbers."""

ENTRY_POINT = ""
REFERENCE = "print(sum(map(int, input().split())))\\n"


def inputs():
    yield ("1 2 3\\n",)


def stress():
    yield (" ".join(map(str, range(2000))) + "\\n",)


def check(args, answer, expected):
    return answer.split() == expected.split()
'''
PROGRAM = """#include <stdio.h>
int main(void) {{
    int sum = 0, next;
    while (scanf("%d", &next) == 1) for (int i = 0; i < {times}; i++) sum += next - (i > 0) * next;
    printf("%d\\n", sum);
}}
"""


def test_programs_in_c_are_ranked_beside_one_in_python(folder: Path, perfwise: Perfwise):
    pytest.importorskip("ziglang", reason="no compiler for C and C++: pip install 'perfwise[cpp]'")
    (folder / "task.py").write_text(TASK)
    (folder / "once.c").write_text(PROGRAM.format(times=1))
    (folder / "broken.c").write_text("int main(")
    (folder / "script.py").write_text("print(sum(map(int, input().split())))\n")
    shown = perfwise("eval", "--tasks", "task.py", "once.c", "broken.c", "script.py", "-O", "3", "--json", "out.json")
    assert shown.code == 0
    assert "costs of different languages are set beside each other" in " ".join(shown.out.split())
    told = (folder / "out.json").read_text()
    assert '"ranking":["once","script","broken"]' in told.replace(" ", "").replace("\n", "")
    assert "-O3" in told
    assert "compile-error" in told
