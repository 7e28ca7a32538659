#include "core/api/test_label.h"

#include "core/engine/request_table.h"
#include "core/features/feature_cards.h"
#include "core/labels/label_maker.h"

namespace core {

Result<TestedLabel> run(const TestLabelRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    auto row = featureRow(**reader, request.feature); // refuses an unknown feature
    if (!row)
        return fail(row.error());
    const auto stored = (*reader)->dictionary(request.feature.dictionary);
    if (!stored)
        return fail(stored.error());
    const Label label = row->label;
    if (label.source != LabelSource::Person || label.text.empty()
        || (*stored)->harvestedTokens == 0)
        return TestedLabel{std::move(*row), std::nullopt};
    LabelMaker maker(**reader);
    auto test = maker.test(
        **stored, request.feature.feature, label.text, LabelMaker::Loads::OneFeature, context.stop);
    if (!test)
        return fail(test.error());
    auto writer = WorkspaceWriter::open((*reader)->path());
    if (!writer)
        return fail(writer.error());
    const FeatureKey key{(*stored)->id, request.feature.feature};
    if (auto put = (*writer)->putPersonTests({{key, label.text, std::move(*test)}}); !put)
        return fail(put.error());
    row = featureRow(**reader, request.feature);
    if (!row)
        return fail(row.error());
    auto kept = labelTestOf(**reader, key, LabelSource::Person);
    if (!kept)
        return fail(kept.error());
    return TestedLabel{std::move(*row), std::move(*kept)};
}

const Handles<TestLabelRequest> kTestLabel(Runs::OnWorker, run);

} // namespace core
