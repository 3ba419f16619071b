"""Measured logs replayed: APEX on vLLM 0.6.0, LLMServingSim on vLLM 0.19.0, and static batches of splitwise-sim.

`python benchmarks/serving/reality_logs.py` writes benchmarks/results/serving-reality-logs.json and
docs/serving-reality-logs.md: errors before any calibration, after one on a third of the groups, each third in turn and
tested on the other two, and after one on all other groups.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(Path(__file__).parent)]
from _logs import Case, Requests, StaticBatch, apex, llmservingsim, splitwise, splitwise_system  # noqa: E402

import record  # noqa: E402
from perfwise.serving.calibrating import calibrate  # noqa: E402
from perfwise.serving.calibrating_steps import calibrate_steps  # noqa: E402
from perfwise.serving.calibration import Knobs  # noqa: E402
from perfwise.serving.contracts import STEP  # noqa: E402
from perfwise.serving.observation import StepTimes  # noqa: E402
from perfwise.serving.replay import replay  # noqa: E402
from perfwise.serving.simulator import simulate  # noqa: E402
from perfwise.serving.timers._compose import Host  # noqa: E402
from perfwise.serving.timers._curves import Curves  # noqa: E402

COMMAND = "python benchmarks/serving/reality_logs.py"
PAGE = ROOT / "docs" / "serving-reality-logs.md"
THIRDS = 3
FITTED: dict[str, Knobs] = {}  # to all logs of a model
HEAD = f"""\
# Served in reality, and in simulation

`{COMMAND}` writes this page. Logs that others measured are replayed: the requests as they were served, the scheduler
and memory as their scripts set them. An error is |simulated / measured - 1|; rows give the median and, in brackets, the
90th percentile. *A third*: the timer was calibrated on a third of the groups (a group is a run with all its replicas),
each third in turn, and tested on the other two. *All others*: calibrated on all groups but the tested one.

"""


@dataclass(frozen=True)
class Scored:
    """Simulated over measured, of one phase of one log or row."""

    part: str
    phase: str
    ratio: float


def main() -> None:
    text, rows = [HEAD], list[record.Row]()
    for section in (apex_section, llmservingsim_section, splitwise_section):
        lines, found = section()
        text += [*lines, ""]
        rows += found
        print("\n".join(lines), flush=True)
    record.write("serving-reality-logs", COMMAND, rows)
    PAGE.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")


def apex_section() -> tuple[list[str], list[record.Row]]:
    cases, left_out = apex()
    ways: dict[str, Callable[[list[Case]], Iterable[Scored]]] = {
        "uncalibrated": lambda some: scored(some, Knobs()),
        "a third": on_a_third,
        "all others": on_all_others,
    }
    results = {name: [each for some in by_model(cases) for each in way(some)] for name, way in ways.items()}
    lines = [
        "## APEX: vLLM 0.6.0 on H100, mean latencies of 24 logs",
        "",
        "Llama-3.1-70B in BF16 and Mistral-Large-2407 in FP8, calibrated apart from each other; Mistral runs on 8 GPUs with",
        "weights that vLLM quantises on load, on 2 and 4 with a quantised checkpoint, which are two systems.",
        "",
        *table(results),
        "",
        "What explains the errors is the host: without recorded graphs a step with prompts launches every kernel from",
        "Python, and the frontend shares the engine's process. Fitted to all logs of a system:",
        "",
        *(f"- {model}: {told(knobs)}" for model, knobs in FITTED.items()),
        "",
        *left_out_lines(left_out, "logs"),
    ]
    return lines, figures("APEX logs of vLLM 0.6.0", results)


def told(knobs: Knobs) -> str:
    launch_us = 1e6 * knobs.launch * Host().launch_s
    overhead_ms, member_ms, prompt_ms = (
        1e3 * (each or 0.0) for each in (knobs.overhead_s, knobs.member_s, knobs.prompt_s)
    )
    return (
        f"{launch_us:.0f} us to launch a kernel, {overhead_ms:.1f} ms a step, {member_ms:.2f} ms more for each sequence, "
        f"{prompt_ms:.1f} ms more with prompts; GPU {knobs.decode_step:.2f} times as long without and "
        f"{knobs.prefill_step:.2f} times with prompts"
    )


def by_model(cases: Sequence[Case]) -> Iterator[list[Case]]:
    for model in dict.fromkeys(case.model for case in cases):
        yield [case for case in cases if case.model == model]


def scored(cases: Sequence[Case], knobs: Knobs) -> Iterator[Scored]:
    for case in cases:
        found = replay(case.observation, case.system, knobs.applied(case.system.curves))
        for part in (case.model, f"{case.model} {case.plan}"):
            yield Scored(part, "TTFT", found.ttft_s / case.observation.ttft_s)
            yield Scored(part, "TPOT", found.tpot_s / case.observation.tpot_s)


def knobs_of(cases: Sequence[Case]) -> Knobs:
    return calibrate([case.observation for case in cases], [case.system for case in cases]).knobs


def on_a_third(cases: Sequence[Case]) -> Iterator[Scored]:
    groups = shuffled({case.observation.grouped for case in cases})
    for third in range(THIRDS):
        inside = set(groups[third::THIRDS])
        knobs = knobs_of([case for case in cases if case.observation.grouped in inside])
        yield from scored([case for case in cases if case.observation.grouped not in inside], knobs)


def on_all_others(cases: Sequence[Case]) -> Iterator[Scored]:
    found = calibrate([case.observation for case in cases], [case.system for case in cases])
    FITTED[cases[0].model] = found.knobs
    for case, residual in zip(cases, found.residuals, strict=True):
        for part in (case.model, f"{case.model} {case.plan}"):
            for phase, three in (("TTFT", residual.ttft), ("TPOT", residual.tpot)):
                assert three[2] is not None
                yield Scored(part, phase, 1 / three[2])


def shuffled(groups: Iterable[str]) -> list[str]:
    names = np.array(sorted(groups))
    return [str(name) for name in np.random.default_rng(1).permutation(names)]


def llmservingsim_section() -> tuple[list[str], list[record.Row]]:
    logs = llmservingsim()
    lines = [
        "## LLMServingSim: vLLM 0.19.0 on RTX 4090 and RTX PRO 6000, three logs of 300 requests",
        "",
        "Offered at 10 requests a second for 29 s, so that TTFT is queueing. Measured, and simulated beside it; layers",
        "by the profile of the same device, which the log's authors took with the same engine.",
        "",
        *log_head(),
        *(line for case, measured in logs for line in log_lines(case, measured, served(case, Knobs()))),
        "",
        "Calibrated on a third of a log's requests, in order of arrival, and tested on the other two thirds; mean of the",
        "error over the three thirds. One system's factors do not fit another one: calibrated on the two other logs,",
        "which are of other models and devices, the mean TPOT is off by "
        + ", ".join(f"{abs(ratio - 1):.1%}" for ratio in on_other_systems([case for case, _ in logs]))
        + ".",
        "",
        "| log | TTFT uncalibrated | TTFT a third | TPOT uncalibrated | TPOT a third |",
        "|---|---:|---:|---:|---:|",
    ]
    rows = []
    for case, measured in logs:
        before = [
            abs(ratio - 1) for ratio in ratios(measured, served(case, Knobs()), np.ones(len(measured.ttft_s), bool))
        ]
        after = on_a_third_of(case, measured)
        cells = [before[0], after[0], before[1], after[1]]
        lines.append(f"| {case.observation.name} | {' | '.join(f'{cell:.1%}' for cell in cells)} |")
        for name, cell in zip(("TTFT", "TTFT, calibrated", "TPOT", "TPOT, calibrated"), cells, strict=True):
            aim = "at most 0.05" if name == "TPOT, calibrated" else "reported"
            figure = f"LLMServingSim log {case.observation.name}: mean {name}"
            rows.append(record.Row(figure, cell, aim, "relative error", source="casys-kaist/LLMServingSim 5daddb2"))
    lines += [
        "",
        "The mixture of experts runs as two engines that wait for each other in every step, which the simulation lacks.",
        "No log tells what its prompts share, so no prefix is cached in simulation.",
    ]
    return lines, rows


def on_a_third_of(case: Case, measured: Requests) -> tuple[float, float]:
    """Mean error of the means over the other two thirds."""
    count = len(measured.ttft_s)
    edges = [round(count * part / THIRDS) for part in range(THIRDS + 1)]
    off = []
    for low, high in pairwise(edges):
        means = float(measured.ttft_s[low:high].mean()), float(measured.tpot_s[low:high].mean())
        part = replace(
            case.observation, ttft_s=means[0], tpot_s=means[1], leading=low, trailing=count - high, name=f"{low}"
        )
        knobs = calibrate([part], [case.system]).knobs
        rest = np.ones(count, bool)
        rest[low:high] = False
        off.append([abs(ratio - 1) for ratio in ratios(measured, served(case, knobs), rest)])
    ttft, tpot = np.mean(off, axis=0)
    return float(ttft), float(tpot)


def on_other_systems(cases: list[Case]) -> Iterator[float]:
    for place, case in enumerate(cases):
        found = replay(
            case.observation, case.system, knobs_of(cases[:place] + cases[place + 1 :]).applied(case.system.curves)
        )
        yield found.tpot_s / case.observation.tpot_s


def ratios(measured: Requests, ours: Requests, which: np.ndarray) -> list[float]:
    """Simulated over measured mean TTFT and TPOT."""
    pairs = ((measured.ttft_s, ours.ttft_s), (measured.tpot_s, ours.tpot_s))
    return [float(simulated[which].mean() / real[which].mean()) for real, simulated in pairs]


def log_head() -> list[str]:
    return ["| log | | mean | p50 | p90 | p99 |", "|---|---|---:|---:|---:|---:|"]


def served(case: Case, knobs: Knobs) -> Requests:
    system, trace = case.system, case.observation.trace
    run = simulate(trace.rows(), knobs.applied(system.curves), system.cluster, system.policies).requests
    tpot_s = (run.completed_s - run.first_token_s) / np.maximum(trace.output - 1, 1)
    ttft_s, e2e_s = run.first_token_s - run.arrival_s, run.completed_s - run.arrival_s
    return Requests(ttft_s, tpot_s, e2e_s, trace.output, run.completed_s)


def log_lines(case: Case, measured: Requests, ours: Requests) -> Iterator[str]:
    for name, unit, scale in (("ttft_s", "s", 1.0), ("tpot_s", "ms", 1e3), ("e2e_s", "s", 1.0)):
        cells = []
        for statistic in (np.mean, *(lambda values, q=q: np.percentile(values, q) for q in (50, 90, 99))):
            real, simulated = statistic(getattr(measured, name)), statistic(getattr(ours, name))
            cells.append(f"{real * scale:.3g} {unit}, {simulated / real - 1:+.1%}")
        yield f"| {case.observation.name} | {name[:-2].upper()} | {' | '.join(cells)} |"
    rates = [float(each.output.sum()) / each.span_s for each in (measured, ours)]
    yield f"| {case.observation.name} | tokens/s | {rates[0]:.0f}, {rates[1] / rates[0] - 1:+.1%} | | | |"


def splitwise_section() -> tuple[list[str], list[record.Row]]:
    batches, left_out = splitwise()
    results: dict[str, list[Scored]] = {"uncalibrated": [], "a third": []}
    for (device, tensor), rows in batches.items():
        system, part = splitwise_system(device, tensor), f"{device} TP {tensor}"
        groups = shuffled({group_of(row) for row in rows})
        results["uncalibrated"] += steps_scored(rows, system.curves, part)
        for third in range(THIRDS):
            inside = set(groups[third::THIRDS])
            knobs = calibrate_steps(step_times([row for row in rows if group_of(row) in inside]), system).knobs
            tested = [row for row in rows if group_of(row) not in inside]
            results["a third"] += steps_scored(tested, knobs.applied(system.curves), part)
    lines = [
        "## splitwise-sim: Llama-2-70B in static batches on A100 and H100, an engine of 2023",
        "",
        "Means of the repeats of each setting; TTFT is the step of all prompts, TPOT the step in the middle of the answer.",
        "",
        *table(results),
        "",
        *left_out_lines(left_out, "rows"),
    ]
    return lines, figures("splitwise-sim, Llama-2-70B", results)


def group_of(row: StaticBatch) -> str:
    return f"{row.prompt}/{row.batch}"


def step_times(rows: Sequence[StaticBatch]) -> StepTimes:
    """The prompts' step and a decode step of each row."""
    steps = np.zeros(2 * len(rows), STEP).view(np.recarray)
    seconds, groups = np.zeros(2 * len(rows)), []
    for place, row in enumerate(rows):
        prompts, decode = 2 * place, 2 * place + 1
        steps.prefills[prompts], steps.prefill_tokens[prompts] = row.batch, row.batch * row.prompt
        steps.prefill_pairs[prompts] = row.batch * row.prompt * (row.prompt + 1) // 2
        context = row.prompt + row.output // 2
        steps.decodes[decode], steps.decode_context[decode] = row.batch, row.batch * context
        steps.longest_decode[decode] = context
        steps.tokens[prompts], steps.tokens[decode] = row.batch * row.prompt, row.batch
        steps.members[prompts : decode + 1] = steps.sampled[prompts : decode + 1] = row.batch
        seconds[prompts], seconds[decode] = row.prompt_s, row.token_s
        groups += [group_of(row)] * 2
    return StepTimes(steps, seconds, tuple(groups))


def steps_scored(rows: Sequence[StaticBatch], curves: Curves, part: str) -> Iterator[Scored]:
    times, state = step_times(rows), curves.state()
    for step, measured_s in zip(times.steps, times.seconds, strict=True):
        curves.time(step, state)
        phase = "TTFT" if step.prefills else "TPOT"
        batch = f"batch {step.members}" if step.members in (1, 8, 64) else ""
        for name in filter(None, (part, batch)):
            yield Scored(name, phase, float(step.last_stage_s) / measured_s)


def table(results: dict[str, list[Scored]]) -> Iterator[str]:
    names = list(results)
    heads = [f"{phase} {name}" for phase in ("TTFT", "TPOT") for name in names]
    yield f"| | logs or rows | {' | '.join(heads)} |"
    yield f"|---|---:|{'---:|' * len(heads)}"
    first = results[names[0]]
    for part in dict.fromkeys(each.part for each in first):
        cells = []
        for phase in ("TTFT", "TPOT"):
            for name in names:
                median, p90, _ = errors(results[name], phase, part)
                cells.append(f"{median:.1%} ({p90:.1%})")
        yield f"| {part} | {errors(first, 'TPOT', part)[2]} | {' | '.join(cells)} |"


def errors(some: Sequence[Scored], phase: str, part: str) -> tuple[float, float, int]:
    off = np.abs([each.ratio - 1 for each in some if (each.phase, each.part) == (phase, part)])
    return float(np.median(off)), float(np.percentile(off, 90)), len(off)


def figures(what: str, results: dict[str, list[Scored]]) -> list[record.Row]:
    wholes = [part for part in dict.fromkeys(each.part for each in results["uncalibrated"]) if "batch" not in part]
    found = []
    for name, some in results.items():
        for part in wholes:
            for phase in ("TTFT", "TPOT"):
                median, p90, count = errors(some, phase, part)
                aim = "at most 0.05" if phase == "TPOT" and name != "uncalibrated" else "reported"
                note = f"90th percentile {p90:.3f} of {count}"
                figure = f"{what}: {phase} of {part}, {name}"
                found.append(record.Row(figure, median, aim, "median relative error", note=note))
    return found


def left_out_lines(reasons: Counter[str], what: str) -> Iterator[str]:
    yield f"Left out, {sum(reasons.values())} {what}: " + "; ".join(f"{count} {why}" for why, count in reasons.items())


if __name__ == "__main__":
    main()
