#include "core/api/label_files.h"

#include "core/engine/request_table.h"
#include "core/features/label_files.h"

namespace core {

Result<std::int64_t> run(const ExportLabelsRequest& request, Context& context)
{
    auto writer = context.bench.workspace.writer();
    if (!writer)
        return fail(writer.error());
    auto labels = (*writer)->personLabels();
    if (!labels)
        return fail(labels.error());
    if (auto written = writeLabels(*labels, request.path); !written)
        return fail(written.error());
    return std::ssize(*labels);
}

Result<std::int64_t> run(const ImportLabelsRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    auto dictionaries = (*reader)->dictionaries();
    if (!dictionaries)
        return fail(dictionaries.error());
    auto labels = readLabels(request.path, *dictionaries);
    if (!labels)
        return fail(labels.error());
    auto writer = context.bench.workspace.writer();
    if (!writer)
        return fail(writer.error());
    return (*writer)->importLabels(*labels);
}

const Handles<ExportLabelsRequest> kExportLabels(Runs::OnWriter, run);
const Handles<ImportLabelsRequest> kImportLabels(Runs::OnWriter, run);

} // namespace core
