"""The real model's speed beside other programs', in one run, two threads each, in turns; medians.

    python3 compare.py REAL_MODEL_BENCH FILE.gguf HF_FOLDER [llama] [hf] [tl]

HF_FOLDER is the dequantised model (config.json and weights); llama is llama-cpp-python, hf transformers, tl
TransformerLens. Each kind is done five times, one program after the other.
"""
import json
import os
import statistics
import subprocess
import sys
import time

BENCH, GGUF, FOLDER, *OTHERS = sys.argv[1:]
THREADS, LONG, PROMPT, STEPS, TIMES = 2, 512, 64, 64, 5
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


def llama():
    import llama_cpp
    model = llama_cpp.Llama(GGUF, n_ctx=1024, n_threads=THREADS, n_threads_batch=THREADS, n_batch=512, n_ubatch=512,
                            verbose=False, n_seq_max=2) if "n_seq_max" in llama_cpp.Llama.__init__.__code__.co_varnames \
        else llama_cpp.Llama(GGUF, n_ctx=1024, n_threads=THREADS, n_threads_batch=THREADS, n_batch=512, verbose=False)
    context = model.ctx

    def feed(ids, position, sequences):
        """The same ids in each sequence; logits of the last."""
        n = len(ids) * sequences
        batch = llama_cpp.llama_batch_init(n, 0, 1)
        batch.n_tokens = n
        for s in range(sequences):
            for i, token in enumerate(ids):
                at = s * len(ids) + i
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position + i, 1
                batch.seq_id[at][0] = s
                batch.logits[at] = i == len(ids) - 1
        failed = llama_cpp.llama_decode(context, batch)
        llama_cpp.llama_batch_free(batch)
        if failed:
            raise SystemExit(f"llama_decode: {failed}")

    def clear():
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)

    def once():
        clear()
        start = time.perf_counter()
        feed(LONG_IDS, 0, 1)
        note("llama.cpp", "prefill", LONG, time.perf_counter() - start)
        for kind, sequences in (("single", 1), ("pair", 2)):
            clear()
            feed(PROMPT_IDS, 0, sequences)
            start = time.perf_counter()
            for step in range(STEPS):
                feed([1234], PROMPT + step, sequences)
            note("llama.cpp", kind, STEPS * sequences, time.perf_counter() - start)
    return once


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


def tl():
    torch, model = torch_model()
    import transformers
    from transformer_lens import HookedTransformer
    real = transformers.AutoConfig.from_pretrained
    transformers.AutoConfig.from_pretrained = lambda name, *rest, **more: real(FOLDER)
    tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER)
    hooked = HookedTransformer.from_pretrained_no_processing(
        "HuggingFaceTB/SmolLM2-135M-Instruct", hf_model=model, tokenizer=tokenizer, default_padding_side="left")
    direction = torch.randn(model.config.hidden_size) * 0.1
    steer = [("blocks.18.hook_resid_post", lambda value, hook: value + direction)]

    def once():
        with torch.inference_mode():
            start = time.perf_counter()
            hooked(torch.tensor([LONG_IDS]))
            note("TransformerLens", "prefill", LONG, time.perf_counter() - start)
            # As its users do it: two generations, one of them inside a hook.
            start = time.perf_counter()
            hooked.generate(torch.tensor([PROMPT_IDS]), max_new_tokens=STEPS, do_sample=False, stop_at_eos=False,
                            verbose=False, return_type="tensor")
            alone = time.perf_counter() - start
            note("TransformerLens", "single", STEPS, alone)
            with hooked.hooks(fwd_hooks=steer):
                start = time.perf_counter()
                hooked.generate(torch.tensor([PROMPT_IDS]), max_new_tokens=STEPS, do_sample=False, stop_at_eos=False,
                                verbose=False, return_type="tensor")
            note("TransformerLens", "pair", 2 * STEPS, alone + time.perf_counter() - start)
    return once


programs = [ours] + [globals()[name]() for name in OTHERS]
for _ in range(TIMES):
    for program in programs:
        program()
for kind in ("prefill", "single", "pair"):
    base = statistics.median(rates[kind, "ours"])
    for (of, program), values in rates.items():
        if of == kind:
            print(f"{kind:8} {program:16} {statistics.median(values):8.1f} tokens/s, ours is {base / statistics.median(values):.2f}x")
