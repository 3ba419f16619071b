import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwise.programs.extract import continued, defines, from_chat, with_alias

PROMPT = 'def inc(x):\n    """x + 1"""\n'


def rest(completion, prompt=PROMPT):
    """What of a completion is kept behind its prompt."""
    program = continued(prompt, completion)
    assert program.startswith(prompt)
    return program[len(prompt) :]


STOPS = ["class A:", "def f():", "# and then", "if x:", "print(1)", "@cache", "assert x", '"""', "'''"]
STOPS += ["from a import b", "import a", "for i in x:", "while x:", "try:"]


@pytest.mark.parametrize("stop", STOPS)
def test_a_continuation_ends_before_a_top_level_stop_word(stop):
    assert rest(f"    return x + 1\n{stop}\n    (") == "    return x + 1"


def test_indented_stop_words_and_other_lines_are_kept():
    completion = "    if x:\n        return 1\n    # no\n    for i in []:\n        print(i)\n    return 2\nx = 3\n"
    assert rest(completion) == completion


def test_a_helper_that_is_used_comes_back_and_its_own_helper_too():
    completion = (
        "    return twice(x) - x + 1\n\nimport math\n\ndef thrice(x):\n    return 3 * x\n\n"
        "def twice(x):\n    return TWO * x\n\nTWO = 2\nprint(inc(1))\n"
    )
    assert rest(completion) == "    return twice(x) - x + 1\n\ndef twice(x):\n    return TWO * x\nTWO = 2\n"


def test_an_import_behind_the_function_comes_back_only_if_it_is_used():
    completion = "    return math.floor(x) + 1\nimport math\nimport numpy as np\n"
    assert rest(completion) == "    return math.floor(x) + 1\nimport math\n"


def test_a_local_name_calls_no_helper_back():
    completion = "    y = x\n    import os\n    return y + 1\ny = input()\nimport os\nfor z in y:\n    pass\n"
    assert rest(completion) == "    y = x\n    import os\n    return y + 1\ny = input()"


def test_nothing_comes_back_out_of_text_that_does_not_parse():
    assert rest("    return one(x)\ndef one(x):\n    return x +\n") == "    return one(x)"


def test_an_answer_that_defines_the_function_again_is_a_whole_program():
    completion = "from math import floor\n\ndef inc(x):\n    return floor(x) + 1\n\ndef other():\n    pass\n"
    assert rest(completion) == completion


def test_a_prompt_that_ends_at_the_top_level_leaves_nothing_to_cut():
    completion = "import math\n\ndef inc(x):\n    return x + 1\n"
    assert rest(completion, '"""\nAdd one.\n"""\n') == completion


def test_a_continuation_without_a_body_stays_as_it_is():
    assert rest("\n\ndef other():\n    pass\n") == "\n\ndef other():\n    pass\n"


@given(st.text(), st.text())
def test_a_continuation_of_anything_starts_with_its_prompt(prompt, completion):
    assert continued(prompt, completion).startswith(prompt)


def fenced(code, language="python", fence="```"):
    return f"{fence}{language}\n{code}{fence}\n"


ADD = "def add(a, b):\n    return a + b\n"
SUB = "def sub(a, b):\n    return a - b\n"


def test_a_fenced_block_is_the_program():
    assert from_chat(f"Sure!\n\n{fenced(ADD)}\nThis adds.", "add") == ADD


@pytest.mark.parametrize("language", ["", "py", "Python", "python3"])
def test_fences_of_python_have_many_names(language):
    assert from_chat(fenced(ADD, language), "add") == ADD


def test_of_several_blocks_the_last_that_defines_the_entry_point_wins():
    better = "def add(a, b):\n    return b + a\n"
    answer = f"First\n{fenced(ADD)}Better\n{fenced(better)}Run it\n{fenced('print(add(1, 2))' + chr(10))}"
    assert from_chat(answer, "add") == better


def test_blocks_of_other_languages_are_left_out():
    answer = fenced("pip install add-two-very-long-names-of-packages\n", "bash") + fenced(ADD)
    assert from_chat(answer, "add") == ADD


def test_a_block_that_defines_solution_will_do():
    assert from_chat(fenced(SUB) + fenced("def solution(a, b):\n    return a + b\n"), "add").startswith("def solution")


def test_without_the_entry_point_the_longest_block_that_parses_wins():
    assert from_chat(fenced("x = 1\n") + fenced(ADD) + fenced("def broken(:\n" * 9), "other") == ADD
    assert from_chat(fenced("n = int(input())\nprint(n)\n") + fenced("5\n"), "") == "n = int(input())\nprint(n)\n"


def test_an_indented_fence_in_a_list_is_taken_out_of_its_indent():
    answer = "1. Write\n   ```python\n   def add(a, b):\n       return a + b\n   ```\n2. Done\n"
    assert from_chat(answer, "add") == ADD


def test_a_longer_fence_holds_shorter_ones():
    code = 'def add(a, b):\n    """\n    ```\n    add(1, 2)\n    ```\n    """\n    return a + b\n'
    assert from_chat(fenced(code, fence="````"), "add") == code


def test_a_fence_that_never_closes_ends_with_the_answer():
    assert from_chat(f"Here:\n```python\n{ADD}", "add") == ADD


def test_an_answer_cut_short_keeps_what_parses():
    assert from_chat(f"Here:\n```python\n{ADD}\n\nprint(add(1,", "add") == ADD + "\n\n"


def test_without_fences_the_code_between_prose_is_found():
    assert from_chat(f"Sure! Here is the code:\n\n{ADD}\nI hope it helps; ask me if it doesn't.\n", "add") == ADD + "\n"


def test_without_fences_code_with_the_entry_point_beats_longer_code():
    longer = "def sub(a, b):\n" + "    a -= 1\n" * 9
    assert from_chat(f"Not this:\n{longer}It's this one:\n{ADD}Isn't it?\n", "add") == ADD


def test_bare_code_is_left_alone():
    assert from_chat(ADD + "print(add(1, 2))", "add") == ADD + "print(add(1, 2))"


def test_prose_alone_comes_back_as_it_is():
    assert from_chat("I'm sorry, I can't do that.", "add") == "I'm sorry, I can't do that."


@given(st.text(alphabet="` ~\n\tpythondef add(a,b):return", max_size=200), st.sampled_from(["", "add"]))
def test_any_answer_gives_some_text(answer, entry_point):
    assert isinstance(from_chat(answer, entry_point), str)


def test_alias_is_added_only_where_it_is_wanted():
    solution = "def solution(a):\n    return a\n"
    assert with_alias(solution, "add") == solution + "\nadd = solution\n"
    assert with_alias(ADD + solution, "add") == ADD + solution
    assert with_alias(ADD, "sub") == ADD
    assert with_alias("def solution(:", "add") == "def solution(:"


def test_defines_looks_at_the_top_level_only():
    assert defines("import add", "add")
    assert defines("a, add = 1, 2", "add")
    assert defines("add: int = 1", "add")
    assert not defines("def f():\n    def add(): pass", "add")
    assert not defines("def add(:", "add")


def test_extraction_prints_no_warning(recwarn):
    from_chat(fenced('def add(a, b):\n    return "\\d"\n'), "add")
    assert not recwarn.list
