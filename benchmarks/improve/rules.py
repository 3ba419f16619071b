"""Rules on COFFE's best solutions (A) and on passing CodeGen-16B samples (B): improved, by how much, and held-out checks.

python benchmarks/improve/rules.py [--every K] [--set A|B] [--rows FILE]: the rows of each program go to FILE as they
come; without --every the results are written for docs/evidence.md.
"""

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import _sets

import record
from perfwise.errors import PerfwiseError
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import Budget
from perfwise.improve.loop import improve
from perfwise.improve.methods import rules
from perfwise.recipes.improve_programs.running import Plan, bench_of


def one(job, plus):
    began = time.process_time()
    bench = bench_of(job, Plan())
    proposing = 0.0

    class Timed(rules.Rules):
        def propose(self, state):
            nonlocal proposing
            start = time.process_time()
            try:
                return super().propose(state)
            finally:
                proposing += time.process_time() - start

    try:
        made = improve(bench, Timed(), Archive(None, {}, bench.cost_name), Budget())
    except PerfwiseError as error:
        return {"name": job.name, "refused": error.code, "why": str(error)[:200]}
    cost = bench.cost_name
    spent = time.process_time() - began
    base = made.original.assessment.costs[cost]
    row = {
        "name": job.name,
        "task": job.task.id,
        "ratio": made.ratio,
        "unfinished": made.original.assessment.unfinished,
        "candidates": sum(each.same_as is None for each in made.entries[1:]),
        "cpu_s": spent,
        "proposing_s": proposing,
        "before": made.original.assessment.costs[cost] if not made.original.assessment.unfinished else None,
        "after": made.result.assessment.costs[cost] if not made.result.assessment.unfinished else None,
        "tried": [
            [
                each.proposal.origin,
                each.assessment.finding,
                base / each.assessment.costs[cost] if cost in each.assessment.costs else None,
                each.accepted,
                each.proposal.parent == 0,
            ]
            for each in made.entries[1:]
            if each.same_as is None
        ],
        "source": made.result.proposal.text if made.steps else "",
    }
    if made.steps:
        row["held_out"] = _sets.held_out(job, made.result.proposal.text, plus)
    return row


def run(name, every, place):
    jobs = (_sets.best_solutions() if name == "A" else _sets.sampled())[::every]
    plus = _sets.plus_inputs()
    done = {}
    if place.exists():
        done = {row["name"]: row for row in map(json.loads, place.read_text().splitlines())}
    with place.open("a") as file:
        for job in jobs:
            if job.name not in done:
                row = done[job.name] = one(job, plus)
                file.write(json.dumps(row) + "\n")
                file.flush()
    return [done[job.name] for job in jobs]


def share(rows, least):
    return sum((row.get("ratio") or 0) > least for row in rows) / len(rows)


def summary(rows):
    improved = [row for row in rows if (row.get("ratio") or 0) > 1.002]
    ratios = [row["ratio"] for row in improved]
    cand = [row for row in rows if row.get("candidates")]
    per = [row["cpu_s"] / (row["candidates"] + 1) for row in cand]
    checked = [row["held_out"] for row in improved]
    return {
        "programs": len(rows),
        "refused": sum("refused" in row for row in rows),
        "improved": len(improved),
        "share": len(improved) / len(rows),
        "by_5": share(rows, 1 / 0.95),
        "x2": share(rows, 2.0),
        "x10": share(rows, 10.0),
        "median_ratio": statistics.median(ratios) if ratios else 1.0,
        "median_cpu_s": statistics.median(per) if per else 0.0,
        "mean_cpu_s": sum(row.get("cpu_s", 0) for row in rows) / len(rows),
        "proposing": sum(row.get("proposing_s", 0) for row in rows)
        / max(sum(row.get("cpu_s", 0) for row in rows), 1e-9),
        "held_out_failures": sum(bool(why) for _, _, why in checked),
        "held_out_inputs": statistics.median([n for _, n, _ in checked]) if checked else 0,
        "failed": [row["name"] for row in improved if row["held_out"][2]],
    }


def rule_table(rows):
    """Of first candidates (made from the original): fires, cheaper, dearer, the same, refused, median ratio."""
    table = defaultdict(list)
    for row in rows:
        for origin, finding, ratio, _, first in row.get("tried", []):
            if first:
                table[origin].append((finding, ratio))
    lines = []
    for rule, found in sorted(table.items(), key=lambda item: -len(item[1])):
        ratios = [ratio for finding, ratio in found if finding == "verified" and ratio]
        cheaper = sum(ratio > 1.002 for ratio in ratios)
        dearer = sum(ratio < 0.998 for ratio in ratios) + sum(finding == "dearer" for finding, _ in found)
        refused = sum(finding in {"different", "broken", "unknown"} for finding, _ in found)
        median = statistics.median(ratios) if ratios else None
        lines.append((rule, len(found), cheaper, dearer, len(found) - cheaper - dearer - refused, refused, median))
    return lines


def rows_of(name, found, aims, every):
    label = {"A": "COFFE best solutions", "B": "CodeGen-16B passing samples"}[name]
    n = found["programs"]
    part = "" if every == 1 else f", every {every}. program"
    theirs = {"A": ("21 %", "4.5 %"), "B": ("26 %", "6 %")}[name]
    return [
        record.Row(
            f"{label}: improved by rules",
            found["share"],
            aims[0],
            "share",
            theirs[0],
            "an earlier prototype of 18 rules",
            f"{found['improved']} of {n}{part}, more than 0.2 % cheaper; {found['refused']} refused (original fails, not deterministic, not measurable)",
        ),
        record.Row(
            f"{label}: at least twice as cheap",
            found["x2"],
            aims[1],
            "share",
            theirs[1],
            "an earlier prototype of 18 rules",
            f"of {n}; at least ten times: {found['x10']:.1%}; by 5 % or more: {found['by_5']:.1%}",
        ),
        record.Row(
            f"{label}: accepted that fail a held-out check",
            found["held_out_failures"],
            "0",
            "programs",
            "",
            "",
            f"MBPP+ inputs where there are some and 1,000 fresh mutations; median {found['held_out_inputs']:,.0f} inputs compared; Mbpp/161, /267 and /447 failed in earlier runs, and their rules were narrowed",
        ),
        record.Row(
            f"{label}: CPU a candidate, verification and its share of the baseline included",
            found["median_cpu_s"],
            "at most 0.5",
            "s",
            "",
            "",
            f"median over programs with a candidate; {found['mean_cpu_s']:.2f} s a program on average",
        ),
        record.Row(f"{label}: proposing, as a share of all CPU", found["proposing"], "below 0.1", "share"),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--every-b", type=int, help="the same for set B, where it differs")
    parser.add_argument("--table", type=Path, help="a page to write the table of rules to, of all rows there are")
    parser.add_argument("--set", choices=["A", "B"])
    parser.add_argument("--rows", type=Path, default=Path("improve-rows"))
    given = parser.parse_args()
    aims = {"A": ("at least 0.30", "at least 0.06"), "B": ("at least 0.40", "at least 0.08")}
    written, everything = [], []
    for name in [given.set] if given.set else ["A", "B"]:
        every = given.every_b or given.every if name == "B" else given.every
        rows = run(name, every, given.rows.with_name(f"{given.rows.name}-{name}.jsonl"))
        found = summary(rows)
        print(name, json.dumps(found, indent=1))
        everything += rows
        written += rows_of(name, found, aims[name], every)
    table = rule_table(everything)
    for line in table:
        print(
            "| "
            + " | ".join(
                "-" if each is None else f"{each:.3f}" if isinstance(each, float) else str(each) for each in line
            )
            + " |"
        )
    if given.table:
        every_row = [
            row
            for name in "AB"
            for row in map(json.loads, given.rows.with_name(f"{given.rows.name}-{name}.jsonl").read_text().splitlines())
        ]
        given.table.write_text(page(every_row), "utf-8")
    if not given.set:
        parts = "".join(
            f" {flag} {value}"
            for flag, value in (("--every", given.every), ("--every-b", given.every_b))
            if value not in (None, 1)
        )
        record.write("improve-rules", f"python benchmarks/improve/rules.py{parts}", written)


def page(rows):
    """The table of rules as a page of the documentation."""
    table = rule_table(rows)
    dearer = sum(line[3] for line in table)
    same = sum(line[4] for line in table)
    fired = sum(line[1] for line in table)
    head = (
        "# Rules, measured\n\nMade by `benchmarks/improve/rules.py --table`: each rule applied to an original at all its sites, on "
        f"{len(rows)} programs (COFFE's best solutions and passing CodeGen-16B samples), counted on COFFE's stress inputs. "
        f"Of {fired} rewrites {dearer} made the program dearer and {same} changed less than 0.2 %. The ratio is the original's "
        "count over the candidate's, the median over verified candidates; those that were stopped as dearer have none.\n\n"
        "| rule | fires | cheaper | dearer | same | refused | median ratio |\n|---|---|---|---|---|---|---|\n"
    )
    lines = [
        f"| `{line[0]}` | {' | '.join(map(str, line[1:6]))} | {'-' if line[6] is None else f'{line[6]:.3f}'} |\n"
        for line in table
    ]
    return head + "".join(lines)


if __name__ == "__main__":
    main()
