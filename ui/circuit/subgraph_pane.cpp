#include "ui/circuit/subgraph_pane.h"

#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_document.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

SubgraphPane::SubgraphPane(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_view(new SubgraphView(this))
{
    m_view->setObjectName(QStringLiteral("subgraphView"));
    const auto button = [this](const QString& text, const char* name, const QString& tip) {
        auto* made = new QPushButton(text, this);
        made->setObjectName(QLatin1String(name));
        made->setToolTip(tip);
        return made;
    };
    auto* tidy = button(tr("Ti&dy"), "tidyButton",
        tr("Back to the tidy layout, wherever boxes were put; Ctrl+Z takes it back"));
    auto* fit = button(tr("&Fit"), "fitSubgraph", tr("Show the whole subgraph (Home)"));
    auto* hint = new QLabel(tr("Pinned nodes and supernodes, arrows by their direct effects. Drag "
                               "boxes, or move them with Alt and the arrow keys."),
        this);
    hint->setWordWrap(true);
    makeSubtle(hint);
    auto* row = new QHBoxLayout;
    row->addWidget(hint, 1);
    row->addWidget(tidy);
    row->addWidget(fit);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, gap(this), 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(row);
    column->addWidget(m_view, 1);
    const auto putBoxes = [this] {
        if (m_view->positions() != m_document->boxes())
            m_view->setPositions(m_document->boxes());
    };
    const auto choose = [this] { m_view->selectNode(m_document->chosen()); };
    connect(fit, &QPushButton::clicked, m_view, &SubgraphView::fit);
    connect(tidy, &QPushButton::clicked, this, [this] { m_document->moveBoxes({}); });
    connect(
        m_view, &SubgraphView::moved, this, [this] { m_document->moveBoxes(m_view->positions()); });
    connect(m_view, &SubgraphView::nodeSelected, document, &CircuitDocument::choose);
    connect(m_view, &SubgraphView::groupSelected, document, &CircuitDocument::markGroup);
    connect(document, &CircuitDocument::boxesChanged, this, putBoxes);
    connect(document, &CircuitDocument::chosenChanged, this, choose);
    connect(document, &CircuitDocument::graphChanged, this, [this, putBoxes, choose] {
        putBoxes();
        m_view->setGraph(m_document->graph());
        choose();
    });
}

bool SubgraphPane::isEmpty() const
{
    return m_view->isEmpty();
}

} // namespace ui
