#include "core/features/feature_cards.h"

#include "core/labels/label_rule.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>

namespace core {

namespace {

using Vocabulary = std::shared_ptr<const std::vector<std::string>>;

constexpr std::size_t kPromotedInRow = 5;

/// Null when all are values.
template <typename... T> const Error* firstError(const Result<T>&... results)
{
    const Error* first = nullptr;
    (void)((results ? false : (first = &results.error(), true)) || ...);
    return first;
}

std::string textOf(const Vocabulary& vocabulary, TokenId token)
{
    const auto row = token.index();
    if (token.isValid() && row < vocabulary->size())
        return (*vocabulary)[row];
    return std::string("<").append(std::to_string(token.value)).append(">");
}

Result<StoredDictionary> findDictionary(WorkspaceReader& reader, const FeatureRef& feature)
{
    const auto found = reader.dictionary(feature.dictionary);
    if (!found)
        return fail(found.error());
    if (!*found)
        return fail(Error::Code::NotFound,
            reader.path().filename().string() + ": the workspace knows no dictionary `"
                + feature.dictionary + "`. Harvest it first.");
    return **found;
}

Result<FeatureRow> makeRow(
    WorkspaceReader& reader, const FeatureRef& feature, const StoredDictionary& dictionary)
{
    const std::int32_t index = feature.feature.value;
    if (index < 0 || index >= dictionary.d_sae)
        return fail(Error::Code::NotFound,
            feature.dictionary + " has features 0 to " + std::to_string(dictionary.d_sae - 1)
                + ", not " + std::to_string(index) + ".");
    const FeatureKey key{dictionary.id, feature.feature};
    const auto density = reader.column(dictionary, "density");
    const auto max = reader.column(dictionary, "max");
    const auto scores = reader.column(dictionary, "output_score");
    const auto effects = reader.effects(key);
    const auto vocabulary = reader.vocabulary();
    auto label = reader.label(key);
    if (const Error* error = firstError(density, max, scores, effects, vocabulary, label))
        return fail(*error);
    const auto at = static_cast<std::size_t>(index);
    FeatureRow row{feature, dictionary.layer, std::move(*label), 0, 0, {}, {}};
    row.density = (**density)[at];
    row.maxActivation = (**max)[at];
    if (at < (*scores)->size() && !std::isnan((**scores)[at]))
        row.outputScore = static_cast<double>((**scores)[at]);
    // Looked up by row: the column of all of them is read only to sort by it.
    const auto labelScore = reader.labelScore(key,
        row.label.source == LabelSource::Person ? LabelSource::Person : LabelSource::Suggested);
    if (!labelScore)
        return fail(labelScore.error());
    row.label.score = *labelScore;
    for (std::size_t i = 0; i < std::min(kPromotedInRow, effects->positive.size()); ++i)
        row.promoted.push_back(textOf(*vocabulary, effects->positive[i].first));
    return row;
}

Result<FeatureExample> makeExample(
    WorkspaceReader& reader, const StoredExample& stored, const Vocabulary& vocabulary)
{
    const auto passage = reader.passage(stored.passage);
    if (!passage)
        return fail(passage.error());
    const auto start = static_cast<std::size_t>(stored.start);
    if (stored.start < 0 || start + stored.activations.size() > passage->tokens.size())
        return fail(Error::Code::InvalidFile,
            reader.path().filename().string() + ": an example reaches beyond passage "
                + std::to_string(stored.passage) + ". Harvest the dictionary again.");
    FeatureExample example;
    example.passage = stored.passage;
    example.start = stored.start;
    example.activations = stored.activations;
    for (std::size_t i = 0; i < stored.activations.size(); ++i)
        example.tokens.push_back(textOf(vocabulary, passage->tokens[start + i]));
    if (!example.activations.empty())
        example.peak = static_cast<int>(
            std::max_element(example.activations.begin(), example.activations.end())
            - example.activations.begin());
    return example;
}

std::vector<LogitEffect> named(
    const std::vector<std::pair<TokenId, float>>& effects, const Vocabulary& vocabulary)
{
    std::vector<LogitEffect> result;
    for (const auto& [token, effect] : effects)
        result.push_back({token, textOf(vocabulary, token), effect});
    return result;
}

} // namespace

Result<std::optional<LabelTest>> labelTestOf(
    WorkspaceReader& reader, FeatureKey key, LabelSource source)
{
    const auto stored = reader.labelTest(key, source);
    if (!stored)
        return fail(stored.error());
    if (!*stored)
        return std::nullopt;
    LabelTest test;
    test.score = (*stored)->score;
    test.bar = (*stored)->bar;
    test.output = (*stored)->says;
    if (const auto rule = readRule((*stored)->rule)) {
        test.rule = describeFully(*rule);
        if (test.score && test.bar && *test.score > *test.bar)
            test.input = describe(*rule);
    }
    std::istringstream lines((*stored)->evidence);
    for (std::string where, word, z; std::getline(lines, where, '\t')
         && std::getline(lines, word, '\t') && std::getline(lines, z);)
        test.evidence.push_back({where, word, std::strtod(z.c_str(), nullptr)});
    return test;
}

Result<std::vector<FeatureRow>> featureRows(
    WorkspaceReader& reader, const std::vector<FeatureRef>& features)
{
    const WorkspaceReader::Snapshot snapshot(reader);
    std::map<std::string, StoredDictionary> dictionaries;
    std::vector<FeatureRow> rows;
    rows.reserve(features.size());
    for (const FeatureRef& feature : features) {
        auto known = dictionaries.find(feature.dictionary);
        if (known == dictionaries.end()) {
            auto found = findDictionary(reader, feature);
            if (!found)
                return fail(found.error());
            known = dictionaries.emplace(feature.dictionary, std::move(*found)).first;
        }
        auto row = makeRow(reader, feature, known->second);
        if (!row)
            return fail(row.error());
        rows.push_back(std::move(*row));
    }
    return rows;
}

Result<FeatureRow> featureRow(WorkspaceReader& reader, const FeatureRef& feature)
{
    auto rows = featureRows(reader, {feature});
    if (!rows)
        return fail(rows.error());
    return std::move(rows->front());
}

Result<FeatureCard> featureCard(WorkspaceReader& reader, const FeatureRef& feature)
{
    const WorkspaceReader::Snapshot snapshot(reader);
    const auto dictionary = findDictionary(reader, feature);
    if (!dictionary)
        return fail(dictionary.error());
    auto row = makeRow(reader, feature, *dictionary);
    if (!row)
        return fail(row.error());
    const FeatureKey key{dictionary->id, feature.feature};
    auto evidence = reader.evidence(key);
    const auto effects = reader.effects(key);
    const auto raised = reader.raised(key);
    const auto nearest = reader.nearest(key);
    const auto vocabulary = reader.vocabulary();
    const auto means = reader.column(*dictionary, "mean");
    const auto cofiring = reader.cofiring(key);
    if (const Error* error
        = firstError(evidence, effects, raised, nearest, vocabulary, means, cofiring))
        return fail(*error);

    FeatureCard card;
    card.row = std::move(*row);
    card.harvestedTokens = dictionary->harvestedTokens;
    card.meanActivation = (**means)[feature.feature.index()];
    card.histogram = std::move(evidence->histogram);
    card.positiveLogits = named(effects->positive, *vocabulary);
    card.negativeLogits = named(effects->negative, *vocabulary);
    card.raised = named(raised->positive, *vocabulary);
    for (const StoredInterval& stored : evidence->intervals) {
        ExampleInterval interval{stored.low, stored.high, stored.share, {}};
        for (const StoredExample& example : stored.examples) {
            auto made = makeExample(reader, example, *vocabulary);
            if (!made)
                return fail(made.error());
            interval.examples.push_back(std::move(*made));
        }
        card.intervals.push_back(std::move(interval));
    }
    for (const auto& [near, cosine] : *nearest) {
        const auto label = reader.label({dictionary->id, near});
        if (!label)
            return fail(label.error());
        card.nearest.push_back({{feature.dictionary, near}, label->text, cosine});
    }
    auto suggestion = labelTestOf(reader, key, LabelSource::Suggested);
    if (!suggestion)
        return fail(suggestion.error());
    card.suggestion = std::move(*suggestion);
    if (card.row.label.source == LabelSource::Person) {
        auto personal = labelTestOf(reader, key, LabelSource::Person);
        if (!personal)
            return fail(personal.error());
        card.personal = std::move(*personal);
    }
    card.knowsCofiring = cofiring->has_value();
    for (const auto& [other, jaccard] : cofiring->value_or(StoredNearest())) {
        const auto label = reader.label({dictionary->id, other});
        if (!label)
            return fail(label.error());
        card.cofiring.push_back({{feature.dictionary, other}, label->text, jaccard});
    }
    return card;
}

} // namespace core
