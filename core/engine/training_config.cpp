#include "core/engine/training_config.h"

#include "core/base/text_file.h"
#include "core/files/json_file.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr std::array<std::pair<const char*, DictionaryObjective>, 8> kObjectives{
    {{"standard", DictionaryObjective::L1}, {"l1", DictionaryObjective::L1},
        {"topk", DictionaryObjective::TopK}, {"batchtopk", DictionaryObjective::BatchTopK},
        {"jumprelu", DictionaryObjective::JumpRelu}, {"gated", DictionaryObjective::Gated},
        {"matryoshka_batchtopk", DictionaryObjective::Matryoshka},
        {"abstopk", DictionaryObjective::AbsTopK}}};
constexpr const char* kObjectiveNames
    = "standard, gated, topk, abstopk, batchtopk, matryoshka_batchtopk, jumprelu";

constexpr std::array<std::pair<const char*, JumpReluPenalty>, 3> kPenalties{
    {{"tanh", JumpReluPenalty::Tanh}, {"step", JumpReluPenalty::Step},
        {"quadratic", JumpReluPenalty::Quadratic}}};

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

/// Fields that mean something to some architectures alone.
struct OwnField {
    const char* name;
    std::initializer_list<DictionaryObjective> of;
};
const OwnField kOwnFields[]{
    {"k",
        {DictionaryObjective::TopK, DictionaryObjective::BatchTopK, DictionaryObjective::Matryoshka,
            DictionaryObjective::AbsTopK}},
    {"l1_coefficient", {DictionaryObjective::L1, DictionaryObjective::Gated}},
    {"l0_coefficient", {DictionaryObjective::JumpRelu}},
    {"jumprelu_sparsity_loss_mode", {DictionaryObjective::JumpRelu}},
    {"pre_act_loss_coefficient", {DictionaryObjective::JumpRelu}},
    {"target_l0", {DictionaryObjective::JumpRelu}},
    {"matryoshka_widths", {DictionaryObjective::Matryoshka}},
    {"matryoshka_levels", {DictionaryObjective::Matryoshka}},
};

/// The architecture, or those of a sweep too.
std::vector<DictionaryObjective> trainedObjectives(
    DictionaryObjective objective, const TrainingSweep& sweep)
{
    std::vector<DictionaryObjective> all{objective};
    if (sweep.field == "architecture")
        for (const std::string& name : sweep.values)
            if (const auto swept = objectiveNamed(name))
                all.push_back(*swept);
    return all;
}

/// Fields that contradict the architecture or one another, each with its mend. A file that holds k
/// and both coefficients is one that the program wrote, for every architecture at once.
void refuseContradictions(JsonFields& fields, const std::string& architecture,
    const DictionaryTrainerOptions& options, const TrainingSweep& sweep)
{
    const auto trained = trainedObjectives(options.objective, sweep);
    const bool isWritten
        = fields.has("k") && fields.has("l1_coefficient") && fields.has("l0_coefficient");
    for (const OwnField& own : kOwnFields) {
        const bool isCoefficient = std::string_view(own.name) == "k"
            || std::string_view(own.name) == "l1_coefficient"
            || std::string_view(own.name) == "l0_coefficient";
        if (!fields.has(own.name) || (isWritten && isCoefficient)
            || std::find_first_of(own.of.begin(), own.of.end(), trained.begin(), trained.end())
                != own.of.end())
            continue;
        std::vector<std::string> takers;
        for (const auto& [name, objective] : kObjectives)
            if (std::find(own.of.begin(), own.of.end(), objective) != own.of.end())
                takers.emplace_back(name);
        fields.complain(own.name,
            fmt::format("contradicts architecture `{}`; leave it out, or choose {}", architecture,
                fmt::join(takers, " or ")));
    }
    if (fields.has("matryoshka_widths") && fields.has("matryoshka_levels"))
        fields.complain(
            "matryoshka_levels", "contradicts `matryoshka_widths`; give one of the two");
    const bool isQuadratic = options.jumprelu_sparsity_loss_mode == JumpReluPenalty::Quadratic;
    if (fields.has("target_l0") && !isQuadratic)
        fields.complain("target_l0",
            "is used with `jumprelu_sparsity_loss_mode` `quadratic` alone; choose that, or leave "
            "it "
            "out");
    if (isQuadratic && !fields.has("target_l0"))
        fields.complain("target_l0",
            "is missing; `jumprelu_sparsity_loss_mode` `quadratic` needs the L0 to aim at");
}

/// What is paid, how the decoder is kept and where features begin.
void readObjective(JsonFields& fields, DictionaryTrainerOptions& o)
{
    const std::string mode = fields.string("jumprelu_sparsity_loss_mode", "tanh");
    const auto penalty = std::find_if(
        kPenalties.begin(), kPenalties.end(), [&](const auto& each) { return mode == each.first; });
    if (penalty != kPenalties.end())
        o.jumprelu_sparsity_loss_mode = penalty->second;
    else
        fields.complain(
            "jumprelu_sparsity_loss_mode", "`" + mode + "` is not known (tanh, step, quadratic)");
    o.target_l0 = fields.number("target_l0", o.target_l0);
    o.pre_act_loss_coefficient
        = fields.number("pre_act_loss_coefficient", o.pre_act_loss_coefficient);
    o.adam.maxGradNorm = fields.number("max_grad_norm", o.adam.maxGradNorm);
    o.normalizesDecoder = fields.boolean("normalize_sae_decoder", o.normalizesDecoder);
    o.decoder_init_norm = fields.number("decoder_init_norm", o.decoder_init_norm);
    const std::string start = fields.string("b_dec_init_method", "mean");
    if (start != "mean" && start != "geometric_median")
        fields.complain(
            "b_dec_init_method", "`" + start + "` is not known (mean, geometric_median)");
    o.useGeometricMedian = start == "geometric_median";
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
        fields.complain(field, "names no place: " + point.error().message);
        return {};
    }
    return *point;
}

/// What a config begins with. Gradients are scaled down together to a norm of 1, as SAELens does:
/// otherwise more is left over at the same L0 (docs/performance.md, section 4).
DictionaryTrainerOptions configDefaults(DictionaryObjective objective, JumpReluPenalty penalty)
{
    DictionaryTrainerOptions o;
    o.objective = objective;
    o.adam.maxGradNorm = 1.0;
    if (penalty != JumpReluPenalty::Step)
        setWideWindow(o); // also where a sweep makes a JumpReLU of it
    return o;
}

/// What goes by the length of the run, once that is known: the last fifth lowers the learning rate,
/// and a JumpReLU's penalty rises all along.
void setDefaultSchedules(DictionaryTrainerOptions& o)
{
    o.schedule.lr_decay_steps = stepsOf(o) / 5;
    setUsualWarmUp(o);
}

} // namespace

std::int64_t stepsOf(const DictionaryTrainerOptions& options)
{
    const std::int64_t batch = std::max<std::int64_t>(options.train_batch_size_tokens, 1);
    return std::max<std::int64_t>((options.training_tokens + batch - 1) / batch, 1);
}

void setUsualWarmUp(DictionaryTrainerOptions& options)
{
    options.l1_warm_up_steps
        = options.objective == DictionaryObjective::JumpRelu ? stepsOf(options) : 0;
}

void setWideWindow(DictionaryTrainerOptions& options)
{
    options.jumprelu_init_threshold = 0.1;
    options.jumprelu_bandwidth = 2.0;
}

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
                "init_from_data", "prepend_bos", "matryoshka_widths", "matryoshka_levels",
                "jumprelu_sparsity_loss_mode", "target_l0", "pre_act_loss_coefficient",
                "max_grad_norm", "normalize_sae_decoder", "decoder_init_norm", "b_dec_init_method",
                "cross_layer", "start_from", "measure_every", "checkpoint_every", "sweep"});
        !known)
        return fail(known.error());
    DictionaryTrainingConfig config;
    DictionaryTrainerOptions& o = config.options;
    JsonFields fields(*json, path.string());
    const std::string architecture
        = fields.string("architecture", isTranscoder ? "batchtopk" : "matryoshka_batchtopk");
    if (const auto objective = objectiveNamed(architecture))
        o = configDefaults(*objective,
            fields.string("jumprelu_sparsity_loss_mode", "tanh") == "step" ? JumpReluPenalty::Step
                                                                           : JumpReluPenalty::Tanh);
    else
        fields.complain(
            "architecture", "is `" + architecture + "`. Choose one of " + kObjectiveNames + ".");
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
    setDefaultSchedules(o);
    readSchedule(fields, o.schedule);
    o.k = fields.integer("k", o.k);
    o.l1_coefficient = fields.number("l1_coefficient", o.l1_coefficient);
    config.hasUsualWarmUp = !fields.has("l1_warm_up_steps");
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
    o.matryoshka_levels = fields.integer("matryoshka_levels", o.matryoshka_levels);
    readObjective(fields, o);
    if (fields.has("matryoshka_widths")) {
        const auto& widths = (*json)["matryoshka_widths"];
        if (widths.is_array() && std::all_of(widths.begin(), widths.end(), [](const auto& each) {
                return each.is_number_unsigned();
            }))
            o.matryoshka_widths = widths.get<std::vector<std::int64_t>>();
        else
            fields.complain("matryoshka_widths", "must be a list of ascending numbers of features");
    }
    if (fields.has("sweep"))
        config.sweep = readSweep(fields, *json);
    refuseContradictions(fields, architecture, o, config.sweep);
    const std::int64_t seed = fields.integer("seed", 0);
    if (seed < 0)
        fields.complain("seed", "is below 0. Choose a whole number from 0 on.");
    o.seed = static_cast<std::uint64_t>(seed);
    config.dtype = fields.string("dtype", config.dtype);
    config.prependsBos = fields.boolean("prepend_bos", config.prependsBos);
    config.isCrossLayer = isTranscoder && fields.boolean("cross_layer", false);
    config.startFrom = fields.string("start_from", "");
    config.measureEvery = fields.number("measure_every", config.measureEvery);
    config.checkpointEvery = fields.number("checkpoint_every", config.checkpointEvery);
    if (!(config.checkpointEvery >= 1.0 && config.checkpointEvery <= 86400.0))
        fields.complain("checkpoint_every", "is in seconds. Choose a value from 1 to 86400.");
    if (!(config.measureEvery >= 0.0 && config.measureEvery <= 1.0))
        fields.complain("measure_every", "is a share of the run. Choose a value from 0 to 1.");
    if (fields.has("layers")) {
        const auto& layers = (*json)["layers"];
        const bool isList
            = layers.is_array() && std::all_of(layers.begin(), layers.end(), [](const auto& l) {
                  return l.is_number_unsigned()
                      && l.template get<std::uint64_t>() <= std::numeric_limits<int>::max();
              });
        if (isList)
            config.layers = layers.get<std::vector<int>>();
        else
            fields.complain("layers", "must be a list of layer numbers: [0, 1].");
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

std::string trainedObjectiveNames()
{
    return kObjectiveNames;
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
        {"l1_coefficient", o.l1_coefficient}, {"l0_coefficient", o.l0_coefficient},
        {"jumprelu_init_threshold", o.jumprelu_init_threshold},
        {"jumprelu_bandwidth", o.jumprelu_bandwidth},
        {"jumprelu_tanh_scale", o.jumprelu_tanh_scale},
        {"dead_feature_window", o.dead_feature_window}, {"aux_k", o.aux_k},
        {"aux_loss_coefficient", o.aux_loss_coefficient}, {"resample_every", o.resample_every},
        {"has_skip", o.has_skip}, {"init_from_data", o.initFromData}, {"seed", o.seed},
        {"dtype", config.dtype}, {"prepend_bos", config.prependsBos}};
    // Of a sweep's architectures each has its own where nobody said.
    if (!config.hasUsualWarmUp || config.sweep.field != "architecture")
        json["l1_warm_up_steps"] = o.l1_warm_up_steps;
    json["max_grad_norm"] = o.adam.maxGradNorm;
    json["normalize_sae_decoder"] = o.normalizesDecoder;
    if (o.decoder_init_norm > 0.0)
        json["decoder_init_norm"] = o.decoder_init_norm;
    json["b_dec_init_method"] = o.useGeometricMedian ? "geometric_median" : "mean";
    const auto trained = trainedObjectives(o.objective, config.sweep);
    const auto trains = [&](DictionaryObjective objective) {
        return std::find(trained.begin(), trained.end(), objective) != trained.end();
    };
    if (trains(DictionaryObjective::JumpRelu)) {
        json["jumprelu_sparsity_loss_mode"] = named(o.jumprelu_sparsity_loss_mode, kPenalties);
        json["pre_act_loss_coefficient"] = o.pre_act_loss_coefficient;
        if (o.jumprelu_sparsity_loss_mode == JumpReluPenalty::Quadratic)
            json["target_l0"] = o.target_l0;
    }
    if (trains(DictionaryObjective::Matryoshka)) {
        if (o.matryoshka_widths.empty())
            json["matryoshka_levels"] = o.matryoshka_levels;
        else
            json["matryoshka_widths"] = o.matryoshka_widths;
    }
    if (o.isTranscoder())
        json["hook_name_out"] = o.hookOut.name();
    if (o.d_sae > 0)
        json["d_sae"] = o.d_sae;
    json["layers"] = config.layers;
    if (config.isCrossLayer)
        json["cross_layer"] = true;
    if (!config.startFrom.empty())
        json["start_from"] = config.startFrom;
    json["measure_every"] = config.measureEvery;
    json["checkpoint_every"] = config.checkpointEvery;
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

Result<std::string> defaultDictionaryTraining(const std::string& architecture, bool isTranscoder)
{
    if (architecture == "clt") {
        // The same fields as of any other, but for those that say it is one.
        auto config = defaultDictionaryTraining("batchtopk", true);
        constexpr std::string_view kPlaces = "  // \"hook_name\"";
        const std::size_t places = config->find(kPlaces), own = config->find("  \"k\"", places);
        config->replace(places, own - places,
            "  // or jumprelu (l0_coefficient: weight of the tanh penalty) or standard (l1)\n"
            "  \"cross_layer\": true, // reads every layer's MLP input, writes to its output and "
            "all "
            "later ones\n");
        return config;
    }
    const auto objective = objectiveNamed(architecture);
    if (!objective)
        return fail(Error::Code::Unsupported,
            "--print-config " + architecture + ": not known (" + kObjectiveNames + ", clt).");
    DictionaryTrainerOptions o = configDefaults(*objective, JumpReluPenalty::Tanh);
    setDefaultSchedules(o);
    std::string own;
    switch (*objective) {
    case DictionaryObjective::L1:
    case DictionaryObjective::Gated:
        own = fmt::format(
            "  \"l1_coefficient\": {}, // weight of the L1 penalty{}\n  \"l1_warm_up_steps\": {}, "
            "// it rises over so many steps\n"
            "  \"resample_every\": {}, // steps between restarts of dead features; 0 = never\n",
            o.l1_coefficient, *objective == DictionaryObjective::Gated ? " on open gates" : "",
            o.l1_warm_up_steps, o.resample_every);
        break;
    case DictionaryObjective::JumpRelu:
        own = fmt::format("  \"jumprelu_sparsity_loss_mode\": \"tanh\", // step: of L0; quadratic: "
                          "of its distance from target_l0\n"
                          "  // \"target_l0\": 40, // with quadratic\n"
                          "  \"l0_coefficient\": {}, // weight of the penalty\n"
                          "  \"l1_warm_up_steps\": {}, // it rises over so many steps\n  "
                          "\"jumprelu_init_threshold\": {},\n"
                          "  \"jumprelu_bandwidth\": {}, // of the straight-through gradient\n  "
                          "\"jumprelu_tanh_scale\": {},\n"
                          "  \"pre_act_loss_coefficient\": {}, // pulls on what does not fire\n"
                          "  \"resample_every\": {}, // steps between restarts of dead features; "
                          "0 = never\n",
            o.l0_coefficient, o.l1_warm_up_steps, o.jumprelu_init_threshold, o.jumprelu_bandwidth,
            o.jumprelu_tanh_scale, o.pre_act_loss_coefficient, o.resample_every);
        break;
    default:
        own = fmt::format("  \"k\": {}, // features per token{}\n  \"aux_k\": {}, // dead features "
                          "that learn from the error\n  \"aux_loss_coefficient\": {},\n",
            o.k,
            o.picksFromBatch() ? ", on average over a batch; saved as JumpReLU"
                : *objective == DictionaryObjective::AbsTopK ? ", by size: activations are signed"
                                                             : "",
            o.aux_k, o.aux_loss_coefficient);
    }
    if (*objective == DictionaryObjective::Matryoshka)
        own += fmt::format(
            "  \"matryoshka_levels\": {}, // nested widths, each half of the next; or "
            "give matryoshka_widths\n",
            o.matryoshka_levels);
    if (!o.hasK())
        own += "  \"normalize_sae_decoder\": true, // false: rows of any length, which the penalty "
               "counts\n"
               "  // \"decoder_init_norm\": 0.1, // of free rows at the start\n";
    return fmt::format(
        "{{\n  \"architecture\": \"{}\",\n  // \"hook_name\": \"{}\", // one "
        "place; without it, every layer\n{}"
        "  // \"layers\": [0, 1],\n{}  \"expansion_factor\": {}, // d_sae over the width of the "
        "activation; or give d_sae\n"
        "  \"init_from_data\": false, // true: features begin as tokens of the text, far "
        "apart: hardly any is ever dead\n"
        "  \"training_tokens\": {},\n  \"train_batch_size_tokens\": {},\n  \"lr\": {},\n  "
        "\"lr_warm_up_steps\": {},\n  \"lr_decay_steps\": {},\n"
        "  \"lr_scheduler_name\": \"constant\", // or linear or cosineannealing, down to lr_end\n"
        "  \"max_grad_norm\": {}, // gradients are scaled down together to this norm; 0 = never\n"
        "  \"b_dec_init_method\": \"mean\", // or geometric_median\n"
        "  \"dead_feature_window\": {}, // tokens without firing after which a feature is dead\n  "
        "\"prepend_bos\": true, // every text begins with BOS, also where the tokenizer adds "
        "none\n  "
        "\"seed\": 0,\n"
        "  \"measure_every\": 0.025, // share of the run between two measurements; 0 = at the end\n"
        "  \"checkpoint_every\": 60, // seconds: what a crash may cost\n"
        "  // \"start_from\": \"FOLDER\", // begins with this dictionary's weights\n"
        "  // \"sweep\": {{\"k\": [8, 16, 32]}}, // k, lambda, expansion or architecture, from one "
        "pass\n"
        "  \"dtype\": \"float32\" // of the file; or float16, bfloat16\n}}",
        architecture == "l1" ? "standard" : architecture,
        isTranscoder ? "blocks.2.mlp.hook_in" : "blocks.2.hook_resid_post",
        isTranscoder ? "  // \"hook_name_out\": \"blocks.2.hook_mlp_out\", // what is rebuilt\n"
                       "  \"has_skip\": false, // a linear path beside the features\n"
                     : "",
        own, o.expansion_factor, o.training_tokens, o.train_batch_size_tokens, o.schedule.lr,
        o.schedule.lr_warm_up_steps, o.schedule.lr_decay_steps, o.adam.maxGradNorm,
        o.dead_feature_window);
}

} // namespace core
