#!/usr/bin/env bash
# On a machine with a card, a compiler, cmake and PyTorch, but neither network nor our -dev packages: builds core and its
# tests on PyTorch's libtorch, runs them with the card's numbers held against the CPU's, and measures decode, prefill,
# encode, train and trace as shares of what the card can do. Prints one table. Under nine minutes on 16 cores.
#   bash tests/device.sh [cpu|cuda]    without it: cuda where nvidia-smi names a card, else cpu, plainly said
# DEVICE_LIMIT: seconds in all, where the default (530 on a card, 7200 on a CPU) does not fit.
# Packages: from tests/device_pack.sh, in build-device-packages, ../device-packages or $FEATURESCOPE_PACKAGES; without
# such a folder what the system has. PyTorch: that of `python3`, or the folder $FEATURESCOPE_TORCH. The build lies in
# $FEATURESCOPE_DEVICE_BUILD (build-device).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
start=$SECONDS
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
rows=()
failed=0
# stage NAME LIMIT COMMAND...: runs it within LIMIT seconds, and within what is left of all; keeps its output, notes how
# it went.
logs=$root/build-device-logs
mkdir -p "$logs"
stage() {
    local name=$1 limit=$2 begin=$SECONDS rc=0
    shift 2
    [ "$limit" -le $((limit_in_all - begin + start)) ] || limit=$((limit_in_all - begin + start))
    [ "$limit" -gt 0 ] || { failed=1; rows+=("$(printf '%-34s %9s s   %s' "$name" 0 "not run: no time left")"); return 1; }
    echo "== $name"
    timeout "$limit" "$@" >"$logs/$name.log" 2>&1 || rc=$?
    local word="done"
    [ $rc = 124 ] && word="stopped after $limit s"
    [ $rc = 0 ] || { failed=1; [ $rc = 124 ] || word="FAILED ($rc)"; grep -E '^\[  FAILED|: Failure' -A4 "$logs/$name.log" | head -n 60
        tail -n 8 "$logs/$name.log"; }
    rows+=("$(printf '%-34s %9s s   %s' "$name" $((SECONDS - begin)) "$word")")
    return $rc
}

torch=${FEATURESCOPE_TORCH:-$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))' 2>/dev/null)}
[ -f "$torch/lib/libtorch_cpu.so" ] || die "python3 has no PyTorch here; name its folder in FEATURESCOPE_TORCH"
card=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1)
device=${1:-$([ -n "$card" ] && echo cuda || echo cpu)}
case $device in
    cuda) [ -n "$card" ] || die "no card is here (nvidia-smi names none): bash tests/device.sh cpu" ;;
    cpu) ;;
    *) die "write cpu or cuda, not $device" ;;
esac

# On a card, whose time is lent, under nine minutes; on a CPU as long as its cores need.
limit_in_all=${DEVICE_LIMIT:-$([ "$device" = cuda ] && echo 530 || echo 7200)}

# What apt has is unpacked into a prefix of its own; nothing is installed.
packages=${FEATURESCOPE_PACKAGES:-}
for folder in "$root/build-device-packages" "$root/../device-packages"; do
    [ -z "$packages" ] && ls "$folder"/*.deb >/dev/null 2>&1 && packages=$folder
done
options=()
if [ -n "$packages" ]; then
    prefix=$root/build-device-prefix
    lib=$prefix/usr/lib/x86_64-linux-gnu
    mkdir -p "$prefix"
    for package in "$packages"/*.deb; do
        dpkg -x "$package" "$prefix" || die "could not unpack $package"
    done
    # As the system's folders to the compiler (no warnings from there), to cmake, pkg-config and the loader.
    export CPLUS_INCLUDE_PATH=$prefix/usr/include LIBRARY_PATH=$lib LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export PKG_CONFIG_LIBDIR=$lib/pkgconfig:$prefix/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$prefix
    command -v pkg-config >/dev/null || export PKG_CONFIG=$prefix/usr/bin/pkg-config
    options+=("-DCMAKE_PREFIX_PATH=$prefix/usr" "-DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu")
fi
echo "libtorch of $torch; device $device${card:+ ($card)}; packages ${packages:-of the system}"

build=${FEATURESCOPE_DEVICE_BUILD:-$root/build-device}
make=(cmake --build "$build" --parallel "${JOBS:-$(nproc)}" --target core_tests device_bench)
generator=()
command -v ninja >/dev/null && generator=(-G Ninja)
if [ ! -f "$build/CMakeCache.txt" ]; then
    stage configure 120 cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DFEATURESCOPE_GUI=OFF \
        -DFEATURESCOPE_UNITY=ON "-DFEATURESCOPE_TORCH=$torch" "${options[@]}" || exit 1
fi
stage build "$([ "$device" = cuda ] && echo 300 || echo "$limit_in_all")" "${make[@]}" || exit 1

export OMP_WAIT_POLICY=passive
# The tests named OnADevice compare a device with the CPU; which device is said here. On a card they are given first.
if [ "$device" = cuda ]; then
    stage device_tests 90 env FEATURESCOPE_TEST_DEVICE=cuda "$build/tests/core_tests" --gtest_brief=1 --gtest_filter='*OnADevice*'
    # A filter that finds nothing passes; nothing compared is not a pass.
    grep -qE '^\[  PASSED  \] [1-9]' "$logs/device_tests.log" || { failed=1; rows+=("device_tests: no test ran"); }
    stage core_tests 100 env FEATURESCOPE_TEST_DEVICE=cuda "$build/tests/core_tests" --gtest_brief=1 --gtest_filter='-*OnADevice*'
    stage benchmarks 100 "$build/tests/device_bench" cuda
else
    stage core_tests "$limit_in_all" "$build/tests/core_tests" --gtest_brief=1
    stage benchmarks 150 "$build/tests/device_bench" cpu --small
fi

echo
echo "== $device${card:+: $card}, libtorch $(sed -n "s/^__version__ = '\(.*\)'$/\1/p" "$torch/version.py")"
printf '%s\n' "${rows[@]}"
for log in device_tests core_tests; do
    [ -f "$logs/$log.log" ] && [ "$logs/$log.log" -nt "$build/CMakeCache.txt" ] &&
        grep -hE '^\[  (PASSED|FAILED|SKIPPED) +\]' "$logs/$log.log" | sort | uniq | head -12 | sed "s/^/$log: /"
done
cat "$logs/benchmarks.log"
printf 'in all %s s on %s: %s\n' $((SECONDS - start)) "$device" "$([ $failed = 0 ] && echo passed || echo FAILED)"
exit $failed
