#!/usr/bin/env bash
# Makes SAEs for the real model (tests/get_real_model.sh) and packs of them: it writes about some 440 subjects, reads that
# and prose of Debian packages, two Matryoshka SAEs learn from one pass (after layers 15 and 20), directions after layer 12
# are learnt that tell thirteen concepts apart, and all is measured and harvested on text that nothing learned from. On two
# quiet cores under an hour: writing 27 minutes, reading 8, training 9, measuring and harvesting 8. Needs 3 GB of disk.
# Begun again it goes on with what is there.
#
#   tests/real_model_dictionary.sh OUT
#
# The SAE after layer 20 is the one in resources/packs. Harvests are shared with it, so their prose is of packages that
# anyone may copy from: dict-jargon (public domain) and fortunes (BSD).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:?say into which folder}
program=$root/build/app/featurescope-cli
packages="anarchism debian-handbook dict-foldoc dict-gcide dict-jargon fortunes"
documents=2600 held_out=110 # Of prose, each some 65 tokens.
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
[ -x "$program" ] || die "$program is not built; run bash app/run.sh --no-launch"
model=$(bash "$root/tests/get_real_model.sh")
mkdir -p "$out/text" "$out/harvest"
out=$(cd "$out" && pwd)

if [ ! -f "$out/text/prose.jsonl" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # shellcheck disable=SC2086
    (cd "$work" && apt-get download -qq $packages) || die "apt-get could not download: $packages"
    for package in "$work"/*.deb; do dpkg -x "$package" "$work/files"; done
    python3 "$root/tests/real_model/prose.py" "$work/files" "$work/all.jsonl"
    tail -n +$((documents + 1)) "$work/all.jsonl" | grep -E '"source": "(dict-jargon|fortunes)"' |
        tail -n "$held_out" >"$out/harvest/prose.jsonl"
    head -n "$documents" "$work/all.jsonl" >"$out/text/prose.jsonl.part"
    mv "$out/text/prose.jsonl.part" "$out/text/prose.jsonl"
fi

# written SEED PROMPTS FILE: conversations, in the field that prose has.
written() {
    [ -f "$3" ] && return
    "$program" write "$model" --prompts "$2" --chat --max-tokens 110 --temperature 0.8 --seed "$1" --out "$3.part"
    sed -i 's/^{"messages":/{"text":/' "$3.part"
    mv "$3.part" "$3"
}
python3 "$root/tests/real_model/prompts.py" "$root/tests/real_model/subjects.txt" >"$out/prompts.txt"
awk 'NR % 7 == 0 || /Golden Gate/' "$out/prompts.txt" >"$out/harvest_prompts.txt"
written 1 "$out/prompts.txt" "$out/text/written.jsonl"
written 2 "$out/harvest_prompts.txt" "$out/harvest/written.jsonl"

cat >"$out/config.json" <<JSON
{"architecture": "matryoshka_batchtopk", "layers": [15, 20], "d_sae": 8192, "k": 40, "aux_k": 64,
 "training_tokens": 1843200, "train_batch_size_tokens": 2048, "lr": 0.002, "lr_warm_up_steps": 45,
 "lr_decay_steps": 300, "dead_feature_window": 150000, "seed": 1, "dtype": "float16"}
JSON
if [ ! -f "$out/saes/layer_20/sae_weights.safetensors" ]; then
    resume=()
    [ -f "$out/saes/training_run.json" ] && resume=(--resume)
    "$program" train sae "$model" --corpus "$out/text" --text-field text --config "$out/config.json" \
        --out "$out/saes" --held-out 0.03 --cache "${resume[@]}"
fi

# What is asked about the same concepts in the same ways again and again, told apart.
python3 "$root/tests/real_model/prompts.py" >"$out/concept_prompts.txt"
mkdir -p "$out/concept_texts"
written 11 "$out/concept_prompts.txt" "$out/concept_texts/written.jsonl"
if [ ! -d "$out/concepts/layer_12" ]; then
    rm -rf "$out/by_concept"
    python3 "$root/tests/real_model/concepts.py" "$out/by_concept" "$out/text/written.jsonl" "$out/concept_texts/written.jsonl"
    "$program" train concepts "$model" --texts "$out/by_concept" --layer 12 --out "$out/concepts"
fi

for layer in 15 20; do
    pack=$out/smollm2-135m-instruct-$layer
    mkdir -p "$pack/saes"
    cp -r "$out/saes/layer_$layer" "$pack/saes/"
    "$program" dictionary evaluate "$model" "$pack/saes" --corpus "$out/harvest" --tokens 20000
    mkdir -p "$pack/concepts"
    cp -r "$out/concepts/layer_12" "$pack/concepts/"
    "$program" harvest "$model" "$pack" --corpus "$out/harvest" --workspace "$out/layer_$layer.sqlite"
    "$program" features import-labels "$out/layer_$layer.sqlite" "$out/concepts/layer_12/labels.jsonl"
    "$program" pack "$model" "$pack" --workspace "$out/layer_$layer.sqlite" \
        --licence "MIT; its passages: written by the model, the Jargon File (public domain), fortunes (BSD)" \
        --about "An SAE of 8,192 features on the residual stream after layer $layer of SmolLM2-135M-Instruct, and directions after layer 12 that tell texts about thirteen concepts apart."
done
