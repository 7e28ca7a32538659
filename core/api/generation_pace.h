#pragma once

#include <atomic>

namespace core {

/// How fast a running generation goes on: the asker keeps this and sets it, the engine reads it
/// between two tokens. Any thread.
class GenerationPace {
public:
    /// Steps (one token of every stream) per second; 0 = as fast as it goes.
    void setTokensPerSecond(double value) { m_tokensPerSecond = value; }
    double tokensPerSecond() const { return m_tokensPerSecond; }

    void setPaused(bool isPaused) { m_isPaused = isPaused; }
    bool isPaused() const { return m_isPaused; }
    /// One more token while paused.
    void step() { ++m_steps; }
    /// Whether the next token may come although it is paused; takes one `step` back.
    bool takeStep()
    {
        int steps = m_steps;
        while (steps > 0)
            if (m_steps.compare_exchange_weak(steps, steps - 1))
                return true;
        return false;
    }

private:
    std::atomic<double> m_tokensPerSecond = 0.0;
    std::atomic<bool> m_isPaused = false;
    std::atomic<int> m_steps = 0;
};

} // namespace core
