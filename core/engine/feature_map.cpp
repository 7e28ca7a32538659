#include "core/features/feature_map.h"

#include "core/api/feature_map.h"
#include "core/api/map_features.h"
#include "core/engine/request_table.h"

#include <chrono>
#include <cmath>

namespace core {

Result<FeatureMap> run(const FeatureMapRequest& request, Context& context)
{
    auto reader = context.reader();
    if (!reader)
        return fail(reader.error());
    FeatureMap map;
    for (const std::string& name :
        request.dictionaries.empty() ? context.bench.openDictionaryNames() : request.dictionaries) {
        const auto stored = (*reader)->dictionary(name);
        if (!stored)
            return fail(stored.error());
        if (!*stored) {
            map.missing.push_back(name);
            continue;
        }
        const auto x = (*reader)->column(**stored, kMapX), y = (*reader)->column(**stored, kMapY);
        const auto density = (*reader)->column(**stored, "density");
        if (!x || !y || !density)
            return fail(!x ? x.error() : !y ? y.error() : density.error());
        if ((*x)->empty() || (*y)->empty()) {
            map.missing.push_back(name);
            continue;
        }
        MappedDictionary one{name, (*stored)->layer, {}, {}, {}, {}};
        for (std::size_t i = 0; i < (*x)->size(); ++i)
            if (std::isfinite((**x)[i]) && std::isfinite((**y)[i])) {
                one.features.push_back(static_cast<std::int32_t>(i));
                one.x.push_back((**x)[i]);
                one.y.push_back((**y)[i]);
                one.density.push_back((**density)[i]);
            }
        map.dictionaries.push_back(std::move(one));
    }
    if (!map.isEmpty()) {
        auto method = (*reader)->mapMethod();
        if (!method)
            return fail(method.error());
        map.method = std::move(*method);
    }
    return map;
}

Result<MapFeaturesSummary> run(
    const MapFeaturesRequest& request, const LoadedModel& model, Context& context)
{
    const auto begin = std::chrono::steady_clock::now();
    const std::filesystem::path path = context.workspaceNamed(request.workspace);
    auto workspace = OwnConnections::open(path);
    if (!workspace)
        return fail(workspace.error());
    const auto map = storeFeatureMap(model.dictionaries, *workspace->reader, *workspace->writer, {},
        context.stop, context.progress);
    if (!map)
        return fail(map.error());
    if (map->mapped == 0)
        return fail(Error::Code::NotFound,
            path.filename().string()
                + ": the workspace holds no harvest of the open dictionaries. Harvest one first.");
    return MapFeaturesSummary{map->mapped, map->landmarks,
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

const Handles<FeatureMapRequest> kFeatureMap(Runs::OnReader, run);
const Handles<MapFeaturesRequest> kMapFeatures(Runs::InBackground, run);

} // namespace core
