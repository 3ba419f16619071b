"""Programs out of what a model wrote: continuations are cut, chat answers unwrapped, whole programs left alone."""

import ast
import re

from perfwise.kit.chat import from_chat
from perfwise.kit.python_text import NAMED, bound_names, defines, imported_name, parsed

__all__ = ["continued", "defines", "from_chat", "parsed", "with_alias"]

_STOP = re.compile(r"\n(?:class|def|#|if|print|@|assert|\"\"\"|'''|from|import|for|while|try)")
_DEFINITIONS = (*NAMED, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


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
    return last.name if isinstance(last, NAMED) else ""


def _used_later(kept: str, whole: str) -> list[str]:
    """Texts of the definitions behind the kept part that it uses, directly or through each other."""
    tree, kept_tree = parsed(whole), parsed(kept)
    if tree is None or kept_tree is None:
        return []
    later = [each for each in tree.body[len(kept_tree.body) :] if isinstance(each, _DEFINITIONS)]
    known = _bound_anywhere(kept_tree)
    wanted, chosen = _loaded(kept_tree) - known, set[int]()
    while fresh := {i for i, each in enumerate(later) if i not in chosen and bound_names(each) & wanted}:
        chosen |= fresh
        for i in fresh:
            wanted |= _loaded(later[i]) - known
    return [ast.unparse(later[i]) for i in sorted(chosen)]


def _bound_anywhere(tree: ast.Module) -> set[str]:
    """Names that a program binds in any scope."""
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    names |= {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    names |= {imported_name(each) for each in ast.walk(tree) if isinstance(each, ast.alias)}
    return names | {each.name for each in ast.walk(tree) if isinstance(each, NAMED)}


def _loaded(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


def with_alias(source: str, wanted: str, given: str = "solution") -> str:
    """The program, with the wanted name added where only the given one is defined."""
    if wanted == given or defines(source, wanted) or not defines(source, given):
        return source
    return f"{source.rstrip()}\n\n{wanted} = {given}\n"
