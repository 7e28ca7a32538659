#pragma once

#include "core/api/find_concept.h"
#include "ui/session/session.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedLayout;
class QTableView;

namespace ui {

class CircuitDocument;
class ConceptFeatureModel;
class EmptyState;
class MessageBar;
class Notice;

/// Finds the features of a concept from contrasting prompts: some with it, some without, a prompt a
/// line.
class ConceptFinder : public QWidget {
    Q_OBJECT
public:
    explicit ConceptFinder(CircuitDocument* document, QWidget* parent = nullptr);

    void find(); ///< As if the button was pressed.

private:
    QWidget* makePrompts();
    QWidget* makeResults();
    core::ConceptRequest request() const;
    void receive(const Shared<core::ConceptFeatures>& features);
    void updateNote();
    void updateButtons();

    CircuitDocument* m_document;
    Session* m_session;
    Shared<core::ConceptFeatures> m_found;
    MessageBar* m_messages;
    QPlainTextEdit* m_with;
    QPlainTextEdit* m_without;
    QPushButton* m_find;
    QStackedLayout* m_stack;
    EmptyState* m_empty;
    QLabel* m_summary;
    Notice* m_note;
    ConceptFeatureModel* m_model;
    QTableView* m_table;
};

} // namespace ui
