// Tokenizing on one thread: `text_bench FOLDER... [--text=FILE]`, a tokenizer folder each. The
// target is 5 MB of English a second. Without a file the text is made up: 60,000 different words
// whose frequencies fall as those of English do, so that remembering words helps no more than it
// does in life.
#include "core/text/tokenizer.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <string_view>

#include <benchmark/benchmark.h>

namespace {

constexpr std::size_t kBytes = 2'000'000;

std::string madeUpWord(std::mt19937& random)
{
    static const std::vector<std::string> onsets{"b", "c", "d", "f", "g", "h", "l", "m", "n", "p",
        "r", "s", "t", "w", "st", "tr", "pl", "ch", "sh", "th", "qu", "str", ""};
    static const std::vector<std::string> rhymes{"a", "e", "i", "o", "u", "ea", "ou", "an", "er",
        "in", "on", "ess", "ight", "ation", "ing", "ed", "al", "ect", "ent", "ish", "or", "ard"};
    std::string word;
    for (unsigned syllables = 1 + random() % 3; syllables > 0; --syllables)
        word += onsets[random() % onsets.size()] + rhymes[random() % rhymes.size()];
    return word;
}

std::string madeUpText()
{
    std::mt19937 random(7);
    std::vector<std::string> words;
    std::vector<double> weights;
    for (int rank = 1; rank <= 60'000; ++rank) {
        words.push_back(madeUpWord(random));
        weights.push_back(std::pow(rank, -1.05));
    }
    std::discrete_distribution<std::size_t> pick(weights.begin(), weights.end());
    std::string text;
    while (text.size() < kBytes) {
        text += words[pick(random)];
        const auto mark = random() % 100;
        text += mark < 6 ? ", "
            : mark < 12  ? ". "
            : mark < 13  ? ".\n\n"
            : mark < 14  ? " 1984 "
                         : " ";
    }
    return text;
}

std::string readText(const std::string& path)
{
    std::ifstream file(path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

void encode(benchmark::State& state, const std::string& folder, const std::string& text)
{
    const auto tokenizer = core::Tokenizer::open(folder);
    if (!tokenizer) {
        state.SkipWithError(tokenizer.error().message.c_str());
        return;
    }
    std::size_t count = 0;
    for (auto _ : state) {
        const auto tokens = (*tokenizer)->encode(text, true);
        count = tokens ? tokens->ids.size() : 0;
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
    state.counters["bytes/token"] = static_cast<double>(text.size()) / static_cast<double>(count);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    std::string text;
    std::vector<std::string> folders;
    constexpr std::string_view kText = "--text=";
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument.starts_with(kText))
            text = readText(argument.substr(kText.size()));
        else
            folders.push_back(argument);
    }
    if (folders.empty()) {
        std::puts("usage: text_bench FOLDER... [--text=FILE]");
        return 2;
    }
    if (text.empty())
        text = madeUpText();
    for (const std::string& folder : folders)
        benchmark::RegisterBenchmark(folder.c_str(), encode, folder, text)
            ->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
}
