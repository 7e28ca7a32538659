#pragma once

#include <QWidget>

class QListWidget;
class QPushButton;

namespace ui {

class CircuitDocument;

/// The supernodes of a graph by name: made of the marked nodes, renamed, dissolved.
class CircuitGroups : public QWidget {
    Q_OBJECT
public:
    explicit CircuitGroups(CircuitDocument* document, QWidget* parent = nullptr);

Q_SIGNALS:
    void nameAsked(); ///< The list waits for the name of a new supernode.

private:
    void askName(int group);
    void showGroups();
    void rename(int group, const QString& name);
    void updateButtons();

    CircuitDocument* m_document;
    QListWidget* m_list;
    QPushButton* m_group;
    QPushButton* m_rename;
    QPushButton* m_dissolve;
};

} // namespace ui
