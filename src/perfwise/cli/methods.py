"""`perfwise methods`: every engine, family and method, with its source."""

from typing import Annotated

import typer

__all__ = ["list_methods"]


def list_methods(
    family: Annotated[str | None, typer.Option(help="Only this family, e.g. 'metrics'.")] = None,
) -> None:
    """List every method by engine and family, with the publication or format that it comes from."""
    from rich.text import Text

    from perfwise.cli.terminal import output, shown
    from perfwise.core.family import Family, every_family
    from perfwise.errors import InvalidOption

    packages = every_family()
    wanted = [name for name in packages if family in (None, name, name.rpartition(".")[2])]
    if not wanted:
        known = dict.fromkeys(name.rpartition(".")[2] for name in packages)
        raise InvalidOption(f"there is no family {family!r}; there are {', '.join(known)}")
    console = output()
    for package in wanted:
        console.print(Text(f"\n{package.removeprefix('perfwise.').replace('.', ' / ')}", style="bold"))
        family_of = Family(package)
        for method in family_of.describe():
            console.print(Text(f"  {shown(method.name)}", style="cyan").append(f"  {shown(method.summary)}", style=""))
            if parameters := _parameters(family_of.get(method.name)):
                console.print(Text(f"      Parameters: {shown(parameters)}", style="dim"))
            if method.source:
                console.print(Text(f"      Source: {shown(method.source)}", style="dim"))


def _parameters(method: object) -> str:
    """Those with a plain default, as they would be given: `chunk_tokens=512`."""
    from dataclasses import fields, is_dataclass

    if not is_dataclass(method):
        return ""
    return ", ".join(
        f"{each.name}={each.default}"
        for each in fields(method)
        if each.init and isinstance(each.default, int | float | str)
    )
