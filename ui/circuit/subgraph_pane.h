#pragma once

#include <QWidget>

namespace ui {

class CircuitDocument;
class SubgraphView;

/// What is pinned or grouped, in a tidy layout whose boxes a person may move.
class SubgraphPane : public QWidget {
    Q_OBJECT
public:
    explicit SubgraphPane(CircuitDocument* document, QWidget* parent = nullptr);

    bool isEmpty() const;

private:
    CircuitDocument* m_document;
    SubgraphView* m_view;
};

} // namespace ui
