import hashlib

import pytest

from perfwise.core.json import canonical, digest


def test_equal_values_have_one_text() -> None:
    assert canonical({"b": [1, 2.5, None], "a": True}) == canonical({"a": True, "b": (1, 2.5, None)})
    assert canonical({"b": [1, 2.5, None], "a": "ü"}) == '{"a":"ü","b":[1,2.5,null]}'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical([value])


def test_a_digest_is_the_head_of_the_sha256() -> None:
    assert digest("x") == hashlib.sha256(b'"x"').hexdigest()[:32]
    assert len(digest({"lone": "\ud800"})) == 32  # hostile text has a digest too
