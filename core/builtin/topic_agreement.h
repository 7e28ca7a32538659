#pragma once

#include "core/builtin/check_context.h"

namespace core {

/// How far a feature's firing agrees with the tokens of texts about a landmark, from where the
/// topic can be known on. Tokens of such texts before that are not counted.
struct TopicAgreement {
    std::int64_t both = 0, featureOnly = 0, topicOnly = 0;
    std::int64_t namelessBoth = 0,
                 namelessTopic = 0; ///< In passages that never say the landmark's name.

    double precision() const { return share(both, both + featureOnly); }
    double recall() const { return share(both, both + topicOnly); }
    double f1() const { return share(2 * both, 2 * both + featureOnly + topicOnly); }
    double namelessRecall() const { return share(namelessBoth, namelessTopic); }

private:
    static double share(std::int64_t part, std::int64_t whole)
    {
        return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    }
};

Result<TopicAgreement> topicAgreement(
    const CheckContext& context, const FeatureRef& feature, int landmark);

} // namespace core
