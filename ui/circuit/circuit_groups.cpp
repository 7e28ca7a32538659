#include "ui/circuit/circuit_groups.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace ui {

CircuitGroups::CircuitGroups(QWidget* parent)
    : QWidget(parent)
    , m_list(new QListWidget(this))
    , m_group(new QPushButton(icon(Icon::Group), tr("&Group"), this))
    , m_rename(new QPushButton(tr("Re&name"), this))
    , m_dissolve(new QPushButton(tr("&Ungroup"), this))
{
    auto* hint = new QLabel(
        tr("Ctrl+click nodes (or Space) to mark them, then group them into a supernode (G)."),
        this);
    hint->setWordWrap(true);
    makeSubtle(hint);
    m_list->setObjectName(QStringLiteral("groupList"));
    m_list->setAccessibleName(tr("Supernodes"));
    m_list->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    m_group->setObjectName(QStringLiteral("groupButton"));
    m_rename->setObjectName(QStringLiteral("renameButton"));
    m_rename->setToolTip(tr("Another name for the chosen supernode (F2)"));
    m_dissolve->setObjectName(QStringLiteral("ungroupButton"));
    m_dissolve->setToolTip(tr("Dissolve the chosen supernode; its nodes stay"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_group);
    buttons->addWidget(m_rename);
    buttons->addWidget(m_dissolve);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    layout->setSpacing(gap(this));
    layout->addWidget(hint);
    layout->addWidget(m_list, 1);
    layout->addLayout(buttons);
    const auto update = [this] {
        const bool hasCurrent = m_list->currentRow() >= 0;
        m_rename->setEnabled(hasCurrent);
        m_dissolve->setEnabled(hasCurrent);
        if (hasCurrent)
            Q_EMIT chosen(m_list->currentRow());
    };
    connect(m_list, &QListWidget::currentRowChanged, this, update);
    connect(m_list, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        Q_EMIT renamed(m_list->row(item), item->text().trimmed());
    });
    connect(m_group, &QPushButton::clicked, this, &CircuitGroups::groupRequested);
    connect(
        m_rename, &QPushButton::clicked, this, [this] { m_list->editItem(m_list->currentItem()); });
    connect(m_dissolve, &QPushButton::clicked, this,
        [this] { Q_EMIT dissolved(m_list->currentRow()); });
    update();
    setMarkedCount(0);
}

void CircuitGroups::setGroups(const std::vector<core::Supernode>& groups)
{
    const int current = m_list->currentRow();
    {
        const QSignalBlocker blocker(m_list);
        m_list->clear();
        for (const core::Supernode& group : groups) {
            auto* item = new QListWidgetItem(toQString(group.label), m_list);
            item->setFlags(item->flags() | Qt::ItemIsEditable);
            item->setToolTip(tr("Nodes: %1").arg(countOf(group.nodes)));
        }
        m_list->setCurrentRow(std::min(current, countOf(groups) - 1));
    }
    const bool hasCurrent = m_list->currentRow() >= 0;
    m_rename->setEnabled(hasCurrent);
    m_dissolve->setEnabled(hasCurrent);
}

void CircuitGroups::setMarkedCount(int count)
{
    m_group->setEnabled(count > 1);
    m_group->setToolTip(count > 1 ? tr("Make one supernode of the %1 marked nodes").arg(count)
                                  : tr("Mark two or more nodes in the graph first"));
}

} // namespace ui
