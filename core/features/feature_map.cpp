#include "core/features/feature_map.h"

#include "core/features/neighbour_layout.h"
#include "core/features/stable_hash.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace core {

namespace {

constexpr std::int64_t kRowsAtATime = 1024; // with 20,000 landmarks 80 MB of cosines
constexpr float kNowhere = std::numeric_limits<float>::quiet_NaN();
constexpr int kAmong = 5; ///< Landmarks that another feature stands among.
constexpr double kFirstSpread = 10.0; ///< Of the places the layout starts from, as UMAP starts.

/// A feature that is on the map.
struct Mapped {
    std::size_t dictionary;
    std::int64_t feature;
};

at::Tensor unitRows(const at::Tensor& rows)
{
    return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

/// Unit decoder rows [n, d_out] float32 on the CPU of features `from` to `to` of the list.
at::Tensor directionsOf(const Dictionaries& dictionaries, const std::vector<Mapped>& mapped,
    std::size_t from, std::size_t to)
{
    std::vector<at::Tensor> parts;
    while (from < to) {
        const std::size_t dictionary = mapped[from].dictionary;
        std::vector<std::int64_t> features;
        for (; from < to && mapped[from].dictionary == dictionary; ++from)
            features.push_back(mapped[from].feature);
        parts.push_back(dictionaries[dictionary]->decoderRows(at::tensor(features)).to(at::kCPU));
    }
    return unitRows(at::cat(parts));
}

/// The mean of rows [n, d] and their first `count` principal components [d, count], by subspace
/// iteration (Halko, Martinsson, Tropp 2011).
std::pair<at::Tensor, at::Tensor> principalComponents(
    const at::Tensor& rows, std::int64_t count, std::uint64_t seed)
{
    constexpr std::int64_t kSpare = 8;
    constexpr int kPowers = 4;
    const at::Tensor mean = rows.mean(0);
    const at::Tensor centred = rows - mean;
    const std::int64_t kept = std::min({count, rows.size(0), rows.size(1)});
    const std::int64_t tried = std::min({kept + kSpare, rows.size(0), rows.size(1)});
    at::Tensor basis
        = at::randn({rows.size(1), tried}, at::detail::createCPUGenerator(seed), at::kFloat);
    for (int power = 0; power < kPowers; ++power)
        basis = std::get<0>(at::linalg_qr(at::matmul(centred.t(), at::matmul(centred, basis))));
    const at::Tensor inside = at::matmul(centred, basis);
    // Ascending: the last are the largest.
    const at::Tensor vectors = std::get<1>(at::linalg_eigh(at::matmul(inside.t(), inside)));
    return {mean, at::matmul(basis, vectors.flip(1).narrow(1, 0, kept))};
}

/// The `count` rows of `among` with the largest cosine with rows `from` to `from + n` of `unit`:
/// cosines and indices, [n, count]. `isSame`: both are one list, and nobody is his own neighbour.
std::pair<at::Tensor, at::Tensor> mostAlike(const at::Tensor& unit, const at::Tensor& among,
    std::int64_t from, std::int64_t n, std::int64_t count, bool isSame)
{
    at::Tensor cosines = at::matmul(unit.narrow(0, from, n), among.t());
    if (isSame)
        cosines.narrow(1, from, n).fill_diagonal_(-2.0f);
    const auto [values, ids] = at::topk(cosines, count, 1);
    return {values.contiguous(), ids.contiguous()};
}

} // namespace

Result<DirectionMap> mapDirections(const Dictionaries& dictionaries,
    const std::vector<std::vector<char>>& isMapped, const FeatureMapSettings& settings,
    std::stop_token stop, const ProgressFn& progress)
{
    const c10::InferenceMode inference;
    const auto tell = [&](std::int64_t done, std::int64_t total, const char* unit) {
        if (progress)
            progress({"Map of the features", done, total, unit});
        return !stop.stop_requested();
    };
    DirectionMap map;
    std::vector<Mapped> mapped;
    for (std::size_t d = 0; d < dictionaries.size(); ++d) {
        const DictionaryConfig& config = dictionaries[d]->config();
        const auto size = static_cast<std::size_t>(config.d_sae);
        map.dictionaries.push_back({config.name, {}, std::vector<float>(size, kNowhere),
            std::vector<float>(size, kNowhere)});
        if (config.d_out == dictionaries.front()->config().d_out)
            for (std::size_t i = 0; i < size; ++i)
                if (isMapped[d][i])
                    mapped.push_back({d, static_cast<std::int64_t>(i)});
    }
    map.mapped = static_cast<std::int64_t>(mapped.size());
    constexpr std::int64_t kFewest = 4; // fewer have no neighbourhoods
    if (map.mapped < kFewest) {
        map.mapped = 0;
        return map;
    }

    // Landmarks are spread evenly over all dictionaries, so that each has its share.
    const std::size_t step = static_cast<std::size_t>(
        (map.mapped + settings.landmarks - 1) / std::max<std::int64_t>(1, settings.landmarks));
    std::vector<Mapped> landmarks;
    for (std::size_t i = 0; i < mapped.size(); i += step)
        landmarks.push_back(mapped[i]);
    map.landmarks = std::ssize(landmarks);
    if (!tell(0, 0, "features"))
        return cancelled();
    const at::Tensor directions = directionsOf(dictionaries, landmarks, 0, landmarks.size());
    const auto [mean, components]
        = principalComponents(directions, settings.dimensions, settings.seed);
    const at::Tensor principal = at::matmul(directions - mean, components); // [landmarks, dims]
    const at::Tensor unit = unitRows(principal);

    NeighbourGraph graph;
    graph.count = static_cast<int>(
        std::min<std::int64_t>(std::max(1, settings.neighbours), map.landmarks - 1));
    for (std::int64_t from = 0; from < map.landmarks; from += kRowsAtATime) {
        if (!tell(from, map.landmarks, "features"))
            return cancelled();
        const std::int64_t n = std::min(kRowsAtATime, map.landmarks - from);
        const auto [cosines, ids] = mostAlike(unit, unit, from, n, graph.count, true);
        for (std::int64_t i = 0; i < cosines.numel(); ++i) {
            graph.neighbours.push_back(static_cast<std::int32_t>(ids.data_ptr<std::int64_t>()[i]));
            graph.distances.push_back(std::max(0.0f, 1.0f - cosines.data_ptr<float>()[i]));
        }
    }
    std::vector<PlanePoint> places(landmarks.size());
    const at::Tensor first = principal
        * (kFirstSpread / principal.narrow(1, 0, 1).abs().max().clamp_min(1e-12).item<double>());
    const at::Tensor start = first.contiguous();
    for (std::size_t i = 0; i < places.size(); ++i) {
        const float* row = start.data_ptr<float>() + static_cast<std::ptrdiff_t>(i) * start.size(1);
        // A little apart, so that equal directions do not stay in one point.
        places[i] = {row[0] + 1e-4f * static_cast<float>(i % 97),
            (start.size(1) > 1 ? row[1] : 0.0f) + 1e-4f * static_cast<float>(i % 89)};
    }
    if (!layOutNeighbours(graph, places, {settings.epochs, 5, settings.seed}, stop,
            [&](int epoch) { tell(epoch, settings.epochs, "rounds"); }))
        return cancelled();
    for (std::size_t i = 0; i < landmarks.size(); ++i) {
        StoredMap& of = map.dictionaries[landmarks[i].dictionary];
        const auto feature = static_cast<std::size_t>(landmarks[i].feature);
        of.x[feature] = places[i].x;
        of.y[feature] = places[i].y;
    }

    // The others stand among the landmarks most like them.
    std::vector<Mapped> others;
    for (std::size_t i = 0; i < mapped.size(); ++i)
        if (i % step != 0)
            others.push_back(mapped[i]);
    const auto among = std::min<std::int64_t>(kAmong, map.landmarks);
    for (std::size_t from = 0; from < others.size(); from += kRowsAtATime) {
        if (!tell(static_cast<std::int64_t>(from), std::ssize(others), "features"))
            return cancelled();
        const std::size_t to = std::min(others.size(), from + std::size_t(kRowsAtATime));
        const at::Tensor rows
            = unitRows(at::matmul(directionsOf(dictionaries, others, from, to) - mean, components));
        const auto [cosines, ids] = mostAlike(rows, unit, 0, rows.size(0), among, false);
        for (std::size_t i = from; i < to; ++i) {
            double weight = 0, x = 0, y = 0;
            for (std::int64_t k = 0; k < among; ++k) {
                const std::int64_t at = static_cast<std::int64_t>(i - from) * among + k;
                const double w = std::exp(10.0 * double(cosines.data_ptr<float>()[at]));
                const PlanePoint& place
                    = places[static_cast<std::size_t>(ids.data_ptr<std::int64_t>()[at])];
                weight += w;
                x += w * double(place.x);
                y += w * double(place.y);
            }
            StoredMap& of = map.dictionaries[others[i].dictionary];
            of.x[static_cast<std::size_t>(others[i].feature)] = static_cast<float>(x / weight);
            of.y[static_cast<std::size_t>(others[i].feature)] = static_cast<float>(y / weight);
        }
    }
    map.method = "Decoder directions, " + std::to_string(components.size(1))
        + " principal components, neighbours drawn together";
    map.method += others.empty() ? "."
                                 : " for " + std::to_string(landmarks.size())
            + " of the features; the other " + std::to_string(others.size()) + " stand among the "
            + std::to_string(among) + " of these most like them.";
    return map;
}

Result<DirectionMap> storeFeatureMap(const Dictionaries& dictionaries, WorkspaceReader& reader,
    WorkspaceWriter& writer, const FeatureMapSettings& settings, std::stop_token stop,
    const ProgressFn& progress)
{
    Dictionaries harvested;
    std::vector<std::string> hashes;
    std::vector<std::vector<char>> isAlive;
    for (const auto& dictionary : dictionaries) {
        const auto stored = reader.dictionary(dictionary->config().name);
        if (!stored)
            return fail(stored.error());
        if (!*stored || (*stored)->harvestedTokens == 0
            || (*stored)->d_sae != dictionary->config().d_sae)
            continue;
        std::string hash = weightsHash(*dictionary);
        if ((*stored)->weightsHash != hash)
            continue;
        const auto columns = reader.columns(**stored);
        if (!columns)
            return fail(columns.error());
        harvested.push_back(dictionary);
        hashes.push_back(std::move(hash));
        std::vector<char>& alive = isAlive.emplace_back();
        for (const float density : (*columns)->density)
            alive.push_back(density > 0.0f);
    }
    if (harvested.empty())
        return DirectionMap();
    auto map = mapDirections(harvested, isAlive, settings, stop, progress);
    if (!map || map->mapped == 0)
        return map;
    for (std::size_t d = 0; d < hashes.size(); ++d)
        map->dictionaries[d].weightsHash = hashes[d];
    if (auto put = writer.putFeatureMap(map->dictionaries, map->method); !put)
        return fail(put.error());
    return map;
}

} // namespace core
