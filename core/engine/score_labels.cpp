#include "core/api/score_labels.h"

#include "core/engine/request_table.h"
#include "core/features/label_files.h"
#include "core/labels/label_maker.h"
#include "core/labels/label_rule.h"

#include <algorithm>

namespace core {

namespace {

/// Of a file, or of persons in the workspace; by dictionary, so that each is loaded once.
Result<std::vector<LabelRecord>> labelsToScore(WorkspaceReader& reader,
    const std::vector<StoredDictionary>& dictionaries, const ScoreLabelsRequest& request,
    std::stop_token stop)
{
    std::vector<LabelRecord> records;
    if (!request.path.empty()) {
        auto read = readLabels(request.path, dictionaries);
        if (!read)
            return fail(read.error());
        records = std::move(*read);
    } else {
        for (const StoredDictionary& dictionary : dictionaries) {
            const auto labels = reader.labels(dictionary.id, stop);
            if (!labels)
                return fail(labels.error());
            for (const auto& [feature, label] : *labels)
                if (label.source == LabelSource::Person)
                    records.push_back({{dictionary.name, feature}, dictionary.layer, label});
        }
    }
    std::stable_sort(records.begin(), records.end(),
        [](const auto& a, const auto& b) { return a.feature.dictionary < b.feature.dictionary; });
    return records;
}

} // namespace

Result<std::vector<ScoredLabel>> run(const ScoreLabelsRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto dictionaries = (*reader)->dictionaries();
    if (!dictionaries)
        return fail(dictionaries.error());
    const auto records = labelsToScore(**reader, *dictionaries, request, context.stop);
    if (!records)
        return fail(records.error());
    LabelMaker maker(**reader);
    std::vector<ScoredLabel> scored;
    for (const LabelRecord& record : *records) {
        if (context.stop.stop_requested())
            return cancelled();
        ScoredLabel one{record.feature, record.label.text, record.label.source, {}, {}, {}};
        for (const StoredDictionary& dictionary : *dictionaries) {
            if (dictionary.name != record.feature.dictionary || dictionary.harvestedTokens == 0)
                continue;
            const auto test = maker.test(dictionary, record.feature.feature, record.label.text);
            if (!test)
                return fail(test.error());
            one.score = test->score;
            one.bar = test->bar;
            if (const auto rule = readRule(test->rule))
                one.rule = describeFully(*rule);
        }
        scored.push_back(std::move(one));
    }
    return scored;
}

const Handles<ScoreLabelsRequest> kScoreLabels(Runs::OnReader, run);

} // namespace core
