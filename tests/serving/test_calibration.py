import json

import numpy as np
import pytest

from perfwise.errors import InvalidInput, InvalidOption
from perfwise.serving.arrivals.poisson import Poisson
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.calibrating import band_of, calibrate
from perfwise.serving.calibrating_steps import calibrate_steps
from perfwise.serving.calibration import Calibration, Errors, Hull, Knobs, PhaseErrors, Residual, Setting
from perfwise.serving.contracts import STEP, ErrorBand
from perfwise.serving.observation import Observation, StepTimes
from perfwise.serving.replay import System, replay
from perfwise.serving.simulator import Cluster, Policies
from perfwise.serving.trace import Trace
from tests.serving.small_curves import curves
from tests.serving.small_runs import Linear

HERE = Setting("llama-3-8b", "h100_sxm", "tensor=1")
SYSTEM = System(curves(), Cluster(10_000), Policies(batching=Vllm(8192)), HERE)


def load(name, rate_per_s, prompt, output, count=30):
    arrival_s = Poisson(rate_per_s).times(count, seed=1)
    return Trace(name, arrival_s, np.full(count, prompt), np.full(count, output))


def observed(trace, knobs, **more):
    """What a system with these knobs would measure."""
    blank = Observation(trace.id, trace, np.nan, np.nan, **more)
    found = replay(blank, SYSTEM, knobs.applied(SYSTEM.curves))
    return Observation(trace.id, trace, found.ttft_s, found.tpot_s, **more)


LOADS = [load(f"{rate}-{prompt}", rate, prompt, 30) for rate in (0.5, 2.0, 8.0) for prompt in (64, 500, 2000, 4000)]


def test_a_lone_request_is_a_prompt_step_and_decode_steps():
    trace = Trace("one", np.array([0.0]), np.array([100]), np.array([3]))
    found = replay(Observation("one", trace, np.nan, np.nan), SYSTEM, curves())
    assert found.ttft_s == pytest.approx(0.011 + 100 * 1e-5 + 1e-9 * 100 * 50.5)
    assert found.tpot_s == pytest.approx(0.011 + 1e-5 + 1e-9 * 101.5, rel=1e-6)  # behind 101 and 102 tokens
    assert found.running == 1
    over_tokens = replay(Observation("one", trace, np.nan, np.nan, over_tokens=True), SYSTEM, curves())
    assert over_tokens.tpot_s == pytest.approx(found.tpot_s * 2 / 3)


def test_a_client_sends_when_its_answer_ends():
    trace = Trace("loop", np.zeros(4), np.full(4, 100), np.full(4, 1))
    found = replay(Observation("loop", trace, np.nan, np.nan, clients=1), SYSTEM, curves())
    assert found.ttft_s == pytest.approx(0.011 + 100 * 1e-5 + 1e-9 * 100 * 50.5)
    assert np.isnan(found.tpot_s)
    assert found.running == 1


def test_knobs_are_found_again():
    true = Knobs(decode_step=1.3, prefill_step=0.8, overhead_s=0.004, member_s=0.0005, prompt_s=0.0)
    found = calibrate([observed(trace, true) for trace in LOADS], [SYSTEM] * len(LOADS), source="a test")
    assert found.before.tpot.median > 0.2
    assert found.after.tpot.p90 < 0.01
    assert found.after.ttft.p90 < 0.04
    assert found.knobs.member_s == pytest.approx(0.0005, abs=0.0001)
    assert found.held_out.tpot.p90 < 0.02
    assert found.band.tpot_low == pytest.approx(1.0, abs=0.02)
    assert found.band.tpot_high == pytest.approx(1.0, abs=0.02)
    assert found.hull.prompt == (64, 4000)
    assert found.residuals[0].name == "0.5-64"
    before, after, left_out = found.residuals[0].tpot
    assert before > 1.3
    assert after == pytest.approx(1.0, abs=0.02)
    assert left_out == pytest.approx(1.0, abs=0.03)


def test_what_was_measured_right_stays():
    found = calibrate([observed(trace, Knobs()) for trace in LOADS[:3]], [SYSTEM] * 3)
    assert found.knobs.decode_step == pytest.approx(1.0, abs=0.01)
    assert found.knobs.prefill_step == pytest.approx(1.0, abs=0.01)
    assert found.knobs.overhead_s == pytest.approx(0.0, abs=1e-4)


def test_a_few_points_tell_no_band_and_say_so():
    found = calibrate([observed(trace, Knobs(decode_step=1.2)) for trace in LOADS[:2]], [SYSTEM] * 2)
    assert found.band is None
    assert "no error band" in found.notes[-1]


def test_one_group_has_no_held_out_errors():
    loads = [observed(trace, Knobs(decode_step=1.2), group="all") for trace in LOADS[:2]]
    found = calibrate(loads, [SYSTEM] * len(loads))
    assert found.held_out is None
    assert found.band is None


def test_a_load_with_one_latency_alone_counts():
    trace = LOADS[0]
    full = observed(trace, Knobs(decode_step=1.2))
    found = calibrate([Observation("half", trace, np.nan, full.tpot_s)], [SYSTEM])
    assert found.before.ttft is None
    assert found.after.tpot.median < 0.01


def test_a_band_holds_the_middle_eighty_percent():
    logs = np.log(np.arange(1, 20) / 10)  # 0.1 ... 1.9
    band, doubts = band_of(logs, logs, 19, "a test")
    assert (band.ttft_low, band.ttft_high) == (
        pytest.approx(0.2),
        pytest.approx(1.8),
    )  # 19 points: 2nd and 18th of 20ths
    assert doubts == []


def test_no_band_of_nine_points_or_two_groups():
    nine, ten = np.zeros(9), np.zeros(10)
    assert band_of(nine, ten, 9, "x")[0] is None
    assert band_of(ten, ten, 2, "x")[0] is None
    assert band_of(ten, ten, 3, "x")[0] is not None


def some_steps(count=60):
    steps = np.zeros(count, STEP).view(np.recarray)
    number = np.arange(count)
    steps.decodes = 1 + number % 30
    steps.decode_context = steps.decodes * (100 + 50 * (number % 7))
    steps.longest_decode = 100
    steps.prefills = number % 2
    steps.prefill_tokens = steps.prefills * (64 + 32 * number)
    steps.prefill_pairs = steps.prefill_tokens * (steps.prefill_tokens + 1) // 2
    steps.tokens = steps.decodes + steps.prefill_tokens
    steps.members = steps.sampled = steps.decodes + steps.prefills
    return steps


def timed(steps, own):
    state, asked = own.state(), steps.copy()
    for step in asked:
        own.time(step, state)
    return asked.last_stage_s.copy()


def test_factors_of_steps_are_found_again():
    steps = some_steps()
    true = Knobs(decode_step=1.2, prefill_step=1.5, prefill_attention=3.0, overhead_s=0.002)
    seconds = timed(steps, true.applied(curves()))
    times = StepTimes(steps, seconds, tuple(str(number % 12) for number in range(len(steps))))
    found = calibrate_steps(times, SYSTEM)
    assert found.knobs.prefill_step == pytest.approx(1.5, rel=0.05)
    assert found.knobs.prefill_attention == pytest.approx(3.0, rel=0.15)
    assert found.before.ttft.median > 0.25
    assert found.after.tpot.p90 < 0.005
    assert found.held_out.ttft.p90 < 0.01
    assert found.band is not None
    assert found.hull.running == (1, 31)


def test_a_host_that_launches_slowly_is_found():
    steps = some_steps()
    host = curves(launches_s=0.004, graph_members=0)
    seconds = timed(steps, Knobs(launch=6.0).applied(host))  # 24 ms, longer than any decode here
    times = StepTimes(steps, seconds, ("",) * len(steps))
    found = calibrate_steps(times, System(host, SYSTEM.cluster, SYSTEM.policies, HERE))
    assert found.before.tpot.median > 0.4
    assert found.after.tpot.p90 < 0.01
    assert found.knobs.launch == pytest.approx(6.0, rel=0.1)


def test_outliers_among_steps_do_not_pull():
    steps = some_steps()
    seconds = timed(steps, Knobs(decode_step=1.4, prefill_step=1.4).applied(curves()))
    seconds[::10] *= 8.0
    found = calibrate_steps(StepTimes(steps, seconds, ("",) * len(steps)), SYSTEM)
    assert found.after.ttft.median < 0.02
    assert found.after.tpot.median < 0.02


def test_steps_without_prompts_say_so():
    steps = some_steps()
    steps = steps[steps.prefills == 0]
    seconds = timed(steps, curves())
    found = calibrate_steps(StepTimes(steps, seconds, ("",) * len(steps)), SYSTEM)
    assert "no step with a prompt was measured" in found.notes
    assert found.knobs.prefill_attention == pytest.approx(1.0)


BAND = ErrorBand(0.9, 1.1, 0.95, 1.05, "12 measurements")
NO_ERRORS = Errors(PhaseErrors(1, 0.1, 0.2), None)


def a_calibration(**more):
    hull = Hull((1.0, 2.0), (3.0, 4.0), (1.0, 12.0), (1.0, 640.0))
    given = {"knobs": Knobs(decode_step=1.5, overhead_s=0.001), "held_out": None, "band": BAND, **more}
    return Calibration((HERE,), "vllm 0.19", "mine", before=NO_ERRORS, after=NO_ERRORS, hull=hull, **given)


def test_a_file_is_read_back_as_it_was(tmp_path):
    residual = Residual("a load", (1.2, 1.0, None), (None, None, None))
    kinds = [{}, {"band": None, "held_out": NO_ERRORS, "notes": ("few",)}, {"residuals": (residual,)}]
    for kept in (a_calibration(**kind) for kind in kinds):
        kept.save(tmp_path / "c.json")
        assert Calibration.load(tmp_path / "c.json") == kept


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "perfwise calibration", "version": 2}'])
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(InvalidInput) as error:
        Calibration.load(tmp_path / "c.json")
    assert error.value.faults[0].code == "not-a-calibration"


def test_a_file_that_lacks_a_part_is_refused(tmp_path):
    a_calibration().save(tmp_path / "c.json")
    found = json.loads((tmp_path / "c.json").read_text())
    del found["knobs"]
    (tmp_path / "c.json").write_text(json.dumps(found))
    with pytest.raises(InvalidInput, match="knobs"):
        Calibration.load(tmp_path / "c.json")


def test_applied_curves_are_slower_know_their_hull_and_carry_the_band():
    found = a_calibration().apply(curves(), HERE)
    assert (found.decode_factor, found.overhead_s) == (1.5, 0.001)
    assert (found.known_members, found.known_tokens) == (12.0, 640.0)
    assert found.band is BAND
    assert found.source == "small; calibrated with mine"
    assert found.identity != curves().identity


@pytest.mark.parametrize(
    ("setting", "power"),
    [(Setting("llama-3-8b", "h100_sxm", "tensor=2"), 2), (Setting("llama-3-8b", "a100_sxm", "tensor=1"), 3)],
)
def test_where_nobody_measured_the_band_is_wider_and_says_so(setting, power):
    band = a_calibration().band_for(setting)
    assert band.ttft_low == pytest.approx(0.9**power)
    assert band.tpot_high == pytest.approx(1.05**power)
    assert "another" in band.source


def test_tables_cannot_be_calibrated():
    with pytest.raises(InvalidOption, match="cannot be calibrated"):
        a_calibration().apply(Linear())


def test_errors_are_relative_to_what_was_measured():
    found = PhaseErrors.of(np.log(np.array([2.0, 1.0, np.nan])))  # half of what was measured, exact, unknown
    assert found == PhaseErrors(2, pytest.approx(0.25), pytest.approx(0.45))
