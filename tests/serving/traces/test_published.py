"""The published traces, as their sources count them."""

import numpy as np
import pytest

from perfwise.serving.reading import read_lengths, read_trace
from tests.data_folder import shared

pytestmark = pytest.mark.paper


@pytest.mark.parametrize(
    ("file", "requests"),
    [
        ("azure/AzureLLMInferenceTrace_code.csv.gz", 8_819),
        ("azure/AzureLLMInferenceTrace_conv.csv.gz", 19_366),
        ("vidur_traces/splitwise_code.csv.gz", 8_819),
        ("mooncake/conversation_trace.jsonl.gz", 12_031),
        ("mooncake/synthetic_trace.jsonl.gz", 3_993),
        ("apex_traces/llama_creation_05.csv.gz", 512),
        ("apex_traces/mistral_lmsys_025.csv.gz", 1_024),
        ("apex_validation/requests/vllm_llama_lmsys_05_validation_8TP.csv.gz", 1_024),
    ],
)
def test_every_request_is_there(file, requests):
    """Rows in AzurePublicDataset b469a11, microsoft/vidur 7d47513, Mooncake 3b5a594, apex_plus 8769096."""
    assert len(read_trace(shared(f"serving/{file}"))) == requests


def test_lengths_of_the_summaries_are_there():
    """microsoft/vidur 7d47513, arXiv summarization: 28,257 pairs."""
    file = "serving/vidur_traces/arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv.gz"
    assert len(read_lengths(shared(file)).prompt) == 28_257


def test_azures_own_times_are_those_that_vidur_made_of_them():
    """Vidur's processed trace is a float's rounding of differences away from Azure's timestamps."""
    own = read_trace(shared("serving/azure/AzureLLMInferenceTrace_conv.csv.gz"))
    processed = read_trace(shared("serving/vidur_traces/splitwise_conv.csv.gz"))
    assert np.abs(own.arrival_s - processed.arrival_s).max() < 1e-12
    assert own.prompt.tolist() == processed.prompt.tolist()


def test_every_request_of_mooncake_has_a_hash_for_each_512_tokens():
    made = read_trace(shared("serving/mooncake/conversation_trace.jsonl.gz"))
    assert (made.prefix_count == -(-made.prompt // 512)).all()
    assert made.prefixes.max() + 1 == 182_790
