"""A fault of perfwise's own ends with 6, so that no gate takes it for a broken rule."""

import pytest

from perfwise.cli import main


def test_an_exception_that_nobody_expected_shows_where_it_was_and_ends_with_6(monkeypatch, capsys):
    monkeypatch.setattr("perfwise.core.family.every_family", lambda: 1 / 0)
    with pytest.raises(SystemExit) as ended:
        main(["methods"])
    assert ended.value.code == 6
    assert "ZeroDivisionError" in capsys.readouterr().err
