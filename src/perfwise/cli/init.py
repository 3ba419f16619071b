"""`perfwise init`: a workflow for GitHub and a commented table of settings, added to a project."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from perfwise.errors import InvalidOption
from perfwise.kit.wholefiles import replacing

__all__ = ["initialise"]

_WORKFLOW = """\
name: perfwise
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  perfwise:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install perfwise pytest
      # If the tests import your package, install it too:
      # - run: pip install .
      - uses: actions/cache@v4  # the compiled sandbox, some 20 s of CPU; it is made anew where it does not fit
        with:
          path: ~/.cache/perfwise
          key: perfwise-${{ runner.os }}-${{ runner.arch }}
      # Fails where a measurement got dearer than perfwise-baselines.json (made by: pytest --perfwise-update).
      - run: pytest --perfwise-gate
  # For a comment on each pull request: what its programs cost beside those of its base. Remove the `# `, say in ASK
  # what perfwise eval shall run, and uncomment rules in pyproject.toml.
  # compare:
  #   if: github.event_name == 'pull_request'
  #   runs-on: ubuntu-latest
  #   permissions:
  #     contents: read
  #     pull-requests: write
  #   env:
  #     ASK: --tasks tasks.py --samples mine=src/mine.py
  #     BASE: ${{ github.event.pull_request.base.sha }}
  #     GH_TOKEN: ${{ github.token }}
  #   steps:
  #     - uses: actions/checkout@v4
  #       with:
  #         fetch-depth: 0
  #     - uses: actions/setup-python@v5
  #       with:
  #         python-version: "3.12"
  #     - run: pip install perfwise
  #     - run: perfwise eval $ASK --json after.json
  #     - run: git worktree add --detach base $BASE && cd base && perfwise eval $ASK --json ../before.json
  #     - run: perfwise compare before.json after.json --gate --markdown comment.md
  #     - if: ${{ !cancelled() && hashFiles('comment.md') != '' }}
  #       run: gh pr comment ${{ github.event.number }} --edit-last --create-if-none --body-file comment.md
"""
_MARK = "# perfwise: rules for `perfwise compare --gate`"
_SETTINGS = f"""\
{_MARK}; remove the `# ` before those you want.
# [[tool.perfwise.gate]]  # no dearer on the whole
# metric = "cost"
# tolerance = "3%"
#
# [[tool.perfwise.gate]]  # nothing that was right becomes wrong
# metric = "quality"
# tolerance = 0
# settled = false
"""


def initialise(
    folder: Annotated[Path, typer.Argument(help="The project's root folder.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write the workflow anew where there is one.")] = False,
) -> None:
    """Add a GitHub workflow that gates exact costs, and commented settings in pyproject.toml."""
    workflow, settings = folder / ".github" / "workflows" / "perfwise.yml", folder / "pyproject.toml"
    if not folder.is_dir():
        raise InvalidOption(f"there is no folder {folder}; give the project's root folder")
    if workflow.exists() and not force:
        raise InvalidOption(f"{workflow} is there already; --force writes it anew")
    added = _with_settings(settings)
    _write_whole(workflow, _WORKFLOW)
    typer.echo(f"wrote {workflow}")
    if added is None:
        typer.echo(f"{settings} has its perfwise settings already; left as it is")
    else:
        _write_whole(settings, added)
        typer.echo(f"added commented settings to {settings}")
    typer.echo(
        "next: write a test with the fixture perfwise, run pytest --perfwise-update, commit perfwise-baselines.json"
    )


def _with_settings(path: Path) -> str | None:
    """The file's text with the settings appended; None if it has some. Raises: InvalidOption if it cannot be read."""
    try:
        before = path.read_bytes().decode("utf-8") if path.exists() else ""
        document = tomllib.loads(before)
    except (OSError, ValueError) as error:
        raise InvalidOption(f"cannot read {path}: {error}; mend it, then run perfwise init again") from error
    tools = document.get("tool", {})
    if _MARK in before or (isinstance(tools, dict) and "perfwise" in tools):
        return None
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    return before + (gap + _SETTINGS).replace("\n", "\r\n" if "\r\n" in before else "\n")


def _write_whole(path: Path, text: str) -> None:
    """All of it or nothing. Raises: InvalidOption."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOption(f"cannot write {path}: {error.strerror or error}") from error
    with replacing(path) as file:
        file.write(text.encode())
