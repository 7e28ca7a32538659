// Opening a tokenizer.json of Gemma's shape (256,000 pieces, 514,906 merges, 17 MB), made up first:
// `open_tokenizer_bench [--python=PROGRAM]`. Where that Python has Hugging Face tokenizers, they
// open the same file in turns with ours, and the ratio of the medians is printed (at most 0.8 is
// wanted). Times are the processor's, so that other programs on the machine count little; what
// Python takes to start and to import is left out.
#include "core/text/tokenizer.h"

#include "tests/bench/medians.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieces = 256'000;
constexpr std::size_t kMerges = 514'906;

constexpr std::array kConsonants{"\u2581", "b", "d", "f", "k", "l", "m", "n", "r", "s", "t", "ш"};
constexpr std::array kVowels{"a", "e", "i", "o", "é"};
constexpr std::size_t kSyllables = kConsonants.size() * kVowels.size();

/// A piece of one to four syllables, which are the digits of a number.
struct Chain {
    int length;
    std::size_t number;

    std::string text() const
    {
        const std::size_t last = number % kSyllables;
        const std::string before = length > 1 ? Chain{length - 1, number / kSyllables}.text() : "";
        return before + kConsonants[last / kVowels.size()] + kVowels[last % kVowels.size()];
    }
};

std::vector<Chain> madeUpChains(std::size_t count)
{
    std::vector<Chain> chains;
    std::size_t numbers = kSyllables;
    for (int length = 1; chains.size() < count; ++length, numbers *= kSyllables) {
        for (std::size_t number = 0; number < numbers && chains.size() < count; ++number)
            chains.push_back({length, number});
    }
    return chains;
}

/// All ways to cut the chains in two, as merges; in no order, as far as spellings go.
std::vector<std::string> madeUpMerges(const std::vector<Chain>& chains)
{
    std::vector<std::string> merges;
    for (const char* consonant : kConsonants) {
        for (const char* vowel : kVowels)
            merges.push_back(std::string(consonant) + " " + vowel);
    }
    for (const Chain& chain : chains) {
        std::size_t base = kSyllables;
        for (int right = 1; right < chain.length; ++right, base *= kSyllables)
            merges.push_back(Chain{chain.length - right, chain.number / base}.text() + " "
                + Chain{right, chain.number % base}.text());
    }
    std::shuffle(merges.begin(), merges.end(), std::mt19937(7));
    merges.resize(kMerges);
    return merges;
}

void writeTokenizer(const fs::path& path)
{
    std::vector<std::string> pieces{"<pad>", "<eos>", "<bos>", "<unk>"};
    for (int byte = 0; byte < 256; ++byte) {
        std::array<char, 8> name{};
        std::snprintf(name.data(), name.size(), "<0x%02X>", static_cast<unsigned>(byte));
        pieces.emplace_back(name.data());
    }
    pieces.insert(pieces.end(), kConsonants.begin(), kConsonants.end());
    pieces.insert(pieces.end(), kVowels.begin(), kVowels.end());
    const std::vector<Chain> chains = madeUpChains(kPieces - pieces.size());
    const auto chainsBegin = static_cast<std::ptrdiff_t>(pieces.size());
    for (const Chain& chain : chains)
        pieces.push_back(chain.text());
    std::shuffle(pieces.begin() + chainsBegin, pieces.end(), std::mt19937(5));

    std::ofstream file(path);
    // Indented as tokenizers writes it.
    file << R"({
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": [
    {
      "id": 2,
      "content": "<bos>",
      "single_word": false,
      "lstrip": false,
      "rstrip": false,
      "normalized": false,
      "special": true
    }
  ],
  "normalizer": { "type": "Replace", "pattern": { "String": " " }, "content": "▁" },
  "pre_tokenizer": null,
  "post_processor": null,
  "decoder": { "type": "ByteFallback" },
  "model": {
    "type": "BPE",
    "dropout": null,
    "unk_token": "<unk>",
    "continuing_subword_prefix": null,
    "end_of_word_suffix": null,
    "fuse_unk": true,
    "byte_fallback": true,
    "vocab": {
)";
    for (std::size_t id = 0; id < pieces.size(); ++id)
        file << (id > 0 ? ",\n" : "") << "      \"" << pieces[id] << "\": " << id;
    file << "\n    },\n    \"merges\": [\n";
    const std::vector<std::string> merges = madeUpMerges(chains);
    for (std::size_t rank = 0; rank < merges.size(); ++rank)
        file << (rank > 0 ? ",\n" : "") << "      \"" << merges[rank] << '"';
    file << "\n    ]\n  }\n}\n";
}

void ours(benchmark::State& state, const fs::path& path)
{
    for (auto _ : state) {
        const std::clock_t start = std::clock();
        if (const auto tokenizer = core::Tokenizer::open(path); !tokenizer)
            state.SkipWithError(tokenizer.error().message.c_str());
        state.SetIterationTime(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
}

/// Processor's seconds of Hugging Face tokenizers, measured in Python; negative where that failed.
double theirSeconds(const std::string& python, const fs::path& path)
{
    const std::string command = "'" + python
        + "' -c 'import time; from tokenizers import Tokenizer; start = time.process_time(); "
          "Tokenizer.from_file(\""
        + path.string() + "\"); print(time.process_time() - start)'";
    std::FILE* output = popen(command.c_str(), "r");
    double seconds = -1;
    if (!output || std::fscanf(output, "%lf", &seconds) != 1)
        seconds = -1;
    if (output)
        pclose(output);
    return seconds;
}

void theirs(benchmark::State& state, const std::string& python, const fs::path& path)
{
    for (auto _ : state) {
        const double seconds = theirSeconds(python, path);
        if (seconds < 0)
            state.SkipWithError("this Python has no tokenizers");
        state.SetIterationTime(seconds);
    }
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view kPython = "--python=";
    std::string python;
    std::vector<char*> others{argv[0]};
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument.starts_with(kPython))
            python = argument.substr(kPython.size());
        else
            others.push_back(argv[i]);
    }
    const fs::path path
        = fs::temp_directory_path() / ("gemma_shape_" + std::to_string(getpid()) + ".json");
    writeTokenizer(path);
    std::printf("%.1f MB\n", static_cast<double>(fs::file_size(path)) / 1e6);
    benchmark::RegisterBenchmark("ours", ours, path)
        ->Unit(benchmark::kMillisecond)
        ->UseManualTime();
    if (!python.empty())
        benchmark::RegisterBenchmark("theirs", theirs, python, path)
            ->Unit(benchmark::kMillisecond)
            ->UseManualTime();
    bench::Medians medians = bench::runInterleaved(
        "open_tokenizer_bench", static_cast<int>(others.size()), others.data());
    fs::remove(path);
    const double theirMedian = medians("theirs/");
    std::printf("ours: median %.0f ms", medians("ours/"));
    if (theirMedian > 0)
        std::printf(", theirs: %.0f ms, ratio %.2f", theirMedian, medians("ours/") / theirMedian);
    std::printf("\n");
}
