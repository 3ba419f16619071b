"""What `perfwise improve` names, runs and writes."""

import json as jsonlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from perfwise.core.json import Json
from perfwise.errors import InvalidCandidate, InvalidOption

if TYPE_CHECKING:
    from perfwise.improve.contracts import Bench, ModelClient, Profile
    from perfwise.improve.loop import Improvement
    from perfwise.programs.contracts import Language, ProgramTask
    from perfwise.recipes.improve_programs.running import Job, Plan

__all__ = [
    "Asked",
    "Named",
    "Wishes",
    "exports_named",
    "jobs_named",
    "parsed_options",
    "run_and_show",
    "select_samples",
    "share",
    "with_model",
]

_ALL_REFUSED, _INTERRUPTED = 4, 130
_LANGUAGES: "dict[str, Language]" = {".c": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line names."""

    file: Path | None
    tasks: tuple[Path, ...]
    task_ids: tuple[str, ...]
    suite: str | None
    entry_point: str


@dataclass(frozen=True, slots=True)
class Named:
    """A job, whether somebody said what is right, and where its inputs come from."""

    job: "Job"
    tested: bool
    told: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What shall be made of the result."""

    apply: bool
    allow_untested: bool
    patch: Path | None
    report: Path | None
    exports: tuple[tuple[str, Path], ...]
    json: str | None
    profile: bool


# What is named


def share(text: str) -> float:
    """`5%` or `0.05`. Raises: InvalidOption for what is no share below 1."""
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise InvalidOption(f"--min-gain is a share, as 5% or 0.05; not {text!r}")
    return value


def parsed_options(options: Sequence[str]) -> dict[str, Json]:
    """`NAME=VALUE`, the value read as JSON where it is. Raises: InvalidOption for another form."""
    found: dict[str, Json] = {}
    for text in options:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise InvalidOption(f"--option wants NAME=VALUE, not {text!r}")
        try:
            parsed = jsonlib.loads(value)
        except ValueError:
            parsed = value
        found[name] = tuple(parsed) if isinstance(parsed, list) else parsed
    return found


def exports_named(texts: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """`FORM=FILE`. Raises: InvalidOption for an unknown form or no file."""
    from perfwise.core.family import Family

    known = Family("perfwise.improve.exports").names()
    found = []
    for text in texts:
        form, equals, place = text.partition("=")
        if not equals or form not in known or not place:
            raise InvalidOption(f"--export wants FORM=FILE with a form of {', '.join(known)}; not {text!r}")
        if not Path(place).absolute().parent.is_dir():
            raise InvalidOption(f"cannot write {place}: there is no such folder")
        found.append((form, Path(place)))
    return tuple(found)


def with_model(plan: "Plan", url: str | None, model: str, key: str) -> "Plan":
    """The plan with a model, or a person for the method `interactive`."""
    client: ModelClient | None = None
    if url is not None:
        from perfwise.improve.client import ChatClient

        if not model:
            raise InvalidOption("--llm URL wants --model NAME too")
        client = ChatClient(url, model, key)
    elif model:
        raise InvalidOption("--model NAME wants --llm URL too")
    elif plan.method == "interactive":
        from perfwise.improve.person import Person

        client = Person(_answered)
    return replace(plan, client=client)


def _answered(text: str) -> str:
    """What a person types until an empty line with a dot, or the end of the input."""
    from perfwise.cli.terminal import errors, shown

    errors().print(shown(text))
    errors().print("Paste the next version; end it with a line that holds only a dot. A dot at once ends the session.")
    lines = []
    while True:
        try:
            line = input()
        except EOFError:
            break
        if line == ".":
            break
        lines.append(line)
    return "\n".join(lines)


def jobs_named(asked: Asked) -> list[Named]:
    """The programs to improve. Raises: InvalidOption, InvalidInput, InvalidCandidate."""
    from perfwise.recipes.improve_programs.running import Job

    if asked.file is None:
        if not asked.tasks:
            raise InvalidOption("name a FILE to improve, or tasks with --tasks, whose references are improved")
        tasks = _tasks(asked)
        return [Named(Job(one.id, one, one.reference), True, "the task's tests") for one in tasks if one.reference]
    language = _LANGUAGES.get(asked.file.suffix, "python")
    source = _source(asked.file, language)
    tasks = _tasks(asked) if asked.tasks else _tasks_beside(asked)
    fitting = [one for one in tasks if _fits(one, source, language)] if len(tasks) > 1 else tasks
    if len(fitting) == 1:
        return [Named(Job(str(asked.file), fitting[0], source, language), True, f"the task {fitting[0].id}")]
    if fitting:
        raise InvalidOption(f"{asked.file} fits {len(fitting)} tasks; name one, such as --task {fitting[0].id}")
    if tasks or asked.task_ids:
        raise InvalidOption(f"{asked.file} defines the entry point of none of {len(tasks)} task(s); name one by --task")
    if language != "python":
        raise InvalidOption(f"{asked.file} brings no tests along; name a task with --tasks (docs/task-files.md)")
    from perfwise.recipes.improve_programs.examples import task_of_file

    made = task_of_file(asked.file.name, source, asked.entry_point)
    return [Named(Job(str(asked.file), made.task, source), made.tested, made.told)]


def _source(file: Path, language: str) -> str:
    import ast
    import warnings

    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InvalidOption(f"cannot read {file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidCandidate(f"{file} is no text in UTF-8: {error.reason}", code="does-not-parse") from error
    if language != "python":
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        told = getattr(error, "msg", None) or error
        raise InvalidCandidate(f"{file} is not Python: {told}{line}", code="does-not-parse") from error
    return text


def _tasks(asked: Asked) -> "list[ProgramTask]":
    from perfwise.programs.reading import read_tasks

    tasks = [one for path in asked.tasks for one in read_tasks(path, asked.suite)]
    if not asked.task_ids:
        return tasks
    known = {one.id: one for one in tasks}
    if missing := [one for one in asked.task_ids if one not in known]:
        import difflib

        near = difflib.get_close_matches(missing[0], known, 3, 0.4) or list(known)[:3]
        raise InvalidOption(f"there is no task {missing[0]!r}; there are {len(known)}, such as {', '.join(near)}")
    return [known[one] for one in asked.task_ids]


def _tasks_beside(asked: Asked) -> "list[ProgramTask]":
    """Task files in the program's own folder, where there are some."""
    from perfwise.programs.reading import task_files_beside

    assert asked.file is not None
    beside = asked.file.with_suffix(".py")  # what looks for task files takes programs in Python
    try:
        places, _ = task_files_beside([beside])
    except InvalidOption:
        return []
    return _tasks(replace(asked, tasks=tuple(places)))


def _fits(task: "ProgramTask", source: str, language: str) -> bool:
    import ast

    if not task.entry_point:
        return True
    if language != "python":
        return f" {task.entry_point}(" in source
    return any(isinstance(one, ast.FunctionDef) and one.name == task.entry_point for one in ast.parse(source).body)


# What is run


def run_and_show(named: Sequence[Named], plan: "Plan", wishes: Wishes, file: Path | None, workers: int) -> None:
    """Run everything, write what was asked for, and show it."""
    from perfwise.cli.terminal import complain

    if plan.client is not None and plan.client.name != "a person":
        _announce(plan)
    try:
        if len(named) == 1:
            _one(named[0], plan, wishes, file)
        else:
            _many(named, plan, wishes, workers)
    except KeyboardInterrupt:
        kept = "; the same command goes on from the archive" if plan.archive else ""
        complain(f"interrupted{kept}")
        raise typer.Exit(_INTERRUPTED) from None


def _announce(plan: "Plan") -> None:
    from perfwise.cli.terminal import errors

    name = plan.client.name if plan.client is not None else ""
    errors().print(f"At most {plan.budget.tokens:,} tokens will be asked of {name} for each program.")


def _one(named: Named, plan: "Plan", wishes: Wishes, file: Path | None) -> None:
    from perfwise.cli.json_files import write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_improvement import print_improvement
    from perfwise.cli.terminal import output
    from perfwise.recipes.improve_programs.running import bench_of, run_job
    from perfwise.recipes.improve_programs.telling import improvement_data

    job = named.job
    if wishes.apply and not named.tested and not wishes.allow_untested:
        raise InvalidOption(
            f"--apply is refused: {named.told}, so a candidate can only be held against the original. "
            "Give tests, or say --allow-untested"
        )
    bench = bench_of(job, plan)
    with progress_bar("candidates") as progress:
        made = run_job(job, plan, progress, bench)
    profiles = _profiles(bench, made) if wishes.profile and made.steps else None
    data = improvement_data(job.name, made, profiles, named.told)
    _write(wishes, [data], [(job.name, made)])
    if wishes.patch is not None:
        _write_patches(wishes.patch, made, job.name)
    if wishes.apply and file is not None and made.steps:
        _replace(file, made.result.proposal.text)
    if wishes.json is not None:
        write_json(data, wishes.json)
    if wishes.json != "-":
        print_improvement(data, output(), applied=wishes.apply and bool(made.steps))


def _profiles(bench: "Bench", made: "Improvement") -> "tuple[Profile, Profile]":
    return bench.profile(made.original.proposal.text), bench.profile(made.result.proposal.text)


def _many(named: Sequence[Named], plan: "Plan", wishes: Wishes, workers: int) -> None:
    from perfwise.cli.json_files import write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_improvement import print_improvements
    from perfwise.cli.terminal import output
    from perfwise.recipes.improve_programs.running import Refused, run_jobs
    from perfwise.recipes.improve_programs.telling import improvement_data

    made, refused = [], []
    with progress_bar("programs") as progress:
        for one, result in zip(named, run_jobs([one.job for one in named], plan, workers, progress), strict=True):
            if isinstance(result, Refused):
                refused.append(result)
            else:
                made.append((one, result))
    data = [improvement_data(one.job.name, result, None, one.told) for one, result in made]
    _write(wishes, data, [(one.job.name, result) for one, result in made])
    if wishes.patch is not None:
        for one, result in made:
            safe = "".join(each if each.isalnum() or each in "-_." else "-" for each in one.job.name)
            _write_patches(wishes.patch / safe, result, f"{safe}.py")
    document = {
        "programs": data,
        "refused": [{"name": one.name, "code": one.code, "message": one.message} for one in refused],
    }
    if wishes.json is not None:
        write_json(document, wishes.json)
    if wishes.json != "-":
        print_improvements(document, output())
    if refused and not made:
        raise typer.Exit(_ALL_REFUSED)


def _write(wishes: Wishes, data: Sequence[Mapping[str, Json]], made: "Sequence[tuple[str, Improvement]]") -> None:
    if wishes.report is not None:
        from perfwise.web.improvement import write_improvements

        write_improvements(data, wishes.report)
    for form, place in wishes.exports:
        _export(form, place, made)


def _export(form: str, place: Path, made: "Sequence[tuple[str, Improvement]]") -> None:
    from perfwise.core.family import Family

    exporter = Family("perfwise.improve.exports").get(form)()
    rows: Iterator[Mapping[str, Json]] = (
        row for name, one in made for row in exporter.rows(name, one.entries, one.cost_name)
    )
    _whole(place, "".join(jsonlib.dumps(row, allow_nan=False) + "\n" for row in rows))


def _write_patches(folder: Path, made: "Improvement", name: str) -> None:
    from perfwise.recipes.improve_programs.telling import patches

    written = patches(made, name)
    if not written:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOption(f"cannot make the folder {folder}: {error.strerror or error}") from error
    for place, text in written:
        _whole(folder / place, text)


def _replace(file: Path, text: str) -> None:
    mode = file.stat().st_mode
    _whole(file, text)
    file.chmod(mode)


def _whole(place: Path, text: str) -> None:
    """Write beside and rename, so that nobody sees half of it."""
    beside = place.with_name(f".{place.name}.part")
    try:
        beside.write_bytes(text.encode("utf-8", "surrogatepass"))
        beside.replace(place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidOption(f"cannot write {place}: {error.strerror or error}") from error


def select_samples(asked: Asked, samples: str, form: str | None, json: str | None) -> None:
    """Pick one sample of each task, and show which."""
    from perfwise.cli.json_files import write_json
    from perfwise.cli.progress import progress_bar
    from perfwise.cli.render_improvement import print_selections
    from perfwise.cli.terminal import output
    from perfwise.programs.meters.wasm import WasmMeter
    from perfwise.programs.reading import named_source, read_samples
    from perfwise.recipes.improve_programs.selecting import select

    if not asked.tasks:
        raise InvalidOption("--select picks samples of tasks; name the tasks with --tasks")
    tasks = _tasks(asked)
    found = read_samples(named_source(samples, form), tasks)
    wanted = [one for one in tasks if any(each.task == one.id for each in found)]
    picked = []
    with progress_bar("tasks") as progress:
        for done, task in enumerate(wanted, start=1):
            picked.append(select(task, [each for each in found if each.task == task.id], WasmMeter()))
            if progress is not None:
                progress(done, len(wanted))
    rows = [
        {
            "task": one.task,
            "chosen": None if one.chosen is None else one.chosen.id,
            "cost": one.cost,
            "samples": one.samples,
            "passing": one.passing,
            "distinct": one.distinct,
            "clusters": list(one.clusters),
            "measured": one.measured,
            "source": None if one.chosen is None else one.chosen.source,
        }
        for one in picked
    ]
    if json is not None:
        write_json({"cost_name": "wasm_instructions", "selected": rows}, json)
    if json != "-":
        print_selections(rows, output())
