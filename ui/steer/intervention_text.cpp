#include "ui/steer/intervention_text.h"

#include "ui/style/text.h"

#include <QCoreApplication>
#include <QStringList>

namespace ui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ui::Experiment)
};

QString modeName(core::InterventionMode mode)
{
    switch (mode) {
    case core::InterventionMode::Clamp:
        return Words::tr("clamp");
    case core::InterventionMode::MinClamp:
        return Words::tr("at least");
    case core::InterventionMode::Add:
        return Words::tr("add");
    case core::InterventionMode::AddUnit:
        return Words::tr("add unit");
    case core::InterventionMode::Scale:
        return Words::tr("scale");
    case core::InterventionMode::Ablate:
        return Words::tr("ablate");
    case core::InterventionMode::Orthogonal:
        return Words::tr("orthogonal");
    case core::InterventionMode::Cap:
        break;
    }
    return Words::tr("cap");
}

QString positionsText(const core::PositionRange& positions)
{
    using Kind = core::PositionRange::Kind;
    switch (positions.kind) {
    case Kind::All:
        break;
    case Kind::Prompt:
        return Words::tr(", on the prompt");
    case Kind::Generated:
        return Words::tr(", on generated tokens");
    case Kind::Range:
        return Words::tr(", positions %1-%2")
            .arg(positions.first.value)
            .arg(positions.last.isValid() ? QString::number(positions.last.value) : QString());
    case Kind::Chosen: {
        QStringList chosen;
        for (const core::Position position : positions.chosen)
            chosen << QString::number(position.value);
        return Words::tr(", positions %1")
            .arg(chosen.isEmpty() ? Words::tr("none") : chosen.join(QLatin1String(", ")));
    }
    }
    return {};
}

QString streamText(const QString& title, const core::StreamText& stream)
{
    return QStringLiteral("%1: %2\n").arg(title, toQString(stream.text));
}

} // namespace

QString describeIntervention(const core::Intervention& intervention)
{
    QString text = modeName(intervention.mode);
    if (intervention.mode != core::InterventionMode::Ablate) {
        text += QLatin1Char(' ') + QString::number(intervention.value);
        if (intervention.isMultipleOfMax)
            text += Words::tr(" × max");
    }
    text += positionsText(intervention.positions);
    if (intervention.when)
        text += Words::tr(", while %1 is above %2%3")
                    .arg(featureAddress(intervention.when->feature))
                    .arg(intervention.when->above)
                    .arg(intervention.when->isMultipleOfMax ? Words::tr(" × max") : QString());
    return intervention.isEnabled ? text : text + Words::tr(", off");
}

QString describeSettings(const core::GenerateSettings& s)
{
    QString text
        = Words::tr("max tokens %1, temperature %2, top k %3, top p %4, repetition penalty %5, "
                    "frequency penalty %6, seed %7")
              .arg(s.maxTokens)
              .arg(s.temperature)
              .arg(s.topK)
              .arg(s.topP)
              .arg(s.repetitionPenalty)
              .arg(s.frequencyPenalty)
              .arg(s.seed);
    if (s.otherAttention)
        text += Words::tr(", free and frozen attention");
    else if (s.freezeAttention)
        text += Words::tr(", attention frozen on the prompt");
    if (s.guard) {
        text += Words::tr(", stay fluent: %1 nats per token, at once %2 nats, %3 candidates%4")
                    .arg(s.guard->meanKl)
                    .arg(s.guard->peakKl)
                    .arg(s.guard->candidates)
                    .arg(s.guard->halvings > 0 ? Words::tr(", weakening what is too strong")
                                               : QString());
        if (s.guard->moreSurprisal)
            text += Words::tr(", %1 nats of surprisal beyond the entropy")
                        .arg(*s.guard->moreSurprisal);
    }
    return text;
}

QString describeExperiment(
    const QString& model, const core::GenerateRequest& request, const core::Generation* generation)
{
    QString text = Words::tr("Model: %1\n").arg(model);
    for (const core::ChatTurn& turn : request.earlier)
        text += Words::tr("Before, %1: %2\n").arg(toQString(turn.role), toQString(turn.text));
    text += Words::tr("Prompt: %1\n").arg(toQString(request.prompt));
    for (const core::Intervention& one : request.interventions)
        text += Words::tr("Change: %1, %2\n")
                    .arg(featureAddress(one.feature), describeIntervention(one));
    text += Words::tr("Settings: %1%2\n")
                .arg(describeSettings(request.settings),
                    request.isChat ? Words::tr(", chat template") : QString());
    if (!request.normalStart.empty() || !request.steeredStart.empty())
        text += Words::tr("Given tokens at the beginning: %1 normal, %2 steered\n")
                    .arg(request.normalStart.size())
                    .arg(request.steeredStart.size());
    if (!generation)
        return text;
    text += streamText(Words::tr("Normal"), generation->normal);
    text += streamText(Words::tr("Steered"), generation->steered);
    if (generation->request.settings.otherAttention)
        text += streamText(Words::tr("Steered, other attention"), generation->other);
    if (generation->request.settings.guard)
        text += Words::tr("KL: %1 of at most %2 nats\n")
                    .arg(formatNumber(generation->steered.account.spent),
                        formatNumber(generation->steered.account.allowed));
    if (generation->steered.changeShare < 1)
        text += Words::tr("The guard weakened the change to %1 of what it would add\n")
                    .arg(formatPercent(generation->steered.changeShare));
    if (!generation->request.interventions.empty() || !generation->request.topic.empty())
        text += Words::tr("On topic: normal %1, steered %2\n")
                    .arg(formatPercent(generation->normal.onTopicShare),
                        formatPercent(generation->steered.onTopicShare));
    return text;
}

} // namespace ui
