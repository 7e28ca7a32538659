#include "core/dictionary/place.h"
#include "core/dictionary/side_file.h"
#include "core/dictionary/single_file.h"
#include "core/files/json_file.h"

#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

/// `activation` with its state, which stands in a dictionary of its own or under dotted names.
Result<void> readActivation(
    const nlohmann::json& values, const std::string& file, DictionaryConfig& config)
{
    JsonFields fields(values, file);
    const std::string activation = fields.string("activation", "ReLU");
    const auto state = values.find("activation_state_dict");
    const bool hasState = state != values.end() && state->is_object();
    JsonFields inner(hasState ? *state : values, file);
    const char* kField = hasState && state->contains("k") ? "k" : "activation.k";
    const char* postField
        = hasState && state->contains("postact_fn") ? "postact_fn" : "activation.postact_fn";
    JsonFields& kSource = hasState && state->contains("k") ? inner : fields;
    JsonFields& postSource = hasState && state->contains("postact_fn") ? inner : fields;
    config.architecture = activation;
    if (activation == "TopK") {
        const std::int64_t k = kSource.integer(kField);
        if (k <= 0 || k > std::numeric_limits<std::int32_t>::max())
            kSource.complain(kField, fmt::format("is {}; it must be a count above zero.", k));
        const std::string post = postSource.string(postField, "ReLU");
        config.activation = FeatureActivation::TopK;
        config.k = static_cast<int>(k);
        config.reluAfterGate = post == "ReLU";
        config.normalization = InputNormalization::LayerNorm;
        config.normalizationName = "layer_norm";
        if (post != "ReLU" && post != "Identity")
            return fail(Error::Code::Unsupported,
                fmt::format(
                    "{}: `postact_fn` is \"{}\"; ReLU and Identity are known.", file, post));
    } else if (activation != "ReLU") {
        return fail(Error::Code::Unsupported,
            fmt::format("{}: `activation` is \"{}\"; TopK and ReLU are read.", file, activation));
    }
    for (const JsonFields* each : {&fields, &inner})
        if (auto checked = each->check(); !checked)
            return checked;
    return {};
}

} // namespace

bool isOpenAiFile(const WeightReader& reader)
{
    return reader.has("pre_bias") && reader.has("latent_bias");
}

Result<std::shared_ptr<const Dictionary>> openOpenAi(
    WeightReader& reader, const std::filesystem::path& file)
{
    const MatrixSize encoder = reader.matrixSize("encoder.weight");
    DictionaryConfig config;
    config.name = dictionaryName(std::filesystem::path(file).replace_extension(), 3);
    config.path = file;
    config.format = "OpenAI";
    config.d_sae = encoder.rows;
    config.d_in = config.d_out = encoder.columns;
    config.dtype = reader.dtype("encoder.weight");
    if (auto read = readActivation(reader.values(), file.string(), config); !read)
        return fail(read.error());

    Dictionary::Weights weights;
    weights.W_enc = reader.stored("encoder.weight", {config.d_sae, config.d_in});
    weights.b_enc = reader.read("latent_bias", {config.d_sae});
    const at::Tensor decoder = reader.stored("decoder.weight", {config.d_out, config.d_sae});
    weights.b_dec = reader.read("pre_bias", {config.d_in});
    if (auto checked = reader.check(); !checked)
        return fail(checked.error());
    weights.W_dec = decoder.t().contiguous(); // single rows are read all the time

    // .../{location}_{version}/autoencoders/{layer}.pt
    const std::string location = file.parent_path().parent_path().filename().string();
    const auto layer = numberAfter("/" + file.stem().string(), "/");
    const auto point = layer ? placeOfOpenAi(location, *layer) : std::nullopt;
    config.isPlaced = point.has_value();
    if (point) {
        setPlace(config, *point, *point);
        config.baseModel = "gpt2-small";
        config.warnings.push_back(fmt::format(
            "That it reads {} of gpt2-small is told from its path ({}/autoencoders/{}).",
            point->name(), location, file.filename().string()));
    }
    return finishDictionary(std::move(config), std::move(weights));
}

} // namespace core
