#include "core/api/find_concept.h"

#include "core/circuits/concept.h"
#include "core/circuits/text_features.h"
#include "core/engine/cached_rows.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <functional>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// The rows of a prompt whose tokens are not special ones.
std::vector<std::int64_t> countedRows(const LoadedModel& model, const Prompt& prompt)
{
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        if (!model.tokenizer->isSpecial(prompt.ids[i]))
            rows.push_back(static_cast<std::int64_t>(i));
    return rows;
}

/// Peaks over the counted tokens, [dictionary][text].
using PeaksByDictionary = std::vector<std::vector<Peaks>>;

/// Reads `texts` and adds their peaks.
Result<void> readPeaks(const LoadedModel& model, const Dictionaries& dictionaries,
    const std::vector<std::string>& texts, const char* what, const std::function<void()>& onText,
    std::stop_token stop, PeaksByDictionary& peaks, std::string& note)
{
    peaks.resize(dictionaries.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto prompt = promptFromText(model, texts[i]);
        if (!prompt)
            return failAt(prompt, fmt::format("Text {} {} the concept", i + 1, what));
        const auto read = readFeatures(*model.transformer, dictionaries, prompt->ids, stop);
        if (!read)
            return fail(read.error());
        if (note.empty()) // the others say the same, or nothing
            note = prompt->note;
        const auto rows = countedRows(model, *prompt);
        for (std::size_t d = 0; d < dictionaries.size(); ++d)
            peaks[d].push_back(peaksOver(read->active[d], rows));
        onText();
    }
    return {};
}

} // namespace

Result<ConceptFeatures> run(
    const ConceptRequest& request, const LoadedModel& model, Context& context)
{
    if (request.with.empty() || request.without.empty())
        return fail(Error::Code::Unsupported,
            fmt::format("There is no text {} the concept. Give at least one of each kind.",
                request.with.empty() ? "with" : "without"));
    const auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    std::int64_t done = 0;
    const auto onText = [&] {
        context.progress({"Reading the texts", ++done,
            std::ssize(request.with) + std::ssize(request.without), "texts"});
    };
    ConceptFeatures out;
    out.request = request;
    PeaksByDictionary with, without;
    if (auto read = readPeaks(
            model, *dictionaries, request.with, "with", onText, context.stop, with, out.note);
        !read)
        return fail(read.error());
    if (auto read = readPeaks(model, *dictionaries, request.without, "without", onText,
            context.stop, without, out.note);
        !read)
        return fail(read.error());
    CachedRows rows(context.rows().lookup());
    for (std::size_t d = 0; d < dictionaries->size(); ++d) {
        if (context.stop.stop_requested())
            return cancelled();
        const auto features = featuresOf(with[d]); // Others cannot be stronger with the concept.
        if (features.empty())
            continue;
        const auto scores
            = scoreConcept(peakTable(with[d], features), peakTable(without[d], features));
        for (const std::int64_t column : bestColumns(scores, request.limit)) {
            ConceptFeature feature;
            feature.row = rows.of(
                *(*dictionaries)[d], FeatureId(features[static_cast<std::size_t>(column)]));
            feature.layer = (*dictionaries)[d]->config().hookIn.layer;
            feature.score = scores.score[column].item<double>();
            feature.meanWith = scores.meanWith[column].item<double>();
            feature.meanWithout = scores.meanWithout[column].item<double>();
            feature.shareWith = scores.shareWith[column].item<double>();
            feature.shareWithout = scores.shareWithout[column].item<double>();
            out.features.push_back(std::move(feature));
        }
    }
    std::stable_sort(out.features.begin(), out.features.end(),
        [](const ConceptFeature& a, const ConceptFeature& b) {
            return a.score != b.score ? a.score > b.score
                                      : a.meanWith - a.meanWithout > b.meanWith - b.meanWithout;
        });
    if (std::ssize(out.features) > request.limit)
        out.features.resize(static_cast<std::size_t>(std::max(request.limit, 0)));
    return out;
}

const Handles<ConceptRequest> kFindConcept(Runs::AsAStudy, run);

} // namespace core
