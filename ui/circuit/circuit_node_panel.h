#pragma once

#include "core/api/feature_row.h"
#include "core/api/intervene.h"

#include <optional>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace ui {

class CircuitDocument;
class ConnectionModel;
class TokenChangeTable;

/// The chosen node of a circuit: what it is, its label, its connections as a table, and what the
/// model answers when it is set to another value.
class CircuitNodePanel : public QWidget {
    Q_OBJECT
public:
    explicit CircuitNodePanel(CircuitDocument* document, QWidget* parent = nullptr);

private:
    QWidget* makeFacts();
    QWidget* makeConnections();
    void showNode();
    void showFeature(); ///< The widgets that only features have.
    QString facts() const;
    void askForRow();
    void showRow(const core::FeatureRow& row);
    void commitLabel();
    void change(double value); ///< 0 = ablate.
    void clearChange();
    void updateChangeButtons();
    void copyConnections();

    CircuitDocument* m_document;
    std::optional<core::FeatureRow> m_row; ///< Of the chosen feature, once it is known.
    int m_labelEdits = 0;

    QLabel* m_title;
    QLabel* m_facts;
    QLineEdit* m_labelText;
    QPushButton* m_pin;
    QPushButton* m_ablate;
    QDoubleSpinBox* m_value;
    QPushButton* m_set;
    QLabel* m_changeTitle;
    TokenChangeTable* m_change;
    ConnectionModel* m_connections;
    QTableView* m_table;
    QLabel* m_tableTitle;
};

} // namespace ui
