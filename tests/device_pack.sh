#!/usr/bin/env bash
# Puts what tests/device.sh needs on a bare CUDA machine without network into a folder beside the repository (or below
# it): Debian packages of headers and small libraries, as apt has them here. PyTorch is expected there.
#   bash tests/device_pack.sh [DIR]    DIR: build-device-packages in the repository without it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
pack=${1:-build-device-packages}
mkdir -p "$pack"
pack=$(cd "$pack" && pwd)

# The -dev packages that core and its tests are built with; their libraries come below.
wanted=(libsqlitecpp-dev libsqlite3-dev nlohmann-json3-dev libpcre2-dev libutf8proc-dev libyaml-cpp-dev libzip-dev
    zlib1g-dev libcli11-dev libspdlog-dev libfmt-dev libexpected-dev libgtest-dev libgmock-dev googletest libbenchmark-dev libhwy-dev
    libgloo-dev pkg-config pkgconf pkgconf-bin libpkgconf3)

# The libraries those name, one step down, and theirs in turn: not the C library and compiler, which are there.
closure=("${wanted[@]}")
for _ in 1 2 3 4 5; do
    mapfile -t closure < <(
        {
            printf '%s\n' "${closure[@]}"
            apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
                "${closure[@]}" 2>/dev/null | sed -n 's/^ *|\?Depends: *\([a-z0-9.+-]*\)$/\1/p'
        } | sort -u | grep -vE '^(libc6.*|libgcc.*|libstdc\+\+.*|gcc.*|g\+\+.*|cpp.*|dpkg.*|perl.*|libperl.*|python.*|debconf.*|cmake.*|libgloo0|libhiredis.*|libuv.*|libibverbs.*|.*mpi.*|libssl-dev|catch2|multiarch-support|libjs-.*|libgnutls28-dev|nettle-dev|libbz2-dev|liblzma-dev|libzstd-dev)$'
    )
done
cd "$pack"
fetched=0
for name in "${closure[@]}"; do
    ls "${name}"_*.deb >/dev/null 2>&1 && continue
    apt-get download -qq "$name" 2>/dev/null && fetched=$((fetched + 1)) || printf 'not a package here, left out: %s\n' "$name"
done
size=$(du -sm . | cut -f1)
printf '%s: %s packages, %s MB (%s fetched now)\n' "$pack" "$(ls ./*.deb | wc -l)" "$size" "$fetched"
[ "$size" -le 40 ] || { echo "error: more than 40 MB" >&2; exit 1; }
