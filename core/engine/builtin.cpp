#include "core/api/builtin.h"

#include "core/builtin/check.h"
#include "core/builtin/make.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/request_table.h"

namespace core {

Result<std::string> run(const MakeBuiltinRequest& request, Context& context)
{
    auto made
        = makeBuiltin(request.out, builtinRecipe(), request.seed, context.progress, context.stop);
    if (!made)
        return fail(made.error());
    return request.out;
}

Result<std::vector<Claim>> run(const CheckBuiltinRequest& request, Context& context)
{
    const auto measured
        = checkBuiltin(request.folder.empty() ? builtinPaths(context.bench.options.resources).folder
                                              : std::filesystem::path(request.folder),
            context.progress, context.stop);
    if (!measured)
        return fail(measured.error());
    std::vector<Claim> claims;
    for (const MeasuredClaim& claim : *measured)
        claims.push_back({claim.name, claim.value, claim.required, claim.isAtMost, claim.isRequired,
            claim.holds(), claim.note});
    return claims;
}

const Handles<MakeBuiltinRequest> kMakeBuiltin(Runs::InBackground, run);
const Handles<CheckBuiltinRequest> kCheckBuiltin(Runs::InBackground, run);

} // namespace core
