import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.outcomes import NOISY, made
from tests.web.made_runs import HOSTILE, append, hostile, stored, two_sets

pytest.importorskip("fastapi", reason="pages need perfwise[web]")


def rows(text):
    return re.findall(r'<tr data-state="(\w+)"><td>([^<]*)</td>', text)


def test_an_empty_store_says_how_to_fill_it(serve):
    assert "The store is empty" in serve().get("/").text


def test_runs_are_listed_found_and_paged(store, serve):
    for number in range(53):
        store.begin("programs" if number % 2 else "serving", {}, "2024-05-01T12:00:00", 10, name=f"night_{number}")
    server = serve()
    first = server.get("/").text
    assert "page 1 of 2" in first
    assert first.count("… not finished") == 50
    assert server.get("/?page=2").text.count("… not finished") == 3
    assert "night_52" in server.get("/?text=t_52").text
    assert "No run" in server.get("/?text=%25").text  # no wildcard
    assert "27 runs" in server.get("/?text=serv").text


def test_a_run_shows_its_outcomes_in_pages_of_a_hundred(store, serve):
    run = stored(store, [made(f"t{number:03d}", number + 1) for number in range(130)])
    server = serve()
    first, second = server.get(f"/runs/{run.id}").text, server.get(f"/runs/{run.id}?page=2").text
    assert len(rows(first)) == 100
    assert [task for _, task in rows(second)] == [f"t{number:03d}" for number in range(100, 130)]
    assert "Next" in first
    assert "Next" not in second


def test_outcomes_are_sorted_and_filtered_by_the_database(store, serve):
    run = stored(store, two_sets(4))
    server = serve()
    dear = server.get(f"/runs/{run.id}?order=wasm_instructions&descending=true").text
    assert rows(dear)[0] == ("succeeded", "t/03")
    assert 'aria-sort="descending"' in dear
    assert [state for state, _ in rows(server.get(f"/runs/{run.id}?state=failed").text)] == ["failed"]
    assert len(rows(server.get(f"/runs/{run.id}?set=slow&text=/0").text)) == 4
    assert server.get(f"/runs/{run.id}?order=1;drop").status == 404


def test_a_fragment_is_given_to_htmx_and_a_page_to_others(store, serve):
    run = stored(store, two_sets(2))
    server = serve()
    part = server.get(f"/runs/{run.id}?text=t", headers={"HX-Request": "true", "HX-Target": "outcomes"}).text
    assert part.lstrip().startswith('<div id="outcomes"')
    assert server.get(f"/runs/{run.id}?text=t").text.startswith("<!doctype html>")


def test_an_outcome_is_shown_in_full(store, serve):
    run = stored(store, two_sets(2))
    page = serve().get(f"/runs/{run.id}/outcome", task="t/01", set="fast", candidate="0").text
    assert "case 3: expected 1, got 2" in page
    assert "(&#39;t/01&#39;,)" in page
    assert '<td class="n">10000</td>' in page


@pytest.mark.parametrize("detail", [{}, {"case_cost": [1.0, None]}, {"case_cost": 3, "wrong": "x", "source": 7}])
def test_an_outcome_of_any_detail_is_shown(store, serve, detail):
    run = stored(store, [replace(made("t"), detail=detail)])
    assert serve().get(f"/runs/{run.id}/outcome", task="t", set="a", candidate="0").status == 200


def test_progress_counts_what_is_committed_until_the_run_is_finished(store, serve):
    run = stored(store, two_sets(2), finished=False, planned=9)
    server = serve()
    now = server.get(f"/runs/{run.id}/progress?seen=0")
    assert 'value="6" max="9"' in now.text
    assert "every 1s" in now.text
    assert now.headers["hx-trigger"] == "committed"
    assert "hx-trigger" not in server.get(f"/runs/{run.id}/progress?seen=6").headers
    append(store, run, [made("more", candidate_set="a")])
    store.finish(run)
    last = server.get(f"/runs/{run.id}/progress?seen=6")
    assert last.headers["hx-trigger"] == "finished"
    assert "every 1s" not in last.text


def test_a_summary_follows_the_run(store, serve):
    run = stored(store, [], finished=False, planned=9)
    server = serve()
    assert "No outcome is committed yet" in server.get(f"/runs/{run.id}/summary").text
    append(store, run, two_sets(3))
    assert "slow takes 2 times the wasm_instructions of fast" in server.get(f"/runs/{run.id}/summary").text


def test_two_sets_are_compared(store, serve):
    run = stored(store, two_sets())
    server = serve()
    page = server.get("/compare", first=f"{run.id}:slow", second=f"{run.id}:fast").text
    assert "takes 0.5 times the wasm_instructions of slow" in page
    assert page.count("↓ cheaper") == 11
    assert server.get("/compare", first=f"{run.id}:slow", second="99").status == 404
    assert "no set &#39;x&#39;" in server.get("/compare", first=f"{run.id}:x", second=f"{run.id}").text


def test_unlike_measurements_are_a_conflict_in_the_api_and_words_on_the_page(store, serve):
    one, other = stored(store, [made("t")]), stored(store, [made("t", provenance=NOISY)])
    server = serve()
    assert "Not comparable" in server.get("/compare", first=one.id, second=other.id).text
    allowed = f"/compare?first={one.id}&second={other.id}&allow=meter&allow=meter%20identity&allow=machine"
    assert "Not comparable" not in server.get(allowed).text
    assert 'value="meter" checked' in server.get(allowed).text
    answer = server.get("/api/compare", first=one.id, second=other.id)
    assert (answer.status, answer.json()["error"]["code"]) == (409, "not-comparable")


def test_methods_have_pages_with_docstring_and_source(serve):
    server = serve()
    assert "/methods/perfwise.programs.metrics/pass_at_k" in server.get("/methods").text
    page = server.get("/methods/perfwise.programs.metrics/pass_at_k").text
    assert "class PassAtK" in page
    assert "https://arxiv.org/abs/" in page
    assert server.get("/methods/os/path").status == 404
    assert server.get("/methods/perfwise.programs.metrics/nothing").status == 404


def test_hostile_names_stay_text_on_every_page(store, serve):
    run = stored(store, hostile())
    server = serve()
    pages = [
        server.get(f"/runs/{run.id}"),
        server.get(f"/runs/{run.id}/summary"),
        server.get(f"/runs/{run.id}/outcome", task=HOSTILE, set=HOSTILE, candidate=HOSTILE),
        server.get("/compare", first=f"{run.id}:{HOSTILE}", second=f"{run.id}:{HOSTILE}2"),
        server.get("/", text=HOSTILE),
        server.get(f"/runs/{run.id}", text=HOSTILE),
    ]
    for page in pages:
        assert page.status == 200
        assert "<img" not in page.text
        assert "<script>alert" not in page.text
        assert "\x1b" not in page.text
        assert "\u202e" not in page.text
    assert "unsafe" not in pages[0].headers["content-security-policy"]


def test_the_api_tells_the_same_and_describes_itself(store, serve):
    run = stored(store, two_sets(4))
    server = serve()
    assert server.get("/api/runs").json()["runs"][0] == {
        "id": run.id,
        "name": run.name,
        "created_at": "2024-05-01T12:00:00+00:00",
        "engine": "programs",
        "planned": 12,
        "finished": True,
    }
    state = server.get("/api/runs/latest").json()
    assert (state["committed"], state["sets"]) == (12, {"@reference": 4, "fast": 4, "slow": 4})
    page = server.get(f"/api/runs/{run.id}/outcomes?set=slow&limit=3&order=wasm_instructions&descending=true").json()
    assert [one["task"] for one in page["outcomes"]] == ["t/03", "t/02", "t/01"]
    assert page["next_offset"] == 3
    rest = server.get(f"/api/runs/{run.id}/outcomes?set=slow&limit=3&offset=3&detail=true").json()
    assert rest["next_offset"] is None
    assert rest["outcomes"][0]["detail"]["case_size"] == [10, 100, 1000, 10_000]
    assert server.get(f"/api/runs/{run.id}/outcome", task="t/03", set="fast", candidate="0").json()["failure"] == {
        "kind": "wrong-answer",
        "message": "case 3: expected 1, got 2",
    }
    assert server.get("/api/compare", first=f"{run.id}:slow", second=f"{run.id}:fast").json()["comparison"]["first"]
    paths = server.get("/api/openapi.json").json()["paths"]
    assert {"/api/runs", "/api/runs/{run}/outcomes", "/api/compare", "/api/methods"} <= paths.keys()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/runs/99", 404),
        ("/api/nothing", 404),
        ("/api/runs?limit=0", 422),
        ("/api/runs/latest", 404),
        (f"/api/runs/{9**30}", 404),
        (f"/api/runs?offset={9**30}", 422),
        (f"/api/runs/1/outcome?task=t&set=a&candidate=0&seed={9**30}", 422),
    ],
)
def test_the_api_tells_errors_as_json(serve, path, status):
    answer = serve().get(path)
    assert answer.status == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/99", 404),
        ("/runs/x", 422),
        ("/runs/1?page=0", 422),
        ("/no", 404),
        (f"/runs/{9**30}", 422),
        (f"/runs/1?page={9**30}", 422),
        (f"/?page={9**30}", 422),
        (f"/runs/1/outcome?task=t&set=a&candidate=0&seed={9**30}", 422),
        (f"/compare?first={9**30}:a&second=1:b", 404),
    ],
)
def test_errors_are_pages(serve, path, status):
    answer = serve().get(path)
    assert answer.status == status
    assert "This cannot be shown" in answer.text


def test_only_known_files_are_given_out(serve):
    server = serve()
    assert server.get("/static/htmx.min.js").status == 200
    for name in ("app.py", quote("../pages.py", safe=""), "htmx.LICENSE.txt"):
        assert server.get(f"/static/{name}").status == 404
