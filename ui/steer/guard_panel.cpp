#include "ui/steer/guard_panel.h"

#include "ui/style/metrics.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSpinBox>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr double kNoSurprisalLimit = -0.5; // one step below the least limit there is
}

GuardPanel::GuardPanel(QWidget* parent)
    : QWidget(parent)
    , m_switch(new QCheckBox(tr("Stay fluent"), this))
    , m_numbers(new QWidget(this))
    , m_mean(new QDoubleSpinBox(m_numbers))
    , m_peak(new QDoubleSpinBox(m_numbers))
    , m_candidates(new QSpinBox(m_numbers))
    , m_weakens(new QCheckBox(tr("Weaken what is too strong"), m_numbers))
    , m_surprisal(new QDoubleSpinBox(m_numbers))
{
    m_switch->setObjectName(QStringLiteral("guardSwitch"));
    m_switch->setToolTip(
        tr("Let the changes act only as far as the text stays one that the unsteered model might "
           "have written: every steered token is drawn under a budget of nats. Off: the changes "
           "act with all their strength, as in the papers, and strong ones break the text."));
    m_mean->setObjectName(QStringLiteral("guardMean"));
    m_mean->setRange(0, 100);
    m_mean->setSingleStep(0.1);
    m_mean->setSuffix(tr(" nats/token"));
    m_mean->setToolTip(
        tr("The budget that comes in with every token, in nats: how far steering may pull the "
           "choice of a token from the unsteered model's, as KL divergence. More steers harder, "
           "less reads better; what is not spent is kept."));
    m_peak->setObjectName(QStringLiteral("guardPeak"));
    m_peak->setRange(0, 1000);
    m_peak->setSuffix(tr(" nats"));
    m_peak->setToolTip(
        tr("The most that is kept, and what a text starts with, in nats. A text can spend this at "
           "once, to turn to another topic with one unlikely word."));
    m_candidates->setObjectName(QStringLiteral("guardCandidates"));
    m_candidates->setRange(1, 64);
    m_candidates->setToolTip(
        tr("Beginnings that are drawn side by side, a few tokens ahead, of which the most on-topic "
           "smooth one is gone on with; only where the temperature is above 0. Choosing one of n "
           "costs ln n nats; 1 = off."));
    m_weakens->setObjectName(QStringLiteral("guardWeakens"));
    m_weakens->setToolTip(
        tr("A change that would break the text is made weaker: the beginnings are drawn at several "
           "shares of it, and the text goes on at the share of the best. How much was left of it "
           "stands under the text. Needs more than one candidate. Off: the change as it is, with "
           "only the choice of the tokens held back."));
    m_surprisal->setObjectName(QStringLiteral("guardSurprisal"));
    m_surprisal->setRange(kNoSurprisalLimit, 100);
    m_surprisal->setSingleStep(0.5);
    m_surprisal->setSpecialValueText(tr("off"));
    m_surprisal->setSuffix(tr(" nats"));
    m_surprisal->setToolTip(
        tr("The surprisal (−ln of its probability for the unsteered model) that a token may have "
           "beyond what the unsteered model expects of its own, on average, in nats"));
    auto* form = new QFormLayout(m_numbers);
    form->setContentsMargins(pad(this) * 2, 0, 0, 0);
    form->addRow(tr("Budget"), m_mean);
    form->addRow(tr("At once"), m_peak);
    form->addRow(tr("Candidates"), m_candidates);
    form->addRow(QString(), m_weakens);
    form->addRow(tr("Max surprisal"), m_surprisal);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_switch);
    column->addWidget(m_numbers);
    setGuard(std::nullopt);
    int control = 0;
    const auto tell = [this](int one) {
        if (!m_isApplying)
            Q_EMIT changed(one);
    };
    for (QAbstractSpinBox* spin :
        std::initializer_list<QAbstractSpinBox*>{m_mean, m_peak, m_candidates, m_surprisal})
        spin->setKeyboardTracking(false); // a change writes all fields anew, also one half typed
    for (QDoubleSpinBox* spin : {m_mean, m_peak, m_surprisal})
        connect(spin, &QDoubleSpinBox::valueChanged, this, [tell, one = control++] { tell(one); });
    connect(m_candidates, &QSpinBox::valueChanged, this, [tell, control] { tell(control); });
    connect(m_weakens, &QCheckBox::toggled, this, [tell] { tell(-1); });
    connect(m_switch, &QCheckBox::toggled, this, [this, tell](bool isOn) {
        showNumbers();
        if (!m_isApplying)
            Q_EMIT switched(isOn);
        tell(-1);
    });
}

std::optional<core::FluencyGuard> GuardPanel::guard() const
{
    if (!m_switch->isChecked())
        return std::nullopt;
    core::FluencyGuard guard;
    guard.meanKl = m_mean->value();
    guard.peakKl = m_peak->value();
    guard.candidates = m_candidates->value();
    if (!m_weakens->isChecked())
        guard.halvings = 0;
    if (m_surprisal->value() >= 0)
        guard.moreSurprisal = m_surprisal->value();
    return guard;
}

void GuardPanel::setGuard(const std::optional<core::FluencyGuard>& guard)
{
    m_isApplying = true;
    // Its numbers stay while it is off: switched on again it is as before.
    const bool isFirst = m_mean->value() == 0 && m_peak->value() == 0;
    if (guard || isFirst) {
        const core::FluencyGuard shown = guard.value_or(core::FluencyGuard());
        m_mean->setValue(shown.meanKl);
        m_peak->setValue(shown.peakKl);
        m_candidates->setValue(shown.candidates);
        m_weakens->setChecked(shown.halvings > 0);
        m_surprisal->setValue(shown.moreSurprisal.value_or(kNoSurprisalLimit));
    }
    m_switch->setChecked(guard.has_value());
    m_isApplying = false;
    showNumbers();
}

void GuardPanel::showNumbers()
{
    m_numbers->setVisible(m_switch->isChecked());
}

} // namespace ui
