"""The metric that a rule of a gate names."""

import ast
import dataclasses
from typing import Any

from perfwise.core.family import Family, every_family
from perfwise.core.metric import Metric
from perfwise.errors import InvalidOption

__all__ = ["metric_named"]


def metric_named(text: str, cost: str) -> Metric:
    """A metric by the name of its file, of whatever engine, with parameters as a call has them.

    Args:
        text: `speedup`, `pass_at_k(k=10)`, `ttft(statistic="p99")`.
        cost: taken where the metric asks for one and the text names none.
    Raises: InvalidOption for a name that there is not, or parameters that it does not take.
    """
    name, keywords = _parsed(text)
    families = [Family(package) for package in every_family() if package.endswith(".metrics")]
    family = next((family for family in families if name in family.names()), None)
    if family is None:
        known = sorted({name for family in families for name in family.names()})
        raise InvalidOption(f"there is no metric {name!r}; there are cost, quality, names of costs, {', '.join(known)}")
    method: Any = family.get(name)
    defaults = {field.name: field.default for field in dataclasses.fields(method)}
    if defaults.get("cost") == "wasm_instructions":  # one that asks for another by default is defined for that only
        keywords = {"cost": cost, **keywords}
    try:
        metric: Metric = method(**keywords)
    except TypeError as cause:
        takes = ", ".join(defaults) or "no parameters"
        raise InvalidOption(f"{text!r} is no metric of a gate: {name} takes {takes}") from cause
    return metric


def _parsed(text: str) -> tuple[str, dict[str, Any]]:
    try:
        node = ast.parse(text, mode="eval").body
        if isinstance(node, ast.Name):
            return node.id, {}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
            return node.func.id, {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
    except (SyntaxError, ValueError):
        pass
    raise InvalidOption(f"{text!r} is no metric; write a name as speedup, or with parameters as pass_at_k(k=10)")
