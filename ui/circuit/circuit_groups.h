#pragma once

#include "core/api/attribution_graph.h"

#include <vector>

#include <QWidget>

class QListWidget;
class QPushButton;

namespace ui {

/// The supernodes of a graph by name. Says what a person asks for; the page does it.
class CircuitGroups : public QWidget {
    Q_OBJECT
public:
    explicit CircuitGroups(QWidget* parent = nullptr);

    void setGroups(const std::vector<core::Supernode>& groups);
    void setMarkedCount(int count); ///< Nodes chosen in the graph that would be grouped.

Q_SIGNALS:
    void groupRequested();
    void renamed(int group, const QString& name);
    void dissolved(int group);
    void chosen(int group);

private:
    QListWidget* m_list;
    QPushButton* m_group;
    QPushButton* m_rename;
    QPushButton* m_dissolve;
};

} // namespace ui
