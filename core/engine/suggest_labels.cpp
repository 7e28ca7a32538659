#include "core/api/suggest_labels.h"

#include "core/engine/label_report.h"
#include "core/engine/request_table.h"
#include "core/features/word_features.h"
#include "core/labels/label_maker.h"

#include <chrono>

namespace core {

Result<LabelSuggestions> run(const SuggestLabelsRequest& request, Context& context)
{
    const auto begin = std::chrono::steady_clock::now();
    const std::filesystem::path path = context.workspaceNamed(request.workspace);
    if (path.empty())
        return fail(Error::Code::NotFound, "No workspace is open. Open a model first.");
    // Connections of their own: this takes seconds to minutes, and labels must not wait for it.
    auto reader = WorkspaceReader::open(path);
    if (!reader)
        return fail(reader.error());
    const auto dictionaries = harvestedDictionaries(**reader, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    if (dictionaries->empty())
        return fail(Error::Code::NotFound,
            path.filename().string()
                + ": nothing was harvested yet, so there is nothing to name. "
                  "Harvest a dictionary first.");
    auto writer = WorkspaceWriter::open(path);
    if (!writer)
        return fail(writer.error());
    LabelSuggestions made;
    LabelMaker maker(**reader);
    for (const StoredDictionary& dictionary : *dictionaries) {
        const auto outcome = maker.label(dictionary, **writer, context.progress, context.stop);
        if (!outcome)
            return fail(outcome.error());
        // Search by meaning goes by the labels too.
        if (auto listed = storeWordFeatures(**reader, **writer, dictionary, context.stop); !listed)
            return fail(listed.error());
        auto report = labelReport(**reader, dictionary);
        if (!report)
            return fail(report.error());
        made.dictionaries.push_back(std::move(*report));
    }
    made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return made;
}

const Handles<SuggestLabelsRequest> kSuggestLabels(Runs::InBackground, run);

} // namespace core
