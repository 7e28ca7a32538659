#include "core/dictionary/sparsify_file.h"

#include "core/dictionary/dictionary_file.h"
#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/files/json_file.h"

#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

Result<void> readConfig(const std::filesystem::path& file, DictionaryConfig& config, bool& hasSkip)
{
    const auto json = readJson(file);
    if (!json)
        return fail(json.error());
    JsonFields fields(*json, file.string());
    const auto size = [&](const char* field, std::int64_t value) {
        if (value <= 0 || value > kLargest)
            fields.complain(
                field, fmt::format("gives a size of {}, which is not sensible.", value));
        return static_cast<int>(value);
    };
    config.d_in = config.d_out = size("d_in", fields.integer("d_in"));
    std::int64_t latents = fields.integer("num_latents", 0);
    if (latents == 0) {
        const std::int64_t factor = fields.integer("expansion_factor", 0);
        latents = factor > 0 && factor <= kLargest / std::max(config.d_in, 1) ? factor * config.d_in
                                                                              : 0;
    }
    config.d_sae = size("num_latents", latents);
    config.k = size("k", fields.integer("k"));
    config.isTranscoder = fields.boolean("transcode", false);
    config.applyBDecToInput = !config.isTranscoder;
    hasSkip = fields.boolean("skip_connection", false);
    config.picksBySize = fields.boolean("signed", false);
    config.reluAfterGate = !config.picksBySize;
    config.architecture = fields.string("activation", "topk");
    if (auto checked = fields.check(); !checked)
        return checked;
    if (config.architecture != "topk" && config.architecture != "groupmax")
        return fail(Error::Code::Unsupported,
            fmt::format("{}: field `activation` is \"{}\"; topk and groupmax are known.",
                file.string(), config.architecture));
    config.activation
        = config.architecture == "topk" ? FeatureActivation::TopK : FeatureActivation::GroupMax;
    if (config.picksBySize && config.activation == FeatureActivation::GroupMax)
        return fail(Error::Code::Unsupported,
            fmt::format("{}: `signed` with `activation` groupmax is not defined.", file.string()));
    return {};
}

/// The base model stands in the run's config.json, one folder up.
std::string baseModel(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder.parent_path() / "config.json";
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return {};
    const auto json = readJson(path);
    if (!json || !json->is_object())
        return {};
    const auto model = json->find("model");
    return model != json->end() && model->is_string() ? model->get<std::string>() : "";
}

} // namespace

bool isSparsifyFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "cfg.json", error)
        && std::filesystem::is_regular_file(folder / "sae.safetensors", error);
}

Result<Dictionaries> openSparsify(const std::filesystem::path& folder)
{
    DictionaryConfig config;
    config.name = dictionaryName(folder);
    config.path = folder;
    config.format = "sparsify";
    bool hasSkip = false;
    if (auto read = readConfig(folder / "cfg.json", config, hasSkip); !read)
        return fail(read.error());
    if (hasSkip)
        config.isTranscoder = true; // what it adds is its input, not undone by any subtraction
    const bool subtractsBDec = config.applyBDecToInput;

    auto reader = WeightReader::open(folder / "sae.safetensors", "cfg.json");
    if (!reader)
        return fail(reader.error());
    config.dtype = reader->dtype("W_dec");
    config.baseModel = baseModel(folder);
    Dictionary::Weights weights;
    weights.W_enc = reader->stored("encoder.weight", {config.d_sae, config.d_in});
    weights.b_enc = reader->read("encoder.bias", {config.d_sae});
    weights.W_dec = reader->stored("W_dec", {config.d_sae, config.d_out});
    weights.b_dec = reader->read("b_dec", {config.d_out});
    if (hasSkip)
        weights.W_skip = reader->stored("W_skip", {config.d_out, config.d_in});
    if (auto checked = reader->check(); !checked)
        return fail(checked.error());
    if (hasSkip && subtractsBDec)
        weights.b_in = weights.b_dec;

    const std::string module = folder.filename().string();
    const auto in = placeOfModule(module, /*readsInput=*/config.isTranscoder && !subtractsBDec);
    const auto out = placeOfModule(module);
    if (in && out) {
        setPlace(config, *in, *out);
        config.warnings.push_back(fmt::format(
            "That it reads {} is told from the name of its folder ({}).", in->name(), module));
    } else {
        config.isPlaced = false;
    }
    auto dictionary = finishDictionary(std::move(config), std::move(weights));
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

} // namespace core
