#include "ui/features/example_list.h"

#include "core/api/whole_examples.h"
#include "ui/features/shown_examples.h"
#include "ui/session/settings.h"
#include "ui/shared/token_strip.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kLinesPerExample = 4;
constexpr int kEveryInterval = -1;
const QString kWhole = QStringLiteral("whole");

std::vector<StripToken> stripOf(const core::FeatureExample& example)
{
    std::vector<StripToken> tokens;
    for (std::size_t i = 0; i < example.tokens.size(); ++i)
        tokens.push_back({.text = toQString(example.tokens[i]),
            .value
            = i < example.activations.size() ? static_cast<double>(example.activations[i]) : 0.0});
    return tokens;
}

} // namespace

ExampleList::ExampleList(Session* session, Settings* settings, QLatin1String tag, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_settings(settings)
    , m_tag(tag)
    , m_note(new QLabel(this))
    , m_lines(new QVBoxLayout)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    m_choices = makeChoices();
    layout->addWidget(m_choices);
    m_note->setObjectName(QStringLiteral("exampleNote"));
    m_note->setWordWrap(true);
    makeSubtle(m_note);
    m_note->hide();
    layout->addWidget(m_note);
    m_lines->setSpacing(gap(this));
    layout->addLayout(m_lines);
}

QWidget* ExampleList::makeChoices()
{
    auto* choices = new QWidget(this);
    auto* row = new QHBoxLayout(choices);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    m_context = new QComboBox(choices);
    m_context->setObjectName(QStringLiteral("exampleContext"));
    m_context->setAccessibleName(tr("How much text of an example is shown"));
    m_context->setToolTip(tr("How much text around the strongest token is shown. Whole passages "
                             "are read by the model once more."));
    // A narrow card cuts the choices short, not itself.
    m_context->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_context->setMinimumContentsLength(6);
    m_context->addItem(tr("5 tokens"), QStringLiteral("5"));
    m_context->addItem(tr("16 tokens"), QStringLiteral("16"));
    m_context->addItem(tr("Whole passage"), kWhole);
    m_interval = new QComboBox(choices);
    m_interval->setObjectName(QStringLiteral("exampleInterval"));
    m_interval->setAccessibleName(tr("Which examples are shown, by activation"));
    m_interval->setToolTip(
        tr("Examples are drawn from equal parts of the way from 0 to the largest "
           "activation"));
    m_interval->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_interval->setMinimumContentsLength(6);
    m_breaks = new QToolButton(choices);
    m_breaks->setObjectName(QStringLiteral("exampleLineBreaks"));
    m_breaks->setText(QStringLiteral("⏎"));
    m_breaks->setCheckable(true);
    m_breaks->setAccessibleName(tr("Break lines where the text does"));
    m_breaks->setToolTip(tr("Break lines where the text does; ⏎ stands for a line's end either "
                            "way"));
    row->addWidget(m_context, 1);
    row->addWidget(m_interval, 1);
    row->addWidget(m_breaks);
    const QString context = m_settings
        ? m_settings->value(SettingKey::ExampleContext).toString()
        : Settings::info(SettingKey::ExampleContext).defaultValue.toString();
    m_context->setCurrentIndex(std::max(0, m_context->findData(context)));
    m_breaks->setChecked(!m_settings || m_settings->value(SettingKey::ExampleLineBreaks).toBool());
    connect(m_context, &QComboBox::activated, this, &ExampleList::contextChosen);
    connect(m_interval, &QComboBox::activated, this, [this] {
        showExamples();
        askForWhole();
    });
    connect(m_breaks, &QToolButton::toggled, this, [this](bool isOn) {
        if (m_settings)
            m_settings->setValue(SettingKey::ExampleLineBreaks, isOn);
        for (TokenStrip* strip : findChildren<TokenStrip*>())
            strip->setBreaksLines(isOn);
    });
    return choices;
}

void ExampleList::contextChosen()
{
    if (m_settings)
        m_settings->setValue(SettingKey::ExampleContext, m_context->currentData().toString());
    showExamples();
    askForWhole();
}

int ExampleList::contextTokens() const
{
    return m_context->currentData().toString() == kWhole ? 0 : m_context->currentData().toInt();
}

void ExampleList::setCard(const Shared<core::FeatureCard>& card)
{
    m_whole.clear(); // the same feature comes again after a harvest, with other passages
    m_card = card;
    fillIntervals();
    showExamples();
    askForWhole();
}

void ExampleList::fillIntervals()
{
    const QSignalBlocker blocker(m_interval);
    const QVariant chosen = m_interval->currentData();
    m_interval->clear();
    m_interval->addItem(tr("All activations"), kEveryInterval);
    const QStringList names{tr("Strongest fifth"), tr("2nd fifth"), tr("3rd fifth"),
        tr("4th fifth"), tr("Weakest fifth")};
    const int count = countOf(m_card->intervals);
    for (int i = 0; i < count; ++i) {
        const core::ExampleInterval& interval = m_card->intervals[static_cast<std::size_t>(i)];
        const QString range = tr("%1 to %2")
                                  .arg(formatNumber(static_cast<double>(interval.low)),
                                      formatNumber(static_cast<double>(interval.high)));
        m_interval->addItem(
            count == names.size() ? tr("%1: %2").arg(names.at(i), range) : range, i);
    }
    m_interval->setCurrentIndex(chosen.isValid() ? std::max(0, m_interval->findData(chosen)) : 0);
}

bool ExampleList::isIntervalShown(int interval) const
{
    const int chosen = m_interval->currentData().toInt();
    return chosen == kEveryInterval || chosen == interval;
}

std::vector<core::FeatureExample> ExampleList::examplesOf(
    const core::ExampleInterval& interval) const
{
    if (contextTokens() > 0)
        return interval.examples;
    std::vector<core::FeatureExample> all;
    for (const core::FeatureExample& example : interval.examples) {
        const auto whole = m_whole.find(example.passage);
        all.push_back(whole == m_whole.end() ? example : whole->second);
    }
    return all;
}

void ExampleList::askForWhole()
{
    m_note->hide();
    if (!m_card || contextTokens() > 0) {
        if (m_session->isBusy(m_tag))
            m_session->cancel(m_tag);
        return;
    }
    core::WholeExamplesRequest request{m_card->row.feature, {}};
    for (int i = 0; i < countOf(m_card->intervals); ++i)
        if (isIntervalShown(i))
            for (const auto& example : m_card->intervals[static_cast<std::size_t>(i)].examples)
                if (!m_whole.contains(example.passage)
                    && std::find(request.passages.begin(), request.passages.end(), example.passage)
                        == request.passages.end())
                    request.passages.push_back(example.passage);
    if (request.passages.empty())
        return;
    m_note->setText(tr("Reading the whole passages …"));
    m_note->show();
    m_session->ask(
        this, m_tag, request,
        [this, request](const Shared<std::vector<core::FeatureExample>>& whole) {
            if (!m_card || m_card->row.feature != request.feature)
                return;
            for (const core::FeatureExample& one : *whole)
                m_whole[one.passage] = one;
            m_note->hide();
            showExamples();
        },
        [this](const core::Error& error) {
            m_note->setVisible(error.code != core::Error::Code::Cancelled);
            m_note->setText(
                tr("Only the stored part of the passages: %1").arg(toQString(error.message)));
        });
}

void ExampleList::clear()
{
    while (QLayoutItem* item = m_lines->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_count = 0;
}

void ExampleList::showExamples()
{
    clear();
    bool hasAny = false;
    for (int i = 0; m_card && i < countOf(m_card->intervals); ++i) {
        const core::ExampleInterval& interval = m_card->intervals[static_cast<std::size_t>(i)];
        hasAny = hasAny || !interval.examples.empty();
        if (interval.examples.empty() || !isIntervalShown(i))
            continue;
        auto* title = new QLabel(
            //: an interval of activation and the share of firing tokens in it
            tr("%1 to %2 · %3 of firing tokens")
                .arg(formatNumber(static_cast<double>(interval.low)),
                    formatNumber(static_cast<double>(interval.high)),
                    formatPercent(interval.share)),
            this);
        makeSubtle(title);
        m_lines->addWidget(title);
        for (const ShownExample& shown : foldedExamples(examplesOf(interval), contextTokens()))
            addLine(shown, static_cast<double>(m_card->row.maxActivation));
    }
    if (hasAny && m_count == 0) {
        auto* none = new QLabel(tr("No example has its peak here."), this);
        makeSubtle(none);
        m_lines->addWidget(none);
    }
    m_choices->setVisible(hasAny);
}

void ExampleList::addLine(const ShownExample& shown, double maximum)
{
    auto* line = new QWidget(this);
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    auto* strip = new TokenStrip(line);
    strip->setInteractive(false);
    strip->setMaximumLines(contextTokens() > 0 ? kLinesPerExample : 0);
    strip->setBreaksLines(m_breaks->isChecked());
    strip->setScale(TokenStrip::Scale::Sequential, maximum);
    strip->setTokens(stripOf(shown.example));
    row->addWidget(strip, 1);
    if (shown.count > 1) {
        auto* times = new QLabel(tr("× %1").arg(shown.count), line);
        times->setObjectName(QStringLiteral("exampleTimes"));
        times->setToolTip(
            tr("%1 examples have this text here; the strongest is shown").arg(shown.count));
        makeSubtle(times);
        row->addWidget(times, 0, Qt::AlignTop);
    }
    const QString text = toQString(textOf(shown.example));
    const auto button = [&](Icon which, const QString& tip, const QString& name) {
        auto* made = new QToolButton(line);
        made->setIcon(icon(which));
        made->setAutoRaise(true);
        made->setToolTip(tip);
        made->setAccessibleName(name);
        row->addWidget(made, 0, Qt::AlignTop);
        return made;
    };
    connect(button(Icon::Prompt, tr("Try this text above"), tr("Try this example")),
        &QToolButton::clicked, this, [this, text] { Q_EMIT exampleChosen(text); });
    connect(button(Icon::Copy, tr("Copy this text"), tr("Copy this example")),
        &QToolButton::clicked, this, [text] { QGuiApplication::clipboard()->setText(text); });
    m_lines->addWidget(line);
    ++m_count;
}

} // namespace ui
