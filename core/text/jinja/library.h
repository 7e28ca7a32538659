#pragma once

#include "core/text/jinja/value.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core::jinja {

/// What a render may use at most, so that a hostile template ends. Throws a Problem when it is
/// used up.
class Budget {
public:
    void step(); ///< One node of the tree visited.
    void charge(std::size_t bytes); ///< A text or a list of this size made.

private:
    std::size_t m_steps = 0;
    std::size_t m_bytes = 0;
};

struct Arguments {
    List positional;
    std::vector<std::pair<std::string, Value>> named;

    /// The argument at a place or by name; null where it is not given.
    const Value* find(std::size_t place, std::string_view name) const;
    std::string text(std::size_t place, std::string_view name, const char* fallback) const;
    std::int64_t integer(std::size_t place, std::string_view name, std::int64_t fallback) const;
    bool flag(std::size_t place, std::string_view name, bool fallback) const;
};

bool isFilter(std::string_view name);
Value applyFilter(
    const std::string& name, const Value& value, const Arguments& arguments, Budget& budget);

bool isTest(std::string_view name);
bool applyTest(const std::string& name, const Value& value, const Arguments& arguments);

/// A method of a text, a list or a dict.
bool isMethod(const Value& receiver, std::string_view name);
Value callMethod(
    const Value& receiver, const std::string& name, const Arguments& arguments, Budget& budget);

/// receiver.name as a template means it: a method, else an entry, else undefined.
Value attributeOf(const Value& receiver, const std::string& name);
Value itemOf(const Value& receiver, const Value& index, Budget& budget);
/// receiver[begin:end:step]; any of the three may be none.
Value sliceOf(
    const Value& receiver, const Value& begin, const Value& end, const Value& step, Budget& budget);

List iterate(const Value& value, Budget& budget); ///< What a loop over it sees.
std::int64_t lengthOf(const Value& value);
Value binary(const std::string& operation, const Value& left, const Value& right, Budget& budget);

std::string stripped(const std::string& text, const Value* characters, bool left, bool right);
std::vector<std::string> charactersOf(const std::string& text, Budget& budget);

} // namespace core::jinja
