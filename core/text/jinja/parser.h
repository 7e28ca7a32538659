#pragma once

#include "core/text/jinja/lexer.h"
#include "core/text/jinja/syntax.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace core::jinja {

/// Reads tokens one by one and builds the tree of a template. Throws a Problem.
class Parser {
public:
    explicit Parser(std::vector<Token> tokens)
        : m_tokens(std::move(tokens))
    {
    }
    Block parseTemplate();

private:
    class Nesting;

    // jinja_parser.cpp: statements
    Block parseBlock(std::initializer_list<std::string_view> ends);
    Statement parseStatement(const std::string& name);
    Statement parseIf();
    Statement parseFor();
    Statement parseSet();
    Statement parseWith();
    Statement parseCallBlock();
    Statement parseFilterBlock();
    Statement parseMacro();
    void parseParameters(Macro& macro);
    std::vector<std::string> parseTargets();
    Block parseBody(std::string_view end);

    // jinja_expressions.cpp: expressions, from the loosest binding to the tightest
    ExpressionPtr parseTuple(bool hasConditional = true);
    ExpressionPtr parseExpression(bool hasConditional = true);
    ExpressionPtr parseOr();
    ExpressionPtr parseAnd();
    ExpressionPtr parseNot();
    ExpressionPtr parseComparison();
    ExpressionPtr parseBinary(std::size_t level);
    ExpressionPtr parseUnary(bool hasFilter = true);
    ExpressionPtr parsePrimary();
    ExpressionPtr parseList();
    ExpressionPtr parseDict();
    ExpressionPtr parsePostfix(ExpressionPtr value);
    ExpressionPtr parseSubscript(ExpressionPtr value);
    ExpressionPtr parseFilters(ExpressionPtr value);
    ExpressionPtr parseFilter(ExpressionPtr value);
    ExpressionPtr parseTest(ExpressionPtr value);
    void parseArguments(Expression& call);

    const Token& now() const { return m_tokens[m_at]; }
    Token take() { return m_tokens[m_tokens[m_at].kind == Token::Kind::End ? m_at : m_at++]; }
    bool is(Token::Kind kind, std::string_view text) const
    {
        return now().kind == kind && now().text == text;
    }
    bool isOperator(std::string_view text) const { return is(Token::Kind::Operator, text); }
    bool isWord(std::string_view text) const { return is(Token::Kind::Name, text); }
    bool takeOperator(std::string_view text);
    bool takeWord(std::string_view text);
    void expectOperator(std::string_view text);
    void expect(Token::Kind kind, const char* what);
    std::string expectName();
    [[noreturn]] void complain(const std::string& problem) const;

    std::vector<Token> m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0;
};

/// Counts how deep the parser stands in itself, so that hostile templates cannot exhaust the stack.
class Parser::Nesting {
public:
    explicit Nesting(Parser& parser);
    ~Nesting() { --m_parser.m_depth; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

private:
    Parser& m_parser;
};

} // namespace core::jinja
