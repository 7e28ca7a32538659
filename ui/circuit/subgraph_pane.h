#pragma once

#include <QWidget>

class QPushButton;
class QSplitter;

namespace ui {

class CircuitDocument;
class StoryList;
class SubgraphView;

/// What is pinned or grouped, in a tidy layout whose boxes a person may move. *Explain* fills it,
/// and stands its sentences beside it.
class SubgraphPane : public QWidget {
    Q_OBJECT
public:
    explicit SubgraphPane(CircuitDocument* document, QWidget* parent = nullptr);

    bool isEmpty() const;

private:
    void makeExplain();
    void updateExplain();
    void showGraph();

    CircuitDocument* m_document;
    SubgraphView* m_view;
    StoryList* m_story;
    QSplitter* m_splitter;
    QPushButton* m_explain;
};

} // namespace ui
