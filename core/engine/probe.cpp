#include "core/api/probe.h"

#include "core/builtin/labelled_world.h"
#include "core/builtin/world_corpus.h"
#include "core/engine/labelled_vectors.h"
#include "core/engine/request_table.h"
#include "core/training/absorption.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace core {

namespace {

constexpr std::string_view kBuiltinTexts = "builtin";

/// Adds to means over labels.
void addTo(std::vector<double>& sums, const std::vector<double>& values)
{
    sums.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        sums[i] += values[i];
}

Error tooFewTexts(const LabelledDocuments& documents)
{
    return {Error::Code::Unsupported,
        fmt::format("{} texts with {} different labels are too few: at least two labels need 20 "
                    "texts each.",
            documents.texts.size(), documents.names.size())};
}

/// Tokens of the vocabulary that are words, with their first letter.
LabelledDocuments vocabularyWords(const Tokenizer& tokenizer)
{
    LabelledDocuments words;
    std::set<std::string> known;
    for (const bool isSpaced : {true, false}) // as inside a sentence before as at its beginning
        for (int id = 0; id < tokenizer.size(); ++id) {
            const TokenId token(id);
            if (tokenizer.isSpecial(token))
                continue;
            const std::string text = tokenizer.decode(std::vector{token});
            if (isSpaced != text.starts_with(' '))
                continue;
            const std::string word = text.substr(isSpaced ? 1 : 0);
            const auto isLetter
                = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
            if (word.size() < 2 || !std::all_of(word.begin(), word.end(), isLetter)
                || !known.insert(word).second)
                continue;
            words.add(text, std::string(1, static_cast<char>(word[0] | 0x20)));
        }
    return words;
}

} // namespace

Result<SparseProbe> run(const ProbeRequest& request, const LoadedModel& model, Context& context)
{
    const auto dictionary = model.dictionary(request.dictionary);
    if (!dictionary)
        return fail(dictionary.error());
    if (request.ks.empty() || *std::min_element(request.ks.begin(), request.ks.end()) < 1)
        return fail(Error::Code::Unsupported, "k must be at least 1.");
    const auto documents = request.corpusPath == kBuiltinTexts
        ? labelledWorld(request.labelField, request.documents, splitSeed(1, WorldSplit::Check))
        : labelledDocumentsAt(request.corpusPath, request.textField, request.labelField);
    if (!documents)
        return fail(documents.error());
    const auto read = labelledVectors(
        model, **dictionary, *documents, TextReading::MeanOfTokens, request.documents, context);
    if (!read)
        return fail(read.error());
    SparseProbingOptions options;
    options.ks = request.ks;
    const auto probed = sparseProbing(read->vectors, options, context.progress, context.stop);
    if (!probed)
        return fail(probed.error());
    if (probed->empty())
        return fail(tooFewTexts(*documents));
    SparseProbe answer;
    answer.dictionary = request.dictionary;
    answer.labelField = request.labelField;
    answer.documents = static_cast<std::int64_t>(read->vectors.labels.size());
    answer.ks = request.ks;
    answer.note = read->note;
    for (const ProbedClass& one : *probed) {
        answer.labels.push_back(
            {documents->names[static_cast<std::size_t>(one.label)], one.examples, one.accuracy,
                one.accuracyOfFeatures, one.accuracyOfNeurons, one.features});
        answer.accuracy += one.accuracy;
        addTo(answer.accuracyOfFeatures, one.accuracyOfFeatures);
        addTo(answer.accuracyOfNeurons, one.accuracyOfNeurons);
    }
    const auto labels = static_cast<double>(probed->size());
    answer.accuracy /= labels;
    for (auto* means : {&answer.accuracyOfFeatures, &answer.accuracyOfNeurons})
        for (double& mean : *means)
            mean /= labels;
    return answer;
}

Result<Absorption> run(const AbsorptionRequest& request, const LoadedModel& model, Context& context)
{
    const auto found = model.dictionary(request.dictionary);
    if (!found)
        return fail(found.error());
    const Dictionary& dictionary = **found;
    if (dictionary.config().isTranscoder)
        return fail(Error::Code::Unsupported,
            request.dictionary
                + " is a transcoder. Absorption is held against what the model has where the "
                  "dictionary reads, so it needs an SAE.");
    const Result<LabelledDocuments> words = request.words == "first-letter"
        ? vocabularyWords(*model.tokenizer)
        : request.words == kBuiltinTexts
        ? Result<LabelledDocuments>(worldWords())
        : labelledDocumentsAt(request.words, request.textField, request.labelField);
    if (!words)
        return fail(words.error());
    const auto read
        = labelledVectors(model, dictionary, *words, TextReading::LastToken, request.most, context);
    if (!read)
        return fail(read.error());
    const auto absorbed = featureAbsorption(read->vectors,
        dictionary.W_dec().to(at::kCPU, at::kFloat), {}, context.progress, context.stop);
    if (!absorbed)
        return fail(absorbed.error());
    if (absorbed->empty())
        return fail(tooFewTexts(*words));
    Absorption answer;
    answer.dictionary = request.dictionary;
    answer.words = static_cast<std::int64_t>(read->vectors.labels.size());
    answer.note = read->note;
    for (const AbsorbedClass& one : *absorbed) {
        answer.labels.push_back({words->names[static_cast<std::size_t>(one.label)], one.examples,
            one.probeF1, one.featureF1, one.mainFeatures, one.fraction, one.full});
        if (one.probeF1 < kProbeKnowsFrom)
            continue;
        ++answer.labelsKnown;
        answer.fraction += one.fraction;
        answer.full += one.full;
    }
    if (answer.labelsKnown > 0) {
        answer.fraction /= static_cast<double>(answer.labelsKnown);
        answer.full /= static_cast<double>(answer.labelsKnown);
    }
    if (answer.labelsKnown < static_cast<std::int64_t>(answer.labels.size()))
        answer.note += fmt::format(
            "{}{} of {} labels can be told from what the model has at this place (F1 of the probe "
            "from {:g} on); of the others absorption says nothing, and the means leave them out.",
            answer.note.empty() ? "" : " ", answer.labelsKnown, answer.labels.size(),
            kProbeKnowsFrom);
    return answer;
}

const Handles<ProbeRequest> kProbe(Runs::InBackground, run);
const Handles<AbsorptionRequest> kAbsorption(Runs::InBackground, run);

} // namespace core
