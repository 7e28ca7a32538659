#include "core/api/learn_concepts.h"

#include "core/engine/request_table.h"
#include "core/engine/text_corpus.h"
#include "core/features/concept_directions.h"
#include "core/features/label_files.h"

#include <chrono>

#include <fmt/format.h>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLabels = "labels.jsonl"; // in the dictionary's folder

Result<std::vector<ConceptTexts>> read(
    const LearnConceptsRequest& request, const LoadedModel& model, Context& context)
{
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    const auto files = textFilesAt(request.texts);
    if (!files)
        return fail(files.error());
    const DocumentReading reading = documentReading(model, request.field);
    CorpusLimits limits;
    limits.maxTokens = request.tokensEach;
    limits.passageLength = passageLength(model);
    std::vector<ConceptTexts> out;
    for (const fs::path& file : *files) {
        auto corpus = corpusAt(
            file, reading, *model.tokenizer, *start, limits, context.progress, context.stop);
        if (!corpus)
            return fail(corpus.error());
        out.push_back({file.stem().string(), std::move(corpus->passages)});
        for (std::size_t before = 0; before + 1 < out.size(); ++before)
            if (out[before].name == out.back().name)
                return fail(Error::Code::InvalidFile,
                    fmt::format("{}: two files are named \"{}\". Put the texts about it into one.",
                        request.texts, out.back().name));
    }
    return out;
}

Result<void> keepNames(
    const std::vector<ConceptTexts>& texts, const Dictionary& dictionary, const fs::path& path)
{
    std::vector<LabelRecord> labels;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        LabelRecord& record = labels.emplace_back();
        record.feature = {dictionary.config().name, FeatureId(static_cast<std::int32_t>(i))};
        record.layer = dictionary.config().hookIn.layer;
        record.label.text = texts[i].name;
        record.label.source = LabelSource::Person;
    }
    return writeLabels(labels, path);
}

/// The dictionary and its features' names, as it is called when it is opened from there.
Result<void> keep(
    const Dictionary& dictionary, const std::vector<ConceptTexts>& texts, const fs::path& folder)
{
    if (auto saved = saveSaeLens(dictionary, folder, "float32"); !saved)
        return saved;
    const auto opened = openDictionaries(folder);
    if (!opened)
        return fail(opened.error());
    return keepNames(texts, *opened->front(), folder / kLabels);
}

} // namespace

Result<LearnedConcepts> run(
    const LearnConceptsRequest& request, const LoadedModel& model, Context& context)
{
    const auto start = std::chrono::steady_clock::now();
    const fs::path folder = fs::path(request.out) / fmt::format("layer_{}", request.layer);
    std::error_code error;
    if (fs::exists(folder, error))
        return fail(Error::Code::Io,
            folder.string() + ": it is there already. Choose another folder, or remove it.");
    auto texts = read(request, model, context);
    if (!texts)
        return fail(texts.error());
    auto learned = conceptDirections(*model.transformer, *model.tokenizer, *texts,
        Layer(request.layer), context.progress, context.stop);
    if (!learned)
        return fail(learned.error());
    if (auto kept = keep(*learned->dictionary, *texts, folder); !kept) {
        fs::remove_all(folder, error);
        return fail(kept.error());
    }
    LearnedConcepts answer;
    answer.folder = folder.string();
    answer.labels = (folder / kLabels).string();
    for (std::size_t i = 0; i < texts->size(); ++i) {
        const ConceptDirection& known = learned->concepts[i];
        answer.concepts.push_back({(*texts)[i].name, std::ssize((*texts)[i].passages), known.tokens,
            known.named, known.separation});
    }
    answer.seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return answer;
}

const Handles<LearnConceptsRequest> kLearnConcepts(Runs::InBackground, run);

} // namespace core
