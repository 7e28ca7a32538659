#include "ui/train/feature_peek_view.h"

#include "ui/shared/empty_state.h"
#include "ui/shared/token_strip.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

/// A token that can be read: bytes of a character ("<0xE0>") and what stands for them tell nothing.
bool isReadableToken(const QString& token)
{
    const bool isByte = token.size() == 6 && token.startsWith(QLatin1String("<0x"))
        && token.endsWith(QLatin1Char('>'));
    return !token.isEmpty() && !isByte && !token.contains(QChar(QChar::ReplacementCharacter));
}

} // namespace

FeaturePeekView::FeaturePeekView(QWidget* parent)
    : QScrollArea(parent)
    , m_content(new QWidget(this))
    , m_column(new QVBoxLayout(m_content))
    , m_empty(new EmptyState(tr("No feature can be seen yet"),
          tr("At the first measurement a dozen features appear here, from those that fire often to "
             "rare ones: where each fires most on text that is not learned from, and what it makes "
             "the model say. They are renewed at every measurement; how often, and how much text "
             "is "
             "held out for it, stands in the form."),
          m_content))
    , m_when(new QLabel(m_content))
{
    setWidget(m_content);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Features as they form"));
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(gap(this));
    makeSubtle(m_when);
    wrapLines(m_when);
    m_when->hide();
    m_column->addWidget(m_empty);
    m_column->addWidget(m_when);
    m_column->addStretch(1);
}

void FeaturePeekView::setCurve(const Curve* curve)
{
    const core::TrainMetrics* row = curve ? lastMeasured(*curve) : nullptr;
    const bool isThere = row && !row->measured->peek.empty();
    m_empty->setVisible(!isThere);
    m_when->setVisible(isThere);
    if (isThere && row->measured == m_measured)
        return;
    m_measured = isThere ? row->measured : nullptr;
    m_shown = 0;
    if (isThere)
        show(*row, curve->name);
    for (std::size_t i = static_cast<std::size_t>(m_shown); i < m_items.size(); ++i) {
        m_items[i].head->hide();
        for (TokenStrip* strip : m_items[i].examples)
            strip->hide();
    }
}

void FeaturePeekView::show(const core::TrainMetrics& row, const QString& name)
{
    QString when
        = tr("%1 after %2 tokens, on %3 held-out tokens. Stronger colour: fires more strongly.")
              .arg(name, formatCount(row.tokens), formatCount(row.measured->heldOutTokens));
    const std::vector<core::PeekFeature>& peek = row.measured->peek;
    if (std::any_of(peek.begin(), peek.end(),
            [](const core::PeekFeature& feature) { return !feature.label.empty(); }))
        when += tr(" Labels are first guesses, tested on half of that text.");
    m_when->setText(when);
    for (const core::PeekFeature& feature : row.measured->peek) {
        if (m_items.size() <= static_cast<std::size_t>(m_shown)) {
            Item item;
            item.head = new QLabel(m_content);
            item.head->setTextFormat(Qt::PlainText);
            item.head->setTextInteractionFlags(Qt::TextSelectableByMouse);
            wrapLines(item.head);
            m_column->insertWidget(m_column->count() - 1, item.head);
            m_items.push_back(item);
        }
        showItem(m_items[static_cast<std::size_t>(m_shown++)], feature);
    }
}

void FeaturePeekView::showItem(Item& item, const core::PeekFeature& feature)
{
    //: a feature's number, share of tokens
    QStringList parts{tr("Feature %1 fires on %2 of the tokens")
                          .arg(formatCount(feature.feature), formatPercent(feature.density))};
    if (!feature.label.empty())
        parts << tr("%1 (predicts it to %2)")
                     .arg(toQString(feature.label), formatPercent(feature.labelScore));
    QStringList promoted;
    for (const std::string& token : feature.promoted)
        if (const QString text = toQString(token).trimmed(); isReadableToken(text))
            promoted << text;
    if (!promoted.isEmpty())
        parts << tr("promotes %1").arg(promoted.join(QStringLiteral(", ")));
    item.head->setText(parts.join(QStringLiteral(" · ")));
    item.head->show();
    const int after = m_column->indexOf(item.head) + 1;
    while (item.examples.size() < feature.examples.size()) {
        auto* strip = new TokenStrip(m_content);
        strip->setInteractive(false);
        strip->setBreaksLines(false);
        strip->setMaximumLines(1);
        m_column->insertWidget(after + static_cast<int>(item.examples.size()), strip);
        item.examples.push_back(strip);
    }
    for (std::size_t i = 0; i < item.examples.size(); ++i) {
        item.examples[i]->setVisible(i < feature.examples.size());
        if (i >= feature.examples.size())
            continue;
        const core::PeekExample& example = feature.examples[i];
        std::vector<StripToken> tokens;
        for (std::size_t t = 0; t < example.tokens.size(); ++t)
            tokens.push_back({toQString(example.tokens[t]), example.activations[t]});
        item.examples[i]->setScale(TokenStrip::Scale::Sequential, feature.maximum);
        item.examples[i]->setTokens(std::move(tokens));
    }
}

QString FeaturePeekView::heading() const
{
    return m_when->text();
}

QString FeaturePeekView::text() const
{
    QStringList lines;
    for (int i = 0; i < m_shown; ++i) {
        const Item& item = m_items[static_cast<std::size_t>(i)];
        lines << item.head->text();
        for (const TokenStrip* strip : item.examples) {
            if (strip->isHidden())
                continue;
            QString line;
            for (const StripToken& token : strip->tokens())
                line += token.text;
            lines << line;
        }
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
