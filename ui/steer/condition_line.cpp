#include "ui/steer/condition_line.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>

namespace ui {

namespace {
constexpr double kFiresAtAll = 0.1; // of the maximum: below it lies much that means nothing
}

ConditionLine::ConditionLine(QWidget* parent)
    : QWidget(parent)
    , m_when(new QComboBox(this))
    , m_above(new QDoubleSpinBox(this))
{
    m_when->setObjectName(QStringLiteral("conditionChoice"));
    m_when->setAccessibleName(tr("When"));
    m_when->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_when->setMinimumContentsLength(16);
    m_when->setToolTip(
        tr("The change acts at any time, or only on tokens where a feature fires above a threshold "
           "when the model reads the same text without any change. To wait for another feature, "
           "choose it on the Features page first."));
    m_above->setObjectName(QStringLiteral("conditionAbove"));
    m_above->setRange(0, 1'000'000);
    m_above->setDecimals(2);
    m_above->setSingleStep(0.1);
    m_above->setPrefix(QStringLiteral("> "));
    m_above->setKeyboardTracking(false);
    m_above->setAccessibleName(tr("Threshold"));
    m_above->setToolTip(
        tr("The feature's activation must be above this: in multiples of its largest "
           "harvested one, or in activation units where that is not known"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    row->addWidget(m_when, 1);
    row->addWidget(m_above);
    connect(m_when, &QComboBox::activated, this, [this](int index) {
        if (index == 0) {
            m_condition.reset();
        } else {
            const Choice& choice = m_choices[static_cast<std::size_t>(index - 1)];
            m_condition = core::Condition{
                choice.feature, choice.hasMaximum ? kFiresAtAll : 0.0, choice.hasMaximum};
        }
        show();
        Q_EMIT changed();
    });
    connect(m_above, &QDoubleSpinBox::valueChanged, this, [this](double above) {
        if (!m_condition)
            return;
        m_condition->above = above;
        Q_EMIT changed();
    });
    show();
}

void ConditionLine::setCondition(const std::optional<core::Condition>& condition)
{
    m_condition = condition;
    show();
}

void ConditionLine::setChoices(std::vector<Choice> choices)
{
    m_choices = std::move(choices);
    show();
}

void ConditionLine::show()
{
    const QSignalBlocker a(m_when), b(m_above);
    m_when->clear();
    m_when->addItem(tr("at any time"));
    int current = 0;
    for (const Choice& choice : m_choices) {
        m_when->addItem(tr("only while %1 fires").arg(choice.name));
        m_when->setItemData(m_when->count() - 1, m_when->itemText(m_when->count() - 1),
            Qt::ToolTipRole); // long names are cut
        if (m_condition && choice.feature == m_condition->feature)
            current = m_when->count() - 1;
    }
    m_when->setCurrentIndex(current);
    m_above->setVisible(m_condition.has_value());
    if (!m_condition)
        return;
    m_above->setSuffix(m_condition->isMultipleOfMax ? tr(" × max") : QString());
    m_above->setValue(m_condition->above);
}

} // namespace ui
