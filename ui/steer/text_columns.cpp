#include "ui/steer/text_columns.h"

#include "ui/steer/stream_pane.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QSplitter>
#include <QVBoxLayout>

namespace ui {

namespace {

std::vector<core::TokenId> firstOf(std::vector<core::TokenId> ids, std::size_t count)
{
    ids.resize(std::min(ids.size(), count));
    return ids;
}

} // namespace

TextColumns::TextColumns(QWidget* parent)
    : QWidget(parent)
    , m_normal(new StreamPane(tr("Normal"), StreamPane::Kind::Normal, this))
    , m_steered(new StreamPane(tr("Steered"), StreamPane::Kind::Steered, this))
    , m_other(new StreamPane(tr("Steered"), StreamPane::Kind::Steered, this))
{
    m_normal->setObjectName(QStringLiteral("normalPane"));
    m_steered->setObjectName(QStringLiteral("steeredPane"));
    m_other->setObjectName(QStringLiteral("otherPane"));
    auto* panes = new QSplitter(Qt::Horizontal, this);
    panes->setChildrenCollapsible(false);
    for (const Stream stream : {Stream::Normal, Stream::Steered, Stream::Other}) {
        panes->addWidget(pane(stream));
        panes->setStretchFactor(panes->count() - 1, 1);
        connect(pane(stream), &StreamPane::tokenChosen, this,
            [this, stream](int token) { choose(stream, token); });
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(panes);
    showOther({});
}

StreamPane* TextColumns::pane(Stream stream) const
{
    return stream == Stream::Normal ? m_normal : stream == Stream::Steered ? m_steered : m_other;
}

void TextColumns::showOther(const core::GenerateSettings& settings)
{
    m_other->setVisible(settings.otherAttention);
    const QString free = tr("Steered, free attention"), frozen = tr("Steered, frozen attention");
    m_steered->setTitle(!settings.otherAttention ? tr("Steered")
            : settings.freezeAttention           ? frozen
                                                 : free);
    m_other->setTitle(settings.freezeAttention ? free : frozen);
}

void TextColumns::begin(const core::GenerateRequest& request)
{
    showOther(request.settings);
    QString before = toQString(request.prompt);
    if (request.isChat)
        before += QStringLiteral("\n\n");
    for (const Stream stream : {Stream::Normal, Stream::Steered, Stream::Other})
        pane(stream)->begin(before, request);
    setOld(false);
    m_changeShare = request.changeShare;
    choose(Stream::Steered, -1);
}

void TextColumns::append(const std::vector<core::GenerateStep>& steps)
{
    for (const core::GenerateStep& step : steps) {
        m_normal->append(step.normal);
        m_steered->append(step.steered);
        m_other->append(step.other);
    }
}

void TextColumns::finish(const core::Generation& generation)
{
    m_normal->finish(generation.normal);
    m_steered->finish(generation.steered);
    m_other->finish(generation.other);
    m_changeShare = generation.steered.changeShare;
}

void TextColumns::setOld(bool isOld)
{
    for (const Stream stream : {Stream::Normal, Stream::Steered, Stream::Other})
        pane(stream)->setOld(isOld);
}

QString TextColumns::chosenInWords() const
{
    if (m_chosen.token < 0)
        return {};
    return tr("Token %1 of the %2 text: “%3”")
        .arg(m_chosen.token + 1)
        .arg(m_chosen.stream == Stream::Normal ? tr("normal") : tr("steered"),
            visibleToken(pane(m_chosen.stream)->tokenText(m_chosen.token)));
}

TextColumns::Starts TextColumns::startsAfterChosen() const
{
    if (m_chosen.token < 0)
        return {};
    const auto count = static_cast<std::size_t>(m_chosen.token) + 1;
    return {firstOf(m_normal->ids(), count), firstOf(steeredChosen()->ids(), count), m_changeShare};
}

TextColumns::Starts TextColumns::startsInsteadOfChosen(const std::vector<core::TokenId>& ids) const
{
    if (m_chosen.token < 0)
        return {};
    const bool isNormal = m_chosen.stream == Stream::Normal;
    std::vector<core::TokenId> mine
        = firstOf(pane(m_chosen.stream)->ids(), static_cast<std::size_t>(m_chosen.token));
    mine.insert(mine.end(), ids.begin(), ids.end());
    const auto others = firstOf((isNormal ? m_steered : m_normal)->ids(), mine.size());
    return isNormal ? Starts{mine, others, m_changeShare} : Starts{others, mine, m_changeShare};
}

StreamPane* TextColumns::steeredChosen() const
{
    return m_chosen.stream == Stream::Other ? m_other : m_steered;
}

void TextColumns::setClickable(bool isClickable)
{
    m_isClickable = isClickable;
    if (!isClickable)
        choose(Stream::Steered, -1);
}

void TextColumns::choose(Stream stream, int token)
{
    if (!m_isClickable)
        token = -1;
    m_chosen = {stream, token};
    for (const Stream one : {Stream::Normal, Stream::Steered, Stream::Other})
        pane(one)->setCurrent(one == stream ? token : -1);
    Q_EMIT tokenChosen();
}

} // namespace ui
