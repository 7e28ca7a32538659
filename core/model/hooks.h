#pragma once

#include "core/model/hook_point.h"

#include <functional>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// What to do at hook points during one run: each function may read the value or put another of the
/// same shape in its place. Functions of one point run in the order they were added.
class Hooks {
public:
    using Function = std::function<void(at::Tensor& value)>;

    void on(HookPoint point, Function function)
    {
        m_functions[point].push_back(std::move(function));
    }
    bool isEmpty() const { return m_functions.empty(); }
    bool wants(HookPoint point) const { return m_functions.contains(point); }

    void visit(HookPoint point, at::Tensor& value) const
    {
        if (const auto found = m_functions.find(point); found != m_functions.end())
            for (const Function& function : found->second)
                function(value);
    }

private:
    std::map<HookPoint, std::vector<Function>> m_functions;
};

} // namespace core
