"""The real model's speed beside other programs', in one run, two threads each, in turns; medians.

    python3 compare.py REAL_MODEL_BENCH HF_FOLDER

HF_FOLDER is the dequantised model (config.json and weights.pt); the other program is transformers
(TransformerLens knows no SmolLM2). Each kind is done three times, one program after the other.
"""
import json
import os
import statistics
import subprocess
import sys
import time

BENCH, FOLDER = sys.argv[1:]
THREADS, LONG, PROMPT, STEPS, TIMES = 2, 512, 64, 64, 3
LONG_IDS = [1000 + i * 37 % 20000 for i in range(LONG)]
PROMPT_IDS = LONG_IDS[:PROMPT]
rates = {}


def note(program, kind, tokens, seconds):
    rates.setdefault((kind, program), []).append(tokens / seconds)


def ours():
    environment = dict(os.environ, OMP_NUM_THREADS=str(THREADS))
    done = subprocess.run([BENCH, "--benchmark_format=json", "--benchmark_min_time=0.3"], capture_output=True, text=True,
                          check=True, env=environment)
    for one in json.loads(done.stdout)["benchmarks"]:
        name = {"prefill/real_time": "prefill", "decode/1/real_time": "single", "decode/2/real_time": "pair"}[one["name"]]
        rates.setdefault((name, "ours"), []).append(one["items_per_second"])


def torch_model():
    import torch
    import transformers
    torch.set_num_threads(THREADS)
    model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(FOLDER)).float().eval()
    model.load_state_dict(torch.load(os.path.join(FOLDER, "weights.pt")))
    return torch, model


def hf():
    torch, model = torch_model()

    def once():
        with torch.inference_mode():
            start = time.perf_counter()
            model(torch.tensor([LONG_IDS]), logits_to_keep=1)
            note("transformers", "prefill", LONG, time.perf_counter() - start)
            for kind, sequences in (("single", 1), ("pair", 2)):
                out = model(torch.tensor([PROMPT_IDS] * sequences), use_cache=True)
                start = time.perf_counter()
                for _ in range(STEPS):
                    out = model(torch.tensor([[1234]] * sequences), past_key_values=out.past_key_values, use_cache=True)
                note("transformers", kind, STEPS * sequences, time.perf_counter() - start)
    return once


programs = [ours, hf()]
for _ in range(TIMES):
    for program in programs:
        program()
for kind in ("prefill", "single", "pair"):
    base = statistics.median(rates[kind, "ours"])
    for (of, program), values in rates.items():
        if of == kind:
            print(f"{kind:8} {program:16} {statistics.median(values):8.1f} tokens/s, ours is {base / statistics.median(values):.2f}x")
