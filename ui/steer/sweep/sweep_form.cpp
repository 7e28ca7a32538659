#include "ui/steer/sweep/sweep_form.h"

#include "ui/session/session.h"
#include "ui/session/settings.h"
#include "ui/shared/job_progress.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>

namespace ui {

namespace {
constexpr int kMostCellSamples = 16, kMostCellTokens = 1024;
} // namespace

SweepForm::SweepForm(Session* session, Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
{
    m_run = new QPushButton(icon(Icon::Play), tr("&Run sweep"), this);
    m_run->setObjectName(QStringLiteral("sweepRun"));
    m_run->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    m_run->setToolTip(tr("Write the text of every cell, all in one batch (Ctrl+Enter)"));
    m_stop = new QPushButton(icon(Icon::Stop), tr("S&top"), this);
    m_stop->setObjectName(QStringLiteral("sweepStop"));
    m_stop->setToolTip(tr("Stop; the sweep that is shown stays"));
    m_count = new QLabel(this);
    m_count->setObjectName(QStringLiteral("sweepCount"));
    makeSubtle(m_count);
    wrapLines(m_count);
    m_progress = new JobProgress(tr("Progress of the sweep"), this);
    m_progress->follow(m_session, kTag<core::SweepRequest>);
    m_line = new QStackedWidget(this);
    m_line->addWidget(m_count);
    m_line->addWidget(m_progress);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeWays());
    column->addWidget(makeSizes());
    column->addWidget(m_line);

    connect(m_run, &QPushButton::clicked, this, &SweepForm::runRequested);
    connect(m_stop, &QPushButton::clicked, this,
        [this] { m_session->cancel(kTag<core::SweepRequest>); });
    connect(m_strengths, &QLineEdit::returnPressed, m_run, &QPushButton::click);
    connect(m_strengths, &QLineEdit::textChanged, this, [this](const QString& text) {
        if (strengthsOf(text))
            m_settings->setValue(SettingKey::SweepStrengths, text);
    });
    connect(m_session, &Session::busyChanged, this, &SweepForm::updateState);
    connect(m_session, &Session::stateChanged, this, &SweepForm::updateState);
    updateState();
}

QWidget* SweepForm::makeWays()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    const auto add = [&](const QString& text, const QString& note, bool isOn) {
        auto* check = new QCheckBox(text, box);
        check->setToolTip(note);
        check->setChecked(isOn);
        row->addWidget(check);
        connect(check, &QCheckBox::toggled, this, &SweepForm::updateState);
        return check;
    };
    const auto method = [&](core::InterventionMode mode, const QString& note, bool isOn) {
        QCheckBox* check = add(sweepMethodName(mode), note, isOn);
        check->setObjectName(QStringLiteral("sweepMethod%1").arg(static_cast<int>(mode)));
        m_methods.push_back({mode, check});
    };
    using core::InterventionMode;
    row->addWidget(new QLabel(tr("Methods"), box));
    method(
        InterventionMode::Clamp, tr("The activation becomes the strength at every position"), true);
    method(InterventionMode::MinClamp,
        tr("The activation is raised to the strength where it is lower (min-clamp)"), false);
    method(InterventionMode::Add, tr("The strength times the decoder direction is added"), true);
    method(InterventionMode::Orthogonal,
        tr("The part along the decoder direction is multiplied by the strength; where there is "
           "none, nothing happens"),
        false);
    row->addSpacing(2 * pad(this));
    row->addWidget(new QLabel(tr("Guard"), box));
    m_unguarded = add(tr("off"), tr("The pure change, however broken the text becomes"), true);
    m_unguarded->setAccessibleName(tr("Guard off"));
    m_unguarded->setObjectName(QStringLiteral("sweepUnguarded"));
    m_guarded = add(tr("on"),
        tr("The text stays fluent: it may go only so many nats from what the unsteered model "
           "would write. The budget is the Steer page's, or the usual one where its guard is off"),
        true);
    m_guarded->setAccessibleName(tr("Guard on"));
    m_guarded->setObjectName(QStringLiteral("sweepGuarded"));
    row->addStretch(1);
    return box;
}

QWidget* SweepForm::makeSizes()
{
    auto* box = new QWidget(this);
    auto* upper = new QHBoxLayout; // two rows: large text on a small screen
    auto* lower = new QHBoxLayout;
    const auto add = [&](QHBoxLayout* row, const QString& title, QWidget* field,
                         const QString& note, int stretch = 0) {
        field->setToolTip(note);
        field->setAccessibleName(title);
        auto* label = new QLabel(title, box);
        label->setBuddy(field);
        row->addWidget(label);
        row->addWidget(field, stretch);
    };
    m_strengths = new QLineEdit(m_settings->value(SettingKey::SweepStrengths).toString(), box);
    m_strengths->setObjectName(QStringLiteral("sweepStrengths"));
    m_strengths->setMinimumWidth(ex(this) * 14);
    add(upper, tr("Strengths"), m_strengths,
        tr("The columns, parted by commas. They count the largest activation that the harvest saw "
           "of a feature; without a harvest, activation units"),
        1);
    m_each = new QComboBox(box);
    m_each->setObjectName(QStringLiteral("sweepEach"));
    m_each->addItems({tr("together"), tr("each by itself")});
    add(upper, tr("Changes"), m_each,
        tr("All changes of the Steer page at once, or a row for each feature by itself"));
    m_samples = new QSpinBox(box);
    m_samples->setObjectName(QStringLiteral("sweepSamples"));
    m_samples->setRange(1, kMostCellSamples);
    add(lower, tr("Samples"), m_samples, tr("Texts per cell; its figures are their means"));
    m_maxTokens = new QSpinBox(box);
    m_maxTokens->setObjectName(QStringLiteral("sweepTokens"));
    m_maxTokens->setRange(1, kMostCellTokens);
    m_maxTokens->setValue(SweepChoice().maxTokens);
    add(lower, tr("Tokens"), m_maxTokens, tr("Length of each text, tokens at most"));
    m_temperature = new QDoubleSpinBox(box);
    m_temperature->setRange(0, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setDecimals(1);
    m_temperature->setValue(SweepChoice().temperature);
    add(lower, tr("Temperature"), m_temperature,
        tr("0 takes the most probable token each time: then samples are all alike, and the guard "
           "has no beginnings to choose from"));
    lower->addStretch(1);
    lower->addWidget(m_run);
    lower->addWidget(m_stop);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(upper);
    column->addLayout(lower);
    for (QSpinBox* spin : {m_samples, m_maxTokens})
        connect(spin, &QSpinBox::valueChanged, this, &SweepForm::updateState);
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this, &SweepForm::updateState);
    connect(m_each, &QComboBox::currentIndexChanged, this, &SweepForm::updateState);
    connect(m_strengths, &QLineEdit::textChanged, this, &SweepForm::updateState);
    return box;
}

std::optional<SweepChoice> SweepForm::choice() const
{
    if (!problem().isEmpty())
        return {};
    SweepChoice choice;
    for (const Method& method : m_methods)
        if (method.box->isChecked())
            choice.methods.push_back(method.mode);
    choice.isUnguarded = m_unguarded->isChecked();
    choice.isGuarded = m_guarded->isChecked();
    choice.isEach = m_each->currentIndex() == 1;
    choice.strengths = *strengthsOf(m_strengths->text());
    choice.samples = m_samples->value();
    choice.maxTokens = m_maxTokens->value();
    choice.temperature = m_temperature->value();
    return choice;
}

QString SweepForm::problem() const
{
    const auto isOn = [](const Method& method) { return method.box->isChecked(); };
    if (!m_session->hasModel())
        return tr("Open a model first (Models page).");
    if (m_changes == 0)
        return tr("The Steer page has no changes to try.");
    if (std::none_of(m_methods.begin(), m_methods.end(), isOn))
        return tr("Choose at least one method.");
    if (!m_unguarded->isChecked() && !m_guarded->isChecked())
        return tr("Choose whether the guard is off, on, or both.");
    if (!strengthsOf(m_strengths->text()))
        return strengthsWanted();
    return {};
}

void SweepForm::setChanges(int changes)
{
    m_changes = changes;
    updateState();
}

void SweepForm::updateState()
{
    const QString wrong = problem();
    const bool isBusy = m_session->isBusy(kTag<core::SweepRequest>);
    m_run->setEnabled(wrong.isEmpty());
    m_stop->setEnabled(isBusy);
    m_each->setEnabled(m_changes > 1);
    m_line->setCurrentIndex(isBusy ? 1 : 0);
    if (!wrong.isEmpty()) {
        m_count->setText(wrong);
    } else {
        const SweepChoice chosen = *choice();
        const int rows = countOf(chosen.methods)
            * ((chosen.isUnguarded ? 1 : 0) + (chosen.isGuarded ? 1 : 0))
            * (chosen.isEach ? m_changes : 1);
        m_count->setText(tr("%1 ways of steering × %2 strengths, and normal text: %3 texts of up "
                            "to %4 tokens.")
                             .arg(rows)
                             .arg(countOf(chosen.strengths))
                             .arg((rows * countOf(chosen.strengths) + 1) * chosen.samples)
                             .arg(chosen.maxTokens));
    }
    Q_EMIT edited();
}

} // namespace ui
