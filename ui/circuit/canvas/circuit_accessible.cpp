#include "ui/circuit/canvas/circuit_accessible.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/circuit_text.h"
#include "ui/circuit/translated.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QAccessible>
#include <QAccessibleWidget>
#include <QPointer>

namespace ui {

namespace {

/// One node. Known to Qt by an id as long as its graph is shown.
class NodeInterface : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    NodeInterface(CircuitCanvas* canvas, int node)
        : m_canvas(canvas)
        , m_generation(canvas->generation())
        , m_node(node)
    {
    }

    int node() const { return m_node; }
    bool isValid() const override
    {
        return m_canvas && m_canvas->generation() == m_generation && m_canvas->scene()
            && m_node < m_canvas->scene()->nodeCount();
    }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* parent() const override
    {
        return QAccessible::queryAccessibleInterface(m_canvas);
    }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QRect rect() const override
    {
        if (!isValid())
            return {};
        const QRectF around(m_canvas->nodePosition(m_node) - QPointF(12, 12), QSizeF(24, 24));
        const QRect inside = around.toAlignedRect();
        return {m_canvas->mapToGlobal(inside.topLeft()), inside.size()};
    }
    QAccessible::State state() const override
    {
        QAccessible::State state;
        if (!isValid()) {
            state.invalid = true;
            return state;
        }
        state.selectable = state.focusable = true;
        state.selected = m_canvas->selectedNode() == m_node;
        state.focused = state.selected && m_canvas->hasFocus();
        state.offscreen = !QRectF(m_canvas->rect()).contains(m_canvas->nodePosition(m_node));
        return state;
    }
    QString text(QAccessible::Text kind) const override
    {
        if (!isValid())
            return {};
        if (kind == QAccessible::Name)
            return circuitNodeName(*m_canvas->scene(), m_node);
        return kind == QAccessible::Description ? m_canvas->nodeDescription(m_node) : QString();
    }
    void setText(QAccessible::Text, const QString&) override { }
    void* interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this)
                                                    : nullptr;
    }

    QStringList actionNames() const override { return {pressAction(), setFocusAction()}; }
    void doAction(const QString& name) override
    {
        if (!isValid())
            return;
        if (name == setFocusAction())
            m_canvas->setFocus();
        if (name == pressAction() || name == setFocusAction()) {
            m_canvas->selectNode(m_node); // brings it into view
            m_canvas->choose(m_node);
        }
    }
    QStringList keyBindingsForAction(const QString&) const override { return {}; }

private:
    QPointer<CircuitCanvas> m_canvas;
    int m_generation; ///< The graph it belongs to.
    int m_node;
};

class CanvasInterface : public QAccessibleWidget {
public:
    explicit CanvasInterface(CircuitCanvas* canvas)
        : QAccessibleWidget(canvas, QAccessible::List)
    {
    }
    ~CanvasInterface() override { forget(); }

    int childCount() const override
    {
        refresh();
        return countOf(m_children);
    }
    QAccessibleInterface* child(int index) const override
    {
        refresh();
        return index >= 0 && index < countOf(m_children)
            ? QAccessible::accessibleInterface(m_children[static_cast<std::size_t>(index)].id)
            : nullptr;
    }
    int indexOfChild(const QAccessibleInterface* child) const override
    {
        refresh();
        for (int index = 0; index < countOf(m_children); ++index)
            if (this->child(index) == child)
                return index;
        return -1;
    }
    QAccessibleInterface* childAt(int x, int y) const override
    {
        for (int index = 0; index < childCount(); ++index)
            if (QAccessibleInterface* node = child(index); node && node->rect().contains(x, y))
                return node;
        return nullptr;
    }
    QAccessibleInterface* focusChild() const override
    {
        return canvas()->hasFocus() ? child(indexOfNode(canvas()->selectedNode())) : nullptr;
    }
    QString text(QAccessible::Text kind) const override
    {
        const QString own = QAccessibleWidget::text(kind);
        if (kind != QAccessible::Name || !canvas()->scene())
            return own;
        refresh();
        if (m_shown <= countOf(m_children))
            //: %1 is the name of the list
            return translated("%1, %2 nodes").arg(own, formatCount(m_shown));
        return translated("%1, the %2 most influential of %3 nodes; the node table has all")
            .arg(own, formatCount(countOf(m_children)), formatCount(m_shown));
    }

    int indexOfNode(int node) const
    {
        refresh();
        const auto found = std::find_if(m_children.begin(), m_children.end(),
            [&](const Child& child) { return child.node == node; });
        return found == m_children.end() ? -1 : static_cast<int>(found - m_children.begin());
    }

private:
    struct Child {
        int node;
        QAccessible::Id id;
    };

    CircuitCanvas* canvas() const { return static_cast<CircuitCanvas*>(widget()); }

    void add(int node) const
    {
        m_children.push_back(
            {node, QAccessible::registerAccessibleInterface(new NodeInterface(canvas(), node))});
    }

    void forget() const
    {
        for (const Child& child : m_children)
            QAccessible::deleteAccessibleInterface(child.id);
        m_children.clear();
    }

    /// The children follow the canvas' graph.
    void refresh() const
    {
        const CircuitScene* scene = canvas()->scene();
        const bool showsErrors = canvas()->areErrorsShown();
        const bool isSame = canvas()->generation() == m_generation && showsErrors == m_showsErrors;
        if (!isSame) {
            forget();
            m_generation = canvas()->generation();
            m_showsErrors = showsErrors;
            m_shown = 0;
            std::vector<int> nodes;
            for (int node = 0; scene && node < scene->nodeCount(); ++node)
                if (showsErrors || scene->node(node).kind != core::NodeKind::Error)
                    nodes.push_back(node);
            m_shown = countOf(nodes);
            const auto influence = [&](int node) { // outputs first: they are what is explained
                const core::GraphNode& n = scene->node(node);
                return std::pair(n.kind == core::NodeKind::Logit ? 0 : 1,
                    n.rawInfluence > 0 ? -static_cast<double>(n.rawInfluence)
                                       : -1e-6 * scene->radius(node));
            };
            std::stable_sort(nodes.begin(), nodes.end(),
                [&](int a, int b) { return influence(a) < influence(b); });
            nodes.resize(std::min<std::size_t>(nodes.size(), kMostAccessibleNodes));
            for (const int node : nodes)
                add(node);
        }
        const int selected = scene ? canvas()->selectedNode() : -1;
        if (selected >= 0
            && std::none_of(m_children.begin(), m_children.end(),
                [&](const Child& child) { return child.node == selected; }))
            add(selected);
    }

    mutable std::vector<Child> m_children;
    mutable int m_generation = -1;
    mutable bool m_showsErrors = true;
    mutable int m_shown = 0;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object)
{
    auto* canvas = qobject_cast<CircuitCanvas*>(object);
    return canvas ? new CanvasInterface(canvas) : nullptr;
}

} // namespace

void installCircuitAccessibility()
{
    static const bool isInstalled = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(isInstalled)
}

void announceCircuitNode(CircuitCanvas* canvas, int node)
{
    if (node < 0 || !QAccessible::isActive())
        return;
    auto* list = dynamic_cast<CanvasInterface*>(QAccessible::queryAccessibleInterface(canvas));
    const int index = list ? list->indexOfNode(node) : -1;
    if (index < 0)
        return;
    QAccessibleEvent focus(canvas, QAccessible::Focus);
    focus.setChild(index);
    QAccessible::updateAccessibility(&focus);
}

} // namespace ui
