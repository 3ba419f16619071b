"""Which of two programs is better, and by how much? The smallest use of the library."""

from perfwise import ProgramCandidate, ProgramEngine, ProgramTask, Resolution, Side, WasmMeter, compare, unresolved

TASK = ProgramTask(
    id="pairs",
    entry_point="count_pairs",
    script="""
def cases():
    yield Case(([1, 5, 3, 3], 6))
    yield Case((list(range(300)), 299), stress=True)  # the cost is counted on stress cases, where there are any

def reference(numbers, total):
    return sum(a + b == total for i, a in enumerate(numbers) for b in numbers[i + 1:])
""",
)

EVERY_PAIR = """
def count_pairs(numbers, total):
    found = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == total:
                found += 1
    return found
"""

ONE_PASS = """
def count_pairs(numbers, total):
    seen, found = {}, 0
    for number in numbers:
        found += seen.get(total - number, 0)
        seen[number] = seen.get(number, 0) + 1
    return found
"""


def main() -> None:
    engine = ProgramEngine(WasmMeter())  # counts instructions in a sandbox: the same number on every run and machine
    sides = []
    for name, source in (("every pair", EVERY_PAIR), ("one pass", ONE_PASS)):
        outcome = engine.run(TASK, ProgramCandidate("0", name, TASK.id, source), seed=0)
        print(f"{name:>10}: right={outcome.succeeded}, {outcome.cost['wasm_instructions']:,.0f} instructions")
        sides.append(Side(name, [outcome]))
    print(compare(*sides, resolution=Resolution(absolute=unresolved)).verdict)


if __name__ == "__main__":
    main()
