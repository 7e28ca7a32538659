#include "core/engine/training_config.h"

#include "core/base/text_file.h"
#include "core/files/json_file.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr std::array<std::pair<const char*, DictionaryObjective>, 5> kObjectives{
    {{"standard", DictionaryObjective::L1}, {"l1", DictionaryObjective::L1},
        {"topk", DictionaryObjective::TopK}, {"batchtopk", DictionaryObjective::BatchTopK},
        {"jumprelu", DictionaryObjective::JumpRelu}}};

constexpr std::array<std::pair<const char*, LrScheduler>, 3> kSchedulers{
    {{"constant", LrScheduler::Constant}, {"linear", LrScheduler::Linear},
        {"cosineannealing", LrScheduler::CosineAnnealing}}};

std::optional<DictionaryObjective> objectiveNamed(const std::string& name)
{
    for (const auto& [known, objective] : kObjectives)
        if (name == known)
            return objective;
    return std::nullopt;
}

/// JSON with // comments, as --print-config writes it.
Result<nlohmann::json> readCommented(const std::filesystem::path& path)
{
    const auto text = readTextFile(path);
    if (!text)
        return fail(text.error());
    try {
        auto json = nlohmann::json::parse(*text, nullptr, true, true);
        if (!json.is_object())
            return fail(Error::Code::InvalidFile, path.string() + ": must hold one JSON object.");
        return json;
    } catch (const nlohmann::json::parse_error& error) {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: is not JSON at byte {}. Write one object; // comments are allowed.",
                path.string(), error.byte));
    }
}

Result<void> refuseUnknown(const nlohmann::json& json, const std::filesystem::path& path,
    const std::set<std::string>& known)
{
    for (const auto& [field, value] : json.items())
        if (!known.contains(field))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: field `{}` is not known. Known are: {}.", path.string(), field,
                    fmt::join(known, ", ")));
    return {};
}

void readSchedule(JsonFields& fields, ScheduleOptions& schedule)
{
    schedule.lr = fields.number("lr", schedule.lr);
    schedule.lr_warm_up_steps = fields.integer("lr_warm_up_steps", schedule.lr_warm_up_steps);
    schedule.lr_decay_steps = fields.integer("lr_decay_steps", schedule.lr_decay_steps);
    schedule.lr_end = fields.number("lr_end", schedule.lr_end);
    const std::string name = fields.string("lr_scheduler_name", "constant");
    if (name == "constant")
        schedule.lr_scheduler_name = LrScheduler::Constant;
    else if (name == "linear")
        schedule.lr_scheduler_name = LrScheduler::Linear;
    else if (name == "cosineannealing")
        schedule.lr_scheduler_name = LrScheduler::CosineAnnealing;
    else
        fields.complain(
            "lr_scheduler_name", "`" + name + "` is not known (constant, linear, cosineannealing)");
}

/// {"k": [8, 16, 32]}
TrainingSweep readSweep(JsonFields& fields, const nlohmann::json& json)
{
    TrainingSweep sweep;
    const nlohmann::json& written = json["sweep"];
    if (!written.is_object() || written.size() != 1 || !written.begin()->is_array()) {
        fields.complain("sweep", "must name one setting and its values: {\"k\": [8, 16, 32]}");
        return sweep;
    }
    sweep.field = written.begin().key();
    for (const auto& value : *written.begin())
        sweep.values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    return sweep;
}

nlohmann::ordered_json writtenSweep(const TrainingSweep& sweep)
{
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    for (const std::string& value : sweep.values) {
        // As a number where that reads back as it was written: it is part of names.
        auto number = nlohmann::ordered_json::parse(value, nullptr, false);
        const bool isSame = number.is_number() && number.dump() == value;
        values.push_back(isSame ? number : nlohmann::ordered_json(value));
    }
    return {{sweep.field, values}};
}

HookPoint readHook(JsonFields& fields, const char* field, const std::string& fallback)
{
    auto point = HookPoint::parse(fields.string(field, fallback));
    if (!point) {
        fields.complain(field, point.error().message);
        return {};
    }
    return *point;
}

} // namespace

Result<DictionaryTrainingConfig> readDictionaryTraining(
    const std::filesystem::path& path, bool isTranscoder)
{
    auto json = readCommented(path);
    if (!json)
        return fail(json.error());
    if (auto known = refuseUnknown(*json, path,
            {"architecture", "hook_name", "hook_name_out", "layers", "d_sae", "expansion_factor",
                "training_tokens", "train_batch_size_tokens", "lr", "lr_warm_up_steps",
                "lr_decay_steps", "lr_end", "lr_scheduler_name", "k", "l1_coefficient",
                "l1_warm_up_steps", "l0_coefficient", "jumprelu_init_threshold",
                "jumprelu_bandwidth", "jumprelu_tanh_scale", "dead_feature_window", "aux_k",
                "aux_loss_coefficient", "resample_every", "seed", "dtype", "has_skip",
                "init_from_data", "prepend_bos", "measure_every", "sweep"});
        !known)
        return fail(known.error());
    DictionaryTrainingConfig config;
    DictionaryTrainerOptions& o = config.options;
    JsonFields fields(*json, path.string());
    const std::string architecture = fields.string("architecture", "batchtopk");
    if (const auto objective = objectiveNamed(architecture))
        o.objective = *objective;
    else
        fields.complain("architecture",
            "`" + architecture + "` is not known (standard, topk, batchtopk, jumprelu)");
    o.hookIn = readHook(
        fields, "hook_name", isTranscoder ? "blocks.0.mlp.hook_in" : "blocks.0.hook_resid_post");
    o.hookOut = isTranscoder
        ? readHook(fields, "hook_name_out", HookPoint{HookKind::MlpOut, o.hookIn.layer}.name())
        : o.hookIn;
    o.d_sae = fields.integer("d_sae", o.d_sae);
    o.expansion_factor = fields.integer("expansion_factor", o.expansion_factor);
    o.training_tokens = fields.integer("training_tokens", o.training_tokens);
    o.train_batch_size_tokens
        = fields.integer("train_batch_size_tokens", o.train_batch_size_tokens);
    readSchedule(fields, o.schedule);
    o.k = fields.integer("k", o.k);
    o.l1_coefficient = fields.number("l1_coefficient", o.l1_coefficient);
    o.l1_warm_up_steps = fields.integer("l1_warm_up_steps", o.l1_warm_up_steps);
    o.l0_coefficient = fields.number("l0_coefficient", o.l0_coefficient);
    o.jumprelu_init_threshold = fields.number("jumprelu_init_threshold", o.jumprelu_init_threshold);
    o.jumprelu_bandwidth = fields.number("jumprelu_bandwidth", o.jumprelu_bandwidth);
    o.jumprelu_tanh_scale = fields.number("jumprelu_tanh_scale", o.jumprelu_tanh_scale);
    o.dead_feature_window = fields.integer("dead_feature_window", o.dead_feature_window);
    o.aux_k = fields.integer("aux_k", o.aux_k);
    o.aux_loss_coefficient = fields.number("aux_loss_coefficient", o.aux_loss_coefficient);
    o.resample_every = fields.integer("resample_every", o.resample_every);
    o.has_skip = fields.boolean("has_skip", o.has_skip);
    o.initFromData = fields.boolean("init_from_data", o.initFromData);
    o.seed = static_cast<std::uint64_t>(fields.integer("seed", 0));
    config.dtype = fields.string("dtype", config.dtype);
    config.prependsBos = fields.boolean("prepend_bos", config.prependsBos);
    config.measureEvery = fields.number("measure_every", config.measureEvery);
    if (fields.has("sweep"))
        config.sweep = readSweep(fields, *json);
    if (fields.has("layers")) {
        const auto& layers = (*json)["layers"];
        const bool isList = layers.is_array()
            && std::all_of(
                layers.begin(), layers.end(), [](const auto& l) { return l.is_number_unsigned(); });
        if (isList)
            config.layers = layers.get<std::vector<int>>();
        else
            fields.complain("layers", "must be a list of layer numbers");
    } else if (fields.has("hook_name")) {
        config.layers = {o.hookIn.layer.value};
    }
    if (auto good = fields.check(); !good)
        return fail(good.error());
    return config;
}

std::optional<DictionaryObjective> trainedObjective(const std::string& name)
{
    return objectiveNamed(name);
}

std::string writtenDictionaryTraining(const DictionaryTrainingConfig& config)
{
    const DictionaryTrainerOptions& o = config.options;
    const auto named = [](auto value, const auto& table) {
        const auto found = std::find_if(
            table.begin(), table.end(), [&](const auto& each) { return each.second == value; });
        return std::string(found->first);
    };
    nlohmann::ordered_json json{{"architecture", named(o.objective, kObjectives)},
        {"hook_name", o.hookIn.name()}, {"expansion_factor", o.expansion_factor},
        {"training_tokens", o.training_tokens},
        {"train_batch_size_tokens", o.train_batch_size_tokens}, {"lr", o.schedule.lr},
        {"lr_scheduler_name", named(o.schedule.lr_scheduler_name, kSchedulers)},
        {"lr_warm_up_steps", o.schedule.lr_warm_up_steps},
        {"lr_decay_steps", o.schedule.lr_decay_steps}, {"lr_end", o.schedule.lr_end}, {"k", o.k},
        {"l1_coefficient", o.l1_coefficient}, {"l1_warm_up_steps", o.l1_warm_up_steps},
        {"l0_coefficient", o.l0_coefficient},
        {"jumprelu_init_threshold", o.jumprelu_init_threshold},
        {"jumprelu_bandwidth", o.jumprelu_bandwidth},
        {"jumprelu_tanh_scale", o.jumprelu_tanh_scale},
        {"dead_feature_window", o.dead_feature_window}, {"aux_k", o.aux_k},
        {"aux_loss_coefficient", o.aux_loss_coefficient}, {"resample_every", o.resample_every},
        {"has_skip", o.has_skip}, {"init_from_data", o.initFromData}, {"seed", o.seed},
        {"dtype", config.dtype}, {"prepend_bos", config.prependsBos}};
    if (o.isTranscoder())
        json["hook_name_out"] = o.hookOut.name();
    if (o.d_sae > 0)
        json["d_sae"] = o.d_sae;
    json["layers"] = config.layers;
    json["measure_every"] = config.measureEvery;
    if (!config.sweep.isEmpty())
        json["sweep"] = writtenSweep(config.sweep);
    return json.dump(2) + "\n";
}

Result<LanguageModelTrainingConfig> readLanguageModelTraining(const std::filesystem::path& path)
{
    auto json = readCommented(path);
    if (!json)
        return fail(json.error());
    if (auto known = refuseUnknown(*json, path,
            {"model_type", "n_layers", "d_model", "n_heads", "d_mlp", "n_ctx", "d_vocab",
                "tokenizer", "training_tokens", "train_batch_size_tokens", "context_size", "lr",
                "lr_warm_up_steps", "lr_decay_steps", "lr_end", "lr_scheduler_name", "weight_decay",
                "seed", "dtype"});
        !known)
        return fail(known.error());
    LanguageModelTrainingConfig config;
    JsonFields fields(*json, path.string());
    ModelConfig& model = config.model;
    model.modelType = fields.string("model_type", "llama");
    if (model.modelType != "llama")
        fields.complain("model_type", "only `llama` can be trained");
    model.n_layers = static_cast<int>(fields.integer("n_layers", 4));
    model.d_model = static_cast<int>(fields.integer("d_model", 128));
    model.n_heads = static_cast<int>(fields.integer("n_heads", 4));
    model.n_key_value_heads = model.n_heads;
    model.d_mlp = static_cast<int>(fields.integer("d_mlp", 384));
    model.n_ctx = static_cast<int>(fields.integer("n_ctx", 256));
    config.d_vocab = static_cast<int>(fields.integer("d_vocab", config.d_vocab));
    config.tokenizer = fields.string("tokenizer", "");
    config.dtype = fields.string("dtype", config.dtype);
    LanguageModelTrainerOptions& o = config.options;
    o.training_tokens = fields.integer("training_tokens", o.training_tokens);
    o.train_batch_size_tokens
        = fields.integer("train_batch_size_tokens", o.train_batch_size_tokens);
    o.context_size = fields.integer("context_size", o.context_size);
    readSchedule(fields, o.schedule);
    if (!fields.has("lr_scheduler_name"))
        o.schedule.lr_scheduler_name = LrScheduler::Linear;
    o.adam.weightDecay = fields.number("weight_decay", o.adam.weightDecay);
    o.seed = static_cast<std::uint64_t>(fields.integer("seed", 0));
    for (const auto& [field, value] :
        {std::pair("n_layers", model.n_layers), std::pair("d_model", model.d_model),
            std::pair("n_heads", model.n_heads), std::pair("d_mlp", model.d_mlp),
            std::pair("n_ctx", model.n_ctx), std::pair("d_vocab", config.d_vocab)})
        if (value <= 0 || value > 1'000'000)
            fields.complain(field, "must be between 1 and 1,000,000");
    if (model.n_heads > 0 && model.d_model % (2 * model.n_heads) != 0)
        fields.complain("n_heads", "must divide d_model into heads of even width");
    if (auto good = fields.check(); !good)
        return fail(good.error());
    model.d_head = model.d_model / model.n_heads;
    model.isTied = true;
    return config;
}

Result<std::string> defaultDictionaryTraining(const std::string& architecture)
{
    const auto objective = objectiveNamed(architecture);
    if (!objective)
        return fail(Error::Code::Unsupported,
            "--print-config " + architecture + ": not known (l1, topk, batchtopk, jumprelu).");
    const DictionaryTrainerOptions o;
    std::string own;
    switch (*objective) {
    case DictionaryObjective::L1:
        own = fmt::format(
            "  \"l1_coefficient\": {}, // weight of the L1 penalty\n  \"l1_warm_up_steps\": {}, // "
            "it rises over so many steps\n"
            "  \"resample_every\": {}, // steps between restarts of dead features; 0 = never\n",
            o.l1_coefficient, o.l1_warm_up_steps, o.resample_every);
        break;
    case DictionaryObjective::JumpRelu:
        own = fmt::format("  \"l0_coefficient\": {}, // weight of the tanh penalty\n  "
                          "\"jumprelu_init_threshold\": {},\n"
                          "  \"jumprelu_bandwidth\": {}, // of the straight-through gradient\n  "
                          "\"jumprelu_tanh_scale\": {},\n",
            o.l0_coefficient, o.jumprelu_init_threshold, o.jumprelu_bandwidth,
            o.jumprelu_tanh_scale);
        break;
    default:
        own = fmt::format("  \"k\": {}, // features per token{}\n  \"aux_k\": {}, // dead features "
                          "that learn from the error\n  \"aux_loss_coefficient\": {},\n",
            o.k,
            *objective == DictionaryObjective::BatchTopK
                ? ", on average over a batch; saved as JumpReLU"
                : "",
            o.aux_k, o.aux_loss_coefficient);
    }
    return fmt::format(
        "{{\n  \"architecture\": \"{}\",\n  // \"hook_name\": \"blocks.2.hook_resid_post\", // one "
        "place; without it, every layer\n"
        "  // \"layers\": [0, 1],\n{}  \"expansion_factor\": {}, // d_sae over the width of the "
        "activation; or give d_sae\n"
        "  \"init_from_data\": false, // true: features begin as tokens of the text, far "
        "apart: hardly any is ever dead\n"
        "  \"training_tokens\": {},\n  \"train_batch_size_tokens\": {},\n  \"lr\": {},\n  "
        "\"lr_warm_up_steps\": {},\n  \"lr_decay_steps\": {},\n"
        "  \"dead_feature_window\": {}, // tokens without firing after which a feature is dead\n  "
        "\"prepend_bos\": true, // every text begins with BOS, also where the tokenizer adds "
        "none\n  "
        "\"seed\": 0,\n  \"dtype\": \"float32\" // of the file\n}}",
        architecture == "l1" ? "standard" : architecture, own, o.expansion_factor,
        o.training_tokens, o.train_batch_size_tokens, o.schedule.lr, o.schedule.lr_warm_up_steps,
        o.schedule.lr_decay_steps, o.dead_feature_window);
}

} // namespace core
