"""A real browser for tests: Debian's Chromium under Playwright, or a skip that says what is missing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["faults", "opened"]

_AXE = Path(__file__).parent / "vendored" / "axe.min.js"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def opened() -> Iterator[Any]:
    """A browser; it ends with the block."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser test needs playwright (pip)")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("the browser test needs chromium (apt install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def faults(page: Any) -> list[str]:
    """What axe-core finds wrong with the page as it is now, for people who use it by keyboard or ear."""
    page.evaluate(_AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{one['id']}: {one['help']} ({[node['target'] for node in one['nodes']][:3]})" for one in found]
