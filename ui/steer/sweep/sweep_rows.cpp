#include "ui/steer/sweep/sweep_rows.h"

#include "ui/steer/sweep/sweep_words.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QRegularExpression>

namespace ui {

namespace {

using core::InterventionMode;

constexpr qsizetype kLongestRowName = 28; // characters: the grid needs the room

QString shortened(const QString& name)
{
    return name.size() <= kLongestRowName ? name
                                          : name.left(kLongestRowName - 1) + QStringLiteral("…");
}

bool isFactor(InterventionMode mode)
{
    return mode == InterventionMode::Orthogonal || mode == InterventionMode::Scale;
}

} // namespace

QString sweepMethodName(InterventionMode mode)
{
    switch (mode) {
    case InterventionMode::Clamp:
        return sweepTr("Clamp");
    case InterventionMode::MinClamp:
        return sweepTr("At least");
    case InterventionMode::Add:
        return sweepTr("Add");
    case InterventionMode::Orthogonal:
        return sweepTr("Orthogonal");
    default:
        return {};
    }
}

std::optional<std::vector<double>> strengthsOf(const QString& text)
{
    static const QRegularExpression kBetween(QStringLiteral("[,;\\s]+"));
    std::vector<double> strengths;
    for (const QString& word : text.split(kBetween, Qt::SkipEmptyParts)) {
        bool isNumber = false;
        const double strength = word.toDouble(&isNumber);
        if (!isNumber || !std::isfinite(strength))
            return {};
        strengths.push_back(strength);
    }
    std::sort(strengths.begin(), strengths.end());
    strengths.erase(std::unique(strengths.begin(), strengths.end()), strengths.end());
    if (strengths.empty() || countOf(strengths) > kMostStrengths)
        return {};
    return strengths;
}

QString strengthsWanted()
{
    return sweepTr("Strengths are up to %1 numbers parted by commas, such as 1, 2, 5, 10.")
        .arg(kMostStrengths);
}

core::SweepRequest sweepRequest(const core::GenerateRequest& source, const SweepChoice& choice,
    const std::function<QString(const core::FeatureRef&)>& nameOf,
    const std::function<bool(const std::string& dictionary)>& isHarvested)
{
    core::SweepRequest request;
    request.prompt = source.prompt;
    request.isChat = source.isChat;
    request.strengths = choice.strengths;
    request.settings = source.settings;
    request.settings.maxTokens = choice.maxTokens;
    request.settings.temperature = choice.temperature;
    request.settings.guard.reset();
    request.topic = source.topic;
    request.samples = choice.samples;
    std::vector<core::Intervention> changes;
    std::copy_if(source.interventions.begin(), source.interventions.end(),
        std::back_inserter(changes), [](const core::Intervention& one) { return one.isEnabled; });
    std::vector<std::vector<core::Intervention>> groups;
    if (choice.isEach)
        for (const core::Intervention& one : changes)
            groups.push_back({one});
    else if (!changes.empty())
        groups.push_back(changes);
    const auto add = [&](const std::vector<core::Intervention>& group, InterventionMode method,
                         bool isGuarded) {
        core::SweepRequest::Row row;
        QStringList name;
        if (choice.isEach && changes.size() > 1)
            name << shortened(nameOf(group.front().feature));
        name << sweepMethodName(method) << (isGuarded ? sweepTr("guard on") : sweepTr("guard off"));
        row.name = name.join(QString::fromUtf16(kNameParts)).toStdString();
        row.interventions = group;
        for (core::Intervention& one : row.interventions) {
            one.mode = method;
            one.isMultipleOfMax = !isFactor(method) && isHarvested(one.feature.dictionary);
        }
        if (isGuarded)
            row.guard = source.settings.guard.value_or(core::FluencyGuard());
        request.rows.push_back(std::move(row));
    };
    for (const auto& group : groups)
        for (const InterventionMode method : choice.methods)
            for (const bool isGuarded : {false, true})
                if (isGuarded ? choice.isGuarded : choice.isUnguarded)
                    add(group, method, isGuarded);
    return request;
}

std::vector<core::Intervention> changesAt(const core::SweepRequest& request, int row, int column)
{
    std::vector<core::Intervention> changes
        = request.rows[static_cast<std::size_t>(row)].interventions;
    for (core::Intervention& one : changes)
        one.value = request.strengths[static_cast<std::size_t>(column)];
    return changes;
}

QString sweepStrength(const core::SweepRequest& request, int column)
{
    const QString number = QString::number(request.strengths[static_cast<std::size_t>(column)]);
    const auto counts
        = [](const core::Intervention& one) { return one.isMultipleOfMax || isFactor(one.mode); };
    const bool isMultiple
        = std::any_of(request.rows.begin(), request.rows.end(), [&](const auto& row) {
              return std::any_of(row.interventions.begin(), row.interventions.end(), counts);
          });
    return isMultiple ? number + QStringLiteral(" ×") : number;
}

} // namespace ui
