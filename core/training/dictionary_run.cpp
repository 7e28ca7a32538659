#include "core/training/dictionary_run.h"

#include <algorithm>
#include <system_error>

namespace core {

Result<std::unique_ptr<DictionaryRun>> DictionaryRun::create(
    const std::shared_ptr<const ActivationStore>& store,
    const std::vector<DictionaryTrainerOptions>& options, const std::shared_ptr<Workers>& workers)
{
    auto run = std::make_unique<DictionaryRun>();
    for (const DictionaryTrainerOptions& each : options) {
        auto trainer = DictionaryTrainer::create(store, each, workers);
        if (!trainer)
            return fail(trainer.error());
        run->m_trainers.push_back(std::move(*trainer));
    }
    return run;
}

Result<DictionaryRun::Step> DictionaryRun::step()
{
    // The first of those with the fewest steps: in turn, also after some were saved a step later
    // than others.
    std::size_t next = m_trainers.size();
    for (std::size_t i = 0; i < m_trainers.size(); ++i)
        if (!m_trainers[i]->isDone()
            && (next == m_trainers.size() || m_trainers[i]->steps() < m_trainers[next]->steps()))
            next = i;
    if (next == m_trainers.size())
        return fail(Error::Code::Internal, "The training is at its end: there is no next step.");
    auto metrics = m_trainers[next]->step();
    if (!metrics)
        return fail(metrics.error());
    return Step{next, *metrics};
}

Result<std::vector<TrainingRun::Step>> DictionaryRun::advance()
{
    auto taken = step();
    if (!taken)
        return fail(taken.error());
    return std::vector{*taken};
}

void DictionaryRun::change(double learningRate, std::optional<double> lambda)
{
    for (const auto& trainer : m_trainers)
        trainer->change(learningRate, lambda.value_or(trainer->ownLambda()));
}

std::int64_t DictionaryRun::steps() const
{
    std::int64_t steps = 0;
    for (const auto& trainer : m_trainers)
        steps += trainer->steps();
    return steps;
}

std::int64_t DictionaryRun::totalSteps() const
{
    std::int64_t steps = 0;
    for (const auto& trainer : m_trainers)
        steps += trainer->totalSteps();
    return steps;
}

Result<Dictionaries> DictionaryRun::dictionaries() const
{
    Dictionaries all;
    for (const auto& trainer : m_trainers) {
        auto dictionary = trainer->dictionary();
        if (!dictionary)
            return fail(dictionary.error());
        all.push_back(std::move(*dictionary));
    }
    return all;
}

Result<Dictionaries> DictionaryRun::current(std::size_t i) const
{
    auto dictionary = trainer(i).dictionary();
    if (!dictionary)
        return fail(dictionary.error());
    return Dictionaries{std::move(*dictionary)};
}

Result<void> DictionaryRun::saveCheckpoints(const std::filesystem::path& folder) const
{
    for (const auto& trainer : m_trainers)
        if (auto saved = trainer->saveCheckpoint(checkpoint(folder, trainer->name())); !saved)
            return saved;
    return {};
}

Result<void> DictionaryRun::resume(const std::filesystem::path& folder)
{
    for (const auto& trainer : m_trainers) {
        const std::filesystem::path path = checkpoint(folder, trainer->name());
        std::error_code error;
        if (std::filesystem::exists(path, error))
            if (auto resumed = trainer->resume(path); !resumed)
                return resumed;
    }
    return {};
}

Result<void> DictionaryRun::agree()
{
    for (const auto& trainer : m_trainers)
        if (auto agreed = trainer->agree(); !agreed)
            return agreed;
    return {};
}

void DictionaryRun::removeCheckpoints(const std::filesystem::path& folder) const
{
    std::error_code ignored;
    for (const auto& trainer : m_trainers)
        std::filesystem::remove(checkpoint(folder, trainer->name()), ignored);
}

} // namespace core
