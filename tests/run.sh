#!/usr/bin/env bash
# Installs what is missing, builds everything and passes every test, without a display.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../app/setup.sh"

install_packages "${packages[@]}" clang-format-14
cmake_options=(-DFEATURESCOPE_TESTS=ON)
grep -q 'FEATURESCOPE_TESTS:BOOL=OFF' "$build_dir/CMakeCache.txt" 2>/dev/null &&
    cmake -B "$build_dir" -DFEATURESCOPE_TESTS=ON >/dev/null
build all

export QT_QPA_PLATFORM=offscreen
export OMP_WAIT_POLICY=passive # threads that spin while they wait are many times slower beside other programs
ctest --test-dir "$build_dir" --output-on-failure -j 2 "$@"
