#include "ui/steer/position_choice.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace ui {

namespace {

using RangeKind = core::PositionRange::Kind;

/// What is offered; a range without an end is "from a token on".
enum class Where { All, Prompt, Generated, From, Range, Chosen };

Where whereOf(const core::PositionRange& range)
{
    switch (range.kind) {
    case RangeKind::All:
        return Where::All;
    case RangeKind::Prompt:
        return Where::Prompt;
    case RangeKind::Generated:
        return Where::Generated;
    case RangeKind::Range:
        return range.last.isValid() ? Where::Range : Where::From;
    case RangeKind::Chosen:
        break;
    }
    return Where::Chosen;
}

} // namespace

PositionChoice::PositionChoice(QWidget* parent)
    : QWidget(parent)
    , m_kind(new QComboBox(this))
    , m_from(new QSpinBox(this))
    , m_ends(new QLineEdit(this))
    , m_strip(new TokenStrip(this))
    , m_hint(new QLabel(this))
{
    const auto add = [this](const QString& name, Where where, const QString& what) {
        m_kind->addItem(name, static_cast<int>(where));
        m_kind->setItemData(m_kind->count() - 1, what, Qt::ToolTipRole);
    };
    add(tr("on all tokens"), Where::All, tr("Of the prompt and of what is written"));
    add(tr("on the prompt"), Where::Prompt, tr("Not on what is written"));
    add(tr("on written tokens"), Where::Generated, tr("Not on the prompt"));
    add(tr("from a token on"), Where::From, tr("From this position on, what is written included"));
    add(tr("in a range"), Where::Range, tr("First and last position, from 0"));
    add(tr("on chosen tokens"), Where::Chosen, tr("On the tokens of the prompt that you click"));
    m_kind->setObjectName(QStringLiteral("positionChoice"));
    m_kind->setAccessibleName(tr("Positions"));
    m_kind->setToolTip(tr("Token positions where the feature is changed"));
    m_from->setObjectName(QStringLiteral("positionFrom"));
    m_from->setRange(0, 1'000'000);
    m_from->setPrefix(tr("token "));
    m_from->setKeyboardTracking(false);
    m_from->setAccessibleName(tr("First position"));
    m_from->setToolTip(tr("The first position that is changed; the prompt's first token is 0"));
    m_ends->setPlaceholderText(tr("3-7"));
    m_ends->setAccessibleName(tr("Range of positions"));
    m_ends->setToolTip(tr("First and last position, from 0; 3- for all from there on"));
    m_ends->setMaximumWidth(ex(this) * 9);
    m_strip->setObjectName(QStringLiteral("positionStrip"));
    m_strip->setAccessibleName(tr("Tokens of the prompt that are changed"));
    m_strip->setScale(TokenStrip::Scale::Sequential, 1.6, tr("(1 = changed here)"));
    wrapLines(m_hint);
    makeSubtle(m_hint);
    auto* row = new QHBoxLayout;
    row->setSpacing(gap(this));
    row->addWidget(m_kind);
    row->addWidget(m_from);
    row->addWidget(m_ends);
    row->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_strip);
    column->addWidget(m_hint);
    connect(m_kind, &QComboBox::activated, this, &PositionChoice::kindChosen);
    connect(m_ends, &QLineEdit::editingFinished, this, &PositionChoice::rangeTyped);
    connect(m_from, &QSpinBox::valueChanged, this,
        [this](int first) { take(core::PositionRange::from(core::Position(first))); });
    connect(m_strip, &TokenStrip::activated, this, &PositionChoice::toggle);
    show();
}

void PositionChoice::setRange(const core::PositionRange& range)
{
    m_range = range;
    show();
}

void PositionChoice::setPromptTokens(const std::vector<StripToken>& tokens)
{
    m_tokens = tokens;
    if (showsPromptTokens())
        show();
}

void PositionChoice::show()
{
    const Where where = whereOf(m_range);
    const QSignalBlocker a(m_kind), b(m_from), c(m_ends);
    m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(where)));
    m_from->setVisible(where == Where::From);
    m_ends->setVisible(where == Where::Range);
    m_strip->setVisible(where == Where::Chosen && !m_tokens.empty());
    m_hint->setVisible(where == Where::Chosen);
    if (where == Where::From)
        m_from->setValue(m_range.first.value);
    if (where == Where::Range)
        m_ends->setText(QStringLiteral("%1-%2").arg(m_range.first.value).arg(m_range.last.value));
    if (where != Where::Chosen)
        return;
    std::vector<StripToken> tokens = m_tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool isChosen = std::find(m_range.chosen.begin(), m_range.chosen.end(),
                                  core::Position(static_cast<int>(i)))
            != m_range.chosen.end();
        tokens[i].value = isChosen ? 1.0 : 0.0;
    }
    const int current = m_strip->current();
    m_strip->setTokens(std::move(tokens));
    m_strip->setCurrent(current);
    m_hint->setText(m_range.chosen.empty()
            ? tr("Click the tokens of the prompt that are to be changed.")
            : tr("%1 chosen; a click takes a token in or out.").arg(m_range.chosen.size()));
}

void PositionChoice::kindChosen()
{
    core::PositionRange range;
    switch (static_cast<Where>(m_kind->currentData().toInt())) {
    case Where::All:
        break;
    case Where::Prompt:
        range.kind = RangeKind::Prompt;
        break;
    case Where::Generated:
        range.kind = RangeKind::Generated;
        break;
    case Where::From:
        range = core::PositionRange::from(core::Position(0));
        break;
    case Where::Range:
        range.kind = RangeKind::Range;
        range.first = range.last = core::Position(0);
        break;
    case Where::Chosen:
        range.kind = RangeKind::Chosen;
        break;
    }
    take(range);
}

void PositionChoice::rangeTyped()
{
    static const QRegularExpression pattern(
        QStringLiteral("^\\s*(\\d{1,7})\\s*(-)?\\s*(\\d{0,7})\\s*$"));
    const auto match = pattern.match(m_ends->text());
    if (!match.hasMatch() || (match.captured(2).isEmpty() && !match.captured(3).isEmpty()))
        return; // not complete yet: what was set stays
    core::PositionRange range
        = core::PositionRange::from(core::Position(match.captured(1).toInt()));
    if (match.captured(2).isEmpty())
        range.last = range.first;
    else if (!match.captured(3).isEmpty()) // "3-" goes on to the end
        range.last = core::Position(match.captured(3).toInt());
    if (!range.last.isValid() || !(range.last < range.first))
        take(range);
}

void PositionChoice::toggle(int position)
{
    core::PositionRange range = m_range;
    const core::Position at(position);
    const auto found = std::find(range.chosen.begin(), range.chosen.end(), at);
    if (found != range.chosen.end())
        range.chosen.erase(found);
    else
        range.chosen.insert(std::lower_bound(range.chosen.begin(), range.chosen.end(), at), at);
    take(range);
}

void PositionChoice::take(const core::PositionRange& range)
{
    if (range == m_range)
        return;
    setRange(range);
    Q_EMIT changed();
}

} // namespace ui
