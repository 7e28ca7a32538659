#pragma once

#include "core/dictionary/dictionary.h"

#include <memory>

#include <ATen/ATen.h>

namespace tests {

/// One feature per coordinate and sign: every activation is explained without error.
inline std::shared_ptr<const core::Dictionary> completeDictionary(core::HookPoint hook, int d)
{
    core::DictionaryConfig config;
    config.name = hook.name();
    config.architecture = "standard";
    config.d_in = config.d_out = d;
    config.d_sae = 2 * d;
    config.hookIn = config.hookOut = hook;
    config.applyBDecToInput = false;
    const at::Tensor both = at::cat({at::eye(d), -at::eye(d)});
    return core::Dictionary::create(
        config, {both, at::zeros({2 * d}), both, at::zeros({d}), {}, {}})
        .value();
}

} // namespace tests
