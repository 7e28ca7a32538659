#pragma once

#include "core/text/jinja/library.h"
#include "core/text/jinja/syntax.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace core::jinja {

/// Renders one template once. Throws a Problem.
class Evaluator {
public:
    using Scope = std::map<std::string, Value, std::less<>>;

    explicit Evaluator(Scope variables);
    std::string render(const Block& block);

private:
    enum class Flow { Next, Break, Continue };
    class Nesting;
    class Inner;
    class Outer;

    // jinja_evaluator.cpp: statements
    Flow execute(const Block& block, std::string& output);
    Flow execute(const Statement& statement, std::string& output);
    Flow executeIf(const Statement& statement, std::string& output);
    Flow executeFor(const Statement& statement, std::string& output);
    Flow executeWith(const Statement& statement, std::string& output);
    void executeSet(const Statement& statement);
    void executeCall(const Statement& statement, std::string& output);
    Value filtered(const Statement& statement);
    void assign(const std::vector<std::string>& names, const Value& value);
    void write(std::string& output, const std::string& text);

    // jinja_values.cpp: expressions
    Value evaluate(const Expression& expression);
    Value evaluateName(const Expression& expression);
    Value evaluateDict(const Expression& expression);
    Value evaluateSlice(const Expression& expression);
    Value evaluateComparison(const Expression& expression);
    Value evaluateCall(const Expression& call, const Value* caller = nullptr);
    Arguments argumentsOf(const Expression& call);
    List evaluateParts(const Expression& expression);
    Value callBuiltin(const std::string& name, const Arguments& arguments);
    Value callMacro(
        const Value::Function& function, const Arguments& arguments, const Value* caller);
    Value makeMacro(const Macro& macro) const;

    std::vector<Scope> m_scopes; // the innermost last
    Budget m_budget;
    int m_depth = 0;
};

/// Counts how deep the evaluator stands in itself.
class Evaluator::Nesting {
public:
    explicit Nesting(Evaluator& evaluator);
    ~Nesting() { --m_evaluator.m_depth; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

private:
    Evaluator& m_evaluator;
};

/// A scope that ends where this does.
class Evaluator::Inner {
public:
    explicit Inner(Evaluator& evaluator)
        : m_evaluator(evaluator)
    {
        m_evaluator.m_scopes.emplace_back();
    }
    ~Inner() { m_evaluator.m_scopes.pop_back(); }
    Inner(const Inner&) = delete;
    Inner& operator=(const Inner&) = delete;

private:
    Evaluator& m_evaluator;
};

/// Hides all but the outermost `count` scopes as long as it lives.
class Evaluator::Outer {
public:
    Outer(Evaluator& evaluator, std::size_t count)
        : m_evaluator(evaluator)
        , m_all(std::move(evaluator.m_scopes))
        , m_count(std::min(count, m_all.size()))
    {
        const auto end = m_all.begin() + static_cast<std::ptrdiff_t>(m_count);
        m_evaluator.m_scopes.assign(
            std::make_move_iterator(m_all.begin()), std::make_move_iterator(end));
    }
    ~Outer()
    {
        std::move(m_evaluator.m_scopes.begin(), m_evaluator.m_scopes.end(), m_all.begin());
        m_evaluator.m_scopes = std::move(m_all);
    }
    Outer(const Outer&) = delete;
    Outer& operator=(const Outer&) = delete;

private:
    Evaluator& m_evaluator;
    std::vector<Scope> m_all;
    std::size_t m_count;
};

} // namespace core::jinja
