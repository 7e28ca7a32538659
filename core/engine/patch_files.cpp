#include "core/api/patch_files.h"

#include "core/engine/request_table.h"
#include "core/files/atomic_write.h"

#include "core/model/hook_point.h"
#include "core/model/tensor_io.h"

#include <cmath>
#include <limits>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

const char* siteName(PatchSite site)
{
    switch (site) {
    case PatchSite::AttnOut:
        return "attn_out";
    case PatchSite::MlpOut:
        return "mlp_out";
    case PatchSite::Head:
        return "heads";
    case PatchSite::Feature:
        return "features";
    case PatchSite::ResidPre:
        break;
    }
    return "resid_pre";
}

/// Each map's hook; where heads and positions of one hook are both there, the second says which.
std::vector<std::string> uniqueNames(const PatchResult& result)
{
    std::set<std::string> taken;
    std::vector<std::string> names;
    for (const PatchMap& map : result.maps) {
        const char* const axis = map.site == PatchSite::Head ? ".by_head" : ".by_position";
        names.push_back(taken.contains(map.hook) ? map.hook + axis : map.hook);
        taken.insert(names.back());
    }
    return names;
}

/// "blocks.3.hook_resid_pre"; places outside the blocks have no layer.
std::string rowName(const std::string& name, int row)
{
    const std::string hook = name.substr(0, name.find(".hook_sae_"));
    return HookPoint::parse(hook) ? name : fmt::format("blocks.{}.{}", row, name);
}

nlohmann::json effectsOf(const PatchResult& result, bool isExact)
{
    nlohmann::json out = nlohmann::json::object();
    const auto names = uniqueNames(result);
    for (std::size_t m = 0; m < result.maps.size(); ++m) {
        const PatchMap& map = result.maps[m];
        const std::vector<float>& values = isExact ? map.exact : map.approximate;
        for (int row = 0; row < map.rows && !values.empty(); ++row) {
            const auto first = values.begin() + row * map.columns;
            if (std::isfinite(*first))
                out[rowName(names[m], row)] = std::vector<float>(first, first + map.columns);
        }
    }
    return out;
}

nlohmann::json tokensOf(const std::vector<TokenInfo>& tokens)
{
    nlohmann::json out = nlohmann::json::array();
    for (const TokenInfo& token : tokens)
        out.push_back({{"id", token.id.value}, {"token", token.text}});
    return out;
}

nlohmann::json featuresOf(const PatchResult& result)
{
    nlohmann::json out = nlohmann::json::array();
    for (const PatchedFeature& one : result.features) {
        nlohmann::json entry{{"dictionary", one.dictionary}, {"layer", one.layer.value},
            {"position", one.position.value}, {"kind", one.feature.isValid() ? "feature" : "error"},
            {"label", one.label}, {"clean", one.clean}, {"corrupt", one.corrupt},
            {"approximate", one.approximate}};
        if (one.feature.isValid())
            entry["feature"] = one.feature.value;
        if (one.hasExact)
            entry["exact"] = one.exact;
        out.push_back(std::move(entry));
    }
    return out;
}

at::Tensor floats(const std::vector<float>& values, at::IntArrayRef shape)
{
    return at::tensor(values, at::kFloat).view(shape);
}

at::Tensor idsOf(const std::vector<TokenInfo>& tokens)
{
    std::vector<std::int64_t> ids;
    for (const TokenInfo& token : tokens)
        ids.push_back(token.id.value);
    return at::tensor(ids, at::kLong);
}

} // namespace

Result<std::string> run(const PatchJsonRequest& asked, Context&)
{
    const PatchResult& result = *asked.result;
    const bool leadsWithApproximate = asked.leadsWithApproximate;
    const PatchRequest& request = result.request;
    const bool hasBoth = request.isExact && request.isApproximate;
    const bool leadsWithExact = hasBoth ? !leadsWithApproximate : request.isExact;
    nlohmann::json json{{"model", result.model}, {"clean", result.cleanMetric},
        {"corrupt", result.corruptMetric},
        {"metric",
            {{"answer", result.answer}, {"answer_id", result.answerId.value},
                {"other", result.other}, {"other_id", result.otherId.value}}},
        {"direction", request.direction == PatchDirection::Denoise ? "denoise" : "noise"},
        {"clean_tokens", tokensOf(result.cleanTokens)},
        {"corrupt_tokens", tokensOf(result.corruptTokens)},
        {"effects", effectsOf(result, leadsWithExact)}, {"cells", result.exactCells},
        {"passes", result.passes}, {"seconds", result.seconds}, {"note", result.note}};
    if (hasBoth) {
        json["effects_exact"] = effectsOf(result, true);
        json["effects_approximate"] = effectsOf(result, false);
        json["pearson"] = result.pearson;
        json["spearman"] = result.spearman;
    }
    const auto names = uniqueNames(result);
    json["maps"] = nlohmann::json::array();
    for (std::size_t m = 0; m < result.maps.size(); ++m) {
        const PatchMap& map = result.maps[m];
        nlohmann::json entry{{"hook", names[m]}, {"site", siteName(map.site)}, {"rows", map.rows},
            {"columns", map.columns},
            {"columns_are", map.site == PatchSite::Head ? "heads" : "positions"}};
        if (hasBoth) {
            entry["pearson"] = map.pearson;
            entry["spearman"] = map.spearman;
        }
        json["maps"].push_back(std::move(entry));
    }
    if (result.featuresInAll > 0) {
        json["features"] = featuresOf(result);
        json["n_features"] = result.featuresInAll;
    }
    // Token texts may hold half a character; JSON must be whole UTF-8.
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::string> run(const SavePatchJsonRequest& request, Context& context)
{
    const auto json = run(PatchJsonRequest{request.result, request.leadsWithApproximate}, context);
    if (auto written = writeAtomically(request.path, *json + "\n"); !written)
        return fail(written.error());
    return request.path;
}

Result<std::string> run(const SavePatchTensorsRequest& request, Context&)
{
    const PatchResult& result = *request.result;
    const std::string& path = request.path;
    std::vector<std::pair<std::string, at::Tensor>> tensors{
        {"clean_ids", idsOf(result.cleanTokens)}, {"corrupt_ids", idsOf(result.corruptTokens)}};
    const auto names = uniqueNames(result);
    for (std::size_t m = 0; m < result.maps.size(); ++m) {
        const PatchMap& map = result.maps[m];
        if (!map.exact.empty())
            tensors.emplace_back("exact." + names[m], floats(map.exact, {map.rows, map.columns}));
        if (!map.approximate.empty())
            tensors.emplace_back(
                "approximate." + names[m], floats(map.approximate, {map.rows, map.columns}));
    }
    if (!result.features.empty()) {
        std::vector<std::int64_t> places;
        std::vector<float> approximate, exact;
        for (const PatchedFeature& one : result.features) {
            for (const std::int32_t number :
                {one.layer.value, one.position.value, one.feature.value})
                places.push_back(number);
            approximate.push_back(one.approximate);
            exact.push_back(one.hasExact ? one.exact : std::numeric_limits<float>::quiet_NaN());
        }
        const auto count = std::ssize(result.features);
        tensors.emplace_back("features", at::tensor(places, at::kLong).view({count, 3}));
        tensors.emplace_back("features.approximate", floats(approximate, {count}));
        tensors.emplace_back("features.exact", floats(exact, {count}));
    }
    if (auto saved = saveTensors(path, tensors); !saved)
        return fail(saved.error());
    return path;
}

const Handles<PatchJsonRequest> kPatchJson(Runs::OnReader, run);
const Handles<SavePatchJsonRequest> kSavePatchJson(Runs::OnWriter, run);
const Handles<SavePatchTensorsRequest> kSavePatchTensors(Runs::OnWriter, run);

} // namespace core
