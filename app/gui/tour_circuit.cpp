// The Circuit page's part of the tour.
#include "tour.h"

#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/circuit/graph_check.h"
#include "ui/circuit/node_edit_list.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/shared/notice.h"
#include "ui/style/text.h"

#include <cstdio>

#include <QComboBox>
#include <QDir>
#include <QSpinBox>
#include <QToolButton>

namespace app {

namespace {

const QString kTwoHops = QStringLiteral("The capital of the state containing Dallas is");
const QString kDonor = QStringLiteral("The capital of the state containing Oakland is");
constexpr int kWrittenTokens = 8;

} // namespace

bool Tour::circuit()
{
    m_window.showPage(MainWindow::Page::Circuit);
    ui::CircuitPage* page = m_window.circuitPage();
    page->document()->trace(kTwoHops);
    if (!await(QStringLiteral("Circuit: tracing “%1”").arg(kTwoHops),
            [&] { return page->hasGraph() && !m_window.session()->isBusy(); }))
        return false;
    if (page->document()->graph()->nodes.empty() || page->document()->graph()->edges.empty())
        return fail(QStringLiteral("Circuit: the graph is empty"));
    if (!takePictures(QStringLiteral("circuit")))
        return false;
    if (!exportCircuit(QStringLiteral("circuit-export"), ui::GraphExportOptions::What::Whole))
        return false;
    auto* explain = page->findChild<QToolButton*>(QStringLiteral("explainButton"));
    const auto* estimate = page->findChild<ui::Notice*>(QStringLiteral("traceEstimate"));
    explain->setChecked(true);
    if (!await(QStringLiteral("Circuit: estimating the cost"),
            [&] { return !estimate->text().isEmpty() && !m_window.session()->isBusy(); })
        || !takePictures(QStringLiteral("circuit-settings")))
        return false;
    explain->setChecked(false);
    bool isShown = false;
    QObject::connect(
        page->scores()->check(), &ui::GraphCheck::shown, page, [&isShown] { isShown = true; });
    page->showPanel(ui::CircuitPage::Panel::Scores);
    page->scores()->check()->run();
    return await(QStringLiteral("Circuit: checking the graph against the model"), [&] {
        return isShown && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("circuit-scores"));
}

bool Tour::subgraph()
{
    ui::CircuitPage* page = m_window.circuitPage();
    page->document()->explain();
    if (!await(QStringLiteral("Circuit: explaining the answer"),
            [&] { return !page->document()->story().isEmpty(); }))
        return false;
    page->showView(ui::CircuitPage::View::Subgraph);
    page->showPanel(ui::CircuitPage::Panel::Node);
    if (page->findChild<ui::SubgraphView*>()->isEmpty())
        return fail(QStringLiteral("Circuit: the subgraph is empty"));
    if (!await(QStringLiteral("Circuit: scoring the subgraph"),
            [&] { return !m_window.session()->isBusy(); })
        || !takePictures(QStringLiteral("circuit-subgraph")))
        return false;
    return exportCircuit(
        QStringLiteral("circuit-subgraph-export"), ui::GraphExportOptions::What::Subgraph);
}

bool Tour::exportCircuit(const QString& name, ui::GraphExportOptions::What what)
{
    for (const char* ending : {".png", ".svg", ".pdf"}) {
        const QString path = QDir(m_folder).filePath(name + QLatin1String(ending));
        const core::Result<void> written = m_window.circuitPage()->exportTo(path, what);
        if (!written)
            return fail(ui::toQString(written.error().message));
        std::printf("%s\n", qPrintable(path));
    }
    return true;
}

bool Tour::interventions()
{
    ui::CircuitPage* page = m_window.circuitPage();
    page->showView(ui::CircuitPage::View::Graph);
    page->showPanel(ui::CircuitPage::Panel::Interventions);
    if (page->document()->graph()->supernodes.empty())
        page->interventions()->list()->addNode(page->document()->chosen());
    else
        page->interventions()->list()->addGroup(0);
    page->findChild<QComboBox*>(QStringLiteral("attentionMode"))->setCurrentIndex(2);
    page->findChild<QSpinBox*>(QStringLiteral("generateTokens"))->setValue(kWrittenTokens);
    bool isShown = false;
    QObject::connect(page->interventions(), &ui::CircuitInterventions::shown, page,
        [&isShown] { isShown = true; });
    page->interventions()->run();
    return await(QStringLiteral("Circuit: ablating the strongest features"), [&] {
        return isShown && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("circuit-interventions"));
}

bool Tour::swap()
{
    ui::CircuitPage* page = m_window.circuitPage();
    bool isShown = false;
    QObject::connect(page->swap(), &ui::CircuitSwap::shown, page, [&isShown] { isShown = true; });
    page->swap()->swap(kDonor);
    return await(QStringLiteral("Circuit: swapping Texas for California"), [&] {
        return isShown && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("circuit-swap"));
}

bool Tour::compare()
{
    ui::CircuitPage* page = m_window.circuitPage();
    bool isShown = false;
    QObject::connect(
        page->comparison(), &ui::CircuitCompare::shown, page, [&isShown] { isShown = true; });
    page->comparison()->compare(kDonor);
    return await(QStringLiteral("Circuit: comparing two prompts"), [&] {
        return isShown && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("circuit-compare"));
}

bool Tour::patching()
{
    ui::CircuitPage* page = m_window.circuitPage();
    page->showView(ui::CircuitPage::View::Patching);
    page->patching()->setPrompts(kTwoHops, kDonor);
    page->patching()->run();
    return await(QStringLiteral("Circuit: patching"), [&] {
        return page->patching()->hasResult() && !m_window.session()->isBusy();
    }) && takePictures(QStringLiteral("circuit-patching"));
}

} // namespace app
