from dataclasses import FrozenInstanceError, replace

import pytest

from perfwise.core.cost import Cost
from perfwise.core.outcome import Attempt, Failure, Provenance
from perfwise.errors import InvalidOption

from .outcomes import PROVENANCE, outcome


@pytest.mark.parametrize(
    ("quality", "failure", "succeeded"),
    [
        (1.0, None, True),
        (0.99, None, True),
        (None, None, False),
        (1.0, Failure("exception"), False),
        (0.0, Failure("wrong-answer"), False),
    ],
)
def test_success_is_a_judgement_without_failure(
    quality: float | None, failure: Failure | None, succeeded: bool
) -> None:
    assert replace(outcome(), quality=quality, failure=failure).succeeded is succeeded


def test_an_outcome_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        outcome().quality = 0.0  # type: ignore[misc]


def test_an_outcome_names_its_attempt() -> None:
    assert outcome("7").attempt == Attempt("T/0", "model", "7", 0)


def test_a_row_is_plain_data_under_documented_names() -> None:
    failed = replace(outcome("7"), quality=0.0, failure=Failure("out-of-fuel", "case 3"), caveats=("noisy",))
    assert failed.row() == {
        "task": "T/0",
        "set": "model",
        "candidate": "7",
        "seed": 0,
        "key": "key of T/0 model 7",
        "quality": 0.0,
        "cost": {"wasm_instructions": 1200},
        "failure": {"kind": "out-of-fuel", "message": "case 3"},
        "caveats": ["noisy"],
        "provenance": PROVENANCE.as_json(),
        "detail": {},
    }
    assert outcome(cost=Cost()).row()["cost"] == {}
    assert outcome().row()["failure"] is None


def test_a_failure_reads_as_one_line() -> None:
    assert str(Failure("exception", "ValueError: x")) == "exception: ValueError: x"
    assert str(Failure("out-of-fuel")) == "out-of-fuel"


class TestProvenance:
    def test_is_read_back_from_its_json(self) -> None:
        provenance = Provenance("e", "1", "m", "id", "py", "class A", (("b", "2"), ("a", "1")))
        assert Provenance.from_json(provenance.as_json()) == provenance

    def test_does_not_depend_on_the_order_of_versions(self) -> None:
        one = replace(PROVENANCE, versions=(("a", "1"), ("b", "2")))
        other = replace(PROVENANCE, versions=(("b", "2"), ("a", "1")))
        assert one == other
        assert one.digest == other.digest

    def test_versions_are_told_but_not_compared(self) -> None:
        newer = replace(PROVENANCE, versions=(("toy", "9"),))
        assert newer.comparable() == PROVENANCE.comparable()
        assert newer.digest != PROVENANCE.digest

    @pytest.mark.parametrize("field", ["engine", "engine_version", "meter", "meter_identity", "interpreter", "machine"])
    def test_every_other_part_is_compared(self, field: str) -> None:
        assert replace(PROVENANCE, **{field: "another"}).comparable() != PROVENANCE.comparable()

    def test_names_every_field_that_is_missing(self) -> None:
        data = {**PROVENANCE.as_json(), "meter": 3}
        del data["machine"]
        with pytest.raises(InvalidOption, match="lacks meter, machine"):
            Provenance.from_json(data)
        with pytest.raises(InvalidOption, match="versions"):
            Provenance.from_json({**PROVENANCE.as_json(), "versions": "1"})
