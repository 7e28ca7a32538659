#!/usr/bin/env bash
# Builds the .deb and proves it without installing it: unpacked into an empty folder, what it names as its dependencies
# is what its programs load, its desktop data are valid, and the programs run from there with their own resources.
#   bash tests/package/check.sh [--bare] [BUILD]    BUILD: a build of everything; build/ when not given
# --bare then also installs it on a Debian with nothing else, where one can be made (bare.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bare=no
[ "${1:-}" != --bare ] || { bare=yes; shift; }
build=$(cd "${1:-build}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

(cd "$build" && cpack -G DEB -B "$scratch/out" >"$scratch/cpack.log" 2>&1) || { tail -n 20 "$scratch/cpack.log" >&2; fail "cpack made no package"; }
deb=$(ls "$scratch"/out/*.deb)
dpkg-deb -x "$deb" "$scratch/root"
root=$scratch/root/usr
depends=$(dpkg-deb -f "$deb" Depends)
printf '%s, %s\n' "$(basename "$deb")" "$(du -h "$deb" | cut -f1)"

echo "== every library that a program loads comes from a package that is named, or from one such a package needs"
files=("$root/bin/featurescope-cli" "$root/lib/featurescope/libfeaturescope_core.so" "$root/lib/featurescope/libfeaturescope_cli.so")
[ -e "$root/bin/featurescope" ] && files+=("$root/bin/featurescope")
for file in "${files[@]}"; do
    ! ldd "$file" | grep 'not found' || fail "$file needs a library that is nowhere"
    # Names in the file itself; what those load in turn is their own packages' affair.
    for name in $(objdump -p "$file" | awk '/NEEDED/ {print $2}'); do
        [ -e "$root/lib/featurescope/$name" ] && continue
        path=$(ldd "$file" | awk -v name="$name" '$1 == name {print $3}')
        [ -n "$path" ] || path=$(ldd "$file" | awk -v name="$name" 'index($1, name) {print $1}') # the loader itself
        real=$(readlink -f "$path")
        package=$(dpkg-query -S "$real" "*/$(basename "$path")" 2>/dev/null | cut -d: -f1 | tr -d ' ' | tr ',' '\n' | sort -u || true)
        [ -n "$package" ] || fail "$name of $(basename "$file") belongs to no package"
        # Or the name that such a package provides: libspdlog1.10-fmt9.
        names="$package $(dpkg-query -W -f='${Provides}, ' $package 2>/dev/null | tr ',' '\n' | cut -d'(' -f1 || true)"
        grep -qE "(^|[ |,])($(echo $names | sed 's/[+.]/\\&/g; s/ /|/g'))([ ,|(]|$)" <<<"$depends" || fail "$name of $(basename "$file") is in $package, which Depends does not name: $depends"
    done
done

echo "== no path of this build is left in the programs' search paths"
for file in "${files[@]}"; do
    ! objdump -p "$file" | awk '/RUNPATH|RPATH/ {print $2}' | grep -vE '^\$ORIGIN' | grep . || fail "$file looks outside its own tree"
done

echo "== resources and the engine are found by the way from the program"
run=(env -u FEATURESCOPE_RESOURCES HOME="$scratch/home")
"${run[@]}" "$root/bin/featurescope-cli" --json model inspect builtin | grep -q '"n_layers"' || fail "the built-in model is not read"
# Taken away from this tree it must be missed there, and not found where the program was built.
mv "$root/share/featurescope/builtin/model" "$scratch/taken"
said=$("${run[@]}" "$root/bin/featurescope-cli" model inspect builtin 2>&1) && fail "the built-in model came from elsewhere"
[[ $said == *"$root/share/featurescope/"* ]] || fail "it looked elsewhere: $said"
mv "$scratch/taken" "$root/share/featurescope/builtin/model"

if [ -e "$root/bin/featurescope" ]; then
    echo "== desktop data"
    desktop-file-validate "$root"/share/applications/*.desktop
    appstreamcli validate --no-net "$root"/share/metainfo/*.xml
    icon=$(sed -n 's/^Icon=//p' "$root"/share/applications/*.desktop)
    [ -e "$root/share/icons/hicolor/scalable/apps/$icon.svg" ] || fail "the icon $icon is not in the package"
    for type in $(sed -n 's/^MimeType=//p' "$root"/share/applications/*.desktop | tr ';' ' '); do
        grep -q "type=\"$type\"" "$root"/share/mime/packages/*.xml || fail "no MIME data define $type"
    done
    echo "== the window drives itself through the main job"
    run=(env -u FEATURESCOPE_RESOURCES HOME="$scratch/home" OMP_WAIT_POLICY=passive LD_DEBUG=files LD_DEBUG_OUTPUT="$scratch/loaded")
    if command -v xvfb-run >/dev/null; then
        run+=(QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1000x24")
    else
        run+=(QT_QPA_PLATFORM=offscreen)
    fi
    "${run[@]}" "$root/bin/featurescope" --tour "$scratch/pictures"
    [ "$(ls "$scratch/pictures" | wc -l)" -ge 10 ] || fail "the tour drew $(ls "$scratch/pictures" | wc -l) pictures"
    grep -qh "file=$root/lib/featurescope/libfeaturescope_core.so\|file=.*root/usr/lib/featurescope/libfeaturescope_core.so" "$scratch"/loaded.* || fail "the window loaded another engine than its own"
fi
[ "$bare" = no ] || bash tests/package/bare.sh "$deb"
echo "package: all well"
