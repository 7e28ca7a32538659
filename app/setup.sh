# Shared by app/run.sh and tests/run.sh: installs what is missing and builds. Sourced, not run.
# Every step is skipped when there is nothing to do, says what it does, and stops with the reason.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_dir=${FEATURESCOPE_BUILD:-$root/build}

packages=(build-essential cmake ninja-build pkg-config ccache
    libtorch-dev libgloo-dev libopenblas0-pthread libhwy-dev
    libsqlitecpp-dev libsqlite3-dev nlohmann-json3-dev libpcre2-dev libutf8proc-dev libyaml-cpp-dev libzip-dev zlib1g-dev
    libcli11-dev libspdlog-dev libexpected-dev libgtest-dev libgmock-dev libbenchmark-dev
    qt6-base-dev qt6-charts-dev libqt6opengl6-dev qt6-svg-dev libgl-dev
    libpng-dev libqt6svg6 qt6-qpa-plugins libxcb-cursor0 fonts-dejavu-core ca-certificates)

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

install_packages() {
    local missing=()
    local name
    for name in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || die "apt-get is not here; install these Debian 12 packages (or their like) by hand: ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "not root and no sudo; ask an administrator to install: ${missing[*]}"
        sudo=(sudo)
    fi
    say "Installing ${#missing[@]} packages with apt: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are here"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt could not install: ${missing[*]} (its own message is above)"
}

# build TARGET...: configures once and builds; extra cmake options come from the array cmake_options.
# Many files are compiled as one: a third of the work for whoever compiles all of it once. To work on the program,
# build per file: cmake --preset dev (docs/how-to.md).
build() {
    if [ ! -f "$build_dir/build.ninja" ] || [ "$root/CMakeLists.txt" -nt "$build_dir/build.ninja" ]; then
        say "Configuring in $build_dir"
        cmake -S "$root" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DFEATURESCOPE_UNITY=ON "${cmake_options[@]}" >"$build_dir.log" 2>&1 ||
            { tail -n 30 "$build_dir.log" >&2; die "cmake could not configure; the whole log is $build_dir.log"; }
        rm -f "$build_dir.log"
    fi
    say "Building $* (the first time takes some minutes)"
    ninja -C "$build_dir" -j "${JOBS:-$(nproc)}" "$@" || die "the build failed; the compiler's message is above"
}
