"""Programs out of what a model wrote: continuations are cut, chat answers unwrapped, whole programs left alone."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["continued", "defines", "from_chat", "parsed", "with_alias"]

_STOP = re.compile(r"\n(?:class|def|#|if|print|@|assert|\"\"\"|'''|from|import|for|while|try)")
_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^`\n]*$")
_CODE_START = re.compile(r"(?:async |class |def |from \w|import \w|@\w|[A-Za-z_]\w*\s*(?:,\s*\w+\s*)*=[^=])")
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINITIONS = (*_NAMED, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
_PYTHON = frozenset({"", "python", "py", "python3", "python2", "py3"})


@lru_cache(maxsize=64)  # a reader asks for the same text several times in a row
def parsed(source: str) -> ast.Module | None:
    """The syntax tree, or None where the text is not Python (of this interpreter's version)."""
    try:
        return _parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model's odd escapes are no business of the reader of its answers
        return ast.parse(source)


def defines(source: str, name: str) -> bool:
    """Whether a program binds the name at its top level."""
    tree = parsed(source)
    return tree is not None and any(name in _bound(statement) for statement in tree.body)


def continued(prompt: str, completion: str) -> str:
    """The program that a continuation of a prompt makes.

    A model that continues a function does not know where to end, so the text is cut before the first line that starts
    with a top-level stop word. Where the uncut text parses, later definitions that the kept part uses come back.
    A prompt that ends outside a function, or an answer that defines the prompt's function again, leaves nothing to cut.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374 (stop sequences).
    Differs: more stop words, those of CodeT's samples; the return of helpers that are used is ours.
    """
    stop = _STOP.search(completion)
    if stop is None or not completion[: stop.start()].strip():
        return prompt + completion
    name = _unfinished(prompt)
    if name == "" or (name is not None and defines(completion, name)):
        return prompt + completion
    kept = prompt + completion[: stop.start()]
    helpers = _used_later(kept, prompt + completion)
    return "\n".join([kept, *helpers, ""]) if helpers else kept


def _unfinished(prompt: str) -> str | None:
    """Name of the function or class that a prompt ends in; empty at the top level, None if it cannot be told."""
    tree = parsed(prompt) or parsed(f"{prompt}\n    pass\n")
    if tree is None:
        return None
    last = tree.body[-1] if tree.body else None
    return last.name if isinstance(last, _NAMED) else ""


def _used_later(kept: str, whole: str) -> list[str]:
    """Texts of the definitions behind the kept part that it uses, directly or through each other."""
    tree, kept_tree = parsed(whole), parsed(kept)
    if tree is None or kept_tree is None:
        return []
    later = [each for each in tree.body[len(kept_tree.body) :] if isinstance(each, _DEFINITIONS)]
    known = _bound_anywhere(kept_tree)
    wanted, chosen = _loaded(kept_tree) - known, set[int]()
    while fresh := {i for i, each in enumerate(later) if i not in chosen and _bound(each) & wanted}:
        chosen |= fresh
        for i in fresh:
            wanted |= _loaded(later[i]) - known
    return [ast.unparse(later[i]) for i in sorted(chosen)]


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return set(map(_imported, names))
        case ast.Assign(targets=targets):
            return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _bound_anywhere(tree: ast.Module) -> set[str]:
    """Names that a program binds in any scope."""
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    names |= {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    names |= {_imported(each) for each in ast.walk(tree) if isinstance(each, ast.alias)}
    return names | {each.name for each in ast.walk(tree) if isinstance(each, _NAMED)}


def _imported(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _loaded(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


def with_alias(source: str, wanted: str, given: str = "solution") -> str:
    """The program, with the wanted name added where only the given one is defined."""
    if wanted == given or defines(source, wanted) or not defines(source, given):
        return source
    return f"{source.rstrip()}\n\n{wanted} = {given}\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """One fenced block of a chat answer; `closed` is False where the answer ended inside it."""

    language: str
    text: str
    closed: bool


def from_chat(text: str, entry_point: str = "") -> str:
    """The program in a chat answer.

    Among fenced Python blocks the last that parses and defines the entry point (or `solution`) wins, because an answer
    works towards its final version; else all blocks together, if they do; else the longest that parses. For a program
    without an entry point the longest that parses wins. Without fences it is the longest run of lines that parses.

    Args:
        text: the answer, as the model wrote it.
        entry_point: the function asked for; empty for a program that reads standard input.
    Returns: program text; where nothing in the answer parses, the likeliest part, which then fails as a candidate.
    """
    blocks = [block for block in _blocks(text) if block.text.strip()]
    if not blocks:
        return text if parsed(text) is not None else _longest_run(text, entry_point) or text
    python = [block for block in blocks if block.language.lower() in _PYTHON] or blocks
    texts = [block.text if block.closed else _as_far_as_it_parses(block.text, entry_point) for block in python]
    good = [each for each in texts if parsed(each) is not None]
    if entry_point:
        joined = "\n".join(good)
        for candidate in [*reversed(good), joined]:
            if _answers(candidate, entry_point):
                return candidate
    return max(good or texts, key=len)


def _answers(source: str, entry_point: str) -> bool:
    return defines(source, entry_point) or defines(source, "solution")


def _blocks(text: str) -> Iterator[_Block]:
    language, mark, lines = "", "", list[str]()
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not mark:
            if found:
                language, mark, lines = found["language"], found["mark"], []
        elif found and found["mark"].startswith(mark) and not found["language"]:
            yield _Block(language, textwrap.dedent("\n".join(lines)) + "\n", closed=True)
            mark = ""
        else:
            lines.append(line)
    if mark:
        yield _Block(language, textwrap.dedent("\n".join(lines)) + "\n", closed=False)


def _as_far_as_it_parses(text: str, entry_point: str) -> str:
    """A block that never ended: all of it, else as much of its beginning as makes a program."""
    if parsed(text) is not None:
        return text
    run = _run_from(text.splitlines(), 0)
    return run if run and (not entry_point or _answers(run, entry_point)) else text


def _longest_run(text: str, entry_point: str) -> str:
    """The longest run of lines that parses and starts like code; defining the entry point beats length."""
    lines, runs, start = text.splitlines(), list[str](), 0
    while start < len(lines):
        run = _run_from(lines, start) if _CODE_START.match(lines[start]) else ""
        if run:
            runs.append(run)
        start += max(run.count("\n"), 1)
    return max(runs, key=lambda run: (bool(entry_point) and _answers(run, entry_point), len(run)), default="")


def _run_from(lines: list[str], start: int) -> str:
    """The longest parsing run that starts at a line; each failure says where to end the next try."""
    end = len(lines)
    while end > start:
        run = "\n".join(lines[start:end]) + "\n"
        try:
            _parse(run)
        except SyntaxError as error:
            end = start + min((error.lineno or 1), end - start) - 1
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            return run
    return ""
