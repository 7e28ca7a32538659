#include "core/api/feature_card.h"

#include "core/api/feature_rows.h"
#include "core/engine/request_table.h"
#include "core/features/feature_cards.h"

namespace core {

Result<FeatureCard> run(const FeatureCardRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    return featureCard(**reader, request.feature);
}

Result<std::vector<FeatureRow>> run(const FeatureRowsRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    return featureRows(**reader, request.features);
}

const Handles<FeatureCardRequest> kFeatureCard(Runs::OnReader, run);
const Handles<FeatureRowsRequest> kFeatureRows(Runs::OnReader, run);

} // namespace core
