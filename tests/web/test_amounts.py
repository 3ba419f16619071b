import pytest

from perfwise.web.amounts import amount, with_unit


@pytest.mark.parametrize(
    ("value", "cost", "text"),
    [
        (0, "wasm_instructions", "0"),
        (999, "wasm_instructions", "999"),
        (1000, "wasm_instructions", "1 k"),
        (9_680_000, "wasm_instructions", "9.68 M"),
        (2.5e13, "wasm_instructions", "25 T"),
        (0.0213, "cpu_s", "21.3 ms"),
        (3e-7, "cpu_s", "300 ns"),
        (12_000, "gpu_s", "12,000 s"),
        (3_150_000, "peak_bytes", "3.15 MB"),
        (12, "peak_bytes", "12 B"),
        (0.00042, "price_usd", "0.00042 USD"),
        (1500, "energy_j", "1.5 kJ"),
    ],
)
def test_three_digits_a_prefix_and_a_sign(value, cost, text):
    assert amount(value, cost) == text


def test_words_where_there_is_no_sign():
    assert with_unit(1200, "wasm_instructions") == "1.2 k instructions"
    assert with_unit(2.0, "cpu_s") == "2 s"
