// The list of features and the search over a workspace of millions, made up on the spot: opening
// the list (goal 0.2 s), a jump anywhere in it (16 ms), memory in core (16 bytes a feature), and
// every key of a search typed letter by letter (95 of 100 within 16 ms at one million, 50 ms at ten
// million). Absolute figures, since the goals are: they say something on a machine that is idle.
//
//     feature_list_bench [FEATURES [FOLDER]]     one million in the temporary folder
//
// The file is removed afterwards; one that lies in FOLDER is used and stays. Ten million features
// take 6 GB and a quarter of an hour to make.

#include "core/features/feature_cards.h"
#include "core/features/feature_order.h"
#include "core/features/search.h"
#include "tests/bench/generated_workspace.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <unistd.h>

namespace {

constexpr std::size_t kPage = 64; // As the table of the window asks for.

double millisecondsOf(const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

void print(const char* what, std::vector<double> milliseconds)
{
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto at = [&](double share) {
        return milliseconds[static_cast<std::size_t>(share * double(milliseconds.size() - 1))];
    };
    std::printf("%-44s median %8.2f ms   p95 %8.2f ms   most %8.2f ms   (%zu)\n", what, at(0.5),
        at(0.95), at(1.0), milliseconds.size());
    std::fflush(stdout);
}

double residentMegabytes()
{
    std::ifstream status("/proc/self/statm");
    double all = 0, resident = 0;
    status >> all >> resident;
    return resident * double(sysconf(_SC_PAGESIZE)) / 1e6;
}

} // namespace

int main(int argc, char** argv)
{
    const std::int64_t features = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
    const bool keeps = argc > 2;
    const std::filesystem::path folder = keeps ? std::filesystem::path(argv[2])
                                               : std::filesystem::temp_directory_path()
            / ("feature_list_bench_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const auto path = folder / ("generated_" + std::to_string(features) + ".sqlite");
    bench::GeneratedWorkspace generated;
    if (!std::filesystem::exists(path))
        std::printf(
            "made in %.0f s\n", millisecondsOf([&] { generated.write(path, features); }) / 1000);
    std::printf("%lld features, %.0f MB\n", static_cast<long long>(features),
        double(std::filesystem::file_size(path)) / 1e6);

    std::unique_ptr<core::WorkspaceReader> reader;
    std::shared_ptr<const core::FeatureOrder> order;
    using SortBy = core::FeatureOrderQuery::SortBy;
    const auto list = [&](SortBy sortBy) {
        std::vector<core::FeatureOrderSource> sources;
        const auto dictionaries = reader->dictionaries().value();
        for (const core::StoredDictionary& dictionary : dictionaries) {
            core::FeatureOrderSource source;
            source.dictionary = dictionary.name;
            source.size = static_cast<std::size_t>(dictionary.d_sae);
            source.density = reader->column(dictionary, "density").value();
            if (sortBy == SortBy::MaxActivation)
                source.max = reader->column(dictionary, "max").value();
            if (sortBy == SortBy::OutputScore)
                source.outputScore = reader->column(dictionary, "output_score").value();
            sources.push_back(std::move(source));
        }
        core::FeatureOrderQuery query;
        query.sortBy = sortBy;
        order = core::FeatureOrder::build(std::move(sources), query).value();
    };
    const auto page = [&](std::size_t row) {
        return core::featureRows(*reader,
            core::FeatureSequence(std::shared_ptr<const core::FeatureSequence::Order>(order))
                .slice(row, kPage))
            .value();
    };
    std::vector<double> opening;
    double before = 0;
    for (int run = 0; run < 7; ++run) {
        order.reset();
        reader.reset();
        before = residentMegabytes();
        opening.push_back(millisecondsOf([&] { // as far as its first page
            reader = core::WorkspaceReader::open(path).value();
            list(SortBy::MaxActivation);
            page(0);
        }));
    }
    print("open, by maximum activation, first page", opening);
    const auto perFeature = [&](double bytes) { return bytes / double(features); };
    std::printf("%-44s %.2f bytes a feature counted, %.1f resident\n", "memory",
        perFeature(double(order->bytes()) + 8.0 * double(features)), // the other two columns
        perFeature((residentMegabytes() - before) * 1e6));

    std::mt19937 random(2);
    std::vector<double> jumping, finding;
    for (int jump = 0; jump < 200; ++jump) {
        const std::size_t row = random() % static_cast<std::size_t>(order->size());
        jumping.push_back(millisecondsOf([&] { page(row); }));
        const core::FeatureRef wanted = order->at(static_cast<std::int64_t>(row));
        finding.push_back(millisecondsOf([&] { (void)order->rowOf(wanted); }));
    }
    print("jump: a page of 64 rows", jumping);
    print("the row of a feature", finding);
    for (const auto& [name, sortBy] : {std::pair{"sort by density", SortBy::Density},
             std::pair{"sort by output score", SortBy::OutputScore},
             std::pair{"sort by number", SortBy::Index}}) {
        std::vector<double> sorting;
        for (int run = 0; run < 3; ++run)
            sorting.push_back(millisecondsOf([&] { list(sortBy); }));
        print(name, sorting);
    }

    std::vector<double> typed;
    std::vector<std::pair<double, std::string>> slowest;
    const auto type = [&](const std::string& text) {
        for (std::size_t letters = 1; letters <= text.size(); ++letters) {
            core::SearchQuery query;
            query.text = text.substr(0, letters);
            query.needsRows = false; // the table asks for a page of them
            typed.push_back(
                millisecondsOf([&] { (void)core::searchFeatures(*reader, query).value(); }));
            slowest.emplace_back(-typed.back(), query.text);
        }
    };
    const auto word = [&](int topic, int place) {
        return generated
            .vocabulary()[static_cast<std::size_t>(
                topic * bench::GeneratedWorkspace::kTopicWords + place)]
            .substr(1);
    };
    for (int i = 0; i < 12; ++i) {
        const int topic = static_cast<int>(random() % bench::GeneratedWorkspace::kTopics);
        type(word(topic, i % 5));
        type(word(topic, 3) + " " + word(topic, 9));
        type(word(0, i) + " " + word(topic, 2)); // one of the most frequent words
        type("\"" + word(topic, 1) + " " + word(topic, 0) + "\" -" + word(topic, 4));
    }
    print("search: each letter typed", typed);
    std::sort(slowest.begin(), slowest.end());
    for (std::size_t i = 0; i < std::min<std::size_t>(5, slowest.size()); ++i)
        std::printf("    %8.2f ms   %s\n", -slowest[i].first, slowest[i].second.c_str());
    reader.reset();
    if (!keeps)
        std::filesystem::remove_all(folder);
    return 0;
}
