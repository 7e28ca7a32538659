#pragma once

#include "core/files/pickle_value.h"

#include <cstddef>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace core {

/// Reads pickles, one after the other, with just the operations that torch.save uses
/// (docs/formats.md section 1.4) and the names that torch_objects.h knows. Memory is bounded by the
/// bytes read. Throws PickleProblem.
class PickleReader {
public:
    explicit PickleReader(std::span<const std::byte> bytes)
        : m_bytes(bytes)
    {
    }

    /// The next pickle's object, which lives as long as the reader.
    PickleNode* next();
    std::size_t position() const { return m_at; } ///< Behind the last pickle.
    const std::deque<PickleNode>& nodes() const { return m_nodes; } ///< All that were made.

private:
    std::uint8_t byte();
    std::uint64_t little(std::size_t bytes);
    std::string text(std::uint64_t length);
    std::string utf8(std::uint64_t length);
    std::string line();

    PickleNode* make(PickleNode node);
    void push(PickleNode node) { m_stack.push_back(make(std::move(node))); }
    PickleNode* pop();
    PickleNode* top();
    std::vector<PickleNode*> popToMark();
    std::string popName();

    void step(std::uint8_t operation);
    void pushLong();
    void pushFloat();
    void pushBytes(std::uint64_t length, bool isText);
    void pushTuple(std::size_t count);
    void pushGlobal(PickleGlobal global);
    void remember(std::uint64_t slot);
    void recall(std::uint64_t slot);
    void append(std::vector<PickleNode*> items);
    void setItems(const std::vector<PickleNode*>& items);
    void call();
    void dropTop();

    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
    std::size_t m_steps = 0;
    std::deque<PickleNode> m_nodes; // stays where it is as it grows
    std::vector<PickleNode*> m_stack;
    std::vector<std::size_t> m_marks; // heights of the stack
    std::unordered_map<std::uint64_t, PickleNode*> m_memo;
};

} // namespace core
