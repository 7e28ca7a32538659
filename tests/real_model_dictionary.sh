#!/usr/bin/env bash
# Makes an SAE for the real model (tests/get_real_model.sh): prose from Debian packages, training, measuring on text
# that was held out, harvest. Beside other work two cores read some 500 tokens a second, so the default of two million
# takes an hour or more, learning from each twice another quarter, and their activations 4.6 GB of disk.
#
#   tests/real_model_dictionary.sh OUT [TOKENS [LAYER]]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:?say into which folder} tokens=${2:-2000000} layer=${3:-12}
program=$root/build/app/featurescope-cli
packages="anarchism debian-handbook dict-foldoc dict-gcide dict-jargon fortunes"
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
[ -x "$program" ] || die "$program is not built; run bash app/run.sh --no-launch"
model=$(bash "$root/tests/get_real_model.sh")
mkdir -p "$out"
out=$(cd "$out" && pwd)

if [ ! -f "$out/prose.jsonl" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # shellcheck disable=SC2086
    (cd "$work" && apt-get download -qq $packages) || die "apt-get could not download: $packages"
    for package in "$work"/*.deb; do dpkg -x "$package" "$work/files"; done
    python3 "$root/tests/real_model/prose.py" "$work/files" "$out/all.jsonl"
    # Documents hold some 130 tokens. The last 2,000 are for the harvest, which nothing learns from: parted by blank
    # lines.
    head -n -2000 "$out/all.jsonl" | awk -v most=$((tokens / 130)) 'NR <= most' >"$out/prose.jsonl"
    tail -n 2000 "$out/all.jsonl" | python3 -c '
import json, sys
print("\n\n".join(" ".join(json.loads(line)["text"].split()) for line in sys.stdin))' >"$out/harvest.txt"
    rm "$out/all.jsonl"
fi

steps=$((tokens * 2 / 2048))
cat >"$out/config.json" <<JSON
{"architecture": "batchtopk", "hook_name": "blocks.$layer.hook_resid_post", "d_sae": 8192,
 "k": 40, "aux_k": 64, "training_tokens": $((tokens * 2)),
 "train_batch_size_tokens": 2048, "lr": 0.002, "lr_warm_up_steps": $((steps / 20)),
 "lr_decay_steps": $((steps / 3)), "dead_feature_window": $((tokens / 4)), "seed": 1, "dtype": "float16"}
JSON
resume=()
[ -f "$out/sae/training_run.json" ] && resume=(--resume)
"$program" train sae "$model" --corpus "$out/prose.jsonl" --text-field text --config "$out/config.json" \
    --out "$out/sae" --cache "${resume[@]}"
"$program" dictionary evaluate "$model" "$out/sae" --corpus "$out/harvest.txt" --tokens 10000
"$program" harvest "$model" "$out/sae" --corpus "$out/harvest.txt" --workspace "$out/workspace.sqlite"
