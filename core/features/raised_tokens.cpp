#include "core/features/raised_tokens.h"

#include "core/features/changed_position.h"
#include "core/features/logit_effects.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace core {

namespace {

constexpr std::size_t kMostRows = 64; // Of one pass: each holds keys and values of the passage.

struct Look {
    Place place;
    std::int64_t feature = 0;

    auto operator<=>(const Look&) const = default;
};

/// Passages by how many places they have for their length, as many as there is room for.
std::set<std::int32_t> passagesToRead(const std::vector<Look>& looks,
    const std::vector<Passage>& passages, const RaisedTokenSettings& settings)
{
    std::map<std::int32_t, std::int64_t> places;
    for (const Look& look : looks)
        ++places[look.place.passage];
    const auto length = [&](std::int32_t passage) {
        return std::ssize(passages[static_cast<std::size_t>(passage)].tokens);
    };
    std::vector<std::pair<std::int32_t, std::int64_t>> order(places.begin(), places.end());
    std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
        return a.second * length(b.first) > b.second * length(a.first);
    });
    std::set<std::int32_t> chosen;
    std::int64_t tokens = 0, taken = 0;
    for (const auto& [passage, count] : order) {
        tokens += length(passage);
        taken += count;
        if (!chosen.empty() && (tokens > settings.tokens || taken > settings.mostPlaces))
            break;
        chosen.insert(passage);
    }
    return chosen;
}

/// All places in order, but for those that there is no room for and those of features with too few.
std::vector<Look> looksOf(const std::vector<std::vector<Place>>& places,
    const std::vector<Passage>& passages, const RaisedTokenSettings& settings)
{
    std::vector<Look> looks;
    for (std::size_t f = 0; f < places.size(); ++f)
        for (const Place place : places[f])
            looks.push_back({place, static_cast<std::int64_t>(f)});
    std::sort(looks.begin(), looks.end());
    const std::set<std::int32_t> isRead = passagesToRead(looks, passages, settings);
    std::erase_if(looks, [&](const Look& look) { return !isRead.contains(look.place.passage); });
    std::map<std::int64_t, std::size_t> ofFeature;
    for (const Look& look : looks)
        ++ofFeature[look.feature];
    std::erase_if(
        looks, [&](const Look& look) { return ofFeature[look.feature] < settings.fewest; });
    return looks;
}

} // namespace

std::vector<Place> placesByStrength(
    std::span<const Place> places, std::span<const int> strengths, std::size_t count)
{
    if (places.size() <= count)
        return {places.begin(), places.end()};
    const double all = std::accumulate(strengths.begin(), strengths.end(), 0.0);
    std::vector<Place> chosen;
    double passed = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        passed += strengths[i];
        // The middle of the next step.
        if (passed * double(count) >= (double(chosen.size()) + 0.5) * all && chosen.size() < count)
            chosen.push_back(places[i]);
    }
    return chosen;
}

Result<std::vector<StoredEffects>> raisedTokens(const Transformer& model,
    const Dictionary& dictionary, const std::vector<Passage>& passages,
    const std::vector<std::vector<Place>>& places, std::int64_t vocabulary,
    const RaisedTokenSettings& settings, std::stop_token stop,
    const std::function<void(std::int64_t done, std::int64_t total)>& pause)
{
    const c10::InferenceMode inference;
    const DictionaryConfig& config = dictionary.config();
    std::vector<StoredEffects> raised(places.size());
    if (config.d_out != model.config().d_model || config.headOut >= 0)
        return raised;
    const std::vector<Look> looks = looksOf(places, passages, settings);
    std::map<std::int64_t, std::int64_t> rowOf; // by feature
    for (const Look& look : looks)
        rowOf.try_emplace(look.feature, std::ssize(rowOf));
    const auto options = at::TensorOptions(at::kFloat).device(model.device());
    at::Tensor lost = at::zeros({std::ssize(rowOf), model.config().d_model}, options);
    at::Tensor times = at::zeros({std::ssize(rowOf), 1}, options);
    std::optional<UnchangedText> text;
    for (std::size_t from = 0, to = 0; from < looks.size(); from = to) {
        const Place place = looks[from].place;
        std::vector<std::int64_t> rows;
        // Who is taken out, behind one row in which nobody is.
        std::vector<std::int64_t> here{looks[from].feature};
        for (to = from; to < looks.size() && to - from < kMostRows && looks[to].place == place;
             ++to) {
            here.push_back(looks[to].feature);
            rows.push_back(rowOf[looks[to].feature]);
        }
        if (pause)
            pause(static_cast<std::int64_t>(from), std::ssize(looks));
        if (stop.stop_requested())
            return cancelled();
        if (from == 0 || looks[from - 1].place.passage != place.passage) {
            const auto& tokens = passages[static_cast<std::size_t>(place.passage)].tokens;
            auto read = UnchangedText::read(model, dictionary, tokens, stop);
            if (!read)
                return fail(read.error());
            text = std::move(*read);
        }
        const at::Tensor index = at::tensor(here, at::kLong).to(model.device());
        at::Tensor units
            = -dictionary.activations(text->readAt(place.position))[0].index_select(0, index);
        units[0] = 0;
        at::Tensor unembedded;
        const auto logits = text->changedLogits(place.position, index, units, stop, &unembedded);
        if (!logits)
            return fail(logits.error());
        const at::Tensor which = at::tensor(rows, at::kLong).to(model.device());
        lost.index_add_(
            0, which, unembedded.narrow(0, 0, 1) - unembedded.narrow(0, 1, std::ssize(rows)));
        times.index_add_(0, which, at::ones({std::ssize(rows), 1}, options));
    }
    auto effects
        = unembeddedEffects(model, lost / times, settings.effects, vocabulary, std::move(stop));
    if (!effects)
        return fail(effects.error());
    for (const auto& [feature, row] : rowOf) {
        StoredEffects& of = (*effects)[static_cast<std::size_t>(row)];
        of.negative.clear(); // What it raises is asked for; the rest makes room for that.
        raised[static_cast<std::size_t>(feature)] = std::move(of);
    }
    return raised;
}

} // namespace core
