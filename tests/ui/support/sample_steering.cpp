#include "sample_steering.h"

#include "sample_results.h"

namespace tests {

namespace {

core::SweepCell sampleCell(double strength, bool isGuarded)
{
    core::SweepCell cell;
    cell.isWhole = isGuarded || strength < 5;
    cell.text = cell.isWhole
        ? " Walk across the bridge.\nThe fog is low in the morning, and the seals bark at the pier."
        : " bridge bridge bridge bridge bridge bridge bridge bridge bridge bridge bridge bridge";
    cell.klMean = strength / 4;
    cell.klP95 = strength;
    cell.spent = isGuarded ? 11.5 : 0.0;
    cell.repetition = cell.isWhole ? 0.0 : 0.9;
    cell.surprisal = cell.isWhole ? 1.5 : 4.5;
    cell.onTopic = 0.08 * strength;
    cell.deltaNormRatio = strength / 8;
    return cell;
}

core::SweepCell sampleNormal()
{
    core::SweepCell normal;
    normal.text = " You can visit the museum and eat fish.";
    normal.surprisal = 1.1;
    normal.onTopic = 0.02;
    return normal;
}

} // namespace

core::Sweep sampleSweep(const core::SweepRequest& request)
{
    core::Sweep sweep;
    sweep.request = request;
    sweep.normal = sampleNormal();
    for (int row = 0; row < static_cast<int>(request.rows.size()); ++row) {
        auto& line = sweep.cells.emplace_back();
        for (int column = 0; column < static_cast<int>(request.strengths.size()); ++column) {
            line.push_back(sampleCell(request.strengths[static_cast<std::size_t>(column)],
                request.rows[static_cast<std::size_t>(row)].guard.has_value()));
            if (line.back().isWhole && line.back().onTopic > 0.12)
                sweep.sweetSpot = {row, column};
        }
        sweep.isoKl.push_back(row == 0 ? -1 : 0);
    }
    return sweep;
}

core::WhatSteers sampleWhatSteers(const core::WhatSteersRequest& request)
{
    core::WhatSteers answer;
    answer.request = request;
    answer.normal = sampleNormal();
    for (int i = 0; i < 5; ++i) {
        core::SteeringCandidate one;
        one.row = sampleRow({"saes/layer_" + std::to_string(i % 3), core::FeatureId(10 + i)});
        one.multiple = request.multiples[static_cast<std::size_t>(i) % request.multiples.size()];
        one.best = sampleCell(i < 3 ? 5 - i : 1, i < 3);
        if (i >= 3)
            one.best.onTopic = 0.02;
        answer.ranked.push_back(one);
        answer.topic.push_back(one.row.feature);
    }
    answer.steering = 3;
    return answer;
}

} // namespace tests
