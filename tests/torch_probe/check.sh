#!/usr/bin/env bash
# Holds core's headers to another libtorch than the one of the build: every header of core is compiled, and one program
# that includes them all is linked, warnings as errors. Minutes for the whole core, half a minute for this.
#   bash tests/torch_probe/check.sh [DIR]    DIR: folder of a libtorch; without it $FEATURESCOPE_PROBE_TORCH, that of
#                                            `app/run.sh --torch pip`, or the wheel alone from Python's index (0.6 GB)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source app/setup.sh
skip() { say "skipped: the probe of another libtorch ($*)"; exit 0; }

torch=${1:-${FEATURESCOPE_PROBE_TORCH:-}}
[ -z "$torch" ] && [ -f "$(torch_environment)/complete" ] && torch=$(wheel_torch)
if [ -z "$torch" ]; then
    fetched=$root/build-probe/wheel
    if [ ! -d "$fetched/torch/lib" ]; then
        command -v pip3 >/dev/null || skip "no pip here"
        mkdir -p "$fetched"
        timeout 240 pip3 download --quiet --retries 1 --no-deps --disable-pip-version-check --dest "$fetched" 'torch>=2.11' ||
            skip "the wheel could not be fetched within four minutes"
        python3 -m zipfile -e "$fetched"/torch-*.whl "$fetched"
        rm -f "$fetched"/torch-*.whl
    fi
    torch=$fetched/torch
fi

# Without the libraries that the wheel's own stand on (CUDA's) it links, and cannot run.
cmake -S . -B build-probe -G Ninja -DCMAKE_BUILD_TYPE=Release -DFEATURESCOPE_GUI=OFF -DFEATURESCOPE_BENCH=OFF \
    "-DFEATURESCOPE_TORCH=$torch" "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined" >build-probe.log 2>&1 ||
    { tail -n 20 build-probe.log >&2; die "cmake could not configure the probe"; }
grep -h 'libtorch' build-probe.log
ninja -C build-probe -j "${JOBS:-$(nproc)}" torch_probe
