#pragma once

#include "core/circuits/activation_patching.h"
#include "tests/support/tiny_model.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace tests {

/// A tiny model with two prompts, and the metric after any hand-made change of one activation.
struct PatchCase {
    explicit PatchCase(const std::string& family, at::ScalarType type = at::kDouble)
        : model(tinyModel(family)->copyTo(type))
    {
    }

    core::PatchRun run(const at::Tensor& ids, const std::vector<core::HookPoint>& points) const
    {
        auto ran = core::runForPatching(*model, ids, points);
        EXPECT_TRUE(ran) << (ran ? "" : ran.error().message);
        return ran ? std::move(*ran) : core::PatchRun();
    }

    /// logit(answer) - logit(other) of the base prompt in a pass of its own, with `change` done to
    /// the value [T, ..] at `hook`.
    double metricWith(core::HookPoint hook, const std::function<void(at::Tensor&)>& change) const
    {
        const at::NoGradGuard noGrad;
        core::Hooks hooks;
        hooks.on(hook, [&](at::Tensor& value) {
            value = value.clone();
            at::Tensor row = value[0];
            change(row);
        });
        return difference(hooks);
    }
    double metricOf(const at::Tensor& ids) const
    {
        const at::NoGradGuard noGrad;
        return difference({}, ids);
    }
    double difference(const core::Hooks& hooks) const { return difference(hooks, baseIds); }
    double difference(const core::Hooks& hooks, const at::Tensor& ids) const
    {
        const at::Tensor last = (*model->forward(ids, hooks))[0][-1].to(at::kDouble);
        return last[metric.answer.value].item<double>() - last[metric.other.value].item<double>();
    }

    std::shared_ptr<core::Transformer> model;
    at::Tensor baseIds = tinyIds(1, 6, 3), otherIds = tinyIds(1, 6, 4);
    core::PatchMetric metric{core::TokenId(7), core::TokenId(41)};
};

/// Every place that lies by position, outside the blocks too.
inline std::vector<core::HookPoint> positionPoints(const core::Transformer& model)
{
    std::vector<core::HookPoint> points = core::allHookPoints(model.config().n_layers);
    std::erase_if(points, [](const core::HookPoint& point) {
        return point.kind == core::HookKind::AttnScores || point.kind == core::HookKind::Pattern;
    });
    return points;
}

} // namespace tests
