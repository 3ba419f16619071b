import numpy as np
import pytest

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.contracts import STEP
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.timers._compose import Datasheet, Host
from perfwise.serving.timers._ratios import Grid, nearest
from perfwise.serving.timers.measured import Measured
from perfwise.serving.timers.roofline import Roofline
from tests.data_folder import shared

LLAMA, H100 = Model.named("llama-3-8b"), Device.named("h100_sxm")
FREE = Host(launch_s=0.0, graph_s=0.0)


def step(timer, decodes=0, context=0, prompts=0, length=0):
    row = np.zeros(1, STEP).view(np.recarray)[0]
    row.decodes, row.decode_context, row.longest_decode = decodes, decodes * context, context
    row.prefills, row.prefill_tokens, row.prefill_pairs = (
        prompts,
        prompts * length,
        prompts * length * (length + 1) // 2,
    )
    row.sampled, row.tokens = decodes + prompts, decodes + prompts * length
    timer.time(row, timer.state())
    return row


def as_slow_as_the_ideal(times):
    """Tables in which every matrix product takes so many times the ideal."""
    ideal = Datasheet(H100, compute=1.0, attention=1.0, bandwidth=1.0)
    grid = np.array([(k, n, m) for k in (1024, 16384) for n in (1024, 131072) for m in (1.0, 64.0, 16384.0)])
    seconds = times * ideal.product(grid[:, 0], grid[:, 1], grid[:, 2], "bf16")
    return OperatorTimes("h100_sxm", "made up", {"linear/bf16": np.column_stack([grid, seconds])})


def test_a_grid_gives_back_its_points_and_a_power_law_between_them():
    points = np.array([[x, y] for x in (1.0, 4.0, 16.0) for y in (2.0, 8.0)])
    grid = Grid.of(points, points[:, 0] ** 2 / points[:, 1])
    found, known = grid.at(np.array([4.0, 2.0, 10.0]), np.array([2.0, 4.0, 3.0]))
    assert found == pytest.approx([8.0, 1.0, 100 / 3])
    assert known.all()


def test_a_grid_is_constant_beyond_its_edges_and_says_so():
    grid = Grid.of(np.array([[1.0], [2.0]]), np.array([3.0, 5.0]))
    found, known = grid.at(np.array([8.0, 2.0, 0.1]))
    assert found == pytest.approx([5, 5, 3])
    assert known.tolist() == [False, True, False]


def test_a_cell_that_nobody_measured_is_filled_and_not_known():
    points = np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 1.0]])
    found, known = Grid.of(points, np.array([3.0, 5.0, 7.0])).at(np.array([2.0, 1.0]), np.array([2.0, 2.0]))
    assert found[1] == pytest.approx(5)
    assert known.tolist() == [False, True]


def test_the_nearest_shape_is_chosen_by_ratio():
    rows = np.array([[8.0, 1.0, 10.0], [8.0, 2.0, 20.0], [64.0, 1.0, 30.0]])
    best, rest = nearest(rows, (20.0,))
    assert best.tolist() == [8.0]
    assert rest.tolist() == [[1, 10], [2, 20]]


def test_twice_the_ideal_stays_twice_the_ideal_between_shapes():
    ones, twos = (Measured(as_slow_as_the_ideal(times), LLAMA, H100, host=FREE).curves for times in (1.0, 2.0))
    linear = Datasheet(H100, compute=1.0, attention=1.0, bandwidth=1.0)
    shapes = [each for each in Roofline(LLAMA, H100).work.linears if not each.sampled]
    for tokens in (1, 256, 8192):
        ideal = sum(each.count * linear.linear(each, np.array([float(tokens)]))[0][0] for each in shapes)
        assert twos.body[tokens] - ones.body[tokens] == pytest.approx(ideal, rel=0.01)


def test_what_nobody_measured_is_extrapolated():
    assert step(Measured(as_slow_as_the_ideal(1.0), LLAMA, H100), decodes=1, context=100).extrapolated == 1
    times = OperatorTimes.shipped("h100_sxm", "vllm")
    assert step(Measured(times, LLAMA, H100), decodes=8, context=1000).extrapolated == 0
    assert step(Measured(times, LLAMA, H100), decodes=4000, context=100_000).extrapolated == 1


def test_another_device_is_a_roofline_and_scales_with_its_peaks():
    times, h200 = OperatorTimes.shipped("h100_sxm", "vllm"), Device.named("h200_sxm")
    here, there = Measured(times, LLAMA, H100, host=FREE), Measured(times, LLAMA, h200, host=FREE)
    assert "roofline" in there.source
    assert "roofline" not in here.source
    decode = step(here, 1, 8000).stage_s / step(there, 1, 8000).stage_s
    assert 1.2 < decode < 4.8 / 3.35  # bandwidth 1.43 times; launches do not shrink
    assert step(here, prompts=1, length=8192).stage_s == pytest.approx(
        step(there, prompts=1, length=8192).stage_s, rel=0.05
    )


@pytest.mark.parametrize(
    ("name", "plan", "formats"),
    [
        ("llama-3-8b", Plan(), Formats()),
        ("llama-3-70b", Plan(8), Formats("fp8")),
        ("qwen3-235b-a22b", Plan(4, expert=4), Formats("fp8_block")),
        ("deepseek-v3", Plan(1, data=8, expert=8), Formats("fp8_block")),
        ("gpt-oss-120b", Plan(2), Formats("bf16", "fp4")),
    ],
)
def test_measured_steps_lie_above_the_perfect_roofline_and_within_reach_of_it(name, plan, formats):
    model = Model.named(name)
    perfect = Datasheet(H100, compute=1.0, attention=1.0, bandwidth=1.0, kernel_s=0.0, exchange_s=0.0)
    bound = Roofline(model, H100, plan, formats, shares=perfect, host=FREE)
    timer = Measured(OperatorTimes.shipped("h100_sxm", "trtllm"), model, H100, plan, formats, host=FREE)
    for load in ({"decodes": 64, "context": 2048}, {"prompts": 1, "length": 8192}):
        assert 1.0 < step(timer, **load).stage_s / step(bound, **load).stage_s < 4.0


@pytest.mark.paper
def test_a_measured_matrix_product_is_given_back():
    """aiconfigurator, H100, vLLM 0.14: bf16, m 64, n 6144, k 4096 is Llama-3-8B's projection into attention."""
    pyarrow = pytest.importorskip("pyarrow.parquet")
    path = shared("serving/aiconfigurator/h100_sxm/gemm/vllm/0.14.0/gemm_perf.parquet")
    rows = pyarrow.read_table(path).to_pylist()
    wanted = {"gemm_dtype": "bfloat16", "m": 64, "n": 6144, "k": 4096}
    (latency_ms,) = (row["latency"] for row in rows if all(row[key] == value for key, value in wanted.items()))
    from perfwise.serving.profiles.aiconfigurator import AiConfigurator
    from perfwise.serving.timers.measured import _Prices

    timer = Measured(AiConfigurator(shared("serving/aiconfigurator/h100_sxm"), "vllm").read(), LLAMA, H100)
    operator = next(each for each in timer.work.linears if each.name == "attn_in")
    assert _Prices(timer.times, H100).linear(operator, np.array([64.0]))[0][0] == pytest.approx(
        latency_ms * 1e-3, rel=1e-5
    )
