#include "ui/train/changes_row.h"

#include "ui/style/metrics.h"
#include "ui/train/number_box.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

ChangesRow::ChangesRow(QWidget* parent)
    : QWidget(parent)
    , m_learningRate(new NumberBox(this))
    , m_now(new QLabel(this))
    , m_lambdaLabel(new QLabel(tr("λ"), this))
    , m_lambda(new NumberBox(this))
    , m_fixed(new QLabel(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    auto* row = new QHBoxLayout;
    const auto add = [&](QDoubleSpinBox* spin, QLabel* label, const QString& name, double most,
                         const QString& note) {
        spin->setDecimals(6);
        spin->setRange(0.000001, most);
        spin->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        spin->setToolTip(note);
        spin->setAccessibleName(name);
        label->setBuddy(spin);
        row->addWidget(label);
        row->addWidget(spin);
    };
    add(m_learningRate, new QLabel(tr("Go on with learning rate"), this),
        tr("Peak learning rate to go on with"), 1.0,
        tr("The learning rate as it was set up: where its warm-up ends; its warm-up and decay go "
           "on in proportion. Lower "
           "it where the loss rises or the gradient norm spikes. Left as it is, the training goes "
           "on exactly."));
    m_learningRate->setObjectName(QStringLiteral("trainGoOnRate"));
    makeSubtle(m_now);
    row->addWidget(m_now);
    add(m_lambda, m_lambdaLabel, tr("λ to go on with"), 100'000.0,
        tr("Weight of the penalty from here on. Higher: fewer active features. Left as it is, the "
           "training goes on exactly."));
    m_lambda->setObjectName(QStringLiteral("trainGoOnLambda"));
    row->addStretch(1);
    m_fixed->setObjectName(QStringLiteral("trainGoOnFixed"));
    makeSubtle(m_fixed);
    wrapLines(m_fixed);
    column->addLayout(row);
    column->addWidget(m_fixed);
}

void ChangesRow::setSettings(const core::TrainingSettings& settings, double rateNow)
{
    // The row is set to the peak, the figures above it tell of the step it stands at.
    m_now->setText(rateNow > 0.0
            ? tr("at its peak (now %1 by its schedule)").arg(QString::number(rateNow, 'g', 3))
            : tr("at its peak"));
    m_learningRate->setValue(settings.learningRate);
    m_lambda->setValue(settings.lambda);
    const bool hasLambda = !settings.hasK() && settings.sweep.field != "lambda"; // each has its own
    m_lambda->setVisible(hasLambda);
    m_lambdaLabel->setVisible(hasLambda);
    m_fixed->setText(hasLambda
            ? tr("These two can be changed now. Width, layers, text and the rest stay as they are: "
                 "for others start a new training.")
            : tr("Only this can be changed now. k, width, layers, text and the rest stay as they "
                 "are: for others start a new training."));
    m_settings = settings;
    // As the fields round them: only what a person changes is a change.
    m_settings.learningRate = m_learningRate->value();
    m_settings.lambda = m_lambda->value();
}

std::optional<core::TrainingChanges> ChangesRow::changes() const
{
    if (m_learningRate->value() == m_settings.learningRate
        && (m_settings.hasK() || m_lambda->value() == m_settings.lambda))
        return {};
    return core::TrainingChanges{m_learningRate->value(), m_lambda->value()};
}

} // namespace ui
