#!/usr/bin/env bash
# Proves a .deb where nothing else is: on a Debian of this machine's release that was just put into an empty folder, with
# what Depends names and not a package more, the programs start, compute and draw.
#   bash tests/package/bare.sh FILE.deb    as root, with debootstrap; 1.5 GB below TMPDIR, a minute or two
# Where it cannot be tried it says so in a line and ends with 0.
set -euo pipefail
deb=$1
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }
skip() { printf '== on a bare Debian: skipped, %s\n' "$*"; exit 0; }
[ "$(id -u)" = 0 ] || skip "only root can make one"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
unshare --mount true 2>/dev/null || skip "nothing can be mounted here"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# Where this machine's own packages come from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $codename" 'Component: main' | head -n 1)
[ -n "$mirror" ] || skip "apt knows no mirror of Debian ${codename:-without a name}"

echo "== on a bare Debian, $codename"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
bootstrap=(debootstrap --variant=minbase)
[[ $mirror != https:* ]] || bootstrap+=(--include=ca-certificates)
"${bootstrap[@]}" "$codename" "$root" "$mirror" >"$scratch/log" 2>&1 || { tail -n 5 "$scratch/log" >&2; fail "debootstrap made no system"; }
apt-config dump Acquire >"$root/etc/apt/apt.conf.d/01acquire" # proxies and the like
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"   # no service is started in there
chmod +x "$root/usr/sbin/policy-rc.d"

# Runs a command inside. What is mounted for it goes with it, so that nothing outside is deleted with the folder. Of this
# machine's environment it gets what is named.
cat >"$scratch/inside" <<'INSIDE'
set -e
root=$1
shift
kept=()
for name in DISPLAY QT_QPA_PLATFORM http_proxy https_proxy; do
    [ -z "${!name:-}" ] || kept+=("$name=${!name}")
done
mkdir -p "$root/tmp/.X11-unix"
mount --rbind /sys "$root/sys"
[ "$1" = --without-proc ] && shift || mount -t proc proc "$root/proc"
[ ! -d /tmp/.X11-unix ] || mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 XDG_RUNTIME_DIR=/run/root \
    DEBIAN_FRONTEND=noninteractive OMP_WAIT_POLICY=passive "${kept[@]}" "$@"
INSIDE
inside=(unshare --mount bash "$scratch/inside" "$root")

cp "$deb" "$root/featurescope.deb"
"${inside[@]}" apt-get install -y --no-install-recommends /featurescope.deb >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" >&2; fail "apt does not install it"; }
rm "$root/featurescope.deb"
mkdir -m 700 "$root/run/root"

cli() { "${inside[@]}" featurescope-cli "$@"; }
said=$(cli --version 2>&1) && [[ $said == featurescope-cli\ * ]] || fail "the command line does not start: $said"
said=$(cli generate builtin --prompt "The capital of the state containing Dallas is" --max-tokens 1 2>&1) && [[ $said == *Austin* ]] ||
    fail "the built-in model says $said"
# Where the system tells torch nothing of its processors that is an error like any other.
status=0
said=$("${inside[@]}" --without-proc featurescope-cli model check /usr/share/featurescope/builtin/model 2>&1) || status=$?
[ "$status" = 1 ] || fail "without /proc the command line ends with $status: $said"

if [ -e "$root/usr/bin/featurescope" ]; then
    window=("${inside[@]}" featurescope)
    said=$(QT_QPA_PLATFORM=offscreen "${window[@]}" --version 2>&1) && [[ $said == featurescope\ * ]] || fail "the window's program does not start: $said"
    platform=offscreen
    if command -v xvfb-run >/dev/null; then
        # A server of this machine: what its package brings is not there for the window to find. -ac: nor is a cookie.
        platform=xcb
        window=(xvfb-run -a -s "-screen 0 1600x1000x24 -ac" "${window[@]}")
    fi
    QT_QPA_PLATFORM=$platform "${window[@]}" --tour /tour >"$scratch/log" 2>"$scratch/complaints" || { cat "$scratch/complaints" >&2; fail "the tour ends early"; }
    [ ! -s "$scratch/complaints" ] || { cat "$scratch/complaints" >&2; fail "the window misses something"; }
    # Painted last, of what the built-in model computed.
    ls "$root"/tour/circuit-patching-*.png >/dev/null || fail "the tour drew only $(ls "$root/tour" | wc -l) pictures"
    printf '%s pictures on %s\n' "$(ls "$root/tour" | wc -l)" "$platform"
    [ -z "${PICTURES:-}" ] || cp -r "$root/tour/." "$PICTURES"
fi
