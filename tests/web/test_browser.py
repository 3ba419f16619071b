"""The report and the live pages in a real browser: what a reader does, what the console says, what axe-core finds."""

from collections.abc import Iterator
from typing import Any

import pytest

from perfwise.web.gathering import Part
from perfwise.web.report import Wishes, write_report
from tests.web.browser import faults, opened
from tests.web.made_runs import append, hostile, outcome, stored, two_sets

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened() as started:
        yield started


@pytest.fixture
def page(browser) -> Iterator[Any]:
    """A page in light colours; the test fails if its console says anything."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme="light")
    context.set_default_timeout(20_000)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    yield page
    context.close()
    assert said == []


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report([Part("nightly", two_sets())], path, Wishes(program=lambda part, one: f"# {one.candidate_set}"))
    return path.as_uri()


def column(page, place):
    return page.locator(f"table.outcomes tbody tr:visible td:nth-child({place})").all_inner_texts()


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_report_is_sorted_by_any_column(page, report):
    page.goto(report)
    page.get_by_role("button", name="wasm_instructions").click()
    assert column(page, 2)[0] == "fast"
    page.get_by_role("button", name="wasm_instructions").click()
    assert column(page, 1)[0] == "t/11"
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("wasm_instructions")
    page.get_by_role("button", name="times cheapest").click()
    assert column(page, 6)[-1] == "\u2013"  # unknown stays last


def test_a_report_is_filtered_by_words_result_and_set(page, report):
    page.goto(report)
    page.get_by_label("Find").fill("fast t/1")
    assert column(page, 1) == ["t/10", "t/11"]
    assert page.get_by_role("status").inner_text() == "2 of 24 rows"
    page.get_by_label("Result").select_option("failed")
    assert column(page, 1) == ["t/11"]
    page.get_by_label("Find").fill("")
    page.get_by_label("Result").select_option("")
    page.get_by_role("combobox", name="Set").select_option("slow")
    assert set(column(page, 2)) == {"slow"}


def test_a_candidate_is_opened_and_closed_by_keyboard(page, report):
    page.goto(report)
    row = page.locator("tr[data-state=failed] button.open")
    row.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="t/11, fast, candidate 0")
    dialog.wait_for()
    text = dialog.inner_text()
    assert "wrong-answer: case 3: expected 1, got 2" in text
    assert "# fast" in text
    assert "CPython 3.14.0 wasm32" in text
    assert faults(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert row.evaluate("element => element === document.activeElement")


def test_a_report_follows_the_system_and_the_reader_into_the_dark(page, report):
    page.goto(report)
    assert background(page) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert background(page) == "rgb(20, 23, 27)"
    page.get_by_role("button", name="Dark").click()
    assert background(page) == "rgb(255, 255, 255)"
    assert page.locator("svg.picture").first.evaluate("e => getComputedStyle(e.querySelector('text')).fill") == (
        "rgb(22, 25, 29)"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_has_no_fault_that_axe_knows(page, report, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(report)
    assert faults(page) == []


def test_a_report_is_printed_in_dark_ink_on_paper(page, report):
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(report)
    assert background(page) == "rgb(255, 255, 255)"
    assert not page.get_by_label("Find").is_visible()


def test_hostile_text_runs_nothing_in_a_report(page, tmp_path):
    write_report([Part("run", hostile())], tmp_path / "hostile.html")
    page.goto((tmp_path / "hostile.html").as_uri())
    page.locator("tr[data-state=failed] button.open").click()
    page.get_by_role("dialog").wait_for()
    assert "\\u001b[2J\\u202e" in page.get_by_role("dialog").inner_text()
    assert page.locator("img").count() == 0


def test_live_pages_are_walked_sorted_and_filtered(page, store, serve):
    run = stored(store, two_sets(60))
    page.goto(serve().address)
    page.get_by_role("link", name=run.name).click()
    page.get_by_text("slow takes 2 times").wait_for()
    page.get_by_role("link", name="wasm_instructions").click()
    page.locator("th[aria-sort=ascending]").wait_for()
    page.get_by_label("Result").select_option("failed")
    page.locator("#outcomes tbody tr").nth(1).wait_for(state="detached")
    page.get_by_role("link", name="0", exact=True).click()
    page.get_by_text("case 3: expected 1, got 2").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Outcomes").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_live_pages_have_no_fault_that_axe_knows(page, store, serve, scheme):
    run = stored(store, two_sets())
    page.emulate_media(color_scheme=scheme)
    address = serve().address
    page.goto(f"{address}/runs/{run.id}")
    page.get_by_text("slow takes 2 times").wait_for()
    page.get_by_text("Pictures: frontier").click()
    found = {"run": faults(page)}
    places = {
        "runs": "/",
        "outcome": f"/runs/{run.id}/outcome?task=t/11&set=fast&candidate=0",
        "compare": f"/compare?first={run.id}:slow&second={run.id}:fast",
        "method": "/methods/perfwise.programs.metrics/pass_at_k",
    }
    for name, place in places.items():
        page.goto(address + place)
        found[name] = faults(page)
    assert found == {"run": [], "runs": [], "outcome": [], "compare": [], "method": []}


def test_a_running_study_is_followed_to_its_end(page, store, serve):
    run = stored(store, two_sets(2), finished=False, planned=8)
    page.goto(f"{serve().address}/runs/{run.id}")
    page.get_by_text("6 of 8 outcomes committed").wait_for()
    append(store, run, [outcome("t/98", "slow", 9e5)])
    page.get_by_text("7 of 8 outcomes committed").wait_for()
    page.get_by_role("cell", name="t/98").first.wait_for()
    append(store, run, [outcome("t/99", "slow", 9e5)])
    store.finish(run)
    page.get_by_text("finished, 8 outcomes").wait_for()
    page.get_by_role("cell", name="t/99").first.wait_for()
    page.get_by_text("4 of 4").wait_for()  # the summary counts the new ones too
