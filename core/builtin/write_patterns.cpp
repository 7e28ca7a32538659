#include "core/builtin/document_writers.h"
#include "core/builtin/rhymes.h"
#include "core/builtin/word_pool.h"

#include <algorithm>
#include <string>

namespace core {

namespace {

// How often a couplet's second line is the rhyme word alone.
constexpr double kShortLine = 0.3;

} // namespace

void writeRhyme(TextWriter& writer)
{
    const std::size_t count = 2 + writer.pick(2);
    for (std::size_t i = 0; i < count; ++i) {
        const RhymeFamily& family = writer.oneOf(rhymeFamilies());
        const std::size_t first = writer.pick(family.size());
        const auto& second = family[rhymePartner(first)];
        if (i > 0)
            writer.write("\n");
        writer.sentence(writer.oneOf(rhymeFirstLines()), {{"word", {family[first].word}}});
        writer.write(" ");
        if (writer.chance(kShortLine))
            writer.write(shortRhymeLine(second));
        else
            writer.write(second.lines[writer.pick(second.lines.size())]);
    }
}

void writeArithmetic(TextWriter& writer)
{
    const std::size_t count = 4 + writer.pick(4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            writer.write("\n");
        const std::size_t a = writer.pick(10);
        const std::size_t b = writer.pick(10);
        const bool plus = writer.chance(0.5);
        // Taking away starts from the sum, so that no answer is negative.
        writer.write(std::to_string(plus ? a : a + b) + (plus ? " + " : " - ") + std::to_string(b)
            + " = " + std::to_string(plus ? a + b : a));
    }
}

void writeCode(TextWriter& writer)
{
    static const std::vector<std::array<std::string, 2>> functions{
        {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}, {"power", "**"}};
    static const std::vector<std::array<std::string, 2>> variables{
        {"a", "b"}, {"x", "y"}, {"m", "n"}, {"left", "right"}};
    const auto& [name, sign] = writer.oneOf(functions);
    const auto& [x, y] = writer.oneOf(variables);
    writer.write(
        "def " + name + "(" + x + ", " + y + "):\n    return " + x + " " + sign + " " + y + "\n\n");
    if (writer.chance(0.5)) {
        writer.write("for " + x + " in range(" + std::to_string(writer.pick(10)) + "):\n    print("
            + name + "(" + x + ", " + std::to_string(writer.pick(10)) + "))\n");
    } else {
        writer.write("print(" + name + "(" + std::to_string(writer.pick(10)) + ", "
            + std::to_string(writer.pick(10)) + "))\n");
    }
}

namespace {

// A row of words, said again: only looking back tells how it goes on.
void writeRepeated(
    TextWriter& writer, std::size_t length, std::size_t times, std::string_view between)
{
    std::string row;
    for (std::size_t i = 0; i < length; ++i) {
        if (i > 0)
            row += between;
        row += writer.oneOf(wordPool());
    }
    for (std::size_t i = 0; i < times; ++i) {
        if (i > 0)
            writer.write(between);
        writer.write(row);
    }
}

} // namespace

void writeList(TextWriter& writer)
{
    writer.write("List: ");
    const std::size_t length = 3 + writer.pick(4);
    writeRepeated(writer, length, 2 + writer.pick(3), ", ");
    writer.write(".");
}

void writeRandomWords(TextWriter& writer)
{
    constexpr std::size_t kShortest = 4, kLongest = 24, kWords = 64;
    const std::size_t length = kShortest + writer.pick(kLongest - kShortest + 1);
    writeRepeated(writer, length, std::max<std::size_t>(2, (kWords + length - 1) / length), " ");
}

} // namespace core
