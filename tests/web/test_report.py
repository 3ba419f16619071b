import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidOption
from perfwise.interchange.reading import read_outcomes
from perfwise.web.gathering import Part, file_parts, stored_part
from perfwise.web.report import Wishes, report_text, write_report
from perfwise.web.sections import Pictures, explained, flame
from tests.outcomes import NOISY, made
from tests.web.made_runs import HOSTILE, hostile, stored, two_sets

pytest.importorskip("jinja2", reason="reports need perfwise[web]")
pytest.importorskip("matplotlib", reason="reports need perfwise[web]")


class Page(HTMLParser):
    """Elements and text of a page, as a browser reads them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._raw = [], [], False
        self.feed(text)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._raw = tag in {"script", "style"}

    def handle_endtag(self, tag):
        self._raw = False

    def handle_data(self, data):
        if not self._raw:
            self.texts.append(data)

    def count(self, tag):
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures take most of the time of a small report."""
    nothing = Pictures(None, None, None, None, None, (), "")
    monkeypatch.setattr("perfwise.web.report.drawn", lambda *_: nothing)


@pytest.fixture(scope="module")
def page():
    return report_text([Part("nightly", two_sets())])


def test_sections_stand_in_the_order_of_the_questions(page):
    told = re.findall(r"<h2>(.*?)</h2>", page)
    assert told == [
        "Sets",
        "Outcomes",
        "Quality against cost",
        "Ratio of costs",
        "Ratio by task",
        "Growth with the size of the input",
        "Distribution over tasks",
        "Failures",
        "Caveats",
        "To make it again",
    ]


def test_the_verdict_comes_first_and_in_words(page):
    text = Page(page).text
    assert text.index("slow takes 2 times the wasm_instructions of fast") < text.index("Outcomes")


def test_every_outcome_but_the_references_has_a_row(page):
    assert len(re.findall(r"<tr data-state=", page)) == 24
    assert len(re.findall(r'<tr data-state="failed"', page)) == 1


def test_failing_inputs_are_shown(page):
    assert "Candidate 0: case 3: expected 1, got 2" in Page(page).text
    assert "('t/11',)" in Page(page).text


def test_growth_is_fitted_where_sizes_are_known(page):
    assert re.search(r"<td>t/00</td><td>fast</td><td>O\(n\)</td>", page)


def policy_of(page):
    (policy,) = [attributes["content"] for tag, attributes in Page(page).elements if "http-equiv" in attributes]
    return policy


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in Page(page).elements:
        for name in ("src", "href", "action", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
    assert "default-src 'none'" in policy_of(page)
    assert "unsafe" not in policy_of(page)


def test_a_policy_names_the_only_script_and_style(page):
    import hashlib

    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    for text in (style, script):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy_of(page)


def test_hostile_names_and_outputs_stay_text():
    page = report_text([Part(HOSTILE, hostile())], Wishes(commands=(HOSTILE,), program=lambda part, one: HOSTILE))
    read = Page(page)
    assert read.count("script") == 2  # the data and ours
    assert [attributes for tag, attributes in read.elements if tag == "img"] == []
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\\x1b[2J\\u202e" in read.text


def test_the_embedded_outcomes_are_read_back_as_they_were(tmp_path, store, undrawn):
    run = stored(store, [*two_sets(), *hostile()])
    write_report([stored_part(store, str(run.id))], tmp_path / "report.html")
    outcomes = read_outcomes(tmp_path / "report.html")
    assert [one for group in outcomes.values() for one in group] == list(store.outcomes(run))
    (part,) = file_parts(tmp_path / "report.html")
    assert (part.run.name, part.run.spec) == (run.name, {"samples": []})


def embedded(page):
    (text,) = re.findall(r'id="perfwise-data">(.*?)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_only_programs_of_rows_shown_are_embedded(undrawn):
    programs = embedded(report_text([Part("run", two_sets())], Wishes(most_rows=3, program=lambda _, one: one.task)))
    assert len(programs["programs"]) == 3
    assert all(text == f"t/{place // 3:02d}" for _, place, text in programs["programs"])


def test_rows_that_ask_for_a_look_are_kept_where_there_are_too_many(undrawn):
    page = report_text([Part("run", two_sets())], Wishes(most_rows=4))
    assert "4 of 24 outcomes are shown" in Page(page).text
    assert len(re.findall(r'<tr data-state="failed"', page)) == 1
    assert len(re.findall(r"<tr data-state=", page)) == 4


def test_a_large_page_leaves_out_what_it_does_not_show_and_says_so(undrawn):
    filler = {"filler": [float(number) * 1.37 for number in range(400)]}
    outcomes = [replace(made(f"t{number}", 1.0 + number), detail=filler) for number in range(1500)]
    page = report_text([Part("run", outcomes)], Wishes(most_rows=10))
    data = embedded(page)
    assert data["abridged"]
    assert sum(detail is not None for detail in data["parts"][0]["outcomes"]["detail"]) == 10
    assert len(data["parts"][0]["outcomes"]["task"]) == 1500
    assert "are left out" in Page(page).text
    assert len(page) < 1_000_000


def test_a_thousand_rows_take_less_than_a_megabyte():
    outcomes = [one for one in two_sets(500) if one.candidate_set != REFERENCE]
    assert len(report_text([Part("run", outcomes)]).encode()) < 1_000_000


def test_graded_quality_of_another_engine_has_a_column(undrawn):
    modelled = replace(NOISY, engine="serving", interpreter="none")
    graded = [
        replace(
            made(f"t{i}", 0.5 + i, candidate_set=name, cost_name="latency_s"), quality=0.25 * i, provenance=modelled
        )
        for name in "ab"
        for i in (1, 2, 3)
    ]
    page = report_text([Part("serving", graded)])
    assert '<button type="button" data-sort>quality</button>' in page
    assert 'data-v="0.75">0.750</td>' in page
    assert "sandbox" not in Page(page).text


def test_unlike_runs_are_shown_with_the_refusal(undrawn):
    page = report_text([Part("a", [made("t")]), Part("b", [made("t", provenance=NOISY)])])
    assert "Not comparable" in Page(page).text


def test_explanations_stand_as_images_and_lines(undrawn):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    line = {"line": 3, "function": "f", "text": "x = <b>", "visits": 7, "own": 25.0, "total": 50.0}
    document = {"explanations": [{"task": "t", "candidate_set": "a", "candidate": "0", "cost": 100, "lines": [line]}]}
    explanations = (flame("graph", svg), *explained(document))
    read = Page(report_text([Part("run", two_sets())], Wishes(explanations=explanations)))
    (image,) = [attributes for tag, attributes in read.elements if tag == "img"]
    assert base64.b64decode(image["src"].partition(",")[2]).decode() == svg
    assert read.count("script") == 2
    assert "3 7 25 25.0 % 50 x = <b>" in read.text


def test_a_report_is_written_whole_or_not_at_all(tmp_path, undrawn):
    with pytest.raises(InvalidOption, match="cannot write"):
        write_report([Part("run", two_sets(2))], tmp_path / "nowhere" / "report.html")
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(InvalidOption, match="cannot write"):
        write_report([Part("run", two_sets(2))], folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_the_same_outcomes_make_the_same_page(page):
    assert report_text([Part("nightly", two_sets())]) == page


def test_a_page_without_rows_is_refused():
    with pytest.raises(InvalidOption, match="at least one row"):
        report_text([Part("run", two_sets(2))], Wishes(most_rows=0))
