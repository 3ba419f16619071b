import http.client

import pytest

pytest.importorskip("fastapi", reason="pages need perfwise[web]")

TOKEN = "a-secret-token"


def test_without_a_token_only_this_machines_names_are_answered_to(serve):
    server = serve()
    assert server.get("/", headers={"Host": "localhost:99"}).status == 200
    assert server.get("/", headers={"Host": "[::1]:99"}).status == 200
    refused = server.get("/", headers={"Host": "evil.example"})
    assert refused.status == 403
    assert "localhost" in refused.text


def test_a_token_is_demanded_of_pages_files_and_api(serve):
    server = serve(TOKEN)
    for path in ("/", "/api/runs", "/static/perfwise.css", "/nothing", "/?token=", "/?token=wrong"):
        answer = server.get(path)
        assert answer.status == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert server.get("/", headers={"Authorization": "Bearer wrong"}).status == 401
    assert server.get("/", headers={"Authorization": f"Basic {TOKEN}"}).status == 401
    assert server.get("/", headers={"Cookie": "perfwise-token=wrong"}).status == 401
    assert server.get("/", headers={"Authorization": "Bearer ümlaut".encode().decode("latin-1")}).status == 401


def test_a_header_opens_and_any_host_will_do(serve):
    answer = serve(TOKEN).get("/api/runs", headers={"Authorization": f"Bearer {TOKEN}", "Host": "lab.example"})
    assert answer.status == 200


def test_a_token_in_the_address_becomes_a_cookie(serve):
    server = serve(TOKEN)
    answer = server.get(f"/compare?first=1%262&token={TOKEN}")
    assert (answer.status, answer.headers["location"]) == (303, "/compare?first=1%262")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert server.get("/", headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert server.get(f"/api/runs?token={TOKEN}").status == 200


def test_a_redirect_never_leaves_the_site(serve):
    assert serve(TOKEN).get(f"//evil.example/?token={TOKEN}").headers["location"] == "/evil.example/"


def test_every_answer_forbids_what_a_page_does_not_need(serve):
    headers = serve().get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(serve, method):
    connection = http.client.HTTPConnection("127.0.0.1", serve().port, timeout=30)
    connection.request(method, "/api/runs")
    assert connection.getresponse().status == 405
    connection.close()
