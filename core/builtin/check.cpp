#include "core/builtin/check.h"

#include "core/builtin/check_context.h"

#include <array>

namespace core {

namespace {

constexpr std::uint64_t kSeed = 2026; // of the texts measured on
// More than the trainers' dead_feature_window of 163,840 tokens: what fires on none of them is
// dead.
constexpr std::int64_t kCorpusTokens = 170'000;

struct Check {
    const char* what;
    Result<Claims> (*measure)(const CheckContext&);
};

constexpr std::array kChecks{
    Check{"language", checkLanguage},
    Check{"Golden Gate", checkGoldenGate},
    Check{"two hops", checkTwoHops},
    Check{"circuits", checkCircuits},
    Check{"dictionaries", checkDictionaries},
    Check{"ten features", checkTenFeatures},
    Check{"two languages", checkBilingual},
    Check{"rhymes", checkRhymes},
    Check{"induction", checkInduction},
};

} // namespace

Result<std::vector<MeasuredClaim>> checkBuiltin(
    const std::filesystem::path& folder, const ProgressFn& progress, std::stop_token stop)
{
    const auto context = CheckContext::open(folder, kSeed, kCorpusTokens, stop);
    if (!context)
        return fail(context.error());
    Claims all;
    std::int64_t done = 0;
    for (const Check& check : kChecks) {
        if (progress)
            progress({std::string("Checking ") + check.what, done++,
                static_cast<std::int64_t>(kChecks.size()), "claims"});
        auto claims = check.measure(*context);
        if (!claims)
            return fail(claims.error());
        all.insert(all.end(), claims->begin(), claims->end());
    }
    return all;
}

} // namespace core
