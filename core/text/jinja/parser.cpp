#include "core/text/jinja/parser.h"

#include <algorithm>

namespace core::jinja {

using Kind = Token::Kind;

constexpr int kMaxTagDepth = 200;

Parser::Nesting::Nesting(Parser& parser)
    : m_parser(parser)
{
    if (++m_parser.m_depth > kMaxTagDepth) {
        --m_parser.m_depth;
        m_parser.complain("nested more than " + std::to_string(kMaxTagDepth) + " deep");
    }
}

void Parser::complain(const std::string& problem) const
{
    refuse("line " + std::to_string(now().line) + ": " + problem);
}

bool Parser::takeOperator(std::string_view text)
{
    const bool isThere = isOperator(text);
    m_at += isThere ? 1 : 0;
    return isThere;
}

bool Parser::takeWord(std::string_view text)
{
    const bool isThere = isWord(text);
    m_at += isThere ? 1 : 0;
    return isThere;
}

void Parser::expectOperator(std::string_view text)
{
    if (!takeOperator(text))
        complain("`" + std::string(text) + "` is expected"
            + (now().text.empty() ? "" : ", not `" + now().text + "`"));
}

void Parser::expect(Kind kind, const char* what)
{
    if (now().kind != kind)
        complain(std::string(what) + " is expected"
            + (now().text.empty() ? "" : ", not `" + now().text + "`"));
    take();
}

std::string Parser::expectName()
{
    if (now().kind != Kind::Name)
        complain("a name is expected"
            + (now().text.empty() ? std::string() : ", not `" + now().text + "`"));
    return take().text;
}

Block Parser::parseTemplate()
{
    Block block = parseBlock({});
    if (now().kind != Kind::End)
        complain("`" + m_tokens[m_at + 1].text + "` ends nothing");
    return block;
}

/// Reads up to a statement with one of these names, and stops at its "{%".
Block Parser::parseBlock(std::initializer_list<std::string_view> ends)
{
    const Nesting nesting(*this);
    Block block;
    for (;;) {
        if (now().kind == Kind::Data) {
            block.push_back({Statement::Kind::Data, now().line, now().text});
            take();
        } else if (now().kind == Kind::OutputBegin) {
            Statement output{Statement::Kind::Output, take().line};
            output.expressions.push_back(parseTuple());
            expect(Kind::OutputEnd, "`}}`");
            block.push_back(std::move(output));
        } else if (now().kind == Kind::BlockBegin) {
            const Token& name = m_tokens[m_at + 1];
            if (std::find(ends.begin(), ends.end(), name.text) != ends.end())
                return block;
            if (name.text.starts_with("end") || name.text == "else" || name.text == "elif")
                return block; // whoever waits for another end complains
            take();
            block.push_back(parseStatement(expectName()));
        } else {
            return block;
        }
    }
}

/// A body up to its end, which is read too.
Block Parser::parseBody(std::string_view end)
{
    expect(Kind::BlockEnd, "`%}`");
    Block body = parseBlock({end});
    expect(Kind::BlockBegin, ("`" + std::string(end) + "`").c_str());
    if (!takeWord(end))
        complain("`" + std::string(end) + "` is expected, not `" + now().text + "`");
    return body;
}

Statement Parser::parseStatement(const std::string& name)
{
    const int line = now().line;
    Statement statement{Statement::Kind::Scope, line};
    if (name == "if")
        statement = parseIf();
    else if (name == "for")
        statement = parseFor();
    else if (name == "set")
        statement = parseSet();
    else if (name == "macro")
        statement = parseMacro();
    else if (name == "call")
        statement = parseCallBlock();
    else if (name == "filter")
        statement = parseFilterBlock();
    else if (name == "with")
        statement = parseWith();
    else if (name == "generation")
        statement.blocks.push_back(parseBody("endgeneration"));
    else if (name == "break")
        statement.kind = Statement::Kind::Break;
    else if (name == "continue")
        statement.kind = Statement::Kind::Continue;
    else
        complain("the statement `" + name + "` is not supported");
    statement.line = line;
    expect(Kind::BlockEnd, "`%}`");
    return statement;
}

Statement Parser::parseIf()
{
    Statement statement{Statement::Kind::If, 0};
    for (;;) {
        statement.expressions.push_back(parseTuple());
        expect(Kind::BlockEnd, "`%}`");
        statement.blocks.push_back(parseBlock({"elif", "else", "endif"}));
        expect(Kind::BlockBegin, "`endif`");
        if (takeWord("elif"))
            continue;
        if (takeWord("else")) {
            statement.blocks.push_back(parseBody("endif"));
            return statement;
        }
        if (!takeWord("endif"))
            complain("`endif` is expected, not `" + now().text + "`");
        return statement;
    }
}

std::vector<std::string> Parser::parseTargets()
{
    const bool isBracketed = takeOperator("(");
    std::vector<std::string> names{expectName()};
    while (takeOperator(",") && now().kind == Kind::Name)
        names.push_back(expectName());
    if (isBracketed)
        expectOperator(")");
    return names;
}

Statement Parser::parseFor()
{
    Statement statement{Statement::Kind::For, 0};
    statement.names = parseTargets();
    if (!takeWord("in"))
        complain("`in` is expected");
    statement.expressions.push_back(parseTuple(false));
    statement.expressions.push_back(takeWord("if") ? parseExpression() : nullptr);
    if (isWord("recursive"))
        complain("recursive loops are not supported");
    expect(Kind::BlockEnd, "`%}`");
    statement.blocks.push_back(parseBlock({"else", "endfor"}));
    expect(Kind::BlockBegin, "`endfor`");
    if (takeWord("else"))
        statement.blocks.push_back(parseBody("endfor"));
    else if (!takeWord("endfor"))
        complain("`endfor` is expected, not `" + now().text + "`");
    return statement;
}

Statement Parser::parseSet()
{
    Statement statement{Statement::Kind::Set, 0};
    statement.names = parseTargets();
    if (statement.names.size() == 1 && takeOperator("."))
        statement.text = expectName();
    if (takeOperator("=")) {
        statement.expressions.push_back(parseTuple());
        return statement;
    }
    if (statement.names.size() != 1)
        complain("`=` is expected");
    statement.kind = Statement::Kind::SetBlock;
    auto text = std::make_unique<Expression>(Expression{Expression::Kind::Name, now().line});
    text->text = kBlockText;
    statement.expressions.push_back(parseFilters(std::move(text)));
    statement.blocks.push_back(parseBody("endset"));
    return statement;
}

Statement Parser::parseFilterBlock()
{
    Statement statement{Statement::Kind::FilterBlock, 0};
    auto text = std::make_unique<Expression>(Expression{Expression::Kind::Name, now().line});
    text->text = kBlockText;
    statement.expressions.push_back(parseFilters(parseFilter(std::move(text))));
    statement.blocks.push_back(parseBody("endfilter"));
    return statement;
}

Statement Parser::parseWith()
{
    Statement statement{Statement::Kind::With, 0};
    while (now().kind == Kind::Name) {
        statement.names.push_back(expectName());
        expectOperator("=");
        statement.expressions.push_back(parseExpression());
        if (!takeOperator(","))
            break;
    }
    statement.blocks.push_back(parseBody("endwith"));
    return statement;
}

void Parser::parseParameters(Macro& macro)
{
    expectOperator("(");
    while (!isOperator(")")) {
        macro.parameters.push_back(expectName());
        macro.defaults.push_back(takeOperator("=") ? parseExpression() : nullptr);
        if (!takeOperator(","))
            break;
    }
    expectOperator(")");
}

Statement Parser::parseMacro()
{
    auto macro = std::make_shared<Macro>();
    macro->name = expectName();
    parseParameters(*macro);
    macro->body = parseBody("endmacro");
    Statement statement{Statement::Kind::Macro, 0};
    statement.macro = std::move(macro);
    return statement;
}

Statement Parser::parseCallBlock()
{
    auto macro = std::make_shared<Macro>();
    macro->name = "caller";
    if (isOperator("("))
        parseParameters(*macro);
    Statement statement{Statement::Kind::CallBlock, 0};
    statement.expressions.push_back(parseExpression());
    if (statement.expressions[0]->kind != Expression::Kind::Call)
        complain("`call` needs a call");
    macro->body = parseBody("endcall");
    statement.macro = std::move(macro);
    return statement;
}

} // namespace core::jinja
