#include "core/text/bpe.h"

#include "core/text/tokenizer_json.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using core::Bpe;
using nlohmann::json;
using testing::HasSubstr;

std::vector<Bpe::WordToken> encode(const Bpe& bpe, std::string_view word)
{
    std::vector<Bpe::WordToken> tokens;
    bpe.encode(word, tokens);
    return tokens;
}

std::vector<std::string> pieces(const Bpe& bpe, std::string_view word)
{
    std::vector<std::string> list;
    for (const Bpe::WordToken& token : encode(bpe, word))
        list.emplace_back(*bpe.vocabulary().piece(token.id));
    return list;
}

core::Result<std::unique_ptr<const Bpe>> readBpe(const json& model)
{
    auto file = core::readTokenizerJson(json{{"model", model}}.dump(), "t.json");
    if (!file)
        return core::fail(file.error());
    return Bpe::fromJson(file->rest["model"], std::move(file->pieces), file->merges, "t.json");
}

std::unique_ptr<const Bpe> make(const json& model)
{
    auto bpe = readBpe(model);
    if (!bpe)
        throw std::runtime_error(bpe.error().message); // fails the test with the message
    return std::move(*bpe);
}

/// The definition, read aloud: find the best merge of all, do it, start again.
std::vector<std::string> mergeSlowly(
    std::string_view word, const std::vector<std::pair<std::string, std::string>>& merges)
{
    std::vector<std::string> list;
    for (const char c : word)
        list.emplace_back(1, c);
    for (bool isChanged = true; isChanged;) {
        isChanged = false;
        for (const auto& [left, right] : merges) {
            const auto found = std::adjacent_find(list.begin(), list.end(),
                [&](const auto& a, const auto& b) { return a == left && b == right; });
            if (found == list.end())
                continue;
            *found += right;
            list.erase(found + 1);
            isChanged = true;
            break;
        }
    }
    return list;
}

TEST(Bpe, AgreesWithTheDefinition)
{
    std::mt19937 random(5);
    for (int trial = 0; trial < 60; ++trial) {
        json vocab = {{"a", 0}, {"b", 1}, {"c", 2}};
        std::vector<std::string> known{"a", "b", "c"};
        std::vector<std::pair<std::string, std::string>> merges;
        json list = json::array();
        for (int i = 0; i < 25; ++i) {
            const std::string left = known[random() % known.size()];
            const std::string right = known[random() % known.size()];
            if (left.size() + right.size() > 6 || vocab.contains(left + right))
                continue;
            vocab[left + right] = known.size();
            known.push_back(left + right);
            merges.emplace_back(left, right);
            if (trial % 2)
                list.push_back(left + " " + right);
            else
                list.push_back({left, right});
        }
        const auto bpe = make({{"type", "BPE"}, {"vocab", vocab}, {"merges", list}});
        for (int k = 0; k < 40; ++k) {
            std::string word;
            for (unsigned i = 0; i < 1 + random() % 90; ++i) // beyond what is cached, too
                word += "abc"[random() % 3];
            EXPECT_EQ(pieces(*bpe, word), mergeSlowly(word, merges)) << word;
            EXPECT_EQ(pieces(*bpe, word), mergeSlowly(word, merges)) << word << " from the cache";
        }
    }
}

// Long words are cut where no merge reaches across; that must not show.
TEST(Bpe, LongWordsAreCutWithoutATrace)
{
    std::mt19937 random(8);
    for (int trial = 0; trial < 60; ++trial) {
        json vocab = json::object();
        std::vector<std::string> known;
        for (const char* letter : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
            vocab[letter] = known.size();
            known.emplace_back(letter);
        }
        std::vector<std::pair<std::string, std::string>> merges;
        json list = json::array();
        for (int i = 0; i < 20; ++i) {
            const std::string left = known[random() % known.size()];
            const std::string right = known[random() % known.size()];
            if (left.size() + right.size() > 6 || vocab.contains(left + right))
                continue;
            vocab[left + right] = known.size();
            known.push_back(left + right);
            merges.emplace_back(left, right);
            list.push_back({left, right});
        }
        json model = {{"vocab", vocab}, {"merges", list}};
        const auto bpe = make(model);
        model["vocab"]["<u>"] = known.size();
        model["unk_token"] = "<u>";
        model["fuse_unk"] = true;
        const auto fusing = make(model);
        for (int k = 0; k < 30; ++k) {
            std::string word; // "x" and "é" are unknown
            std::string without;
            for (unsigned i = 0; i < 65 + random() % 100; ++i) {
                const auto pick = random() % 20;
                const std::string letter = pick == 0 ? "x"
                    : pick == 1                      ? "é"
                                                     : std::string(1, "abcdefgh"[pick % 8]);
                word += letter;
                without += pick < 2 ? "" : letter;
            }
            // Dropped characters make neighbours of those around them.
            EXPECT_EQ(pieces(*bpe, word), mergeSlowly(without, merges)) << word;
            std::vector<std::string> expected;
            for (std::size_t begin = 0; begin < word.size();) {
                const bool isUnknown = word[begin] < 'a' || word[begin] == 'x';
                const auto end = std::min(word.size(),
                    isUnknown ? word.find_first_of("abcdefgh", begin)
                              : word.find_first_of("x\xc3", begin));
                const auto part = isUnknown ? std::vector<std::string>{"<u>"}
                                            : mergeSlowly(word.substr(begin, end - begin), merges);
                expected.insert(expected.end(), part.begin(), part.end());
                begin = end;
            }
            EXPECT_EQ(pieces(*fusing, word), expected) << word;
        }
    }
}

TEST(Bpe, UnknownCharacters)
{
    json model = {{"vocab", {{"<u>", 0}, {"a", 1}, {"<0xC3>", 2}, {"<0xA9>", 3}, {"aa", 4}}},
        {"merges", {"a a"}}};
    EXPECT_EQ(pieces(*make(model), "xay"), (std::vector<std::string>{"a"}));
    model["unk_token"] = "<u>";
    EXPECT_EQ(pieces(*make(model), "xxa"), (std::vector<std::string>{"<u>", "<u>", "a"}));
    model["fuse_unk"] = true;
    EXPECT_EQ(pieces(*make(model), "xxaaz"), (std::vector<std::string>{"<u>", "aa", "<u>"}));
    model["byte_fallback"] = true;
    EXPECT_EQ(pieces(*make(model), "éaa"), (std::vector<std::string>{"<0xC3>", "<0xA9>", "aa"}));
    EXPECT_EQ(pieces(*make(model), "è"), (std::vector<std::string>{"<u>"})); // <0xA8> is no piece
    const auto tokens = encode(*make(model), "xxaa");
    EXPECT_EQ(tokens[0].end, 2u);
    EXPECT_EQ(tokens[1].begin, 2u);
}

TEST(Bpe, WholeWordsMayPassTheMergesBy)
{
    json model
        = {{"vocab", {{"a", 0}, {"b", 1}, {"c", 2}, {"abc", 3}, {"bc", 4}}}, {"merges", {"b c"}}};
    EXPECT_EQ(pieces(*make(model), "abc"), (std::vector<std::string>{"a", "bc"}));
    model["ignore_merges"] = true;
    EXPECT_EQ(pieces(*make(model), "abc"), (std::vector<std::string>{"abc"}));
}

TEST(Bpe, SuffixAndPrefix)
{
    const json model
        = {{"vocab", {{"l", 0}, {"##o", 1}, {"##w</w>", 2}, {"##ow</w>", 3}, {"lo", 4}}},
            {"merges", json::array({json::array({"##o", "##w</w>"}), json::array({"l", "##o"})})},
            {"continuing_subword_prefix", "##"}, {"end_of_word_suffix", "</w>"}};
    EXPECT_EQ(pieces(*make(model), "low"), (std::vector<std::string>{"l", "##ow</w>"}));
}

TEST(Bpe, AMillionCharactersInOneWord)
{
    const auto bpe
        = make({{"vocab", {{"a", 0}, {"aa", 1}, {"aaaa", 2}}}, {"merges", {"a a", "aa aa"}}});
    const auto tokens = encode(*bpe, std::string(1'000'001, 'a'));
    EXPECT_EQ(tokens.size(), 250'001u);
    EXPECT_EQ(tokens.back().id, 0);
    EXPECT_EQ(tokens.back().end, 1'000'001u);
}

TEST(Bpe, ManyThreadsMayAsk)
{
    const auto bpe = make({{"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}});
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 3000; ++i) {
                const std::string word = std::string(static_cast<std::size_t>(i % 40), 'a') + "b";
                if (encode(*bpe, word).size() != std::max<std::size_t>(1, word.size() - 1))
                    ++wrong;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Bpe, RefusesBadModels)
{
    const json good
        = {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", {"a b"}}};
    const auto refusal = [&good](const json& patch) {
        json model = good;
        model.merge_patch(patch);
        const auto bpe = readBpe(model);
        return bpe ? std::string() : bpe.error().message;
    };
    EXPECT_EQ(refusal(json::object()), "");
    EXPECT_THAT(
        refusal({{"type", "Unigram"}}), HasSubstr("`Unigram` are not supported; only BPE is"));
    EXPECT_THAT(refusal({{"type", 3}}), HasSubstr("field `type` must be a string"));
    EXPECT_THAT(refusal({{"vocab", nullptr}}), HasSubstr("`model.vocab` must be an object"));
    EXPECT_THAT(refusal({{"vocab", {{"x", 1}}}}), HasSubstr("both have id 1"));
    EXPECT_THAT(
        refusal({{"vocab", {{"x", -1}}}}), HasSubstr("the id of `x` must be a whole number"));
    EXPECT_THAT(refusal({{"vocab", {{"x", 1.5}}}}), HasSubstr("the id of `x`"));
    EXPECT_THAT(refusal({{"vocab", {{"x", 1e12}}}}), HasSubstr("the id of `x`"));
    EXPECT_THAT(refusal({{"vocab", {{"x", 4000000000u}}}}), HasSubstr("the id of `x`"));
    EXPECT_THAT(refusal({{"vocab", {{"x", "7"}}}}), HasSubstr("the id of `x`"));
    EXPECT_THAT(refusal({{"merges", nullptr}}), HasSubstr("`model.merges` must be a list"));
    EXPECT_THAT(refusal({{"merges", {"ab"}}}), HasSubstr("not two pieces"));
    EXPECT_THAT(refusal({{"merges", {"a b", "a z"}}}), HasSubstr("entry 1 needs the piece `z`"));
    EXPECT_THAT(refusal({{"merges", {"b a"}}}), HasSubstr("needs the piece `ba`"));
    EXPECT_THAT(refusal({{"merges", {3}}}), HasSubstr("must be a text or a pair"));
    EXPECT_THAT(refusal({{"merges", {{"a", "b", "c"}}}}), HasSubstr("must be a text or a pair"));
    EXPECT_THAT(refusal({{"unk_token", "<none>"}}),
        HasSubstr("`<none>`, which `model.vocab` does not hold"));
    EXPECT_THAT(
        refusal({{"byte_fallback", "yes"}}), HasSubstr("`byte_fallback` must be true or false"));
}

} // namespace
