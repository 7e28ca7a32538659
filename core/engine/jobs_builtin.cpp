#include "core/builtin/check.h"
#include "core/builtin/make.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/job_support.h"

namespace core {

Result<void> makeBuiltinJob(const std::string& out, std::uint64_t seed, const JobControl& control)
{
    return guarded([&]() -> Result<void> {
        useTorchThreads(control);
        return makeBuiltin(out, builtinRecipe(), seed, control.progress, control.stop);
    });
}

Result<std::vector<Claim>> checkBuiltinJob(const std::string& folder, const JobControl& control)
{
    return guarded([&]() -> Result<std::vector<Claim>> {
        useTorchThreads(control);
        auto measured = checkBuiltin(
            folder.empty() ? builtinPaths(control.resources).folder : std::filesystem::path(folder),
            control.progress, control.stop);
        if (!measured)
            return fail(measured.error());
        std::vector<Claim> claims;
        for (const MeasuredClaim& claim : *measured)
            claims.push_back({claim.name, claim.value, claim.required, claim.isAtMost,
                claim.isRequired, claim.holds(), claim.note});
        return claims;
    });
}

} // namespace core
