"""ENAMEL: HumanEval's problems with inputs of growing size and an expert's reference."""

from dataclasses import dataclass
from pathlib import Path

from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.kit.textfiles import Faults, Record, beginning, csv_records
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.suites._tasks import QUIET, Tasks

__all__ = ["Enamel"]

_SCRIPT = (
    QUIET
    + '''\
import random
import string

reference = program(REFERENCE, ENTRY_POINT)


def rand_parens(size, valid=True, par="()", sep=""):
    """Random brackets: balanced groups joined by `sep` (None: their list), or a sequence that is not balanced."""
    if not valid:
        half = (size - 1) // 2
        return rand_parens(half, par=par) + par[1] + par[0] + rand_parens(half, par=par)
    left, depth, groups = size + size % 2, 0, []
    while left:
        opens = depth == 0 or (depth < left and random.random() < 0.5)
        if depth == 0:
            groups.append([])
        groups[-1].append(par[0] if opens else par[1])
        depth += 1 if opens else -1
        left -= 1
    texts = ["".join(group) for group in groups]
    return texts if sep is None else sep.join(texts)


WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)  # decide every number below 3.3e24


def is_prime(n):
    if n < 2 or any(n % p == 0 for p in WITNESSES):
        return n in WITNESSES
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(witnessed(n, pow(a, odd, n), twos) for a in WITNESSES)


def witnessed(n, power, twos):
    if power in (1, n - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % n
        if power == n - 1:
            return True
    return False


def rand_probably_prime(lb, ub=None):
    """A random prime between half of one number and that number, or between two numbers."""
    if ub is None:
        high = max(lb, 3)
        low = high // 2
    else:
        low = max(lb, 0)
        high = max(2 * low, ub, 3)
    while True:
        number = random.randint(low, high)
        if is_prime(number):
            return number


SPECIAL = (30031, 561, 2, 125)  # 2*3*5*7*11*13 + 1, Carmichael's first, the even prime, a prime's power


def rand_primality(size, lid, cid):
    """A number that is hard to tell from a prime: a special one, a prime, a prime's square, a product of two primes."""
    if lid == 0 and cid < len(SPECIAL):
        return SPECIAL[cid]
    size = max(size, 4)
    root = int(size**0.5 + 1)
    if cid % 3 == 0:
        return rand_probably_prime(size)
    if cid % 3 == 1:
        return rand_probably_prime(root) ** 2
    return rand_probably_prime(root) * rand_probably_prime(root)


def load(source):
    """The names that a text defines behind the prompt, which may bring helpers and imports."""
    names = {name: globals()[name] for name in ("random", "string", *READY)}
    exec(PROMPT + "\\n    pass\\n" + source, names)
    return names


READY = ("rand_parens", "rand_probably_prime", "rand_primality")
GENERATE = load(DATA["generator"])["generate_input"]
CHECK = load(DATA["checker"])["__check"]


def cases():
    running = 0
    for level, size in enumerate(DATA["sizes"]):
        for case in range(DATA["tests_per_level"][level]):
            random.seed(DATA["seed"] ^ DATA["index"] ^ running)
            yield Case(GENERATE(size=size, lid=level, cid=case), level=level)
            running += 1


def check(args, answer, expected):
    return CHECK(args, expected, answer)
'''
)

_LEFT_OUT = frozenset(
    (2, 23, 41, 45, 53, 60, 71, 92, 97, 99, 102, 123, 124, 135, 137, 138, 144, 148, 156, 157, 159, 160)
)


@dataclass(frozen=True)
class Enamel:
    """ENAMEL's csv: an input generator, four sizes, a checker and an expert's solution for each problem.

    Args:
        subset: only the 142 problems that the paper evaluates.
        tests_per_level: how many inputs of each size.
        seed: of the generators; an input's own seed is this XOR the problem's number XOR the input's running number.
        limit_ratio: a case is stopped at this many times the reference's dearest case.

    Source: Qiu et al., "How Efficient is LLM-Generated Code?", ICLR 2025, arXiv:2406.06647; q-rz/enamel.
    Differs: bracket and prime inputs follow the same rules with other draws; counts replace seconds.
    """

    subset: bool = True
    tests_per_level: tuple[int, ...] = (8, 4, 4, 4)
    seed: int = 998244353
    limit_ratio: float = 2.0

    def __post_init__(self) -> None:
        if not self.tests_per_level or min(self.tests_per_level) < 1:
            raise InvalidOption(f"every level needs a test, not {self.tests_per_level}")

    def accepts(self, path: Path) -> bool:
        """Whether the file's first line is ENAMEL's header."""
        header = beginning(path, 500).partition("\n")[0] if path.is_file() else ""
        return {"input_generator", "input_levels", "checker"} <= set(header.strip().split(","))

    def read(self, path: Path) -> list[ProgramTask]:
        """All tasks. Raises: InvalidInput naming every fault with file and line."""
        faults = Faults()
        tasks = Tasks(path, faults)
        for record in csv_records(path, faults):
            index = _index(record)
            if not (self.subset and index in _LEFT_OUT):
                tasks.add(record.where, self._task(record, index))
        return tasks.all()

    def _task(self, record: Record, index: int) -> ProgramTask:
        task_id, prompt = record.text("task_id"), record.text("prompt")
        reference = f"{prompt}\n{record.text('reference_solution')}"
        return ProgramTask(
            id=task_id,
            script=_SCRIPT,
            entry_point=record.text("entry_point"),
            prompt=prompt,
            reference=reference,
            data={
                "generator": record.text("input_generator"),
                "checker": record.text("checker"),
                "sizes": self._sizes(record),
                "tests_per_level": self.tests_per_level,
                "seed": self.seed,
                "index": index,
            },
            references=(ProgramCandidate("expert", REFERENCE, task_id, reference),),
            case_limit_ratio=self.limit_ratio,
        )

    def _sizes(self, record: Record) -> list[int]:
        text = record.text("input_levels")
        try:
            sizes = [int(size) for size in text.split()]
        except ValueError:
            sizes = []
        if text and len(sizes) != len(self.tests_per_level):
            wanted = len(self.tests_per_level)
            record.add("wrong-type", f"input_levels must be {wanted} whole numbers, not {text!r}")
        return sizes


def _index(record: Record) -> int:
    """The problem's number in HumanEval."""
    suite, _, number = record.text("task_id").partition("/")
    if suite == "HumanEval" and number.isdigit():
        return int(number)
    if suite:
        record.add("wrong-type", f"task_id must be HumanEval/<number>, not {record.text('task_id')!r}")
    return -1
