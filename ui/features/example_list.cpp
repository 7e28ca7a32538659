#include "ui/features/example_list.h"

#include "ui/shared/token_strip.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kLinesPerExample = 4;

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

ExampleList::ExampleList(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
{
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(gap(this));
}

void ExampleList::clear()
{
    while (QLayoutItem* item = m_layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_count = 0;
}

void ExampleList::setIntervals(const std::vector<core::ExampleInterval>& intervals, double maximum)
{
    clear();
    for (const core::ExampleInterval& interval : intervals) {
        if (interval.examples.empty())
            continue;
        auto* title = new QLabel(
            //: an interval of activation and the share of firing tokens in it
            tr("%1 to %2 · %3 of firing tokens")
                .arg(formatNumber(static_cast<double>(interval.low)),
                    formatNumber(static_cast<double>(interval.high)),
                    formatPercent(interval.share)),
            this);
        makeSubtle(title);
        m_layout->addWidget(title);
        for (const core::FeatureExample& example : interval.examples) {
            auto* line = new QWidget(this);
            auto* row = new QHBoxLayout(line);
            row->setContentsMargins(0, 0, 0, 0);
            row->setSpacing(gap(this));
            auto* strip = new TokenStrip(line);
            strip->setInteractive(false);
            strip->setMaximumLines(kLinesPerExample);
            strip->setScale(TokenStrip::Scale::Sequential, maximum);
            strip->setTokens(stripOf(example));
            auto* tryIt = new QToolButton(line);
            tryIt->setIcon(icon(Icon::Prompt));
            tryIt->setAutoRaise(true);
            tryIt->setToolTip(tr("Try this text above"));
            tryIt->setAccessibleName(tr("Try this example"));
            QString text;
            for (const std::string& token : example.tokens)
                text += toQString(token);
            connect(
                tryIt, &QToolButton::clicked, this, [this, text] { Q_EMIT exampleChosen(text); });
            row->addWidget(strip, 1);
            row->addWidget(tryIt, 0, Qt::AlignTop);
            m_layout->addWidget(line);
            ++m_count;
        }
    }
}

} // namespace ui
