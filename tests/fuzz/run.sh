#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each for SECONDS (5 unless given; 0: only build), one
# after the other, under AddressSanitizer and UBSan: tests/fuzz/run.sh [SECONDS [TARGET...]]
# What is found is kept in build-fuzz/crashes, and what was learned in build-fuzz/corpus.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../app/setup.sh"
seconds=${1:-5}
shift || true

install_packages "${packages[@]}" clang libclang-rt-dev
build=$root/build-fuzz
cmake -S "$root" -B "$build" -G Ninja -DFEATURESCOPE_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ >/dev/null ||
    die "cmake could not configure the fuzz targets"
ninja -C "$build" || die "the fuzz targets do not build"

fixtures=$root/tests/fixtures
shared=$root/../shared/fixtures # other people's files, where they are

# seeds TARGET: prints the files that a target starts from.
seeds() {
    case $1 in
    gguf_fuzz) find "$fixtures/gguf" "$root/tests/fuzz/seeds/gguf" -name '*.gguf' ;;
    safetensors_fuzz) find "$fixtures" -name '*.safetensors' ;;
    tensor_file_fuzz) find "$fixtures" "$shared/formats/containers" -name '*.pt' -o -name '*.np[yz]' ;;
    npz_member_fuzz) find "$fixtures/containers" -name '*.npy' ;;
    torch_pickle_fuzz) find "$fixtures/containers/pickles" -type f ;;
    json_fuzz) find "$fixtures" "$shared/oracles/models" -name '*config.json' -o -name 'cfg.json' ;;
    tokenizer_json_fuzz) find "$fixtures" "$shared/oracles/tokenizers" -name tokenizer.json ;;
    sentence_piece_fuzz) find "$root/tests/fuzz/seeds/sentence_piece" "$shared" -name "*.model" ;;
    merges_fuzz) find "$root/tests/fuzz/seeds/merges" -type f ;;
    chat_template_fuzz) find "$fixtures" "$shared/formats/chat-templates" -name '*.jinja' ;;
    yaml_fields_fuzz) find "$shared" -name '*config.yaml' ;;
    graph_json_fuzz) find "$fixtures" "$shared/oracles/graphs" -path '*graph_json*' -name '*.json' ;;
    esac 2>/dev/null || true
}

failed=0
for program in "$build"/tests/fuzz/*_fuzz; do
    target=$(basename "$program")
    [ $# -gt 0 ] && [[ " $* " != *" $target "* ]] && continue
    [ "$seconds" = 0 ] && continue
    mkdir -p "$build/corpus/$target" "$build/seeds/$target" "$build/crashes"
    n=0
    while read -r file; do
        [ "$(stat -c %s "$file")" -le 65536 ] && cp -f "$file" "$build/seeds/$target/$((n += 1))"
    done < <(seeds "$target")
    say "== $target, $n seeds, $seconds s"
    "$program" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
        -verbosity=0 -artifact_prefix="$build/crashes/$target-" \
        "$build/corpus/$target" "$build/seeds/$target" >"$build/$target.log" 2>&1 ||
        { tail -n 40 "$build/$target.log" >&2; failed=1; }
done
[ $failed = 0 ] || die "a fuzz target found something; the inputs are in $build/crashes"
