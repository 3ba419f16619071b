import json

import pytest

from perfwise.catalog.models import Model
from perfwise.errors import InvalidInput, InvalidOption

PUBLISHED_BILLIONS = {  # model cards: all parameters, active parameters where told (without the embedding's look-up)
    "llama-3-8b": (8.03, None),
    "llama-3-70b": (70.6, None),
    "llama-3-405b": (405.9, None),
    "mistral-large-2407": (122.6, None),
    "mixtral-8x7b": (46.7, 12.9),
    "mixtral-8x22b": (140.6, 39.1),
    "qwen2.5-72b": (72.7, None),
    "qwen3-32b": (32.8, None),
    "qwen3-30b-a3b": (30.5, 3.3),
    "qwen3-235b-a22b": (235.1, 22.1),
    "deepseek-v3": (671.0, 37.0),
    "kimi-k2.5": (1026.0, 32.0),
    "minimax-m2.5": (229.0, 10.0),
    "gpt-oss-120b": (116.8, 5.1),
    "gpt-oss-20b": (20.9, 3.6),
    "qwen3.5-397b-a17b": (397.0, 17.0),
    "glm-5": (744.0, 40.0),
}
LLAMA = {
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
    "hidden_act": "silu",
}


def written(folder, config):
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


@pytest.mark.parametrize("name", PUBLISHED_BILLIONS)
def test_shipped_shapes_add_up_to_the_published_parameters(name):
    total, active = PUBLISHED_BILLIONS[name]
    model = Model.named(name)
    assert model.parameters / 1e9 == pytest.approx(total, rel=0.005)
    assert active is None or model.active_parameters / 1e9 == pytest.approx(active, rel=0.08)


def test_llama_3_8b_keeps_131072_bytes_a_token():
    assert Model.named("llama-3-8b").kv_elements_per_token * 2 == 131_072


def test_deepseek_keeps_the_latent_and_the_rotary_part():
    assert Model.named("deepseek-ai/DeepSeek-R1").kv_elements_per_token == 61 * (512 + 64)


@pytest.mark.parametrize("name", Model.names())
def test_every_entry_names_its_source_and_divides_its_heads(name):
    model = Model.named(name)
    assert model.source
    assert model.heads % model.kv_heads == 0
    assert 0 <= model.dense_layers < model.layers


def test_a_config_gives_the_shapes_of_the_shipped_entry(tmp_path):
    read, shipped = Model.from_config(written(tmp_path, LLAMA)), Model.named("llama-3-8b")
    assert (read.parameters, read.kv_elements_per_token) == (shipped.parameters, shipped.kv_elements_per_token)


def test_a_config_with_experts_and_latent_attention_is_understood(tmp_path):
    config = LLAMA | {"num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128, "vocab_size": 129280}
    config |= {"num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048}
    config |= {"n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3}
    config |= {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64}
    config |= {"qk_nope_head_dim": 128, "v_head_dim": 128}
    assert Model.from_config(written(tmp_path, config)).parameters == Model.named("deepseek-v3").parameters


def test_all_missing_shapes_are_named_together(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        Model.from_config(written(tmp_path, {"hidden_size": 4096, "vocab_size": "many"}))
    assert len(caught.value.faults) == 3
    assert {fault.code for fault in caught.value.faults} == {"missing-shape"}


def test_an_unknown_model_is_refused_with_close_names():
    with pytest.raises(InvalidOption, match="llama-3-8b"):
        Model.named("llama-3-9b")
