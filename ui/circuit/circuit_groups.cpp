#include "ui/circuit/circuit_groups.h"

#include "ui/circuit/circuit_document.h"
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

CircuitGroups::CircuitGroups(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
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
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) {
        updateButtons();
        m_document->markGroup(row);
    });
    connect(m_list, &QListWidget::itemChanged, this,
        [this](QListWidgetItem* item) { rename(m_list->row(item), item->text().trimmed()); });
    connect(m_group, &QPushButton::clicked, document, &CircuitDocument::groupMarked);
    connect(
        m_rename, &QPushButton::clicked, this, [this] { m_list->editItem(m_list->currentItem()); });
    connect(m_dissolve, &QPushButton::clicked, this,
        [this] { m_document->dissolveGroup(m_list->currentRow()); });
    connect(document, &CircuitDocument::graphChanged, this, &CircuitGroups::showGroups);
    connect(document, &CircuitDocument::grouped, this, &CircuitGroups::askName);
    connect(document, &CircuitDocument::markedChanged, this, &CircuitGroups::updateButtons);
    updateButtons();
}

void CircuitGroups::showGroups()
{
    const auto& groups = m_document->graph()->supernodes;
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
    updateButtons();
}

void CircuitGroups::rename(int group, const QString& name)
{
    const auto& groups = m_document->graph()->supernodes;
    if (name.isEmpty() || group < 0 || group >= countOf(groups)
        || groups[static_cast<std::size_t>(group)].label == name.toStdString())
        return showGroups();
    // The list's editor is still open: it must not be rebuilt under its hands.
    QMetaObject::invokeMethod(
        m_document, [document = m_document, group, name] { document->renameGroup(group, name); },
        Qt::QueuedConnection);
}

void CircuitGroups::askName(int group)
{
    Q_EMIT nameAsked();
    {
        const QSignalBlocker blocker(m_list); // its nodes need not be marked again
        m_list->setCurrentRow(group);
    }
    updateButtons();
    m_list->setFocus();
    m_list->editItem(m_list->item(group)); // Escape keeps the suggestion
}

void CircuitGroups::updateButtons()
{
    const bool hasCurrent = m_list->currentRow() >= 0;
    m_rename->setEnabled(hasCurrent);
    m_dissolve->setEnabled(hasCurrent);
    const int marked = countOf(m_document->marked());
    m_group->setEnabled(marked > 1);
    m_group->setText(marked > 0 ? tr("&Group (%1 marked)").arg(marked) : tr("&Group"));
    m_group->setToolTip(marked > 1 ? tr("Make one supernode of the %1 marked nodes").arg(marked)
                                   : tr("Mark two or more nodes in the graph first"));
}

} // namespace ui
