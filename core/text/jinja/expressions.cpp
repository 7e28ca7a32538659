#include "core/text/jinja/library.h"
#include "core/text/jinja/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace core::jinja {

using Kind = Token::Kind;
using Make = Expression::Kind;

constexpr int kMaxExpressionDepth = 300;

void Expression::add(ExpressionPtr part)
{
    if (part)
        deepen(part->depth);
    parts.push_back(std::move(part));
}

void Expression::add(std::string name, ExpressionPtr part)
{
    deepen(part->depth);
    named.emplace_back(std::move(name), std::move(part));
}

void Expression::deepen(int below)
{
    depth = std::max(depth, below + 1);
    if (depth > kMaxExpressionDepth)
        refuse("line " + std::to_string(line) + ": an expression of more than "
            + std::to_string(kMaxExpressionDepth) + " steps");
}

namespace {

std::unique_ptr<Expression> make(Make kind, int line, ExpressionPtr first = nullptr)
{
    auto expression = std::make_unique<Expression>(Expression{kind, line});
    if (first)
        expression->add(std::move(first));
    return expression;
}

/// Binary operators, loosest first; all but `~` bind from the left among their own.
constexpr std::array<std::string_view, 2> kSums{"+", "-"};
constexpr std::array<std::string_view, 1> kJoins{"~"};
constexpr std::array<std::string_view, 4> kProducts{"*", "/", "//", "%"};
constexpr std::array<std::string_view, 1> kPowers{"**"};
constexpr std::array<std::span<const std::string_view>, 4> kLevels{
    kSums, kJoins, kProducts, kPowers};

} // namespace

ExpressionPtr Parser::parseTuple(bool hasConditional)
{
    const int line = now().line;
    ExpressionPtr first = parseExpression(hasConditional);
    if (!isOperator(","))
        return first;
    auto tuple = make(Make::Tuple, line, std::move(first));
    while (takeOperator(",")) {
        const bool isOver = now().kind == Kind::OutputEnd || now().kind == Kind::BlockEnd
            || isOperator(")") || isOperator("]");
        if (isOver)
            break;
        tuple->add(parseExpression(hasConditional));
    }
    return tuple;
}

ExpressionPtr Parser::parseExpression(bool hasConditional)
{
    const Nesting nesting(*this);
    ExpressionPtr value = parseOr();
    while (hasConditional && isWord("if")) {
        auto choice = make(Make::Conditional, take().line, std::move(value));
        choice->add(parseOr());
        choice->add(takeWord("else") ? parseExpression() : nullptr);
        value = std::move(choice);
    }
    return value;
}

ExpressionPtr Parser::parseOr()
{
    ExpressionPtr left = parseAnd();
    while (isWord("or")) {
        auto both = make(Make::Or, take().line, std::move(left));
        both->add(parseAnd());
        left = std::move(both);
    }
    return left;
}

ExpressionPtr Parser::parseAnd()
{
    ExpressionPtr left = parseNot();
    while (isWord("and")) {
        auto both = make(Make::And, take().line, std::move(left));
        both->add(parseNot());
        left = std::move(both);
    }
    return left;
}

ExpressionPtr Parser::parseNot()
{
    if (!isWord("not"))
        return parseComparison();
    const Nesting nesting(*this);
    const int line = take().line;
    return make(Make::Not, line, parseNot());
}

ExpressionPtr Parser::parseComparison()
{
    ExpressionPtr left = parseBinary(0);
    std::unique_ptr<Expression> chain;
    for (;;) {
        std::string op;
        if (now().kind == Kind::Operator
            && (now().text == "==" || now().text == "!=" || now().text == "<" || now().text == "<="
                || now().text == ">" || now().text == ">=")) {
            op = take().text;
        } else if (takeWord("in")) {
            op = "in";
        } else if (isWord("not") && m_tokens[m_at + 1].kind == Kind::Name
            && m_tokens[m_at + 1].text == "in") {
            m_at += 2;
            op = "not in";
        } else {
            break;
        }
        if (!chain)
            chain = make(Make::Comparison, now().line, std::move(left));
        chain->operators.push_back(op);
        chain->add(parseBinary(0));
    }
    return chain ? std::move(chain) : std::move(left);
}

ExpressionPtr Parser::parseBinary(std::size_t level)
{
    if (level == kLevels.size())
        return parseUnary();
    ExpressionPtr left = parseBinary(level + 1);
    for (bool isFound = true; isFound;) {
        isFound = false;
        for (const std::string_view op : kLevels[level]) {
            if (!isOperator(op))
                continue;
            auto both = make(Make::Binary, take().line, std::move(left));
            both->text = op;
            both->add(parseBinary(level + 1));
            left = std::move(both);
            isFound = true;
            break;
        }
    }
    return left;
}

ExpressionPtr Parser::parseUnary(bool hasFilter)
{
    const Nesting nesting(*this);
    const int line = now().line;
    ExpressionPtr value;
    if (takeOperator("-"))
        value = make(Make::Negative, line, parseUnary(false));
    else if (takeOperator("+"))
        value = make(Make::Positive, line, parseUnary(false));
    else
        value = parsePrimary();
    value = parsePostfix(std::move(value));
    return hasFilter ? parseFilters(std::move(value)) : std::move(value);
}

ExpressionPtr Parser::parsePrimary()
{
    const Nesting nesting(*this);
    const Token token = now();
    auto constant = make(Make::Constant, token.line);
    switch (token.kind) {
    case Kind::Name:
        take();
        if (token.text == "true" || token.text == "True" || token.text == "false"
            || token.text == "False") {
            constant->constant = Value(token.text == "true" || token.text == "True");
        } else if (token.text == "none" || token.text == "None") {
            constant->constant = Value::none();
        } else {
            constant->kind = Make::Name;
            constant->text = token.text;
        }
        return constant;
    case Kind::Text: {
        std::string text;
        while (now().kind == Kind::Text) // neighbours are one text
            text += take().text;
        constant->constant = Value(std::move(text));
        return constant;
    }
    case Kind::Integer: {
        take();
        std::int64_t number = 0;
        const char* end = token.text.data() + token.text.size();
        if (std::from_chars(token.text.data(), end, number).ec != std::errc())
            complain("`" + token.text.substr(0, 40) + "` is too large");
        constant->constant = Value(number);
        return constant;
    }
    case Kind::Float:
        take();
        constant->constant = Value(std::strtod(token.text.c_str(), nullptr));
        return constant;
    default:
        break;
    }
    if (isOperator("["))
        return parseList();
    if (isOperator("{"))
        return parseDict();
    if (takeOperator("(")) {
        if (takeOperator(")"))
            return make(Make::Tuple, token.line);
        ExpressionPtr inner = parseTuple();
        expectOperator(")");
        return inner;
    }
    complain(token.text.empty() ? "an expression is expected"
                                : "an expression is expected, not `" + token.text + "`");
}

ExpressionPtr Parser::parseList()
{
    auto list = make(Make::List, take().line);
    while (!isOperator("]")) {
        list->add(parseExpression());
        if (!takeOperator(","))
            break;
    }
    expectOperator("]");
    return list;
}

ExpressionPtr Parser::parseDict()
{
    auto dict = make(Make::Dict, take().line);
    while (!isOperator("}")) {
        dict->add(parseExpression());
        expectOperator(":");
        dict->add(parseExpression());
        if (!takeOperator(","))
            break;
    }
    expectOperator("}");
    return dict;
}

ExpressionPtr Parser::parsePostfix(ExpressionPtr value)
{
    for (;;) {
        const int line = now().line;
        if (takeOperator(".")) {
            const bool isIndex = now().kind == Kind::Integer;
            auto part = make(isIndex ? Make::Item : Make::Attribute, line, std::move(value));
            if (isIndex)
                part->add(parsePrimary());
            else
                part->text = expectName();
            value = std::move(part);
        } else if (takeOperator("[")) {
            value = parseSubscript(std::move(value));
        } else if (isOperator("(")) {
            auto call = make(Make::Call, line, std::move(value));
            parseArguments(*call);
            value = std::move(call);
        } else {
            return value;
        }
    }
}

ExpressionPtr Parser::parseSubscript(ExpressionPtr value)
{
    const int line = now().line;
    ExpressionPtr index = isOperator(":") ? nullptr : parseTuple();
    if (!isOperator(":")) {
        expectOperator("]");
        auto item = make(Make::Item, line, std::move(value));
        item->add(std::move(index));
        return item;
    }
    auto slice = make(Make::Slice, line, std::move(value));
    slice->add(std::move(index));
    for (int i = 0; i < 2; ++i) {
        const bool isGiven = takeOperator(":") && !isOperator(":") && !isOperator("]");
        slice->add(isGiven ? parseExpression() : nullptr);
    }
    expectOperator("]");
    return slice;
}

ExpressionPtr Parser::parseFilters(ExpressionPtr value)
{
    for (;;) {
        if (takeOperator("|"))
            value = parseFilter(std::move(value));
        else if (takeWord("is"))
            value = parseTest(std::move(value));
        else if (isOperator("(")) {
            auto call = make(Make::Call, now().line, std::move(value));
            parseArguments(*call);
            value = std::move(call);
        } else {
            return value;
        }
    }
}

ExpressionPtr Parser::parseFilter(ExpressionPtr value)
{
    auto filter = make(Make::Filter, now().line, std::move(value));
    filter->text = expectName();
    if (!isFilter(filter->text))
        complain("the filter `" + filter->text + "` is not supported");
    if (isOperator("("))
        parseArguments(*filter);
    return filter;
}

ExpressionPtr Parser::parseTest(ExpressionPtr value)
{
    const int line = now().line;
    const bool isNegated = takeWord("not");
    auto test = make(Make::Test, line, std::move(value));
    test->text = expectName();
    if (!isTest(test->text))
        complain("the test `" + test->text + "` is not supported");
    const bool isArgument = now().kind == Kind::Text || now().kind == Kind::Integer
        || now().kind == Kind::Float || isOperator("[") || isOperator("{")
        || (now().kind == Kind::Name && !isWord("else") && !isWord("or") && !isWord("and")
            && !isWord("if") && !isWord("is"));
    if (isOperator("("))
        parseArguments(*test);
    else if (isArgument)
        test->add(parsePostfix(parsePrimary()));
    if (!isNegated)
        return test;
    return make(Make::Not, line, std::move(test));
}

void Parser::parseArguments(Expression& call)
{
    expectOperator("(");
    while (!isOperator(")")) {
        if (isOperator("*") || isOperator("**"))
            complain("arguments given with `*` are not supported");
        const bool isNamed = now().kind == Kind::Name && m_tokens[m_at + 1].kind == Kind::Operator
            && m_tokens[m_at + 1].text == "=";
        if (isNamed) {
            std::string name = take().text;
            take();
            call.add(std::move(name), parseExpression());
        } else if (!call.named.empty()) {
            complain("an argument without a name follows one with a name");
        } else {
            call.add(parseExpression());
        }
        if (!takeOperator(","))
            break;
    }
    expectOperator(")");
}

} // namespace core::jinja
