"""No rule changes what a program made by Hypothesis does, on inputs of the kinds that its precondition names."""

import ast
import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwise.core.family import Family
from perfwise.improve.rewriting import applied, parsed

RULES = {name: Family("perfwise.improve.rules").get(name)() for name in Family("perfwise.improve.rules").names()}

ATOMS = st.sampled_from(["x", "n", "len(xs)", "max(ys)", "1", "2", "7", "xs[0]", "sum(ys)", "x % 3", "min(x, n)"])
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.tuples(inner, st.sampled_from("+*-"), inner).map(lambda e: f"({e[0]} {e[1]} {e[2]})"),
    max_leaves=3,
)
TESTS = st.one_of(
    st.tuples(VALUES, st.sampled_from(["<", ">", "==", "!=", "<="]), VALUES).map(" ".join),
    st.sampled_from(
        [
            "x in ys",
            "x not in ys",
            "x % 2 == 0",
            "(n % x == 0 if x else True)",
            "xs.count(x) > 1",
            "x == 1 or x == 3",
            "len(ys) > 0",
        ]
    ),
)
BLOCKS = (
    "r = []\nfor x in xs:\n    if {t}:\n        r.append({v})\nout.append(r)",
    "r = []\nfor x in xs:\n    if x not in r:\n        r.append(x)\nout.append(r)",
    "s = 0\nfor x in xs:\n    s += {v}\nout.append(s)",
    "s = 0\nfor x in xs:\n    if {t}:\n        s = s + 1\nout.append(s)",
    "p = 1\nfor x in xs:\n    p *= {v}\nout.append(p)",
    "s = ''\nfor x in xs:\n    s += str({v})\nout.append(s)",
    "found = False\nfor x in xs:\n    if {t}:\n        found = True\nout.append(found)",
    "out.append(sum({v} for x in xs if {t}))",
    "out.append(any([{t} for x in xs]))",
    "out.append(list(map(lambda x: {v}, xs)))",
    "out.append(list(filter(lambda x: {t}, xs)))",
    "out.append([xs[i] * 2 for i in range(len(xs))])",
    "out.append([xs[i] - xs[i + 1] for i in range(len(xs) - 1)])",
    "out.append([i for i in range(len(xs)) if xs[i] > n])",
    "out.append(sorted(xs)[0] + sorted(ys)[-1])",
    "out.append(sorted(list(set(xs)), key=lambda x: x))",
    "i = 0\nwhile i < n:\n    out.append(i)\n    i += 1",
    "m = xs[0]\nfor x in xs:\n    if x > m:\n        m = x\nout.append(m)",
    "d = {{}}\nfor x in xs:\n    if x in d:\n        d[x] += 1\n    else:\n        d[x] = 1\nout.append(d)",
    "out.append([ys.index(x) for x in ys])",
    "out.append([sum(xs[i:j]) for i in range(len(xs)) for j in range(i, len(xs))])",
    "out.append(sum(range(n)) + sum([x * x + 1 for x in range(1, n)]))",
    "out.append([x for x in range(1, n + 1) if n % x == 0])",
    "out.append(all(n % x for x in range(2, n)))",
    "for x in xs:\n    if {t}:\n        out.append({v})",
    "q = [n]\nwhile q:\n    x = q.pop(0)\n    out.append(x)\n    if x > 0:\n        q.append(x - 2)",
    "if any({t} for x in xs):\n    return out",
    "out.append(n ** 2 + bin(n).count('1'))",
)
PROGRAMS = st.lists(st.tuples(st.sampled_from(BLOCKS), TESTS, VALUES), min_size=1, max_size=3)


def made(parts):
    lines = ["def f(xs, ys, n):", "out = []"]
    lines += [block.format(t=test, v=value) for block, test, value in parts]
    lines += ["return out"]
    body = "\n".join(lines[1:]).replace("\n", "\n    ")
    return f"{lines[0]}\n    {body}\n"


def does(text, arguments):
    names = {}
    exec(compile(text, "made", "exec"), names)
    given_ = copy.deepcopy(arguments)
    return names["f"](*given_), given_


INTS = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(PROGRAMS, st.tuples(INTS, INTS, st.integers(0, 12)))
def test_no_rule_changes_what_a_made_program_does(parts, arguments):
    text = made(parts)
    program = parsed(text)
    wanted = repr(does(text, arguments))
    for name, rule in RULES.items():
        sites = list(rule.sites(program))
        for chosen in (sites, *([site] for site in sites[:3])):
            after = applied(program, chosen)
            if after is not None:
                assert repr(does(after, arguments)) == wanted, f"{name}\n{text}\n{after}"


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(PROGRAMS)
def test_comments_and_everything_else_survive(parts):
    text = made(parts).replace("    return out\n", "    # the end, as typed\n    return   out  # really\n")
    program = parsed(text)
    for name, rule in RULES.items():
        after = applied(program, list(rule.sites(program)))
        if after is not None:
            ast.parse(after)
            assert "# the end, as typed" in after, name
            assert "return   out  # really" in after, name


def test_every_block_is_rewritten_by_some_rule():
    silent = []
    for block in BLOCKS:
        program = parsed(made([(block, "x > 3", "x")]))
        if not any(applied(program, list(rule.sites(program))) for rule in RULES.values()):
            silent.append(block)
    assert silent == []
