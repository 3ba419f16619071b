"""The judge: makes a task's inputs and judges answers, in a guest of its own that no candidate ever enters."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import Call, ProgramTask, Verdict
from perfwise.programs.guest.runtime import Guest, Instance, load_guest
from perfwise.programs.guest.world import Stopped
from perfwise.programs.sizes import size_of

__all__ = ["CaseInfo", "Judge", "Judgement", "OpenTask", "Wrong", "answered"]

_MEMORY_BYTES = 2 << 30
_TASK_FUEL = 10**12  # for making inputs and expected answers
_JUDGE_FUEL = 5 * 10**10  # for judging one candidate: its answers decide how long a check takes


_ANSWERS = """


def reference(*args):
    import marshal

    known = ANSWERS.get(marshal.dumps(args, 2))
    if known is None:  # a set may have been written down in another order
        known = next(answer for given, answer in ANSWERS.items() if same(marshal.loads(given), args))
    return marshal.loads(known)
"""


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What is known of a case before anything runs."""

    level: int
    stress: bool


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first case with a wrong answer, as text for people."""

    case: int
    input: str
    expected: str | None
    got: str
    message: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdicts for the answers given, in order, and the first that is wrong."""

    verdicts: tuple[Verdict, ...]
    wrong: Wrong | None


class OpenTask:
    """A task whose script has run: its cases and inputs are there, answers can be judged."""

    def __init__(self, guest: Guest, task: ProgramTask) -> None:
        self._guest, self._task = guest, task
        self._judged: dict[bytes, Judgement] = {}
        self._instance = guest.run(self._open)
        self.inputs: tuple[bytes, ...] = guest.run(self._inputs)
        self.sizes: tuple[int, ...] = tuple(map(size_of, self.inputs))

    def judge(self, calls: Sequence[Call]) -> Judgement:
        """Judge what came of the calls, up to the first that gave neither an answer nor an exception."""
        answers: list[tuple[bool, bytes] | tuple[bool, str, str]] = []
        for call in calls:
            if call.answer is not None:
                answers.append((True, call.answer))
            elif call.raised is not None:
                answers.append((False, *call.raised))
            else:
                break
        text = plain.dumps(answers)
        key = hashlib.sha256(text).digest()
        if key not in self._judged:  # programs that answer alike are judged once
            self._judged[key] = self._guest.run(lambda: self._judge(text.decode("latin-1")))
        return self._judged[key]

    def _judge(self, answers: str) -> Judgement:
        try:
            text, _ = self._instance.call("judge", answers, fuel=_JUDGE_FUEL)
        except Stopped as stopped:  # the answers made the check run away; the next candidate gets a fresh judge
            self._instance = self._open()
            message = f"the check could not finish on these answers: {stopped.failure}"
            return Judgement(("wrong",), Wrong(0, "", None, "", message))
        judged = json.loads(text)
        return Judgement(tuple(judged["verdicts"]), Wrong(**judged["wrong"]) if judged["wrong"] else None)

    def _open(self) -> Instance:
        task = self._task
        instance = self._guest.instance(_MEMORY_BYTES)
        instance.begin()
        names = {"script": task.script, "entry_point": task.entry_point, "prompt": task.prompt}
        message = json.dumps(names | {"reference": task.reference, "data": task.data})
        try:
            text, _ = instance.call("open-task", message, fuel=_TASK_FUEL)
        except Stopped as stopped:
            raise InvalidTask(f"{task.id}: its script did not finish: {stopped.failure}") from None
        opened = json.loads(text)
        if "fault" in opened:
            raise InvalidTask(f"{task.id}: its script failed: {opened['fault']}")
        if not opened["cases"]:
            raise InvalidTask(f"{task.id}: its script makes no case to run")
        self.cases = tuple(CaseInfo(level, stress) for level, stress in opened["cases"])
        return instance

    def _inputs(self) -> tuple[bytes, ...]:
        inputs = tuple(self._instance.call("input", index)[0].encode("latin-1") for index in range(len(self.cases)))
        if not all(map(plain.is_plain, inputs)):
            raise InvalidTask(f"{self._task.id}: its inputs are nested too deep")
        return inputs


class Judge:
    """Opens tasks and keeps the last few open, because a study comes task by task."""

    def __init__(self, keep: int = 4) -> None:
        self._keep = keep
        self._open: OrderedDict[str, OpenTask] = OrderedDict()
        self._faulty: dict[str, InvalidTask] = {}

    def open(self, task: ProgramTask) -> OpenTask:
        """The open task. Raises: InvalidTask if its script fails."""
        if task.digest in self._open:
            self._open.move_to_end(task.digest)
            return self._open[task.digest]
        if task.digest in self._faulty:  # its script may have taken long to fail
            raise self._faulty[task.digest]
        try:
            opened = self._open[task.digest] = OpenTask(load_guest(), task)
        except InvalidTask as fault:
            self._faulty[task.digest] = fault
            raise
        while len(self._open) > self._keep:
            self._open.popitem(last=False)
        return opened


def answered(task: ProgramTask, inputs: Sequence[bytes], calls: Sequence[Call]) -> ProgramTask:
    """The task with a reference that the judge can ask: it looks up what the meter saw the real one answer.

    Args:
        task: whose reference is not Python.
        inputs: of its cases.
        calls: of its reference on them.
    Raises: InvalidTask if the reference did not answer all of them.
    """
    if not task.reference:
        return task
    answers = {given: call.answer for given, call in zip(inputs, calls, strict=False) if call.answer is not None}
    if len(answers) < len(set(inputs)):
        last = calls[-1] if calls else Call(None)
        why = last.stopped or (": ".join(last.raised) if last.raised else "it was stopped, or no meter here runs it")
        raise InvalidTask(f"{task.id}: its reference in {task.reference_language} does not answer every case: {why}")
    return replace(task, script=f"{task.script}\n\nANSWERS = {answers!r}{_ANSWERS}", reference_language="python")
