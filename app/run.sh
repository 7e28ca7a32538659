#!/usr/bin/env bash
# Installs what is missing, builds Featurescope and opens its window.
#   bash app/run.sh [--no-launch] [MODEL]    MODEL: a Hugging Face folder; none = the built-in model
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

launch=yes
arguments=()
for argument in "$@"; do
    case $argument in
        --no-launch) launch=no ;;
        -h | --help) sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) arguments+=("$argument") ;;
    esac
done

install_packages "${packages[@]}"
cmake_options=(-DFEATURESCOPE_TESTS=OFF)
[ -f "$build_dir/build.ninja" ] && cmake_options=()
build featurescope featurescope-cli

program=$build_dir/app/featurescope
say "Built: $program and $build_dir/app/featurescope-cli"
[ $launch = no ] && exit 0
if [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
    say "No display here. To see the window as pictures: QT_QPA_PLATFORM=offscreen $program --tour DIR"
    exit 0
fi
exec "$program" "${arguments[@]}"
