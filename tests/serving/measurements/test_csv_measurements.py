import numpy as np
import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.measurements.logs import Logs
from perfwise.serving.measurements.requests import Requests
from perfwise.serving.measurements.steady_loads import SteadyLoads
from perfwise.serving.measurements.steps import Steps
from perfwise.serving.measuring import read_measurements


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def codes(error):
    return [fault.code for fault in error.value.faults]


def test_requests_become_a_trace_from_the_first_on_and_mean_latencies(tmp_path):
    text = "arrival_s,prompt_tokens,output_tokens,ttft_ms,tpot_ms\n105,30,3,200,20\n103,10,1,100,\n"
    (load,) = read_measurements([written(tmp_path, "run.csv", text)]).observations
    assert load.name == "run"
    assert load.trace.arrival_s.tolist() == [0.0, 2.0]
    assert load.trace.prompt.tolist() == [10, 30]
    assert load.ttft_s == pytest.approx(0.15)
    assert load.tpot_s == pytest.approx(0.02)  # an answer of one token has none


def test_a_request_without_a_tpot_has_it_from_its_whole_time(tmp_path):
    text = "arrival_s,prompt_tokens,output_tokens,ttft_ms,e2e_ms\n0,10,5,100,500\n"
    (load,) = Requests().read(written(tmp_path, "run.csv", text)).observations
    assert load.tpot_s == pytest.approx(0.1)  # 400 ms over 4 tokens


def test_logs_of_one_file_are_apart(tmp_path):
    text = "log,arrival_s,prompt_tokens,output_tokens,ttft_ms\nb,1,5,5,10\na,0,5,5,30\nb,2,5,5,20\n"
    loads = Requests().read(written(tmp_path, "run.csv", text)).observations
    assert [(load.name, len(load.trace)) for load in loads] == [("b", 2), ("a", 1)]
    assert loads[0].ttft_s == pytest.approx(0.015)


def test_a_steady_load_leaves_its_first_wave_out(tmp_path):
    text = "prompt_tokens,output_tokens,concurrency,ttft_ms,tpot_ms,tensor\n128,16,8,50,10,4\n"
    (load,) = read_measurements([written(tmp_path, "rows.csv", text)]).observations
    assert (load.clients, len(load.trace), load.leading) == (8, 32, 8)
    assert set(load.trace.prompt) == {128}
    assert load.grouped == "128/16/8"
    assert dict(load.settings) == {"tensor": "4"}


def test_a_counted_steady_load_keeps_all_requests(tmp_path):
    text = "prompt_tokens,output_tokens,concurrency,ttft_ms,requests,group\n128,16,8,50,20,mine\n"
    (load,) = SteadyLoads().read(written(tmp_path, "rows.csv", text)).observations
    assert (len(load.trace), load.leading, load.grouped) == (20, 0, "mine")
    assert np.isnan(load.tpot_s)


def test_every_bad_row_is_told_with_its_line(tmp_path):
    text = "prompt_tokens,output_tokens,concurrency,ttft_ms\n128,0,8,50\nmany,16,8,50\n128,16,0,50\n"
    with pytest.raises(InvalidInput) as error:
        SteadyLoads().read(written(tmp_path, "rows.csv", text))
    assert sorted(codes(error)) == ["not-whole", "zero-tokens", "zero-tokens"]
    assert error.value.faults[0].where.endswith(":3")


def test_a_row_needs_a_latency(tmp_path):
    text = "prompt_tokens,output_tokens,concurrency,ttft_ms\n128,16,8,\n"
    with pytest.raises(InvalidInput) as error:
        SteadyLoads().read(written(tmp_path, "rows.csv", text))
    assert codes(error) == ["not-a-time"]


def test_a_latency_below_zero_is_no_time(tmp_path):
    text = "prompt_tokens,output_tokens,concurrency,ttft_ms\n128,16,8,-5\n"
    with pytest.raises(InvalidInput) as error:
        SteadyLoads().read(written(tmp_path, "rows.csv", text))
    assert codes(error) == ["not-a-time"]


def test_logs_point_to_traces_beside_them(tmp_path):
    written(tmp_path, "served.csv", "arrived_at,prefill,decode\n0.5,10,20\n")
    text = "trace,ttft_ms,tpot_ms,tpot_over,batching,blocks\nserved.csv,40,15,tokens,vllm,500\n"
    (load,) = read_measurements([written(tmp_path, "logs.csv", text)]).observations
    assert load.over_tokens
    assert load.trace.arrival_s.tolist() == [0.5]
    assert dict(load.settings) == {"batching": "vllm", "blocks": "500"}


def test_a_log_without_its_trace_and_with_an_unknown_mean_is_told_at_once(tmp_path):
    text = "trace,ttft_ms,tpot_over\nnone.csv,40,bytes\n"
    with pytest.raises(InvalidInput) as error:
        Logs().read(written(tmp_path, "logs.csv", text))
    assert codes(error) == ["wrong-value", "unreadable-file"]


def test_steps_have_the_features_that_a_timer_asks_for(tmp_path):
    text = "step_ms,decodes,decode_context,prefill_tokens,prefills,prefill_context\n10,4,400,0,0,0\n20,2,100,64,2,32\n"
    steps = read_measurements([written(tmp_path, "steps.csv", text)]).steps
    assert steps.seconds.tolist() == [0.01, 0.02]
    first, second = steps.steps
    assert (first.tokens, first.members, first.prefills, first.longest_decode) == (4, 4, 0, 100)
    assert (second.tokens, second.members, second.sampled) == (66, 4, 4)
    assert second.prefill_pairs == 2 * (32 * 16 + 32 * 33 / 2)  # two chunks of 32 behind 16 tokens each
    assert steps.groups == ("2/-1", "1/6")


def test_bad_steps_are_told_together(tmp_path):
    text = "step_ms,decodes,decode_context,prefill_tokens\n0,1,5,0\n5,0,0,0\n5,1,-5,0\n"
    with pytest.raises(InvalidInput) as error:
        Steps().read(written(tmp_path, "steps.csv", text))
    assert codes(error) == ["not-a-time", "zero-tokens", "negative-count"]


def test_steps_and_loads_do_not_mix(tmp_path):
    steps = written(tmp_path, "steps.csv", "step_ms,decodes,decode_context,prefill_tokens\n5,1,5,0\n")
    loads = written(tmp_path, "loads.csv", "prompt_tokens,output_tokens,concurrency,ttft_ms\n128,16,8,50\n")
    with pytest.raises(InvalidInput) as error:
        read_measurements([steps, loads])
    assert codes(error) == ["mixed-measurements"]


def test_a_trace_is_no_measurement(tmp_path):
    path = written(tmp_path, "trace.csv", "arrival_s,prompt_tokens,output_tokens\n0,1,1\n")
    with pytest.raises(InvalidInput) as error:
        read_measurements([path])
    assert codes(error) == ["unknown-format"]
