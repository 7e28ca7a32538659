#include "ui/circuit/circuit_tools.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <cmath>

#include <QAction>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

namespace ui {

namespace {

constexpr int kSliderSteps = 1000; // a tenth of a percent each

double shareOf(const QSlider* slider)
{
    return static_cast<double>(slider->value()) / kSliderSteps;
}

int stepsOf(double share)
{
    return static_cast<int>(std::lround(share * kSliderSteps));
}

} // namespace

CircuitTools::CircuitTools(QWidget* parent)
    : QWidget(parent)
    , m_nodesText(new QLabel(this))
    , m_edgesText(new QLabel(this))
    , m_errors(new QCheckBox(tr("Err&ors"), this))
{
    m_nodes = makeSlider(tr("Node threshold"),
        tr("Keep the nodes that together carry this share of the influence on the outputs"), 0.8);
    m_nodes->setObjectName(QStringLiteral("nodeThreshold"));
    m_edges = makeSlider(tr("Edge threshold"),
        tr("Keep the edges that together carry this share of the influence on the outputs"), 0.98);
    m_edges->setObjectName(QStringLiteral("edgeThreshold"));
    makeFind();
    m_errors->setObjectName(QStringLiteral("showErrors"));
    m_errors->setChecked(true);
    m_errors->setToolTip(tr("Show the nodes of what the dictionaries do not explain"));
    auto* fit = new QPushButton(tr("&Fit"), this);
    fit->setObjectName(QStringLiteral("fitButton"));
    fit->setToolTip(tr("Show the whole graph (Home)"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_nodesText);
    row->addWidget(m_nodes, 2);
    row->addSpacing(gap(this));
    row->addWidget(m_edgesText);
    row->addWidget(m_edges, 2);
    row->addSpacing(gap(this));
    row->addWidget(m_find, 3);
    row->addWidget(m_found);
    row->addWidget(m_previous);
    row->addWidget(m_next);
    row->addSpacing(gap(this));
    row->addWidget(m_errors);
    row->addWidget(fit);
    connect(m_errors, &QCheckBox::toggled, this, &CircuitTools::errorsToggled);
    connect(fit, &QPushButton::clicked, this, &CircuitTools::fitRequested);
    updateTexts();
    setFound(-1, 0);
}

QSlider* CircuitTools::makeSlider(const QString& name, const QString& tip, double value)
{
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(kSliderSteps / 10, kSliderSteps);
    slider->setValue(stepsOf(value));
    slider->setPageStep(kSliderSteps / 20);
    slider->setSingleStep(kSliderSteps / 100);
    slider->setAccessibleName(name);
    slider->setProperty("tip", tip);
    slider->setMinimumWidth(ex(this) * 9);
    connect(slider, &QSlider::valueChanged, this, [this] {
        updateTexts();
        Q_EMIT thresholdsChanged();
    });
    return slider;
}

void CircuitTools::makeFind()
{
    m_find = new QLineEdit(this);
    m_find->setObjectName(QStringLiteral("findNode"));
    m_find->setAccessibleName(tr("Find a node by its name"));
    m_find->setPlaceholderText(tr("Find a node"));
    m_find->setToolTip(tr("Rings the nodes whose name holds this text (Ctrl+F). Enter goes to the "
                          "next, Shift+Enter to the previous, Escape ends it."));
    m_find->setClearButtonEnabled(true);
    m_find->setMinimumWidth(ex(this) * 14);
    m_find->addAction(icon(Icon::Search), QLineEdit::LeadingPosition);
    m_find->installEventFilter(this);
    m_found = new QLabel(this);
    m_found->setObjectName(QStringLiteral("findCount"));
    makeSubtle(m_found);
    const auto arrow = [this](Qt::ArrowType type, const char* name, const QString& tip) {
        auto* button = new QToolButton(this);
        button->setObjectName(QLatin1String(name));
        button->setArrowType(type);
        button->setAutoRaise(true);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        return button;
    };
    m_previous = arrow(Qt::UpArrow, "findPrevious", tr("Previous match (Shift+Enter)"));
    m_next = arrow(Qt::DownArrow, "findNext", tr("Next match (Enter)"));
    connect(m_find, &QLineEdit::textChanged, this, &CircuitTools::findEdited);
    connect(m_previous, &QToolButton::clicked, this, [this] { Q_EMIT findNext(false); });
    connect(m_next, &QToolButton::clicked, this, [this] { Q_EMIT findNext(true); });
}

bool CircuitTools::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_find && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            Q_EMIT findNext(!key->modifiers().testFlag(Qt::ShiftModifier));
            return true;
        }
        if (key->key() == Qt::Key_Escape && !m_find->text().isEmpty()) {
            m_find->clear();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

double CircuitTools::nodeThreshold() const
{
    return shareOf(m_nodes);
}

double CircuitTools::edgeThreshold() const
{
    return shareOf(m_edges);
}

void CircuitTools::setThresholds(double nodes, double edges)
{
    const QSignalBlocker blockNodes(m_nodes), blockEdges(m_edges);
    m_nodes->setValue(stepsOf(nodes));
    m_edges->setValue(stepsOf(edges));
    updateTexts();
}

void CircuitTools::setPruneProblem(const QString& why)
{
    m_pruneProblem = why;
    updateTexts();
}

bool CircuitTools::areErrorsShown() const
{
    return m_errors->isChecked();
}

QString CircuitTools::findText() const
{
    return m_find->text();
}

void CircuitTools::setFound(int current, int count)
{
    const bool isSearching = !m_find->text().isEmpty();
    m_found->setVisible(isSearching);
    m_found->setText(count == 0 ? tr("none")
            : current < 0       ? formatCount(count)
                                : tr("%1 of %2").arg(formatCount(current + 1), formatCount(count)));
    for (QToolButton* button : {m_previous, m_next}) {
        button->setVisible(isSearching);
        button->setEnabled(count > 0);
    }
}

void CircuitTools::focusFind()
{
    m_find->setFocus(Qt::ShortcutFocusReason);
    m_find->selectAll();
}

void CircuitTools::updateTexts()
{
    m_nodesText->setText(tr("Nodes %1").arg(formatPercent(nodeThreshold())));
    m_edgesText->setText(tr("Edges %1").arg(formatPercent(edgeThreshold())));
    const QFontMetrics metrics(font());
    const QString widest = QStringLiteral("88.8 %");
    m_nodesText->setMinimumWidth(metrics.horizontalAdvance(tr("Nodes %1").arg(widest)));
    m_edgesText->setMinimumWidth(metrics.horizontalAdvance(tr("Edges %1").arg(widest)));
    for (QSlider* slider : {m_nodes, m_edges}) {
        slider->setEnabled(m_pruneProblem.isEmpty());
        slider->setToolTip(
            m_pruneProblem.isEmpty() ? slider->property("tip").toString() : m_pruneProblem);
    }
}

} // namespace ui
