#include "core/api/saved_lists.h"

#include "core/engine/request_table.h"
#include "core/features/feature_cards.h"
#include "core/features/saved_list_file.h"

#include <algorithm>

namespace core {

namespace {

/// Takes what `open` gave, an error included.
template <typename Reader> Result<SavedLists> allLists(const Result<Reader>& reader)
{
    if (!reader)
        return fail(reader.error());
    auto lists = (*reader)->savedLists();
    if (!lists)
        return fail(lists.error());
    return SavedLists{std::move(*lists)};
}

} // namespace

Result<SavedLists> run(const SavedListsRequest&, Context& context)
{
    return allLists(context.reader());
}

Result<SavedLists> run(const SavedListEdit& edit, Context& context)
{
    auto writer = context.bench.workspace.writer();
    if (!writer)
        return fail(writer.error());
    if (auto written = (*writer)->setSavedList(edit.name, edit.after); !written)
        return fail(written.error());
    return allLists(WorkspaceReader::open((*writer)->path()));
}

Result<std::int64_t> run(const ExportSavedListRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    const auto lists = (*reader)->savedLists();
    if (!lists)
        return fail(lists.error());
    const auto list = std::find_if(lists->begin(), lists->end(),
        [&](const SavedList& one) { return one.name == request.name; });
    if (list == lists->end()) {
        std::string names;
        for (const SavedList& one : *lists)
            names += (names.empty() ? "`" : ", `") + one.name + "`";
        return fail(Error::Code::NotFound,
            "The workspace has no list `" + request.name + "`"
                + (names.empty() ? "; it has none yet." : "; it has " + names + "."));
    }
    auto rows = featureRows(**reader, list->features);
    if (!rows)
        return fail(rows.error());
    if (auto written = writeSavedList(*list, *rows, request.path); !written)
        return fail(written.error());
    return std::ssize(*rows);
}

const Handles<SavedListsRequest> kSavedLists(Runs::OnReader, run);
const Handles<SavedListEdit> kSavedListEdit(Runs::OnWriter, run);
const Handles<ExportSavedListRequest> kExportSavedList(Runs::OnReader, run);

} // namespace core
