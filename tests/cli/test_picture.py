import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "images" / "make_demo.py"


def test_picture_of_the_demo_is_current_and_loads_nothing_from_elsewhere():
    drawn = runpy.run_path(str(SCRIPT))["picture"]()
    assert SCRIPT.with_name("demo.svg").read_text("utf-8") == drawn, "run docs/images/make_demo.py"
    assert "url(http" not in drawn
