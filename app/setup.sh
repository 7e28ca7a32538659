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

# choose_torch WHAT: what to build on. `apt`: Debian's libtorch; `pip`: the one in PyTorch's wheel, in a virtual
# environment in the build folder; else a folder with one. Adds to cmake_options; the build folder remembers it.
choose_torch() {
    local folder=$1
    case $folder in
        apt) folder= ;;
        pip)
            install_torch_wheel
            folder=$(wheel_torch)
            ;;
        *)
            folder=$(cd "$1" 2>/dev/null && pwd) || die "--torch: there is no folder $1"
            # Also right: a virtual environment with PyTorch in it.
            local inside=("$folder"/lib/python3*/site-packages/torch)
            [ -d "${inside[0]}" ] && folder=${inside[0]}
            [ -f "$folder/include/ATen/ATen.h" ] && [ -f "$folder/lib/libtorch_cpu.so" ] ||
                die "--torch: $folder holds no libtorch (include/ATen/ATen.h, lib/libtorch_cpu.so)"
            ;;
    esac
    cmake_options+=("-DFEATURESCOPE_TORCH=$folder")
    grep -qxF "FEATURESCOPE_TORCH:PATH=$folder" "$build_dir/CMakeCache.txt" 2>/dev/null || must_configure=yes
}

# Download and disk in MB, of torch 2.15 with CUDA 13 on x86-64, rounded up; disk with pip's cache of the download.
wheel_download=3000
wheel_disk=8500

torch_environment() { printf '%s\n' "$build_dir/pip-torch"; }
wheel_torch() {
    local folders=("$(torch_environment)"/lib/python3*/site-packages/torch)
    printf '%s\n' "${folders[0]}"
}

install_torch_wheel() {
    local place
    place=$(torch_environment)
    if [ -f "$place/complete" ]; then
        say "PyTorch's libtorch is here: $(wheel_torch)"
        return 0
    fi
    # Python's own words for it: on Debian the module is there without what it needs.
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    mkdir -p "$place"
    local free
    free=$(df -Pm "$place" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge $wheel_disk ] ||
        die "PyTorch needs about $((wheel_disk / 1000)) GB of disk while it is installed; there are $free MB free at $place"
    say "Downloading PyTorch from Python's package index into $place: about $((wheel_download / 1000)) GB" \
        "(5.5 GB unpacked; on x86-64 with CUDA, which needs no card). Stopped in between, the same command goes on" \
        "after the last whole part."
    [ -x "$place/bin/pip" ] || python3 -m venv "$place" || die "python3 could not make a virtual environment in $place"
    # Debian 12's pip begins a broken download anew; this one goes on where it broke. Without it: as well as it can.
    "$place/bin/pip" install --quiet --retries 1 --disable-pip-version-check --upgrade 'pip>=25.1' || say_index_silent "$place"
    # Parts that are whole stay in pip's cache.
    if ! "$place/bin/pip" install --disable-pip-version-check --resume-retries 20 'torch>=2.11'; then
        free=$(df -Pm "$place" | awk 'NR == 2 { print $4 }')
        [ "$free" -ge 200 ] || die "the disk is full: $free MB are left at $place. Free some and say the same again"
        say_index_silent "$place"
        die "pip could not install PyTorch; its own message is above. The same command goes on from here"
    fi
    touch "$place/complete"
}

# Ends with a clear word where pip reaches no index; returns where it does.
say_index_silent() {
    "$1/bin/pip" download --quiet --no-deps --no-cache-dir --retries 0 --disable-pip-version-check \
        --dest "$1/probe" filelock >/dev/null 2>&1 && return 0
    die "Python's package index cannot be reached: there is no network, or pip is not set up for it here. What was" \
        "downloaded is kept. A libtorch that is on this machine already: --torch DIR"
}

# build TARGET...: configures once and builds; extra cmake options come from the array cmake_options.
# Many files are compiled as one: a third of the work for whoever compiles all of it once. To work on the program,
# build per file: cmake --preset dev (docs/how-to.md).
must_configure=no
build() {
    if [ ! -f "$build_dir/build.ninja" ] || [ "$root/CMakeLists.txt" -nt "$build_dir/build.ninja" ] || [ $must_configure = yes ]; then
        say "Configuring in $build_dir"
        cmake -S "$root" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DFEATURESCOPE_UNITY=ON "${cmake_options[@]}" >"$build_dir.log" 2>&1 ||
            { tail -n 30 "$build_dir.log" >&2; die "cmake could not configure; the whole log is $build_dir.log"; }
        rm -f "$build_dir.log"
    fi
    say "Building $* (the first time takes some minutes)"
    ninja -C "$build_dir" -j "${JOBS:-$(nproc)}" "$@" || die "the build failed; the compiler's message is above"
}
