"""Whatever an endpoint does, asking it ends in an answer, and costs nothing but tokens."""

import json

import pytest

from perfwise.errors import InvalidOption
from perfwise.improve.archive import Archive
from perfwise.improve.client import ChatClient
from perfwise.improve.contracts import Budget, Message, Request
from perfwise.improve.loop import improve
from perfwise.improve.methods.sample import Sample
from tests.improve.endpoint import breaks_off, endpoint, hangs, says, sends
from tests.improve.toy import ToyBench

pytest.importorskip("httpx", reason="asking a model needs httpx: pip install 'perfwise[improve]'")

REQUEST = Request((Message("system", "be brief"), Message("user", "2 + 2?")), 0.25, 64, 3, {"top_p": 0.9})
BODY = {
    "model": "small",
    "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2 + 2?"}],
    "temperature": 0.25,
    "max_tokens": 64,
    "seed": 3,
    "stream": False,
    "top_p": 0.9,
}


def client(server, **options):
    return ChatClient(server.url, "small", **{"timeout_s": 5.0, "pause": lambda _s: None, **options})


def test_what_is_sent_is_a_chat_completion_with_the_key_as_bearer():
    with endpoint(says("4", {"prompt_tokens": 7, "completion_tokens": 1})) as server:
        answer = client(server, key="secret", usd_per_token=(0.5, 2.0)).ask(REQUEST)
    ((path, headers, body),) = server.seen
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer secret"
    assert body == BODY
    assert (answer.text, answer.tokens, answer.usd, answer.failure) == ("4", 8, 7 * 0.5 + 1 * 2.0, "")


def test_without_a_key_none_is_sent_and_the_key_is_not_shown():
    with endpoint(says("4")) as server:
        client(server).ask(REQUEST)
    assert "authorization" not in {name.lower() for name in server.seen[0][1]}
    assert "secret" not in repr(ChatClient(server.url, "small", key="secret"))


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "many"}, {"prompt_tokens": -5, "completion_tokens": 1}])
def test_tokens_that_are_not_told_are_counted_from_bytes(usage):
    with endpoint(says("abcdefghi", usage)) as server:
        answer = client(server).ask(REQUEST)
    assert answer.tokens == (len("be brief") // 3 + 8) + (len("2 + 2?") // 3 + 8) + 3


def test_a_busy_endpoint_is_asked_again_and_one_that_refuses_is_not():
    with endpoint(sends(b"busy", 503), sends(b"slow down", 429), says("4")) as server:
        waits = []
        assert client(server, pause=waits.append).ask(REQUEST).text == "4"
        assert waits == [2.0, 4.0]
    with endpoint(sends(b'{"error": "no such model"}', 404)) as server:
        answer = client(server).ask(REQUEST)
        assert answer.failure == 'the endpoint says 404: {"error": "no such model"}'
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (sends(b"<html>gateway</html>"), "is none of a chat: <html>gateway</html>"),
        (sends(b"[" * 100_000), "is none of a chat"),
        (sends(b'{"choices": []}'), "is none of a chat"),
        (sends(b'{"choices": [{"message": {"content": 4}}]}'), "the model said nothing"),
        (says("  \n"), "the model said nothing"),
        (sends(b"", 302, location="http://127.0.0.1:1/elsewhere"), "the endpoint says 302"),
        (sends(b"x" * 5_000_000), "longer than 4,000,000 bytes"),
        (breaks_off, "cannot be reached"),
    ],
    ids=["prose", "nested", "no choice", "no text", "blank", "redirect", "endless", "broken off"],
)
def test_junk_is_a_failure_that_says_what_came(reply, told):
    with endpoint(reply) as server:
        answer = client(server, tries=2).ask(REQUEST)
    assert answer.text == ""
    assert told in answer.failure


def test_a_model_that_hangs_is_given_up():
    with endpoint(hangs) as server:
        answer = client(server, timeout_s=0.05, tries=2).ask(REQUEST)
    assert answer.failure == "no answer within 0.05 s"
    assert len(server.seen) == 2


def test_an_endpoint_that_is_not_there_is_told():
    answer = ChatClient("http://127.0.0.1:1/v1", "small", tries=1).ask(REQUEST)
    assert "cannot be reached" in answer.failure


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "file:///etc/passwd", "ftp://host/v1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidOption, match="no address of a model"):
        ChatClient(url, "small")


def run(server, path, budget=None, **options):
    bench, method = ToyBench(), Sample(k=4)
    archive = Archive(path, {"q": 1}, bench.cost_name)
    done = improve(bench, method, archive, budget or Budget(), client=client(server, **options))
    archive.close()
    return done


def test_a_run_over_a_real_endpoint_keeps_the_cheapest_right_answer_and_replays_without_it(tmp_path):
    answers = ["```python\n3 + 2\n```", "```python\n2 + 2\n```", "I cannot.", "```python\n1+1+2\n```"]
    with endpoint(*map(says, answers)) as server:
        first = run(server, tmp_path / "a.jsonl")
        assert first.result.proposal.text.strip() == "2 + 2"
        assert len(server.seen) == 4
        assert json.dumps(server.seen[0][2]).count("1 + 1 + 1 + 1") == 1
    kept = (tmp_path / "a.jsonl").read_bytes()
    again = run(server, tmp_path / "a.jsonl")  # nobody listens any more
    assert again == first
    assert (tmp_path / "a.jsonl").read_bytes() == kept


def test_an_endpoint_that_dies_ends_the_run_with_what_there_is(tmp_path):
    with endpoint(says("```python\n2 + 2\n```"), sends(b"", 500)) as server:
        done = run(server, tmp_path / "a.jsonl", tries=1)
        assert done.result.proposal.text.strip() == "2 + 2"
        assert len(server.seen) == 3  # two failures in a row, then no more
        assert done.unanswered == ("the model gave no answer 2 times: the endpoint says 500: ",)


def test_no_request_is_sent_that_could_pass_the_ceiling(tmp_path):
    with endpoint(says("```python\n2 + 2\n```")) as server:
        done = run(server, tmp_path / "a.jsonl", Budget(tokens=100))
        assert server.seen == []
        assert done.result.number == 0
        assert done.spent["tokens"] == 0
        assert done.unanswered == ("the model gave no answer 2 times: the ceiling of 100 tokens could be passed",)
