#include "core/builtin/make_stages.h"

#include "core/builtin/world_corpus.h"
#include "core/features/feature_map.h"
#include "core/features/harvest.h"
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

} // namespace

Result<void> makeWorkspace(const MakeStage& stage)
{
    const fs::path path = stage.folder / "workspace.sqlite";
    if (fs::exists(path))
        return {};
    const auto model = Transformer::open(stage.folder / "model");
    if (!model)
        return fail(model.error());
    const auto tokenizer = Tokenizer::open(stage.folder / "model");
    if (!tokenizer)
        return fail(tokenizer.error());
    Dictionaries dictionaries;
    for (const char* part : {"saes", "transcoders"}) {
        auto opened = openDictionaries(stage.folder / part);
        if (!opened)
            return fail(opened.error());
        dictionaries.insert(dictionaries.end(), opened->begin(), opened->end());
    }
    const auto corpus = writeWorldCorpus(**tokenizer, splitSeed(stage.seed, WorldSplit::Harvest),
        stage.recipe.harvestTokens, false, stage.stop);
    if (!corpus)
        return fail(corpus.error());

    // The harvest's own progress is kept in the unfinished file.
    const fs::path unfinished = stage.folder / kUnfinished / "workspace.sqlite";
    std::error_code error;
    fs::create_directories(unfinished.parent_path(), error);
    {
        auto writer = WorkspaceWriter::open(unfinished);
        if (!writer)
            return fail(writer.error());
        HarvestSettings settings = stage.recipe.harvest;
        settings.seed = stage.seed;
        const auto harvested = harvest(*model, dictionaries, *tokenizer,
            corpusFromTokens(documentsOf(*corpus->tokens), **tokenizer), **writer, settings,
            stage.progress, stage.stop);
        if (!harvested)
            return fail(harvested.error());
        {
            auto reader = WorkspaceReader::open(unfinished);
            if (!reader)
                return fail(reader.error());
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
