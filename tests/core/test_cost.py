import pickle

import pytest

from perfwise.core.cost import Cost, unit_of
from perfwise.errors import InvalidOption


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("wasm_instructions", "instructions"),
        ("instructions", "instructions"),
        ("vm_steps", "steps"),
        ("prompt_tokens", "tokens"),
        ("peak_bytes", "bytes"),
        ("cpu_s", "s"),
        ("energy_j", "J"),
        ("power_w", "W"),
        ("price_usd", "USD"),
    ],
)
def test_the_name_tells_the_unit(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize("name", ["time", "seconds", "s", "usd", ""])
def test_a_name_without_a_unit_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match="carries no unit"):
        Cost(**{name: 1.0})


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1, -1e-9])
def test_an_amount_is_finite_and_not_negative(amount: float) -> None:
    with pytest.raises(InvalidOption, match="cpu_s must be finite and at least 0"):
        Cost(cpu_s=amount)


def test_an_unknown_amount_is_absent_and_not_zero() -> None:
    cost = Cost(cpu_s=0.0)
    assert "cpu_s" in cost
    assert cost.get("peak_bytes") is None
    with pytest.raises(KeyError):
        cost["peak_bytes"]


def test_a_sum_knows_only_what_both_sides_know() -> None:
    assert Cost(cpu_s=1.0, tokens=3) + Cost(cpu_s=0.5, peak_bytes=10) == Cost(cpu_s=1.5)
    assert Cost(cpu_s=1.0) + Cost() == Cost()


def test_equal_costs_are_equal_however_they_were_named() -> None:
    one, other = Cost(cpu_s=1, tokens=2), Cost(tokens=2.0, cpu_s=1.0)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Cost(cpu_s=1)
    assert list(other) == ["cpu_s", "tokens"]


def test_a_cost_cannot_be_changed_through_its_dict() -> None:
    cost = Cost(cpu_s=1.0)
    cost.as_dict()["cpu_s"] = 2.0
    assert cost["cpu_s"] == 1.0


def test_a_cost_travels_to_other_processes() -> None:
    cost = Cost(wasm_instructions=2**60 + 1)
    assert pickle.loads(pickle.dumps(cost)) == cost


def test_repr_is_how_to_make_it() -> None:
    assert repr(Cost(tokens=2, cpu_s=0.5)) == "Cost(cpu_s=0.5, tokens=2)"
