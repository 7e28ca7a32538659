#!/usr/bin/env bash
# Installs what is missing, builds Featurescope and opens its window.
#   bash app/run.sh [--no-launch] [--torch pip|DIR|apt] [MODEL]
#   MODEL: a Hugging Face folder or GGUF file; none = the built-in model
#   --torch: what to build on, remembered by the build folder. apt: Debian's libtorch (what it is without the option).
#            pip: a current one with CUDA from Python's package index (3 GB). DIR: a folder with one.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

launch=yes
torch=
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --no-launch) launch=no ;;
        --torch) torch=${2:-}; shift; [ -n "$torch" ] || die "--torch: write pip, apt or a folder after it" ;;
        --torch=*) torch=${1#--torch=} ;;
        -h | --help) sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) arguments+=("$1") ;;
    esac
    shift || true
done

install_packages "${packages[@]}"
cmake_options=(-DFEATURESCOPE_TESTS=OFF)
[ -f "$build_dir/build.ninja" ] && cmake_options=()
[ -n "$torch" ] && choose_torch "$torch"
build featurescope featurescope-cli

program=$build_dir/app/featurescope
say "Built: $program and $build_dir/app/featurescope-cli"
[ $launch = no ] && exit 0
if [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
    say "No display here. To see the window as pictures: QT_QPA_PLATFORM=offscreen $program --tour DIR"
    exit 0
fi
exec "$program" "${arguments[@]}"
