#include "ui/steer/intervention_row.h"

#include "ui/steer/position_choice.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

namespace ui {

namespace {

using core::InterventionMode;

constexpr int kSliderSteps = 400;
constexpr double kMostMultiple = 10.0; // the Golden Gate experiment's strength

} // namespace

InterventionRow::InterventionRow(const core::Intervention& intervention, QWidget* parent)
    : QFrame(parent)
    , m_intervention(intervention)
{
    setFrameShape(QFrame::StyledPanel);
    makeWidgets();
    setIntervention(intervention);
}

void InterventionRow::makeWidgets()
{
    m_enabled = new QCheckBox(this);
    m_enabled->setToolTip(tr("Switch this change off to compare"));
    m_enabled->setAccessibleName(tr("Enabled"));
    m_title = new QLabel(this);
    m_title->setTextFormat(Qt::RichText);
    m_title->setTextInteractionFlags(Qt::LinksAccessibleByKeyboard | Qt::LinksAccessibleByMouse);
    m_title->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    wrapLines(m_title); // all of the name, on as many lines as it takes
    m_mode = new QComboBox(this);
    const auto mode = [this](const QString& name, InterventionMode value, const QString& what) {
        m_mode->addItem(name, static_cast<int>(value));
        m_mode->setItemData(m_mode->count() - 1, what, Qt::ToolTipRole);
    };
    mode(tr("Clamp"), InterventionMode::Clamp,
        tr("The activation becomes this value at every chosen position"));
    mode(tr("At least"), InterventionMode::MinClamp,
        tr("The activation is raised to this value where it is lower"));
    mode(tr("Add"), InterventionMode::Add,
        tr("This many times the feature's decoder direction is added"));
    mode(tr("Scale"), InterventionMode::Scale, tr("The activation is multiplied"));
    mode(tr("Ablate"), InterventionMode::Ablate, tr("The activation becomes zero"));
    mode(tr("Add unit"), InterventionMode::AddUnit,
        tr("This many times the decoder direction, brought to length one, is added"));
    mode(tr("Orthogonal"), InterventionMode::Orthogonal,
        tr("The part of the activation along the decoder direction is multiplied: 0 takes it "
           "out, 1 leaves it"));
    mode(tr("Cap"), InterventionMode::Cap,
        tr("The part of the activation along the decoder direction is at most this"));
    m_mode->setToolTip(tr("What is done to the feature; the rest of the activation is kept"));
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setRange(-kSliderSteps, kSliderSteps);
    m_slider->setPageStep(kSliderSteps / 10);
    m_slider->setAccessibleName(tr("Strength"));
    m_strength = new QDoubleSpinBox(this);
    m_strength->setObjectName(QStringLiteral("strength"));
    m_strength->setDecimals(2);
    m_strength->setSingleStep(0.25);
    m_strength->setKeyboardTracking(false);
    m_positions = new PositionChoice(this);
    m_condition = new ConditionLine(this);
    auto* sweet = new QToolButton(this);
    sweet->setText(tr("Sweet spot"));
    sweet->setToolTip(
        tr("Try several strengths and take the strongest that leaves the text whole"));
    auto* remove = new QToolButton(this);
    remove->setText(QStringLiteral("×"));
    remove->setToolTip(tr("Remove this change"));
    remove->setAccessibleName(tr("Remove"));

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    grid->addWidget(m_enabled, 0, 0);
    grid->addWidget(m_title, 0, 1, 1, 4);
    grid->addWidget(remove, 0, 5, Qt::AlignTop);
    grid->addWidget(m_slider, 1, 0, 1, 6); // as long as the row: it is moved most
    auto* choices = new QHBoxLayout;
    choices->addWidget(m_mode, 1);
    choices->addWidget(m_strength, 1);
    choices->addWidget(sweet);
    grid->addLayout(choices, 2, 0, 1, 6);
    grid->addWidget(m_positions, 3, 0, 1, 6);
    grid->addWidget(m_condition, 4, 0, 1, 6);
    grid->setColumnStretch(3, 1);

    connect(m_enabled, &QCheckBox::toggled, this, [this](bool on) {
        m_intervention.isEnabled = on;
        Q_EMIT changed(m_intervention, false);
    });
    connect(m_mode, &QComboBox::activated, this, &InterventionRow::modeChosen);
    connect(m_slider, &QSlider::valueChanged, this,
        [this](int step) { strengthMoved(step * largestStrength() / kSliderSteps, true); });
    connect(m_strength, &QDoubleSpinBox::valueChanged, this,
        [this](double value) { strengthMoved(value, false); });
    connect(m_positions, &PositionChoice::changed, this, [this] {
        m_intervention.positions = m_positions->range();
        Q_EMIT changed(m_intervention, false);
    });
    connect(m_condition, &ConditionLine::changed, this, [this] {
        m_intervention.when = m_condition->condition();
        Q_EMIT changed(m_intervention, false);
    });
    connect(sweet, &QToolButton::clicked, this, &InterventionRow::sweetSpotRequested);
    connect(remove, &QToolButton::clicked, this, &InterventionRow::removed);
    connect(m_title, &QLabel::linkActivated, this, &InterventionRow::featureClicked);
}

void InterventionRow::setTitle(const QString& title, const QString& tooltip)
{
    m_name = title;
    showTitle();
    m_title->setToolTip(tooltip);
    setAccessibleName(title);
}

void InterventionRow::showTitle()
{
    // A rich-text label keeps the colour its link had when the text was set.
    m_title->setText(QStringLiteral("<a href=\"feature\" style=\"color:%1\">%2</a>")
                         .arg(palette().color(QPalette::Link).name(), m_name.toHtmlEscaped()));
}

void InterventionRow::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_title)
        showTitle();
}

void InterventionRow::setMaximum(double maximum)
{
    m_maximum = maximum;
    showStrength();
}

bool InterventionRow::takesValue() const
{
    return m_intervention.mode != InterventionMode::Ablate;
}

bool InterventionRow::takesMultiple() const
{
    return m_intervention.mode == InterventionMode::Clamp
        || m_intervention.mode == InterventionMode::MinClamp
        || m_intervention.mode == InterventionMode::Add
        || m_intervention.mode == InterventionMode::AddUnit
        || m_intervention.mode == InterventionMode::Cap;
}

double InterventionRow::largestStrength() const
{
    if (!takesMultiple() || m_intervention.isMultipleOfMax)
        return kMostMultiple;
    return m_maximum > 0 ? kMostMultiple * m_maximum : 100.0;
}

void InterventionRow::setIntervention(const core::Intervention& intervention)
{
    m_intervention = intervention;
    const QSignalBlocker a(m_enabled), b(m_mode);
    m_enabled->setChecked(intervention.isEnabled);
    m_mode->setCurrentIndex(std::max(0, m_mode->findData(static_cast<int>(intervention.mode))));
    m_positions->setRange(intervention.positions);
    m_condition->setCondition(intervention.when);
    showStrength();
}

void InterventionRow::showStrength()
{
    const QSignalBlocker a(m_slider), b(m_strength);
    const double most = largestStrength();
    m_strength->setRange(-10 * most, 10 * most);
    m_strength->setSuffix(!takesValue() || !takesMultiple() ? QStringLiteral(" ×")
            : m_intervention.isMultipleOfMax                ? tr(" × max")
                                                            : QString());
    m_strength->setValue(m_intervention.value);
    m_slider->setValue(static_cast<int>(std::lround(m_intervention.value / most * kSliderSteps)));
    m_slider->setEnabled(takesValue());
    m_strength->setEnabled(takesValue());
    const QString units = m_maximum > 0 && m_intervention.isMultipleOfMax
        ? tr("%1 in activation units; the feature's maximum is %2")
              .arg(formatNumber(m_intervention.value * m_maximum), formatNumber(m_maximum))
        : tr("Strength");
    m_slider->setToolTip(units);
    m_strength->setToolTip(units);
}

void InterventionRow::modeChosen()
{
    m_intervention.mode = static_cast<InterventionMode>(m_mode->currentData().toInt());
    if (!takesMultiple())
        m_intervention.isMultipleOfMax = false;
    else if (m_maximum > 0)
        m_intervention.isMultipleOfMax = true;
    showStrength();
    Q_EMIT changed(m_intervention, false);
}

void InterventionRow::strengthMoved(double value, bool isDragged)
{
    if (value == m_intervention.value)
        return;
    m_intervention.value = value;
    showStrength();
    Q_EMIT changed(m_intervention, isDragged);
}

void InterventionRow::setConditionChoices(std::vector<ConditionLine::Choice> choices)
{
    m_condition->setChoices(std::move(choices));
}

} // namespace ui
