#include "ui/circuit/story_list.h"

#include "ui/circuit/canvas/subgraph_layout.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QLabel>
#include <QListWidget>
#include <QScrollArea>
#include <QShortcut>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace ui {

StoryList::StoryList(QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_list(new QListWidget(this))
{
    m_title->setObjectName(QStringLiteral("storyTitle"));
    m_title->setWordWrap(true);
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    QFont large = font();
    large.setBold(true);
    m_title->setFont(large);
    m_list->setObjectName(QStringLiteral("storyLines"));
    m_list->setAccessibleName(tr("What each arrow does"));
    m_list->setWordWrap(true);
    m_list->setAlternatingRowColors(true);
    m_list->setSpacing(1);
    m_list->setTextElideMode(Qt::ElideNone);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setResizeMode(QListView::Adjust);
    m_list->setToolTip(tr("A sentence shows its arrow (Up and Down; Escape shows all)"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_title);
    column->addWidget(m_list, 1);
    setMinimumWidth(ex(this) * 26);
    connect(m_list, &QListWidget::currentRowChanged, this, &StoryList::lineChosen);
    auto* clear = new QShortcut(Qt::Key_Escape, m_list, nullptr, nullptr, Qt::WidgetShortcut);
    connect(clear, &QShortcut::activated, this, [this] { m_list->setCurrentRow(-1); });
    hide();
}

void StoryList::setStory(const core::Story& story, const Subgraph& graph)
{
    const QSignalBlocker blocker(m_list);
    const int current = m_list->currentRow();
    m_title->setText(toQString(story.title));
    QString summary = toQString(story.summary);
    if (graph.hiddenArrows > 0)
        summary += QLatin1Char(' ')
            + (graph.hiddenArrows == 1
                    ? tr("1 weaker arrow is not drawn.")
                    : tr("%1 weaker arrows are not drawn.").arg(formatCount(graph.hiddenArrows)));
    m_list->clear();
    for (int line = 0; line < countOf(story.lines); ++line) {
        auto* item = new QListWidgetItem(storySentence(graph, story, line), m_list);
        const bool isShown = std::any_of(graph.arrows.begin(), graph.arrows.end(),
            [line](const SubgraphArrow& arrow) { return arrow.line == line; });
        if (!story.lines[static_cast<std::size_t>(line)].isBorneOut)
            item->setIcon(icon(Icon::Warning));
        if (!isShown) {
            item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
            item->setToolTip(tr("One of its boxes is no longer in the picture"));
        }
    }
    if (!story.isEmpty()) { // read on, never chosen
        auto* item = new QListWidgetItem(summary, m_list);
        item->setFlags(Qt::NoItemFlags);
    }
    m_list->setCurrentRow(current < countOf(story.lines) ? current : -1);
    setVisible(!story.isEmpty());
}

bool StoryList::isEmpty() const
{
    return m_list->count() == 0;
}

void StoryList::choose(int line)
{
    const QSignalBlocker blocker(m_list);
    m_list->setCurrentRow(line);
    if (line >= 0)
        m_list->scrollToItem(m_list->item(line));
}

void StoryList::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_list->doItemsLayout(); // lines break anew
}

} // namespace ui
