#include "ui/steer/pace_bar.h"

#include "ui/style/metrics.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace ui {

namespace {
constexpr double kSlow = 3, kNormal = 8; // tokens per second; people read about four words in one
constexpr std::int64_t kSmallModel = 100'000'000; // parameters
} // namespace

PaceBar::PaceBar(Settings* settings, QWidget* parent)
    : QWidget(parent)
    , m_settings(settings)
    , m_pace(std::make_shared<core::GenerationPace>())
    , m_speed(new QComboBox(this))
    , m_pause(new QToolButton(this))
    , m_step(new QToolButton(this))
{
    auto* label = new QLabel(tr("&Pace"), this);
    label->setBuddy(m_speed);
    m_speed->setObjectName(QStringLiteral("paceChoice"));
    m_speed->setAccessibleName(tr("Pace"));
    m_speed->addItem(tr("slow: 3 tokens/s"), QStringLiteral("slow"));
    m_speed->addItem(tr("8 tokens/s"), QStringLiteral("normal"));
    m_speed->addItem(tr("as fast as it goes"), QStringLiteral("fast"));
    m_speed->setToolTip(tr("Tokens per second of each text, at most. Slowly enough to follow, a "
                           "strength can be dragged while the text is written."));
    m_pause->setObjectName(QStringLiteral("pauseButton"));
    m_pause->setCheckable(true);
    m_pause->setText(tr("Pause"));
    m_pause->setToolTip(tr("Wait before the next token; changes can be made meanwhile"));
    m_step->setObjectName(QStringLiteral("stepButton"));
    m_step->setText(tr("Step"));
    m_step->setToolTip(tr("Write one more token of each text, then wait"));
    for (QToolButton* button : {m_pause, m_step})
        button->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    row->addWidget(label);
    row->addWidget(m_speed);
    row->addWidget(m_pause);
    row->addWidget(m_step);
    connect(m_speed, &QComboBox::activated, this, [this] {
        m_settings->setValue(SettingKey::SteerPace, m_speed->currentData());
        m_pace->setTokensPerSecond(tokensPerSecond());
    });
    connect(m_pause, &QToolButton::toggled, this, [this](bool isPaused) {
        m_pace->setPaused(isPaused);
        showPause();
    });
    connect(m_step, &QToolButton::clicked, this, [this] {
        if (!m_isRunning) {
            Q_EMIT stepWanted();
            return;
        }
        if (m_pause->isChecked())
            m_pace->step();
        m_pause->setChecked(true);
    });
    setParameters(0);
    setRunning(false);
}

std::shared_ptr<core::GenerationPace> PaceBar::begin(bool isPaused)
{
    // Earlier texts may still be on their way out; they are not to wait for a step.
    m_pace->setPaused(false);
    m_pace = std::make_shared<core::GenerationPace>();
    m_pace->setTokensPerSecond(tokensPerSecond());
    m_pause->setChecked(isPaused);
    m_pace->setPaused(isPaused);
    return m_pace;
}

void PaceBar::setRunning(bool isRunning)
{
    m_isRunning = isRunning;
    m_pause->setEnabled(isRunning);
    if (!isRunning)
        m_pause->setChecked(false);
    showPause();
}

void PaceBar::setParameters(std::int64_t parameters)
{
    m_parameters = parameters;
    QString chosen = m_settings->value(SettingKey::SteerPace).toString();
    if (chosen == QLatin1String("auto"))
        chosen = m_parameters < kSmallModel ? QStringLiteral("normal") : QStringLiteral("fast");
    m_speed->setCurrentIndex(m_speed->findData(chosen));
}

double PaceBar::tokensPerSecond() const
{
    const QString chosen = m_speed->currentData().toString();
    return chosen == QLatin1String("slow")  ? kSlow
        : chosen == QLatin1String("normal") ? kNormal
                                            : 0;
}

void PaceBar::showPause()
{
    m_pause->setText(m_pause->isChecked() ? tr("Go on") : tr("Pause"));
}

} // namespace ui
