"""Pages of the site that nobody writes by hand: a page a method, the library's surface, examples, files of the root.

MkDocs calls the functions named `on_...`. Links that lead out of `docs/` are led to the page that stands for their
target; where none does, the text stays without a link.
"""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import perfwise
from perfwise.core.family import Family, every_family

__all__ = ["on_config", "on_files", "on_page_markdown"]

_ROOT = Path(__file__).resolve().parents[2]
_ROOT_PAGES = {
    "README.md": "start.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"(?P<mark>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the navigation: what is there, by kind."""
    written = sorted(path.name for path in (_ROOT / "docs").glob("*.md"))
    tutorials = [name for name in written if name.startswith("tutorial-")]
    numbers = [name for name in written if name in _numbers()]
    rest = [name for name in written if name not in {*tutorials, *numbers, "index.md", "methods.md", "json-schema.md"}]
    decisions = sorted(f"decisions/{path.name}" for path in (_ROOT / "docs" / "decisions").glob("*.md"))
    config.nav = [
        {"Home": ["index.md", {"Read me first": "start.md"}]},
        {"Tutorials": tutorials},
        {"Guides": rest},
        {"Methods": ["methods.md", *_family_navigation()]},
        {"Numbers": numbers},
        {"Reference": ["library.md", "json-schema.md", {"Examples": list(_examples())}]},
        {"House": ["architecture.md", "contributing.md", "changelog.md", {"Decisions": decisions}]},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    texts = {
        **{page: (_ROOT / source).read_text("utf-8") for source, page in _ROOT_PAGES.items()},
        **_examples(),
        **_method_pages(),
        "library.md": _library(),
    }
    for page, text in texts.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to where their targets stand in the site."""
    here = PurePosixPath(page.file.src_uri)
    origin = {site: source for source, site in _ROOT_PAGES.items()}.get(str(here), f"docs/{here}")

    def led(link: re.Match[str]) -> str:
        target, _hash, anchor = link["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return link[0]
        place = os.path.normpath(PurePosixPath(origin).parent / target)
        goal = _site_page(place)
        if goal is None:
            return link["text"]
        return f"{link['mark']}[{link['text']}]({os.path.relpath(goal, here.parent)}{_hash}{anchor})"

    return _LINK.sub(led, markdown)


def _site_page(place: str) -> str | None:
    if place in _ROOT_PAGES:
        return _ROOT_PAGES[place]
    if place == "examples":
        return next(iter(_examples()))
    if place.startswith("examples/"):
        return place.removesuffix(".py") + ".md"
    if place == "docs/decisions":
        return "index.md"
    return place.removeprefix("docs/") if place.startswith("docs/") else None


def _numbers() -> set[str]:
    """Pages that are results."""
    named = {"evidence.md", "coffe-ranking.md", "enamel-failures.md", "humaneval-disagreements.md"}
    return named | {path.name for path in (_ROOT / "docs").glob("*-reality-*.md")}


def _examples() -> dict[str, str]:
    pages = {}
    for path in sorted((_ROOT / "examples").glob("*.py")):
        text = path.read_text("utf-8")
        about = text.split('"""')[1].strip()
        pages[f"examples/{path.stem}.md"] = f"# {path.stem}\n\n{about}\n\n```python\n{text}```\n"
    return pages


def _method_pages() -> dict[str, str]:
    pages = {}
    for package in every_family():
        for name, method in zip(Family(package).names(), Family(package), strict=True):
            engine, family = package.split(".")[1:]
            title = f"# {name}\n\nA method of [{engine} / {family}](../../methods.md).\n\n"
            pages[_method_page(package, name)] = f"{title}::: {method.__module__}.{method.__name__}\n"
    return pages


def _method_page(package: str, name: str) -> str:
    return f"methods/{'-'.join(package.split('.')[1:])}/{name}.md"


def _family_navigation() -> list[dict[str, list[str]]]:
    return [
        {" / ".join(package.split(".")[1:]): [_method_page(package, name) for name in Family(package).names()]}
        for package in every_family()
    ]


def _library() -> str:
    """The public surface, each name where it lives."""
    parts = ["# The library\n\nWhat `import perfwise` offers; each name is imported on first use.\n"]
    for home, names in perfwise._HOMES.items():
        parts += [f"\n::: {home}.{name}\n" for name in names if name != "REFERENCE"]
    parts.append("\n# Errors\n\n::: perfwise.errors\n    options: {show_root_heading: false}\n")
    return "".join(parts)
