#include "core/training/known_features.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

constexpr std::int64_t kTokensAtOnce = 8192;

/// Numbers that are the same on every machine; those of the standard's distributions are not.
class KnownFeatureDraw {
public:
    explicit KnownFeatureDraw(std::uint64_t seed)
        : m_random(seed * 0x9e3779b97f4a7c15ull + 1)
    {
    }
    double uniform() { return static_cast<double>(m_random() >> 11) * 0x1p-53; }
    double normal() // Box and Muller
    {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        constexpr double kTurn = 6.283185307179586;
        return radius * std::cos(kTurn * uniform());
    }

private:
    std::mt19937_64 m_random;
};

at::Tensor drawnDirections(std::int64_t n, std::int64_t d, std::uint64_t seed)
{
    KnownFeatureDraw random(seed);
    at::Tensor rows = at::empty({n, d}, at::kDouble);
    double* const values = rows.data_ptr<double>();
    for (std::int64_t i = 0; i < n * d; ++i)
        values[i] = random.normal();
    if (n <= d) // Gram and Schmidt, twice is enough
        for (int round = 0; round < 2; ++round)
            for (std::int64_t i = 0; i < n; ++i) {
                at::Tensor row = rows[i];
                if (i > 0) {
                    const at::Tensor before = rows.narrow(0, 0, i);
                    row.sub_(at::mv(before.t(), at::mv(before, row)));
                }
                row.div_(row.norm());
            }
    return (rows / rows.norm(2, 1, true)).to(at::kFloat);
}

} // namespace

KnownFeatures::KnownFeatures(const KnownFeaturesOptions& options)
    : m_options(options)
{
    const auto add = [&](Kind kind, std::int64_t parent, double share) {
        m_kinds.push_back(kind);
        m_parents.push_back(parent);
        m_events.push_back(static_cast<std::int64_t>(m_on.size()) - 1);
        m_probabilities.push_back(share); // of its event; times the event's own below
    };
    double expected = 0.0; // features that fire, before the scale
    const auto begin = [&](std::int64_t rank, double features) {
        m_on.push_back(std::pow(static_cast<double>(rank + 1), -options.skew));
        expected += m_on.back() * features;
    };
    for (std::int64_t i = 0; i < options.families; ++i) {
        const double share = options.children > 0 ? options.childShare : 0.0;
        begin(i, 1.0 + share);
        const std::int64_t parent = size();
        add(Kind::Parent, -1, 1.0);
        for (std::int64_t c = 0; c < options.children; ++c)
            add(Kind::Child, parent, share / static_cast<double>(options.children));
    }
    for (std::int64_t i = 0; i < options.groups; ++i) {
        begin(i, static_cast<double>(options.groupSize) * options.groupShare);
        for (std::int64_t g = 0; g < options.groupSize; ++g)
            add(Kind::Grouped, -1, options.groupShare);
    }
    for (std::int64_t i = 0; i < options.alone; ++i) {
        begin(i, 1.0);
        add(Kind::Alone, -1, 1.0);
    }
    for (double& on : m_on)
        on *= expected > 0.0 ? options.l0 / expected : 0.0;
    for (std::size_t f = 0; f < m_kinds.size(); ++f)
        m_probabilities[f] *= m_on[static_cast<std::size_t>(m_events[f])];
}

Result<std::shared_ptr<const KnownFeatures>> KnownFeatures::create(const KnownFeaturesOptions& o)
{
    const auto refuse
        = [](std::string why) { return fail(Error::Code::Unsupported, std::move(why)); };
    for (const std::int64_t count : {o.families, o.children, o.groups, o.groupSize, o.alone})
        if (count < 0)
            return refuse("Numbers of features cannot be below 0.");
    for (const double share : {o.childShare, o.groupShare})
        if (!(share > 0.0 && share <= 1.0))
            return refuse("Shares must be above 0 and at most 1.");
    if (o.d < 2 || !(o.l0 > 0.0) || !(o.spread >= 0.0 && o.spread < 1.0))
        return refuse("The width must be at least 2, the L0 above 0 and the spread below 1.");
    std::shared_ptr<KnownFeatures> made(new KnownFeatures(o));
    if (made->size() < 1)
        return refuse("There is no feature in this world.");
    constexpr double kMost = 0.5; // A sparse feature rests more often than it fires.
    if (const double most = *std::max_element(made->m_on.begin(), made->m_on.end()); most > kMost)
        return refuse(fmt::format("An L0 of {:g} over {} features asks that one of them is on at "
                                  "{:.0f} % of the tokens. Ask for fewer, or make more features.",
            o.l0, made->size(), 100 * most));
    made->m_directions = drawnDirections(made->size(), o.d, o.seed);
    return std::shared_ptr<const KnownFeatures>(std::move(made));
}

double KnownFeatures::probabilityOfBoth(std::int64_t first, std::int64_t second) const
{
    if (first == second)
        return probability(first);
    const auto event = m_events[static_cast<std::size_t>(first)];
    if (event != m_events[static_cast<std::size_t>(second)])
        return probability(first) * probability(second);
    if (parent(second) == first || parent(first) == second)
        return std::min(probability(first), probability(second)); // the child's
    if (kind(first) == Kind::Child)
        return 0.0; // two children of one parent
    return probability(first) * m_options.groupShare;
}

at::Tensor KnownFeatures::draw(std::int64_t tokens, std::uint64_t seed) const
{
    KnownFeatureDraw random(seed);
    at::Tensor acts = at::zeros({tokens, size()}, at::kFloat);
    float* row = acts.data_ptr<float>();
    const auto fire = [&](std::int64_t feature) {
        row[feature] = static_cast<float>(1.0 + m_options.spread * (2.0 * random.uniform() - 1.0));
    };
    for (std::int64_t t = 0; t < tokens; ++t, row += size()) {
        std::int64_t feature = 0;
        std::size_t event = 0;
        for (std::int64_t i = 0; i < m_options.families; ++i, feature += 1 + m_options.children) {
            if (random.uniform() >= m_on[event++])
                continue;
            fire(feature);
            const double which = random.uniform();
            if (m_options.children > 0 && which < m_options.childShare)
                fire(feature + 1
                    + std::min(static_cast<std::int64_t>(which / m_options.childShare
                                   * static_cast<double>(m_options.children)),
                        m_options.children - 1));
        }
        for (std::int64_t i = 0; i < m_options.groups; ++i, feature += m_options.groupSize) {
            if (random.uniform() >= m_on[event++])
                continue;
            for (std::int64_t g = 0; g < m_options.groupSize; ++g)
                if (random.uniform() < m_options.groupShare)
                    fire(feature + g);
        }
        for (std::int64_t i = 0; i < m_options.alone; ++i, ++feature)
            if (random.uniform() < m_on[event++])
                fire(feature);
    }
    return acts;
}

std::shared_ptr<const ActivationStore> KnownFeatures::store(
    HookPoint point, std::int64_t tokens, std::uint64_t seed) const
{
    // A part at a time: what fires takes more room than what it adds up to.
    at::Tensor x = at::empty({tokens, m_options.d}, at::kFloat);
    for (std::int64_t begin = 0, part = 0; begin < tokens; begin += kTokensAtOnce, ++part) {
        const std::int64_t count = std::min(kTokensAtOnce, tokens - begin);
        const auto partSeed = seed * 1'000'003ull + static_cast<std::uint64_t>(part);
        x.narrow(0, begin, count).copy_(at::mm(draw(count, partSeed), m_directions));
    }
    return ActivationStore::fromTensors({{point, x}});
}

} // namespace core
