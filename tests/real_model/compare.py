"""The real model's speed beside other programs', in one run, two threads each, in turns; medians.

    python3 compare.py REAL_MODEL_BENCH HF_FOLDER GGUF

HF_FOLDER is the dequantised model (config.json and weights.pt) for transformers; GGUF is the file itself, for llama.cpp
through llama-cpp-python (TransformerLens knows no SmolLM2). Each is asked three times, one program after the other.
"""
import json
import os
import statistics
import subprocess
import sys
import time

BENCH, FOLDER, GGUF = sys.argv[1:4]
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


def llama():
    import llama_cpp
    model = llama_cpp.llama_model_load_from_file(GGUF.encode(), llama_cpp.llama_model_default_params())
    options = llama_cpp.llama_context_default_params()
    options.n_ctx, options.n_batch, options.n_ubatch, options.n_seq_max = 2 * LONG, LONG, LONG, 2
    options.n_threads = options.n_threads_batch = THREADS
    options.kv_unified = True
    context = llama_cpp.llama_init_from_model(model, options)
    memory = llama_cpp.llama_get_memory(context)

    def feed(tokens, first, sequences):
        """Every sequence reads the same tokens from position `first` on; logits after the last one of each."""
        batch = llama_cpp.llama_batch_init(len(tokens) * sequences, 0, 1)
        for sequence in range(sequences):
            for i, token in enumerate(tokens):
                at = batch.n_tokens
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, first + i, 1
                batch.seq_id[at][0] = sequence
                batch.logits[at] = i + 1 == len(tokens)
                batch.n_tokens += 1
        if llama_cpp.llama_decode(context, batch):
            raise SystemExit("llama.cpp could not decode")
        llama_cpp.llama_synchronize(context)
        llama_cpp.llama_batch_free(batch)

    def once():
        llama_cpp.llama_memory_clear(memory, True)
        start = time.perf_counter()
        feed(LONG_IDS, 0, 1)
        note("llama.cpp", "prefill", LONG, time.perf_counter() - start)
        for kind, sequences in (("single", 1), ("pair", 2)):
            llama_cpp.llama_memory_clear(memory, True)
            feed(PROMPT_IDS, 0, sequences)
            start = time.perf_counter()
            for step in range(STEPS):
                feed([1234], PROMPT + step, sequences)
            note("llama.cpp", kind, STEPS * sequences, time.perf_counter() - start)
    return once


def alone(program):
    """In a process of its own: threads of one library that wait must not take the cores of another's."""
    done = subprocess.run([sys.executable, *sys.argv[:4], program], capture_output=True, text=True, check=True)
    for (kind, of), values in json.loads(done.stdout.splitlines()[-1]):
        rates.setdefault((kind, of), []).extend(values)


if len(sys.argv) > 4:
    {"ours": lambda: ours, "transformers": hf, "llama.cpp": llama}[sys.argv[4]]()()
    print(json.dumps([[list(key), values] for key, values in rates.items()]))
    sys.exit()
for _ in range(TIMES):
    for program in ("ours", "transformers", "llama.cpp"):
        alone(program)
for kind in ("prefill", "single", "pair"):
    base = statistics.median(rates[kind, "ours"])
    for (of, program), values in rates.items():
        if of == kind:
            print(f"{kind:8} {program:16} {statistics.median(values):8.1f} tokens/s, ours is {base / statistics.median(values):.2f}x")
