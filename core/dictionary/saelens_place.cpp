#include "core/dictionary/place.h"
#include "core/dictionary/saelens_config.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

tl::unexpected<Error> unsupported(
    const std::filesystem::path& file, const char* field, const std::string& problem)
{
    return fail(
        Error::Code::Unsupported, fmt::format("{}: field `{}` {}", file.string(), field, problem));
}

Result<HookPoint> readHook(const std::filesystem::path& file, const char* field, std::string name,
    const nlohmann::json& flat)
{
    if (const std::size_t at = name.find("{layer}"); at != std::string::npos) {
        const auto layer = flat.find("hook_layer");
        if (layer == flat.end() || !layer->is_number_integer())
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: field `{}` is \"{}\" but `hook_layer` does not say which layer.",
                    file.string(), field, name));
        name.replace(at, 7, std::to_string(layer->get<std::int64_t>()));
    }
    auto point = placeOfHook(name);
    if (!point)
        return fail(point.error().code,
            fmt::format("{}: field `{}`: {}", file.string(), field, point.error().message));
    return point;
}

/// -1 where no single head is meant.
int readHead(JsonFields& fields, const char* field)
{
    if (!fields.has(field))
        return -1;
    const std::int64_t head = fields.integer(field);
    if (head < 0 || head > std::numeric_limits<std::int32_t>::max())
        fields.complain(field, fmt::format("is {}; heads count from 0.", head));
    return static_cast<int>(head);
}

std::string asWritten(const nlohmann::json& flat, const char* field)
{
    const auto value = flat.find(field);
    if (value == flat.end() || value->is_null())
        return {};
    constexpr std::size_t kLongest = 200;
    return value->dump().substr(0, kLongest);
}

void readFacts(const nlohmann::json& flat, JsonFields& fields, TrainingFacts& facts)
{
    // Versions before 6 leave out what has its default.
    if (fields.has("prepend_bos") || !fields.has("sae_lens_version"))
        facts.prependBos = fields.boolean("prepend_bos", true);
    const std::int64_t context = fields.integer("context_size", 0);
    if (context > 0 && context <= std::numeric_limits<std::int32_t>::max())
        facts.contextSize = static_cast<int>(context);
    facts.excludesSpecialTokens = asWritten(flat, "exclude_special_tokens");
    facts.seqposSlice = asWritten(flat, "seqpos_slice");
    if (facts.seqposSlice == "[null]")
        facts.seqposSlice.clear();
    facts.dataset = fields.string("dataset_path", "");
    facts.neuronpediaId = fields.string("neuronpedia_id", "");
    facts.areConcepts = fields.boolean("concept_directions", false);
}

/// Whether the model it was trained on had its writing weights centred (docs/formats.md
/// section 2.10).
void readCentring(
    const nlohmann::json& flat, const std::filesystem::path& file, DictionaryConfig& d)
{
    if (!d.isPlaced || !isCentredPlace(d.hookIn.kind) || isRmsFamily(d.baseModel))
        return;
    const auto kwargs = flat.find("model_from_pretrained_kwargs");
    if (kwargs != flat.end() && kwargs->is_object()) {
        const auto centres = kwargs->find("center_writing_weights");
        d.centersInput = centres != kwargs->end() && centres->is_boolean() && centres->get<bool>();
        return;
    }
    // The first versions (they still wrote `hook_point`) loaded every model that way.
    if (!flat.contains("hook_point") || flat.contains("sae_lens_training_version"))
        return;
    d.centersInput = true;
    d.warnings.push_back(fmt::format(
        "{} is of SAELens' first versions, which trained on models whose writing weights were "
        "centred: the mean over d_model is taken out of what it reads and put back. Write "
        "{{\"centers_input\": false}} into featurescope.json beside it if that is wrong.",
        file.filename().string()));
}

} // namespace

Result<void> readSaeLensPlace(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, DictionaryConfig& d)
{
    const std::string in = fields.string("hook_name", "");
    const std::string out = d.isTranscoder ? fields.string("hook_name_out", "") : in;
    d.baseModel = fields.string("model_name", "");
    d.headIn = readHead(fields, "hook_head_index");
    const int headOut = readHead(fields, "hook_head_index_out");
    const std::string reshape = fields.string("reshape_activations",
        in.find("hook_z") != std::string::npos && d.headIn < 0 ? "hook_z" : "none");
    readFacts(flat, fields, d.facts);
    if (auto checked = fields.check(); !checked)
        return checked;

    if (reshape != "none" && reshape != "hook_z")
        return unsupported(file, "reshape_activations",
            fmt::format("is \"{}\"; none and hook_z are known.", reshape));
    if (headOut >= 0 || (d.headIn >= 0 && (d.isTranscoder || reshape == "hook_z")))
        return unsupported(file, headOut >= 0 ? "hook_head_index_out" : "hook_head_index",
            "chooses one head; that is read for SAEs that do not flatten heads.");
    d.headOut = d.headIn;
    d.flattensHeads = reshape == "hook_z";
    if (in.empty() || out.empty()) {
        d.isPlaced = false;
        return {};
    }
    auto hookIn = readHook(file, "hook_name", in, flat);
    if (!hookIn)
        return fail(hookIn.error());
    auto hookOut = readHook(file, d.isTranscoder ? "hook_name_out" : "hook_name", out, flat);
    if (!hookOut)
        return fail(hookOut.error());
    setPlace(d, *hookIn, *hookOut);
    if (d.headIn >= 0 && d.hookIn.kind != HookKind::Z && d.hookIn.kind != HookKind::Q
        && d.hookIn.kind != HookKind::K && d.hookIn.kind != HookKind::V)
        return unsupported(file, "hook_head_index",
            fmt::format("chooses head {}, but {} has no heads.", d.headIn, in));
    readCentring(flat, file, d);
    return {};
}

} // namespace core
