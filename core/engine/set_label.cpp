#include "core/api/set_label.h"

#include "core/engine/request_table.h"
#include "core/features/feature_cards.h"

namespace core {

Result<FeatureRow> run(const LabelEdit& edit, Context& context)
{
    auto writer = context.bench.workspace.writer();
    if (!writer)
        return fail(writer.error());
    auto reader = WorkspaceReader::open((*writer)->path());
    if (!reader)
        return fail(reader.error());
    auto known = featureRow(
        **reader, edit.feature); // an unknown feature is refused before anything is written
    if (!known)
        return known;
    auto stored = (*reader)->dictionary(edit.feature.dictionary);
    if (!stored)
        return fail(stored.error());
    Label personal = edit.label;
    personal.source = LabelSource::Person;
    if (auto written
        = (*writer)->setLabel({(*stored)->id, edit.feature.feature}, personal, edit.keepsNotes);
        !written)
        return fail(written.error());
    return featureRow(**reader, edit.feature);
}

const Handles<LabelEdit> kSetLabel(Runs::OnWriter, run);

} // namespace core
