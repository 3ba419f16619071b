"""Small trace files, as their publishers write them."""

import gzip

__all__ = ["EXAMPLES", "written"]

VIDUR = "arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,374,44\n4.314579,396,109\n"
REQUESTS = "arrived_at,prefill,decode\n0.0,374,44\n4.314579,396,109\n"
LENGTHS_ONLY = "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n3772,54,3826,69.8\n2015,156,2171,12.9\n"
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:15:46.6805900,374,44\r\n"
    "2023-11-16 18:15:50.9951690,396,109\r\n"
)
APEX = "StartTimeOffset_ns,ContextTokens,GeneratedTokens\n618518284,304,822\n1236439963,497,1783\n"
APEX_SERVED = "arrival_s,prompt_tokens,output_tokens\n0.618518284,304,822\n1.236439963,497,1783\n"
BURSTGPT = (
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
    "5,ChatGPT,472,18,490,Conversation log\n"
    "45,GPT-4,1087,0,1087,API log\n"
    "118,GPT-4,417,276,693,Conversation log\n"
)
MOONCAKE = (
    '{"timestamp": 0, "input_length": 1000, "output_length": 500, "hash_ids": [0, 17]}\n'
    '{"timestamp": 1500, "input_length": 1025, "output_length": 9, "hash_ids": [0, 17, 46]}\n'
)

EXAMPLES = {
    "apex": ("offsets.csv", APEX),
    "apex served": ("served.csv", APEX_SERVED),
    "azure": ("azure.csv", AZURE),
    "burstgpt": ("burst.csv", BURSTGPT),
    "lengths_only": ("lengths.csv", LENGTHS_ONLY),
    "mooncake": ("mooncake.jsonl", MOONCAKE),
    "requests": ("requests.csv", REQUESTS),
    "vidur": ("vidur.csv", VIDUR),
}


def written(folder, text, name="trace.csv"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path
