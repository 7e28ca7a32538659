#include "core/builtin/make_stages.h"

#include "core/builtin/world_corpus.h"
#include "core/features/feature_map.h"
#include "core/features/harvest.h"
#include "core/features/word_features.h"
#include "core/labels/label_maker.h"
#include "core/text/tokenizer.h"

namespace core {

namespace fs = std::filesystem;

namespace {

std::vector<std::vector<TokenId>> documentsOf(const TokenCorpus& corpus)
{
    std::vector<std::vector<TokenId>> documents;
    for (std::int64_t i = 0; i < corpus.documents(); ++i) {
        auto& document = documents.emplace_back();
        for (const auto id : corpus.document(i))
            document.emplace_back(id);
    }
    return documents;
}

/// Harvests the world's text of that many tokens into a workspace.
Result<void> harvestWorld(const MakeStage& stage, const Dictionaries& dictionaries,
    WorkspaceWriter& writer, std::int64_t tokens, HarvestSettings settings)
{
    const auto model = Transformer::open(stage.folder / "model");
    if (!model)
        return fail(model.error());
    const auto tokenizer = Tokenizer::open(stage.folder / "model");
    if (!tokenizer)
        return fail(tokenizer.error());
    const auto corpus = writeWorldCorpus(
        **tokenizer, splitSeed(stage.seed, WorldSplit::Harvest), tokens, false, stage.stop);
    if (!corpus)
        return fail(corpus.error());
    settings.seed = stage.seed;
    settings.namesFeatures = false;
    const auto harvested = harvest(*model, dictionaries, *tokenizer,
        corpusFromTokens(documentsOf(*corpus->tokens), **tokenizer), writer, settings,
        stage.progress, stage.stop);
    return harvested ? Result<void>() : fail(harvested.error());
}

/// Writes labels that are learnt from `rich` into `writer`'s workspace, which is small: too little
/// is kept there to tell what a feature of many words has in common.
Result<void> nameFrom(
    const MakeStage& stage, const fs::path& rich, WorkspaceReader& small, WorkspaceWriter& writer)
{
    auto reader = WorkspaceReader::open(rich);
    if (!reader)
        return fail(reader.error());
    LabelMaker maker(**reader);
    const auto dictionaries = small.dictionaries();
    if (!dictionaries)
        return fail(dictionaries.error());
    for (const StoredDictionary& dictionary : *dictionaries) {
        const auto same = (*reader)->dictionary(dictionary.name);
        if (!same)
            return fail(same.error());
        if (!*same || (*same)->id != dictionary.id)
            return fail(Error::Code::InvalidFile,
                rich.string() + ": " + dictionary.name + " is not where it is in "
                    + small.path().string() + "; delete " + rich.parent_path().string()
                    + " and make them again.");
        if (const auto named = maker.label(**same, writer, stage.progress, stage.stop); !named)
            return fail(named.error());
        std::vector<StoredEffects> raised; // What those labels say must be what the card shows.
        for (std::int64_t f = 0; f < dictionary.d_sae; ++f) {
            auto of = (*reader)->raised({dictionary.id, FeatureId(f)});
            if (!of)
                return fail(of.error());
            raised.push_back(std::move(*of));
        }
        if (auto put = writer.putRaised(dictionary.id, raised); !put)
            return put;
        if (auto words = storeWordFeatures(small, writer, dictionary, stage.stop); !words)
            return words;
    }
    return {};
}

} // namespace

Result<void> makeWorkspace(const MakeStage& stage)
{
    const fs::path path = stage.folder / "workspace.sqlite";
    if (fs::exists(path))
        return {};
    Dictionaries dictionaries;
    for (const char* part : {"saes", "transcoders"}) {
        auto opened = openDictionaries(stage.folder / part);
        if (!opened)
            return fail(opened.error());
        dictionaries.insert(dictionaries.end(), opened->begin(), opened->end());
    }
    // The harvests' own progress is kept in the unfinished files.
    const fs::path unfinished = stage.folder / kUnfinished / "workspace.sqlite",
                   rich = stage.folder / kUnfinished / "labels.sqlite";
    std::error_code error;
    fs::create_directories(unfinished.parent_path(), error);
    {
        const auto writer = WorkspaceWriter::open(rich);
        if (!writer)
            return fail(writer.error());
        HarvestSettings settings = stage.recipe.harvest;
        settings.samples = stage.recipe.labelSamples;
        settings.raisedPlaces = HarvestSettings().raisedPlaces;
        if (auto harvested
            = harvestWorld(stage, dictionaries, **writer, stage.recipe.labelTokens, settings);
            !harvested)
            return harvested;
    }
    {
        const auto writer = WorkspaceWriter::open(unfinished);
        if (!writer)
            return fail(writer.error());
        if (auto harvested = harvestWorld(
                stage, dictionaries, **writer, stage.recipe.harvestTokens, stage.recipe.harvest);
            !harvested)
            return harvested;
        {
            const auto reader = WorkspaceReader::open(unfinished);
            if (!reader)
                return fail(reader.error());
            if (auto named = nameFrom(stage, rich, **reader, **writer); !named)
                return named;
            if (auto map
                = storeFeatureMap(dictionaries, **reader, **writer, {}, stage.stop, stage.progress);
                !map)
                return fail(map.error());
        }
        if (auto packed = (*writer)->pack(); !packed)
            return packed;
    }
    fs::rename(unfinished, path, error);
    if (error)
        return fail(Error::Code::Io, path.string() + ": cannot be made: " + error.message() + ".");
    return {};
}

} // namespace core
