#include "guide.h"

#include "core/api/attribution_graph.h"
#include "core/api/generate.h"
#include "core/api/list_features.h"
#include "core/api/open_model.h"
#include "core/api/swap.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/steer/steer_page.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <memory>

#include <QTabBar>
#include <QTabWidget>
#include <QTableView>

namespace app {

namespace {

using Page = MainWindow::Page;
using Condition = GuideStep::Condition;

const QString kWalkConcept = QStringLiteral("golden gate");
const QString kWalkPrompt = QStringLiteral("The capital of the state containing Dallas is");

/// True once the signal came; listens as long as the condition is kept.
template <typename Sender, typename Signal> Condition came(Sender* sender, Signal signal)
{
    struct Seen : QObject {
        bool isTrue = false;
    };
    auto seen = std::make_shared<Seen>();
    QObject::connect(sender, signal, seen.get(), [at = seen.get()] { at->isTrue = true; });
    return [seen] { return seen->isTrue; };
}

/// Another model than the built-in one was opened; that one may still be on its way at the start.
Condition ownModelCame(ui::Session* session)
{
    return [session, opened = came(session, &ui::Session::modelOpened)] {
        return opened() && session->openedAs().path != "builtin";
    };
}

/// The best match among the SAEs, which act on the residual stream itself: that steers best. The
/// first row without one.
int rowToSteer(MainWindow& window)
{
    const ui::FeatureTableModel* model = window.featuresPage()->model();
    for (int row = 0; row < model->rowCount(); ++row) {
        const core::DictionaryInfo* dictionary
            = window.session()->dictionary(model->featureAt(row).dictionary);
        if (dictionary && dictionary->kind == core::DictionaryKind::Sae)
            return row;
    }
    return 0;
}

QRect rectOfRow(MainWindow& window, QWidget& table)
{
    auto& view = static_cast<QTableView&>(table);
    const QModelIndex at = view.model()->index(rowToSteer(window), 0);
    QRect rect = view.visualRect(at);
    if (!view.viewport()->rect().contains(rect)) {
        view.scrollTo(at);
        rect = view.visualRect(at);
    }
    return QRect(view.viewport()->mapTo(&view, rect.topLeft()),
        QSize(view.viewport()->width(), rect.height()));
}

/// The feature with the most influence among those that speak of Texas, or of all where none does;
/// -1 without a graph.
int nodeToChoose(const core::AttributionGraph& graph)
{
    int best = -1;
    std::pair<bool, float> most{false, -1.0f};
    for (int at = 0; at < ui::countOf(graph.nodes); ++at) {
        const core::GraphNode& node = graph.nodes[static_cast<std::size_t>(at)];
        const QString label = ui::toQString(node.label);
        const std::pair<bool, float> here{
            label.contains(QLatin1String("austin"), Qt::CaseInsensitive)
                || label.contains(QLatin1String("texas"), Qt::CaseInsensitive),
            node.rawInfluence};
        if (node.kind == core::NodeKind::Feature && here > most) {
            most = here;
            best = at;
        }
    }
    return best;
}

QRect rectOfNode(QWidget& widget, const core::AttributionGraph* graph)
{
    auto& canvas = static_cast<ui::CircuitCanvas&>(widget);
    const int node = graph && canvas.scene() ? nodeToChoose(*graph) : -1;
    if (node < 0)
        return canvas.rect();
    const QPoint at = canvas.nodePosition(node).toPoint();
    const int half = ui::em(&canvas);
    return {at.x() - half, at.y() - half, 2 * half + 1, 2 * half + 1};
}

GuideStep builtinModel(MainWindow& window)
{
    return {Page::Models, QStringLiteral("builtinButton"),
        Guide::tr(
            "This walk goes through the built-in model: press Built-in model, unless it is being "
            "opened already."),
        [&window] {
            return [session = window.session()] {
                return session->hasModel() && session->openedAs().path == "builtin"
                    && !session->state().dictionaries.empty()
                    && !session->isBusy(ui::kTag<core::OpenModelRequest>);
            };
        }};
}

std::vector<GuideStep> steering(MainWindow& window)
{
    const auto isFound = [&window] {
        const auto& list = window.featuresPage()->model()->list();
        return list && ui::toQString(list->query.text).contains(kWalkConcept, Qt::CaseInsensitive)
            && window.featuresPage()->model()->rowCount() > 0
            && !window.session()->isBusy(ui::kTag<core::FeatureQuery>);
    };
    const auto isChosen = [&window] {
        return [&window, before = window.selection()->feature()] {
            const auto& chosen = window.selection()->feature();
            const ui::FeatureTableModel* model = window.featuresPage()->model();
            const auto& card = window.featureCard()->card();
            return chosen && card && card->row.feature == *chosen && model->rowOf(*chosen) >= 0
                && (chosen != before || *chosen == model->featureAt(rowToSteer(window)));
        };
    };
    const auto isSteered = [&window] {
        return [&window] {
            const auto& chosen = window.selection()->feature();
            const auto& changes = window.steerPage()->interventions();
            return window.currentPage() == Page::Steer && chosen
                && std::any_of(changes.begin(), changes.end(),
                    [&](const core::Intervention& one) { return one.feature == *chosen; });
        };
    };
    const auto isStrong = [&window] {
        return [&window] {
            const auto& changes = window.steerPage()->interventions();
            return std::any_of(changes.begin(), changes.end(), [](const core::Intervention& one) {
                return one.isMultipleOfMax && one.value >= 10.0;
            });
        };
    };
    const auto isWritten = [&window] {
        return [&window, before = window.steerPage()->generation()] {
            const auto& now = window.steerPage()->generation();
            return now && now != before
                && !window.session()->isBusy(ui::kTag<core::GenerateRequest>);
        };
    };
    return {builtinModel(window),
        {Page::Features, QStringLiteral("conceptSearch"),
            Guide::tr(
                "Write “golden gate”: features are found by their labels, by what they promote "
                "and by the passages they fire on."),
            [isFound] { return Condition(isFound); }, kWalkConcept},
        {Page::Features, QStringLiteral("featureTable"),
            Guide::tr("Choose this feature, the best match among the SAEs: they read and write the "
                      "residual stream, where a change reaches everything above."),
            isChosen, {}, [&window](QWidget& table) { return rectOfRow(window, table); }},
        {Page::Features, QStringLiteral("steerButton"),
            Guide::tr(
                "The card shows where it fires and what it promotes. Press Steer to change it "
                "while the model writes."),
            isSteered},
        {Page::Steer, QStringLiteral("strength"),
            Guide::tr("The feature is now held at its own largest activation. Write 10 here and "
                      "press Enter: ten times as much, far beyond what it ever does by itself."),
            isStrong, QStringLiteral("10")},
        {Page::Steer, QStringLiteral("generateButton"),
            Guide::tr("Press Generate: the model answers twice, as it is and with the change."),
            isWritten},
        {Page::Steer, QStringLiteral("steeredPane"),
            Guide::tr("The steered answer speaks of the bridge and its bay. Underlined tokens are "
                      "those on which the feature fires when the unchanged model reads them. Stay "
                      "fluent, on the left, lets steering decide the topic and then holds it back; "
                      "switch it off and press Generate again to see the pure clamp.")}};
}

std::vector<GuideStep> tracing(MainWindow& window)
{
    ui::CircuitDocument* document = window.circuitPage()->document();
    const auto isAsked
        = [document] { return [document] { return document->prompt().trimmed() == kWalkPrompt; }; };
    const auto isTraced = [document] {
        return [document] {
            return document->graph()
                && ui::toQString(document->graph()->prompt).contains(kWalkPrompt);
        };
    };
    const auto isNodeChosen = [document] {
        return [document, before = document->chosen()] {
            const core::GraphNode* node = document->chosenNode();
            return node && node->kind == core::NodeKind::Feature && document->chosen() != before;
        };
    };
    const auto swapTab = static_cast<int>(ui::CircuitPage::Panel::Swap);
    return {builtinModel(window),
        {Page::Circuit, QStringLiteral("circuitPrompt"),
            Guide::tr(
                "Write “The capital of the state containing Dallas is”: to go on, the model must "
                "know that Dallas is in Texas, and Texas' capital."),
            isAsked, kWalkPrompt},
        {Page::Circuit, QStringLiteral("traceButton"),
            Guide::tr(
                "Press Trace: the features that led to the next word are found, and what each "
                "gave to which other."),
            isTraced},
        {Page::Circuit, QStringLiteral("circuitCanvas"),
            Guide::tr(
                "Words of the prompt are at the bottom, layers above them, the answer “Austin” "
                "on top. Click this node, a feature on the way there: the card says what it "
                "stands for."),
            isNodeChosen, {},
            [document](QWidget& canvas) { return rectOfNode(canvas, document->graph().get()); }},
        {Page::Circuit, QStringLiteral("circuitPanels"),
            Guide::tr("A picture is not yet a proof. Open Swap, to change the model by what the "
                      "picture says."),
            [&window, swapTab] {
                return [tabs = window.findChild<QTabWidget*>(QStringLiteral("circuitPanels")),
                           swapTab] { return tabs->currentIndex() == swapTab; };
            },
            {},
            [swapTab](QWidget& widget) {
                const QTabBar* bar = static_cast<QTabWidget&>(widget).tabBar();
                const QRect tab = bar->tabRect(swapTab);
                return QRect(bar->mapTo(&widget, tab.topLeft()), tab.size());
            }},
        {Page::Circuit, QStringLiteral("swapButton"),
            Guide::tr(
                "Press Swap: the features of Dallas' sentence go off, those of the same sentence "
                "about Oakland, which is in California, go on."),
            [&window] { return came(window.circuitPage()->swap(), &ui::CircuitSwap::shown); }},
        {Page::Circuit, QStringLiteral("swapSentence"),
            Guide::tr(
                "Here is what went off, what went on, and which word the model says now. If the "
                "word is the donor's, these features carry the state.")}};
}

std::vector<GuideStep> opening(MainWindow& window)
{
    ui::Session* session = window.session();
    return {
        {Page::Models, QStringLiteral("openFolderButton"),
            Guide::tr("Press Open folder and choose a model's folder: one with config.json, "
                      "safetensors files and a tokenizer. GGUF opens a file of that kind; Download "
                      "gets a model by name."),
            [&window] {
                const auto opened = ownModelCame(window.session());
                return [&window, opened] {
                    const auto* dialog
                        = window.findChild<QWidget*>(QStringLiteral("openModelDialog"));
                    return opened() || (dialog && dialog->isVisible());
                };
            }},
        {std::nullopt, QStringLiteral("openButton"),
            Guide::tr(
                "Nothing is loaded yet: this is what the model is, and what each way of opening "
                "it takes of the memory. The best that fits is chosen; press Open."),
            [session] {
                return [opened = ownModelCame(session), session] {
                    return opened() && !session->isBusy(ui::kTag<core::OpenModelRequest>);
                };
            }},
        {Page::Models, QStringLiteral("selfCheck"),
            Guide::tr(
                "Every model that is opened is compared with a plain float32 pass over the same "
                "files, in the background; here is the difference.")},
        {Page::Models, QStringLiteral("addFolderButton"),
            Guide::tr(
                "Features live in dictionaries: add an SAE or transcoder that was trained on "
                "this model. A harvest on a text of yours then says what each feature does.")}};
}

} // namespace

std::vector<Walk> makeWalks(MainWindow& window)
{
    return {
        {QStringLiteral("steer"), Guide::tr("Find Golden Gate and steer it"),
            Guide::tr("Search the model's features for a concept, look at the best one, and read "
                      "what the model writes while it is held on."),
            Guide::tr("Find and steer"), ui::Icon::Steer, steering(window)},
        {QStringLiteral("trace"), Guide::tr("Trace Dallas > Austin"),
            Guide::tr(
                "Why does the model say Austin? See the features that led to the word, and prove "
                "it by swapping Texas for California."),
            Guide::tr("Trace it"), ui::Icon::Circuit, tracing(window)},
        {QStringLiteral("own"), Guide::tr("Open your own model"),
            Guide::tr(
                "A folder as it comes from the hub: see what it is and what it costs before it "
                "is loaded, and how far to trust it afterwards."),
            Guide::tr("Open a model"), ui::Icon::Open, opening(window)}};
}

} // namespace app
