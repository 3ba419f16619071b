"""Make the pictures of the report, light and dark, by chromium and playwright: `python docs/images/make_report.py`."""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def report(folder: Path) -> Path:
    """The demo's, with the explanation of one difference."""

    def perfwise(*arguments: str) -> None:
        command = [sys.executable, "-m", "perfwise", *arguments, "--store", str(folder / "store.db")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)  # noqa: S603 - ourselves

    perfwise("demo")
    perfwise("explain", "latest", "plain", "careful", "--task", "common_words", "--svg", "common_words.svg")
    perfwise("report", "latest", "--explain", "common_words.svg", "--title", "perfwise demo", "-o", "report.html")
    return folder / "report.html"


def main() -> None:
    """Write report-light.png (the top) and report-dark.png (pictures)."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        address = report(Path(folder)).as_uri()
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for scheme, heading in (("light", "h1"), ("dark", "h2:has-text('Quality against cost')")):
            page = browser.new_page(viewport={"width": 1100, "height": 880}, color_scheme=scheme)
            page.goto(address)
            page.locator(heading).first.evaluate(
                "heading => scrollTo(0, heading.offsetTop > 200 ? heading.offsetTop - 30 : 0)"
            )
            image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            image.quantize(96).save(HERE / f"report-{scheme}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
