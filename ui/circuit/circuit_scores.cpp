#include "ui/circuit/circuit_scores.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/error_share_model.h"
#include "ui/circuit/graph_check.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/notice.h"
#include "ui/shared/table_tools.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

CircuitScores::CircuitScores(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_shares(new ErrorShareModel(this))
    , m_check(new GraphCheck(document, this))
{
    m_shareTable = new QTableView(this);
    m_shareTable->setObjectName(QStringLiteral("errorShares"));
    m_shareTable->setAccessibleName(tr("Influence of the errors by layer"));
    setUpTable(m_shareTable, m_shares);
    m_shareTable->setItemDelegateForColumn(1, new BarDelegate(m_shareTable));
    m_shareTable->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_shareTable->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_shareTable->setMinimumWidth(ex(this) * 19);
    addCopyAction(m_shareTable);
    m_scroll = new QScrollArea(this);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_splitter = new QSplitter(Qt::Horizontal, m_scroll);
    m_scroll->setWidget(m_splitter);
    m_splitter->setObjectName(QStringLiteral("scoresSplitter"));
    m_splitter->addWidget(makeFigures());
    m_splitter->addWidget(m_shareTable);
    m_splitter->addWidget(m_check);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setStretchFactor(2, 6);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->installEventFilter(this);
    m_splitter->setSizes({ex(this) * 36, ex(this) * 22, ex(this) * 76});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->addWidget(m_scroll);
    connect(document, &CircuitDocument::graphChanged, this, [this] {
        m_shares->setShares(m_document->graph()->errorShareByLayer);
        updateFigures();
    });
    connect(document, &CircuitDocument::scoreChanged, this, &CircuitScores::updateFigures);
    updateFigures();
}

QWidget* CircuitScores::makeFigures()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(ex(this) * 24);
    auto* box = new QWidget(scroll);
    m_figures = new QLabel(box);
    m_figures->setObjectName(QStringLiteral("scoreFigures"));
    m_figures->setWordWrap(true);
    m_figures->setTextFormat(Qt::PlainText);
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_figures->setToolTip(
        tr("Replacement: share of the influence that enters at tokens rather than errors, 0 to 1. "
           "Completeness: share of the nodes' inputs that is explained, 0 to 1. "
           "Attention patterns and norm scales are frozen."));
    m_notice = new Notice(box);
    m_notice->setObjectName(QStringLiteral("scoreNotice"));
    auto* copy = new QAction(icon(Icon::Copy), tr("Copy the scores"), m_figures);
    m_figures->addAction(copy);
    m_figures->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(toText()); });
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, gap(this), 0);
    column->setSpacing(gap(this));
    column->addWidget(m_figures);
    column->addWidget(m_notice);
    column->addStretch(1);
    scroll->setWidget(box);
    return scroll;
}

void CircuitScores::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

bool CircuitScores::eventFilter(QObject* watched, QEvent* event)
{
    // A check that has come, or another text size, needs another room.
    if (watched == m_splitter && event->type() == QEvent::LayoutRequest)
        arrange();
    return QWidget::eventFilter(watched, event);
}

void CircuitScores::arrange()
{
    int needed = m_splitter->handleWidth() * (m_splitter->count() - 1);
    for (int i = 0; i < m_splitter->count(); ++i) {
        const QWidget* part = m_splitter->widget(i);
        needed += std::max(part->minimumWidth(), part->minimumSizeHint().width());
    }
    const int room = m_scroll->width() - m_scroll->verticalScrollBar()->sizeHint().width();
    m_splitter->setOrientation(needed <= room ? Qt::Horizontal : Qt::Vertical);
}

void CircuitScores::updateFigures()
{
    const core::AttributionGraph* graph = m_document->graph().get();
    const core::SubgraphScore* score = m_document->score().get();
    if (!graph) {
        m_figures->setText(tr("Trace a prompt: its graph's scores stand here."));
        return m_notice->clear();
    }
    const auto line
        = [](const QString& name, double replacement, double completeness, double errors) {
              return tr("%1: replacement %2, completeness %3, errors carry %4")
                  .arg(name, formatNumber(replacement), formatNumber(completeness),
                      formatPercent(errors));
          };
    QStringList lines{
        line(tr("Graph"), graph->replacementScore, graph->completenessScore, graph->errorShare)};
    if (score && score->pinnedFeatures > 0)
        lines << line(score->pinnedFeatures == 1
                ? tr("The pinned feature alone")
                : tr("The %1 pinned features alone").arg(formatCount(score->pinnedFeatures)),
            score->replacement, score->completeness, score->errorShare);
    else
        lines << tr("Pin features (P) to see how well they explain the outputs alone.");
    if (!graph->method.empty())
        lines << toQString(graph->method);
    m_figures->setText(lines.join(QLatin1Char('\n')));
    QStringList warnings;
    if (graph->tracedFeatures < graph->activeFeatures)
        warnings << tr("%1 of %2 active features are traced; the others count as errors.")
                        .arg(
                            formatCount(graph->tracedFeatures), formatCount(graph->activeFeatures));
    if (const int pruned = m_document->prunedPins(); pruned > 0)
        warnings << (pruned == 1 ? tr("1 pinned node is pruned away at these thresholds.")
                                 : tr("%1 pinned nodes are pruned away at these thresholds.")
                                       .arg(formatCount(pruned)));
    if (!graph->note.empty())
        warnings << toQString(graph->note);
    m_notice->say(Notice::Kind::Warning, warnings.join(QLatin1Char(' ')));
}

QString CircuitScores::toText() const
{
    QStringList lines{m_figures->text()};
    if (!m_notice->text().isEmpty())
        lines << m_notice->text();
    lines << tableText(*m_shares);
    if (const QString check = m_check->toText(); !check.isEmpty())
        lines << check;
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
