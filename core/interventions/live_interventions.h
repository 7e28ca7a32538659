#pragma once

#include "core/interventions/active_interventions.h"

#include <memory>
#include <mutex>
#include <utility>

namespace core {

/// The interventions of a running generation; another thread may replace them, which acts on the
/// next token.
class LiveInterventions {
public:
    explicit LiveInterventions(std::shared_ptr<const ActiveInterventions> first)
        : m_current(std::move(first))
    {
    }
    void set(std::shared_ptr<const ActiveInterventions> next)
    {
        const std::lock_guard lock(m_mutex);
        m_current = std::move(next);
    }
    std::shared_ptr<const ActiveInterventions> get() const
    {
        const std::lock_guard lock(m_mutex);
        return m_current;
    }

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<const ActiveInterventions> m_current;
};

} // namespace core
