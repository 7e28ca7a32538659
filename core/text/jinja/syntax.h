#pragma once

#include "core/text/jinja/value.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace core::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

struct Expression {
    enum class Kind {
        Constant, ///< `constant`
        Name, ///< `text`
        List, ///< `parts`
        Tuple,
        Dict, ///< `parts`: keys and values in turn
        Attribute, ///< parts[0].text
        Item, ///< parts[0][parts[1]]
        Slice, ///< parts[0][parts[1]:parts[2]:parts[3]]; those may be null
        Call, ///< parts[0](parts[1..], named)
        Filter, ///< parts[0] | text(parts[1..], named)
        Test, ///< parts[0] is text(parts[1..])
        Not,
        Negative,
        Positive,
        Binary, ///< parts[0] text parts[1]
        And,
        Or,
        Comparison, ///< parts[0] operators[0] parts[1] operators[1] ...
        Conditional ///< parts[0] if parts[1] else parts[2], which may be null
    };

    Kind kind;
    int line;
    std::string text;
    std::vector<ExpressionPtr> parts;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    std::vector<std::string> operators;
    Value constant;
    int depth = 1; ///< Of the tree; bounded, because walking it is recursive.

    void add(ExpressionPtr part); ///< May be null.
    void add(std::string name, ExpressionPtr part);

private:
    void deepen(int below);
};

struct Statement;
using Block = std::vector<Statement>;

/// A macro, or the body of a `call` block.
struct Macro {
    std::string name;
    std::vector<std::string> parameters;
    std::vector<ExpressionPtr> defaults; ///< One per parameter; null where there is none.
    Block body;
};

struct Statement {
    enum class Kind {
        Data, ///< `text`
        Output, ///< expressions[0]
        If, ///< expressions[i] guards blocks[i]; a last block without a guard is `else`
        For, ///< names in expressions[0], filtered by expressions[1] (may be null); blocks: body,
             ///< else
        Set, ///< names, or names[0].text for a namespace = expressions[0]
        SetBlock, ///< names[0] = blocks[0], through the filters around expressions[0]
        Macro,
        CallBlock, ///< expressions[0] is a call; `macro` its body
        FilterBlock, ///< like SetBlock, written out
        With, ///< names = expressions around blocks[0]
        Scope, ///< blocks[0] (`generation`)
        Break,
        Continue
    };

    Kind kind;
    int line;
    std::string text;
    std::vector<std::string> names;
    std::vector<ExpressionPtr> expressions;
    std::vector<Block> blocks;
    std::shared_ptr<const Macro> macro;
};

/// The name under which filter blocks find their text.
constexpr const char* kBlockText = " block";

} // namespace core::jinja
