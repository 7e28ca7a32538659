// Evaluating expressions.
#include "core/text/jinja/evaluator.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace core::jinja {

namespace {

constexpr std::array<std::string_view, 5> kBuiltins{
    "raise_exception", "strftime_now", "namespace", "range", "dict"};

constexpr std::size_t kMaxRange = 100'000;

std::string today(const std::string& format)
{
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::array<char, 512> buffer{};
    const std::size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
    return {buffer.data(), size};
}

Value range(const Arguments& arguments, Budget& budget)
{
    std::array<std::int64_t, 3> ends{0, 0, 1};
    const std::size_t count = arguments.positional.size();
    if (count < 1 || count > 3 || !arguments.named.empty())
        refuse("`range` takes one to three whole numbers");
    for (std::size_t i = 0; i < count; ++i) {
        if (!arguments.positional[i].asInteger())
            refuse("`range` takes one to three whole numbers");
        ends[count == 1 ? 1 : i] = *arguments.positional[i].asInteger();
    }
    const auto [begin, end, step] = ends;
    if (step == 0)
        refuse("`range` cannot go in steps of 0");
    List items;
    for (std::int64_t i = begin; step > 0 ? i < end : i > end;) {
        if (items.size() == kMaxRange)
            refuse("`range` of more than " + std::to_string(kMaxRange) + " numbers");
        budget.charge(sizeof(Value));
        items.emplace_back(i);
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    return Value::list(std::move(items));
}

Value negative(const Value& value)
{
    if (value.asInteger() && *value.asInteger() != INT64_MIN)
        return -*value.asInteger();
    if (!value.asNumber())
        refuse(std::string("`-` does not work on ") + value.typeName());
    return -*value.asNumber();
}

bool holds(const std::string& operation, const Value& left, const Value& right)
{
    if (operation == "==")
        return left == right;
    if (operation == "!=")
        return !(left == right);
    if (operation == "in")
        return contains(right, left);
    if (operation == "not in")
        return !contains(right, left);
    const int order = compare(left, right, operation.c_str());
    return operation == "<" ? order < 0
        : operation == "<=" ? order <= 0
        : operation == ">"  ? order > 0
                            : order >= 0;
}

/// What comparing with a value may cost.
std::size_t weightOf(const Value& value)
{
    if (value.text())
        return value.text()->size();
    const std::size_t parts = value.items() ? value.items()->size()
        : value.entries()                   ? value.entries()->size()
                                            : 0;
    return parts * sizeof(Value);
}

} // namespace

Value Evaluator::evaluate(const Expression& expression)
{
    const Nesting nesting(*this);
    const auto part = [&](std::size_t i) { return evaluate(*expression.parts[i]); };
    switch (expression.kind) {
    case Expression::Kind::Constant:
        return expression.constant;
    case Expression::Kind::Name:
        return evaluateName(expression);
    case Expression::Kind::List:
    case Expression::Kind::Tuple:
        return Value::list(evaluateParts(expression), expression.kind == Expression::Kind::Tuple);
    case Expression::Kind::Dict:
        return evaluateDict(expression);
    case Expression::Kind::Attribute:
        return attributeOf(part(0), expression.text);
    case Expression::Kind::Item: {
        const Value receiver = part(0);
        return itemOf(receiver, part(1), m_budget);
    }
    case Expression::Kind::Slice:
        return evaluateSlice(expression);
    case Expression::Kind::Call:
        return evaluateCall(expression);
    case Expression::Kind::Filter: {
        const Value value = part(0);
        return applyFilter(expression.text, value, argumentsOf(expression), m_budget);
    }
    case Expression::Kind::Test: {
        const Value value = part(0);
        return applyTest(expression.text, value, argumentsOf(expression));
    }
    case Expression::Kind::Not:
        return !part(0).isTrue();
    case Expression::Kind::Negative:
        return negative(part(0));
    case Expression::Kind::Positive:
        return negative(negative(part(0)));
    case Expression::Kind::Binary: {
        const Value left = part(0);
        return binary(expression.text, left, part(1), m_budget);
    }
    case Expression::Kind::And: {
        Value left = part(0);
        return left.isTrue() ? part(1) : left;
    }
    case Expression::Kind::Or: {
        Value left = part(0);
        return left.isTrue() ? left : part(1);
    }
    case Expression::Kind::Comparison:
        return evaluateComparison(expression);
    case Expression::Kind::Conditional:
        if (part(1).isTrue())
            return part(0);
        return expression.parts[2] ? part(2) : Value::undefined("a choice without `else`");
    }
    return {};
}

Value Evaluator::evaluateName(const Expression& expression)
{
    for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope) {
        if (const auto found = scope->find(expression.text); found != scope->end())
            return found->second;
    }
    if (std::find(kBuiltins.begin(), kBuiltins.end(), expression.text) != kBuiltins.end()) {
        Value::Function function;
        function.name = expression.text;
        return Value::function(std::move(function));
    }
    return Value::undefined(expression.text);
}

List Evaluator::evaluateParts(const Expression& expression)
{
    List values;
    for (const auto& part : expression.parts)
        values.push_back(evaluate(*part));
    m_budget.charge(values.size() * sizeof(Value));
    return values;
}

Value Evaluator::evaluateDict(const Expression& expression)
{
    const List parts = evaluateParts(expression);
    Dict entries;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
        if (!parts[i].text())
            refuse(
                std::string("the keys of a dict must be texts here, not ") + parts[i].typeName());
        const auto same = std::find_if(entries.begin(), entries.end(),
            [&](const auto& entry) { return entry.first == *parts[i].text(); });
        if (same != entries.end())
            same->second = parts[i + 1];
        else
            entries.emplace_back(*parts[i].text(), parts[i + 1]);
    }
    return Value::dict(std::move(entries));
}

Value Evaluator::evaluateSlice(const Expression& expression)
{
    const auto given = [&](std::size_t i) {
        return expression.parts[i] ? evaluate(*expression.parts[i]) : Value::none();
    };
    const Value receiver = evaluate(*expression.parts[0]);
    const Value begin = given(1);
    const Value end = given(2);
    return sliceOf(receiver, begin, end, given(3), m_budget);
}

Value Evaluator::evaluateComparison(const Expression& expression)
{
    Value left = evaluate(*expression.parts[0]);
    for (std::size_t i = 0; i < expression.operators.size(); ++i) {
        Value right = evaluate(*expression.parts[i + 1]);
        m_budget.charge(weightOf(left) + weightOf(right));
        if (!holds(expression.operators[i], left, right))
            return false;
        left = std::move(right);
    }
    return true;
}

Arguments Evaluator::argumentsOf(const Expression& call)
{
    Arguments arguments;
    for (std::size_t i = 1; i < call.parts.size(); ++i)
        arguments.positional.push_back(evaluate(*call.parts[i]));
    for (const auto& [name, value] : call.named)
        arguments.named.emplace_back(name, evaluate(*value));
    return arguments;
}

Value Evaluator::evaluateCall(const Expression& call, const Value* caller)
{
    const Nesting nesting(*this);
    const Expression& callee = *call.parts[0];
    const Value target = evaluate(callee);
    const Value::Function* function = target.function();
    if (!function) {
        const std::string name = callee.text.empty() ? "an expression" : "`" + callee.text + "`";
        refuse(target.isUndefined() ? name + " is not a function or method that is known here"
                                    : name + " is no function but " + target.typeName());
    }
    const Arguments arguments = argumentsOf(call);
    if (function->macro)
        return callMacro(*function, arguments, caller);
    if (caller)
        refuse("`call` needs a macro");
    if (function->receiver)
        return callMethod(*function->receiver, function->name, arguments, m_budget);
    return callBuiltin(function->name, arguments);
}

Value Evaluator::callBuiltin(const std::string& name, const Arguments& arguments)
{
    if (name == "raise_exception")
        refuse(arguments.positional.empty() ? "the template refuses"
                                            : arguments.positional[0].toText());
    if (name == "strftime_now")
        return today(arguments.text(0, "format", ""));
    if (name == "range")
        return range(arguments, m_budget);
    Dict entries;
    if (!arguments.positional.empty()) {
        const Value& first = arguments.positional[0];
        if (arguments.positional.size() != 1 || !first.entries() || first.isNamespace())
            refuse("`" + name + "` takes named arguments and at most one dict");
        entries = *first.entries();
    }
    for (const auto& [key, value] : arguments.named)
        entries.emplace_back(key, value);
    m_budget.charge(entries.size() * sizeof(Value));
    return name == "dict" ? Value::dict(std::move(entries))
                          : Value::makeNamespace(std::move(entries));
}

Value Evaluator::makeMacro(const Macro& macro) const
{
    Value::Function function;
    function.name = macro.name;
    function.macro = &macro;
    function.scopes = m_scopes.size();
    return Value::function(std::move(function));
}

Value Evaluator::callMacro(
    const Value::Function& function, const Arguments& arguments, const Value* caller)
{
    const Macro& macro = *function.macro;
    if (arguments.positional.size() > macro.parameters.size())
        refuse("the macro `" + macro.name + "` takes " + std::to_string(macro.parameters.size())
            + " arguments");
    for (const auto& [name, value] : arguments.named) {
        const auto known = std::find(macro.parameters.begin(), macro.parameters.end(), name);
        if (known == macro.parameters.end())
            refuse("the macro `" + macro.name + "` has no argument `" + name + "`");
    }
    // The macro sees where it was defined, not where it is called.
    const Outer outer(*this, function.scopes);
    const Inner inner(*this);
    if (caller)
        m_scopes.back()["caller"] = *caller;
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
        const std::string& name = macro.parameters[i];
        const Value* given = arguments.find(i, name);
        Value value = given     ? *given
            : macro.defaults[i] ? evaluate(*macro.defaults[i])
                                : Value::undefined(name);
        m_scopes.back()[name] = std::move(value);
    }
    std::string text;
    execute(macro.body, text);
    return text;
}

} // namespace core::jinja
