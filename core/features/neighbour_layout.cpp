#include "core/features/neighbour_layout.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

// The curve 1 / (1 + a d^2b) that fits min_dist 0.1 at spread 1, as UMAP's own fit gives it.
constexpr float kA = 1.577f, kB = 0.8951f;
constexpr float kLongestStep = 4.0f;

/// splitmix64: its state is a count, so that it is the same everywhere.
class CountedRandom {
public:
    explicit CountedRandom(std::uint64_t seed)
        : m_state(seed)
    {
    }
    std::uint64_t next()
    {
        std::uint64_t z = m_state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound)
    {
        return static_cast<std::size_t>((next() >> 32) * static_cast<std::uint64_t>(bound) >> 32);
    }

private:
    std::uint64_t m_state;
};

/// The width at which the memberships of a point's neighbours sum to log2 of their number.
double widthOf(const float* distances, int count)
{
    const double wanted = std::log2(std::max(2, count));
    double low = 0.0, high = 0.0, width = 1.0;
    constexpr int kSteps = 64;
    for (int step = 0; step < kSteps; ++step) {
        double sum = 0.0;
        for (int i = 0; i < count; ++i)
            sum += std::exp(-double(distances[i] - distances[0]) / width);
        if (std::fabs(sum - wanted) < 1e-5)
            break;
        if (sum > wanted)
            high = width;
        else
            low = width;
        width = high > 0.0 ? (low + high) / 2 : width * 2;
    }
    return std::max(width, 1e-3);
}

float clipped(float step)
{
    return std::clamp(step, -kLongestStep, kLongestStep);
}

} // namespace

std::vector<NeighbourPair> neighbourPairs(const NeighbourGraph& graph)
{
    std::vector<NeighbourPair> pairs;
    pairs.reserve(graph.neighbours.size() * 2);
    for (std::size_t i = 0; i < graph.size(); ++i) {
        const std::size_t row = i * static_cast<std::size_t>(graph.count);
        const float* distances = graph.distances.data() + row;
        const double width = widthOf(distances, graph.count);
        for (int k = 0; k < graph.count; ++k) {
            const std::int32_t other = graph.neighbours[row + static_cast<std::size_t>(k)];
            const auto weight
                = static_cast<float>(std::exp(-double(distances[k] - distances[0]) / width));
            pairs.push_back({static_cast<std::int32_t>(i), other, weight});
            pairs.push_back({other, static_cast<std::int32_t>(i), weight});
        }
    }
    std::stable_sort(
        pairs.begin(), pairs.end(), [](const NeighbourPair& a, const NeighbourPair& b) {
            return a.from != b.from ? a.from < b.from : a.to < b.to;
        });
    // Either says so, or both: p + q - pq.
    std::vector<NeighbourPair> united;
    for (const NeighbourPair& pair : pairs) {
        if (!united.empty() && united.back().from == pair.from && united.back().to == pair.to)
            united.back().weight += pair.weight - united.back().weight * pair.weight;
        else
            united.push_back(pair);
    }
    return united;
}

bool layOutNeighbours(const NeighbourGraph& graph, std::vector<PlanePoint>& points,
    const LayoutSettings& settings, std::stop_token stop,
    const std::function<void(int epoch)>& pause)
{
    std::vector<NeighbourPair> pairs = neighbourPairs(graph);
    float strongest = 0.0f;
    for (const NeighbourPair& pair : pairs)
        strongest = std::max(strongest, pair.weight);
    // A pair is drawn together as often as its weight says: the strongest in every epoch.
    std::erase_if(pairs, [&](const NeighbourPair& pair) {
        return pair.weight * static_cast<float>(settings.epochs) < strongest;
    });
    std::vector<float> nextEpoch;
    for (const NeighbourPair& pair : pairs)
        nextEpoch.push_back(strongest / pair.weight);
    CountedRandom random(settings.seed);
    for (int epoch = 0; epoch < settings.epochs; ++epoch) {
        if (pause)
            pause(epoch);
        if (stop.stop_requested())
            return false;
        const float rate = 1.0f - static_cast<float>(epoch) / static_cast<float>(settings.epochs);
        for (std::size_t e = 0; e < pairs.size(); ++e) {
            if (nextEpoch[e] > static_cast<float>(epoch + 1))
                continue;
            const NeighbourPair& pair = pairs[e];
            nextEpoch[e] += strongest / pair.weight;
            PlanePoint& from = points[static_cast<std::size_t>(pair.from)];
            PlanePoint& to = points[static_cast<std::size_t>(pair.to)];
            float dx = from.x - to.x, dy = from.y - to.y;
            float square = dx * dx + dy * dy;
            if (square > 0.0f) {
                const float power = std::pow(square, kB);
                const float pull = -2.0f * kA * kB * power / square / (1.0f + kA * power);
                from.x += rate * clipped(pull * dx);
                from.y += rate * clipped(pull * dy);
                to.x -= rate * clipped(pull * dx);
                to.y -= rate * clipped(pull * dy);
            }
            for (int n = 0; n < settings.negatives; ++n) {
                const std::size_t other = random.below(points.size());
                if (other == static_cast<std::size_t>(pair.from))
                    continue;
                dx = from.x - points[other].x;
                dy = from.y - points[other].y;
                square = dx * dx + dy * dy;
                if (square <= 0.0f)
                    continue; // two in one place: others part them
                const float push
                    = 2.0f * kB / ((0.001f + square) * (1.0f + kA * std::pow(square, kB)));
                from.x += rate * clipped(push * dx);
                from.y += rate * clipped(push * dy);
            }
        }
    }
    return true;
}

} // namespace core
