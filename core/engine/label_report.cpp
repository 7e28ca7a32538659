#include "core/engine/label_report.h"

#include "core/engine/request_table.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace core {

Result<std::vector<StoredDictionary>> harvestedDictionaries(
    WorkspaceReader& reader, const std::vector<std::string>& names)
{
    auto all = reader.dictionaries();
    if (!all)
        return fail(all.error());
    std::vector<StoredDictionary> chosen;
    for (const StoredDictionary& dictionary : *all)
        if (dictionary.harvestedTokens > 0
            && (names.empty()
                || std::find(names.begin(), names.end(), dictionary.name) != names.end()))
            chosen.push_back(dictionary);
    for (const std::string& name : names)
        if (std::none_of(chosen.begin(), chosen.end(), [&](auto& one) { return one.name == name; }))
            return fail(Error::Code::NotFound,
                reader.path().filename().string() + ": `" + name
                    + "` was not harvested into the workspace. Harvest it first.");
    return chosen;
}

Result<LabelReport> labelReport(WorkspaceReader& reader, const StoredDictionary& dictionary)
{
    const auto max = reader.column(dictionary, "max");
    if (!max)
        return fail(max.error());
    const auto tested = reader.column(dictionary, "label_score");
    if (!tested)
        return fail(tested.error());
    auto shuffled = reader.shuffledScores(dictionary.id);
    if (!shuffled)
        return fail(shuffled.error());
    const auto labels = reader.suggestedCount(dictionary.id);
    if (!labels)
        return fail(labels.error());
    const auto notes = reader.contrast(dictionary.id);
    if (!notes)
        return fail(notes.error());
    LabelReport report;
    report.dictionary = dictionary.name;
    report.labelled = *labels;
    report.isExact = !notes->empty();
    report.shuffled = std::move(*shuffled);
    std::vector<float> scores;
    report.features
        = std::count_if((*max)->begin(), (*max)->end(), [](float value) { return value != 0; });
    std::copy_if((*tested)->begin(), (*tested)->end(), std::back_inserter(scores),
        [](float score) { return !std::isnan(score); });
    report.tested = static_cast<std::int64_t>(scores.size());
    std::sort(scores.begin(), scores.end());
    constexpr std::size_t kPercent = 100;
    for (std::size_t q = 0; q <= kPercent && !scores.empty(); ++q)
        report.scores.push_back(scores[std::min(scores.size() - 1, q * scores.size() / kPercent)]);
    return report;
}

Result<std::vector<LabelReport>> run(const LabelReportRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto dictionaries = harvestedDictionaries(**reader, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    std::vector<LabelReport> reports;
    for (const StoredDictionary& dictionary : *dictionaries) {
        auto report = labelReport(**reader, dictionary);
        if (!report)
            return fail(report.error());
        reports.push_back(std::move(*report));
    }
    return reports;
}

const Handles<LabelReportRequest> kLabelReport(Runs::OnReader, run);

} // namespace core
