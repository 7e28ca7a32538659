#include "core/text/jinja/evaluator.h"

namespace core::jinja {

namespace {

constexpr int kMaxCallDepth = 600;
constexpr std::size_t kMaxOutput = std::size_t{16} << 20u;

/// What `loop` is inside a loop.
Value loopOf(const List& items, std::size_t index)
{
    const auto at = static_cast<std::int64_t>(index);
    const auto count = static_cast<std::int64_t>(items.size());
    const auto neighbour = [&](bool isThere, std::size_t place) {
        return isThere ? items[place] : Value::undefined("a neighbour in a loop");
    };
    return Value::makeNamespace({{"index0", Value(at)}, {"index", Value(at + 1)},
        {"first", Value(at == 0)}, {"last", Value(at + 1 == count)}, {"length", Value(count)},
        {"revindex", Value(count - at)}, {"revindex0", Value(count - at - 1)},
        // Only recursive loops, which are not supported, would count deeper.
        {"depth", Value(std::int64_t{1})}, {"depth0", Value(std::int64_t{0})},
        {"previtem", neighbour(index > 0, index - 1)},
        {"nextitem", neighbour(index + 1 < items.size(), index + 1)}});
}

} // namespace

Evaluator::Nesting::Nesting(Evaluator& evaluator)
    : m_evaluator(evaluator)
{
    m_evaluator.m_budget.step();
    if (++m_evaluator.m_depth > kMaxCallDepth) {
        --m_evaluator.m_depth;
        refuse("the template goes too deep, perhaps because a macro calls itself");
    }
}

Evaluator::Evaluator(Scope variables)
{
    m_scopes.push_back(std::move(variables));
    m_scopes.emplace_back(); // what the template sets
}

std::string Evaluator::render(const Block& block)
{
    std::string output;
    execute(block, output);
    return output;
}

void Evaluator::write(std::string& output, const std::string& text)
{
    m_budget.charge(text.size());
    if (output.size() + text.size() > kMaxOutput)
        refuse("the template writes more than 16 MiB");
    output += text;
}

Evaluator::Flow Evaluator::execute(const Block& block, std::string& output)
{
    for (const Statement& statement : block) {
        if (const Flow flow = execute(statement, output); flow != Flow::Next)
            return flow;
    }
    return Flow::Next;
}

Evaluator::Flow Evaluator::execute(const Statement& statement, std::string& output)
{
    const Nesting nesting(*this);
    switch (statement.kind) {
    case Statement::Kind::Data:
        write(output, statement.text);
        return Flow::Next;
    case Statement::Kind::Output:
        write(output, evaluate(*statement.expressions[0]).toText());
        return Flow::Next;
    case Statement::Kind::If:
        return executeIf(statement, output);
    case Statement::Kind::For:
        return executeFor(statement, output);
    case Statement::Kind::Set:
        executeSet(statement);
        return Flow::Next;
    case Statement::Kind::SetBlock:
        assign(statement.names, filtered(statement));
        return Flow::Next;
    case Statement::Kind::FilterBlock:
        write(output, filtered(statement).toText());
        return Flow::Next;
    case Statement::Kind::Macro:
        assign({statement.macro->name}, makeMacro(*statement.macro));
        return Flow::Next;
    case Statement::Kind::CallBlock:
        executeCall(statement, output);
        return Flow::Next;
    case Statement::Kind::With:
        return executeWith(statement, output);
    case Statement::Kind::Scope: {
        const Inner inner(*this);
        return execute(statement.blocks[0], output);
    }
    case Statement::Kind::Break:
        return Flow::Break;
    case Statement::Kind::Continue:
        return Flow::Continue;
    }
    return Flow::Next;
}

Evaluator::Flow Evaluator::executeIf(const Statement& statement, std::string& output)
{
    for (std::size_t i = 0; i < statement.blocks.size(); ++i) {
        const bool isElse = i == statement.expressions.size();
        if (isElse || evaluate(*statement.expressions[i]).isTrue())
            return execute(statement.blocks[i], output);
    }
    return Flow::Next;
}

Evaluator::Flow Evaluator::executeFor(const Statement& statement, std::string& output)
{
    List items = iterate(evaluate(*statement.expressions[0]), m_budget);
    if (const auto& condition = statement.expressions[1]) {
        List kept;
        for (const Value& item : items) {
            const Inner inner(*this);
            assign(statement.names, item);
            if (evaluate(*condition).isTrue())
                kept.push_back(item);
        }
        items = std::move(kept);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        m_budget.step();
        const Inner inner(*this);
        m_scopes.back()["loop"] = loopOf(items, i);
        assign(statement.names, items[i]);
        if (execute(statement.blocks[0], output) == Flow::Break)
            break;
    }
    if (items.empty() && statement.blocks.size() > 1) {
        const Inner inner(*this);
        return execute(statement.blocks[1], output);
    }
    return Flow::Next;
}

Evaluator::Flow Evaluator::executeWith(const Statement& statement, std::string& output)
{
    List values;
    for (const auto& expression : statement.expressions)
        values.push_back(evaluate(*expression));
    const Inner inner(*this);
    for (std::size_t i = 0; i < values.size(); ++i)
        assign({statement.names[i]}, values[i]);
    return execute(statement.blocks[0], output);
}

void Evaluator::executeSet(const Statement& statement)
{
    Value value = evaluate(*statement.expressions[0]);
    if (statement.text.empty()) {
        assign(statement.names, value);
        return;
    }
    for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope) {
        if (const auto found = scope->find(statement.names[0]); found != scope->end()) {
            found->second.set(statement.text, std::move(value));
            return;
        }
    }
    refuse("`" + statement.names[0] + "` is undefined");
}

void Evaluator::executeCall(const Statement& statement, std::string& output)
{
    const Value caller = makeMacro(*statement.macro);
    write(output, evaluateCall(*statement.expressions[0], &caller).toText());
}

/// The text of a block, through its filters.
Value Evaluator::filtered(const Statement& statement)
{
    std::string text;
    const Inner inner(*this);
    execute(statement.blocks[0], text);
    m_scopes.back()[kBlockText] = Value(std::move(text));
    return evaluate(*statement.expressions[0]);
}

void Evaluator::assign(const std::vector<std::string>& names, const Value& value)
{
    if (names.size() == 1) {
        m_scopes.back()[names[0]] = value;
        return;
    }
    const List parts = iterate(value, m_budget);
    if (parts.size() != names.size())
        refuse(std::to_string(parts.size()) + " values for " + std::to_string(names.size())
            + " names");
    for (std::size_t i = 0; i < names.size(); ++i)
        m_scopes.back()[names[i]] = parts[i];
}

} // namespace core::jinja
