#include "app/cli/guard_options.h"

#include "app/cli/numbers.h"

namespace cli {

void GuardOptions::addTo(Verb& verb)
{
    verb.option("--kl-budget", budget,
        "keeps steered text fluent: MEAN[:PEAK] nats of KL per token from the unsteered model");
    verb.option("--candidates", candidates,
            "with --kl-budget and a temperature: beginnings drawn side by side; the most on-topic "
            "smooth one is gone on with")
        .between(1, 64)
        .showingDefault();
    verb.option("--halvings", halvings,
            "with --kl-budget: how often the change may be halved where it breaks the text; the "
            "beginnings are drawn at the whole of it, 1/2, 1/4, ..; 0: never")
        .between(0, 20)
        .showingDefault();
    verb.option("--max-surprisal", maxSurprisal,
            "with --kl-budget: nats beyond the unsteered entropy that a token may surprise")
        .notNegative();
}

core::Result<std::optional<core::FluencyGuard>> GuardOptions::guard() const
{
    if (budget.empty()) {
        if (maxSurprisal >= 0)
            return core::fail(core::Error::Code::Unsupported,
                "--max-surprisal belongs to the guard. Give --kl-budget too.");
        return std::nullopt;
    }
    core::FluencyGuard out;
    const std::size_t colon = budget.find(':');
    const auto mean = parseNumber<double>(budget.substr(0, colon));
    const auto peak = colon == std::string::npos ? std::optional(out.peakKl)
                                                 : parseNumber<double>(budget.substr(colon + 1));
    if (!mean || !peak)
        return core::fail(core::Error::Code::Unsupported,
            "--kl-budget " + budget + ": write MEAN or MEAN:PEAK in nats, for example 0.2:12.");
    out.meanKl = *mean;
    out.peakKl = *peak;
    out.candidates = candidates;
    out.halvings = halvings;
    if (maxSurprisal >= 0)
        out.moreSurprisal = maxSurprisal;
    return out;
}

core::Result<std::vector<double>> parseNumbers(
    const std::string& option, const std::vector<std::string>& texts)
{
    std::vector<double> out;
    for (const std::string& text : texts) {
        const auto number = parseNumber<double>(text);
        if (!number)
            return core::fail(core::Error::Code::Unsupported,
                option + " " + text + ": write numbers separated by commas, for example 1,2,5,10.");
        out.push_back(*number);
    }
    return out;
}

} // namespace cli
