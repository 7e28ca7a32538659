#include "core/builtin/check_context.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

Result<Dictionaries> perLayer(const std::filesystem::path& folder, int n_layers)
{
    auto opened = openDictionaries(folder);
    if (!opened)
        return fail(opened.error());
    std::sort(opened->begin(), opened->end(), [](const auto& a, const auto& b) {
        return a->config().hookIn.layer < b->config().hookIn.layer;
    });
    if (static_cast<int>(opened->size()) != n_layers)
        return fail(Error::Code::InvalidFile,
            folder.string() + ": has " + std::to_string(opened->size())
                + " dictionaries, the model has " + std::to_string(n_layers)
                + " layers; make the built-in model again.");
    return opened;
}

} // namespace

Result<CheckContext> CheckContext::open(const std::filesystem::path& folder, std::uint64_t seed,
    std::int64_t corpusTokens, std::stop_token stop)
{
    CheckContext context;
    context.folder = folder;
    context.workspace = folder / "workspace.sqlite";
    context.stop = stop;
    auto model = Transformer::open(folder / "model");
    if (!model)
        return fail(model.error());
    context.model = std::move(*model);
    auto tokenizer = Tokenizer::open(folder / "model");
    if (!tokenizer)
        return fail(tokenizer.error());
    context.tokenizer = std::move(*tokenizer);
    auto saes = perLayer(folder / "saes", context.model->config().n_layers);
    if (!saes)
        return fail(saes.error());
    context.saes = std::move(*saes);
    auto transcoders = perLayer(folder / "transcoders", context.model->config().n_layers);
    if (!transcoders)
        return fail(transcoders.error());
    context.transcoders = std::move(*transcoders);
    auto corpus = writeWorldCorpus(
        *context.tokenizer, splitSeed(seed, WorldSplit::Check), corpusTokens, true, stop);
    if (!corpus)
        return fail(corpus.error());
    context.corpus = std::move(*corpus);
    return context;
}

Result<std::vector<TokenId>> CheckContext::encode(std::string_view text) const
{
    auto encoded = tokenizer->encode(text, false);
    if (!encoded)
        return fail(encoded.error());
    std::vector<TokenId> tokens{*tokenizer->bos()};
    tokens.insert(tokens.end(), encoded->ids.begin(), encoded->ids.end());
    return tokens;
}

} // namespace core
