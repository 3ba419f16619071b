"""The judge's side of the guest: make a task's inputs and judge answers, which arrive as plain data only."""

import builtins
import copy
import inspect
import json
import marshal
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import script

_PLAIN = 2
_SHOWN = 300  # characters of a value shown to people


class _Task:
    """A task that is open: its cases, their marshalled arguments, and how answers are judged."""

    def __init__(self, task: dict[str, Any]) -> None:
        names: dict[str, Any] = {"__name__": "task", "__builtins__": builtins}
        names.update({name: getattr(script, name) for name in script.__all__})
        names.update(
            ENTRY_POINT=task["entry_point"], PROMPT=task["prompt"], REFERENCE=task["reference"], DATA=task["data"]
        )
        exec(compile(task["script"], "<task>", "exec"), names)
        self.reference: Callable[..., Any] | None = names.get("reference")
        check = names.get("check")
        self.wants_expected = check is None or _takes_expected(check)
        self.check = _with_expected(check)
        self.check_program: Callable[..., Any] | None = names.get("check_program")
        recorded = self._record()
        self.recorded = len(recorded)
        self.cases = [*recorded, *_listed(names)]
        self.arguments = [marshal.dumps(case.args, _PLAIN) for case in self.cases]
        self._expected: dict[int, Any] = {}
        self.repeatable = self._asks_the_same_again()

    def _record(self) -> list[script.Case]:
        """Inputs that an assert-style check makes, found by running it on the reference."""
        if self.check_program is None:
            return []
        if self.reference is None:
            raise ValueError("`check_program` needs a `reference` to find its inputs")
        reference, cases = self.reference, []

        def record(*args: Any) -> Any:
            cases.append(script.Case(copy.deepcopy(args)))
            return reference(*args)

        random.seed(0)
        self.check_program(record)
        return cases

    def _asks_the_same_again(self) -> bool:
        """Whether the check, given the reference's answers again, asks for the same calls again."""
        if self.check_program is None or self.reference is None:
            return True
        asked: list[bytes] = []

        def record(*args: Any) -> Any:
            asked.append(marshal.dumps(args, _PLAIN))
            return answers[len(asked) - 1] if len(asked) <= len(answers) else None

        answers = [self.reference(*marshal.loads(each)) for each in self.arguments[: self.recorded]]
        random.seed(0)
        try:
            self.check_program(record)
        except BaseException:
            return False
        return asked == self.arguments[: self.recorded]

    def answer_all(self) -> None:
        """Make the expected answers now if judging will want them: a judgement has a budget of its own."""
        if self.reference is not None and self.wants_expected:
            for index in range(self.recorded, len(self.cases)):
                self.expected(index)

    def expected(self, index: int) -> Any:
        """The reference's answer, made once."""
        if index not in self._expected:
            assert self.reference is not None
            self._expected[index] = self.reference(*marshal.loads(self.arguments[index]))
        return self._expected[index]


def _takes_expected(check: Callable[..., Any]) -> bool:
    return len(inspect.signature(check).parameters) >= 3


def _with_expected(check: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """The script's check as a function of (arguments, answer, maker of the expected answer)."""
    if check is None:
        return None
    if _takes_expected(check):
        return lambda args, answer, expected: check(args, answer, copy.deepcopy(expected()))
    return lambda args, answer, _: check(args, answer)


def _listed(names: dict[str, Any]) -> Iterator[script.Case]:
    for name, stress in (("cases", False), ("inputs", False), ("stress", True)):
        made = names.get(name)
        for case in made() if callable(made) else made or ():
            yield case if isinstance(case, script.Case) else script.Case(case, stress=stress)


_open: list[_Task] = []


def open_task(task: dict[str, Any]) -> str:
    """Make a task's cases. Returns: JSON {cases: [[level, stress], ...]} or {fault: text}."""
    sys.stdin, sys.stdout, sys.stderr = script.TextStream(), script.TextStream(), script.TextStream()
    try:
        opened = _Task(task)
        opened.answer_all()
    except BaseException as error:
        return json.dumps({"fault": f"{type(error).__name__}: {error}"[:_SHOWN]})
    _open[:] = [opened]
    return json.dumps({"cases": [[case.level, case.stress] for case in opened.cases]})


def input_of(index: int) -> str:
    """The arguments of a case, a marshalled tuple in Latin-1."""
    return _open[0].arguments[index].decode("latin-1")


def judge(answers: str) -> str:
    """Judge a candidate's answers.

    Args:
        answers: marshalled list, in Latin-1: (True, marshalled value) or (False, exception type, message), one a case
            in order, fewer when the run ended early.
    Returns: JSON {verdicts: [...], wrong: {case, input, expected, got, message} | null}.
    """
    task = _open[0]
    given = marshal.loads(answers.encode("latin-1"))
    verdicts = ["unjudged"] * len(given)
    wrong = _judge_recorded(task, given, verdicts)
    for index in range(task.recorded, len(given)):
        found = _judge_case(task, index, given[index])
        verdicts[index] = "ok" if found is None else ("raised" if not given[index][0] else "wrong")
        wrong = wrong or found
    return json.dumps({"verdicts": verdicts, "wrong": wrong})


def _judge_recorded(task: _Task, given: list[Any], verdicts: list[str]) -> dict[str, Any] | None:
    """Replay the answers into an assert-style check; it stops at the first that is wrong."""
    if task.check_program is None:
        return None
    position = -1

    def replay(*args: Any) -> Any:
        nonlocal position
        position += 1
        if position >= min(len(given), task.recorded):
            raise _RunEndedEarly
        if task.repeatable and marshal.dumps(args, _PLAIN) != task.arguments[position]:
            position -= 1
            raise _AsksOtherwise("after this answer the check asks for another call than after the reference's")
        if given[position][0]:
            return marshal.loads(given[position][1])
        raise _exception(given[position][1], given[position][2])

    try:
        task.check_program(replay)
    except BaseException as error:
        for index in range(max(position, 0)):
            verdicts[index] = "ok"
        if isinstance(error, _RunEndedEarly):
            if len(given) < task.recorded:
                return None  # the run was stopped; what it gave was right so far
            position = len(given) - 1
            error = _AsksOtherwise("after this answer the check asks for more calls than after the reference's")
        position = max(position, 0)
        verdicts[position] = "wrong" if given[position][0] else "raised"
        return _shown(task, position, given[position], error)
    verdicts[: task.recorded] = ["ok"] * min(len(given), task.recorded)
    return None


def _judge_case(task: _Task, index: int, answer: Any) -> dict[str, Any] | None:
    if not answer[0]:
        return _shown(task, index, answer, None)
    try:
        value = marshal.loads(answer[1])
        if task.check is not None:
            right = task.check(marshal.loads(task.arguments[index]), value, lambda: task.expected(index))
            right = True if right is None else right
        elif task.reference is not None:
            right = script.same(task.expected(index), value)
        else:
            right = True  # nothing to judge by: finishing is all that is asked
    except BaseException as error:  # a check that trips over an answer has found it wrong
        return _shown(task, index, answer, error)
    return None if right else _shown(task, index, answer, None)


class _AsksOtherwise(BaseException):
    """A check that goes on from answers took another way than with the right ones."""


class _RunEndedEarly(BaseException):
    """The candidate gave no answer for this call."""


def _exception(name: str, message: str) -> BaseException:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        try:
            raised: BaseException = kind(message)
            return raised
        except TypeError:
            pass  # a type that wants other arguments, e.g. UnicodeDecodeError
    made: type[Exception] = type(name, (Exception,), {})
    return made(message)


def _shown(task: _Task, index: int, answer: Any, error: BaseException | None) -> dict[str, Any]:
    expected = None
    try:
        if task.reference is not None:
            expected = _text(task.expected(index))
    except BaseException as failed:
        expected = f"(the reference raised {type(failed).__name__})"
    got = "(nothing)" if answer is None else _answer_text(answer)
    message = "" if error is None else f"{type(error).__name__}: {error}"[:_SHOWN]
    shown = _text(marshal.loads(task.arguments[index])) if index < len(task.arguments) else ""
    return {"case": index, "input": shown, "expected": expected, "got": got, "message": message}


def _answer_text(answer: Any) -> str:
    if not answer[0]:
        return f"{answer[1]}: {answer[2]}"[:_SHOWN]
    try:
        return _text(marshal.loads(answer[1]))
    except Exception as error:
        return f"(cannot be read back: {type(error).__name__})"


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
