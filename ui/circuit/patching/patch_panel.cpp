#include "ui/circuit/patching/patch_panel.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/patching/patch_form.h"
#include "ui/circuit/patching/patched_feature_list.h"
#include "ui/circuit/patching/patched_feature_model.h"
#include "ui/circuit/patching/signed_heat_map.h"
#include "ui/circuit/patching/signed_map_file.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/shared/empty_state.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedLayout>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

PatchPanel::PatchPanel(CircuitDocument* document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_messages(new MessageBar(this))
    , m_form(new PatchForm(document, this))
    , m_stack(new QStackedLayout)
    , m_empty(new EmptyState(tr("Which places carry the answer?"),
          tr("Patching runs two prompts that differ in one "
             "thing, puts one activation of the one "
             "into the other, and reads how much of the "
             "answer comes with it. Every layer and "
             "position becomes a cell of a map; bright "
             "cells carry what differs."),
          this))
{
    auto* example = m_empty->addAction(tr("Fill in an &example"));
    example->setObjectName(QStringLiteral("patchExample"));
    connect(example, &QPushButton::clicked, this, [this] {
        setPrompts(QStringLiteral("The capital of the state containing Dallas is"),
            QStringLiteral("The capital of the state containing Oakland is"));
    });
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeResults());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(gap(this), gap(this), gap(this), gap(this));
    column->setSpacing(gap(this));
    column->addWidget(m_form);
    column->addLayout(m_stack, 1);
    connectDocument();
    updateButtons();
}

QWidget* PatchPanel::makeResults()
{
    auto* box = new QWidget(this);
    m_summary = new QLabel(box);
    m_summary->setObjectName(QStringLiteral("patchSummary"));
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeSubtle(m_summary);
    m_note = new Notice(box);
    m_note->setObjectName(QStringLiteral("patchNote"));
    m_sites = new QTabBar(box);
    m_sites->setObjectName(QStringLiteral("patchSites"));
    m_sites->setAccessibleName(tr("Places that were patched"));
    m_sites->setDocumentMode(true);
    m_sites->setExpanding(false);
    m_sites->setDrawBase(false);
    m_map = new SignedHeatMap(box);
    m_map->setObjectName(QStringLiteral("patchMap"));
    auto* left = new QWidget(box);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(0);
    leftColumn->addWidget(m_sites);
    leftColumn->addWidget(m_map, 1);
    auto* splitter = new QSplitter(Qt::Horizontal, box);
    splitter->addWidget(left);
    splitter->addWidget(makeSide());
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(makeTools());
    column->addWidget(m_summary);
    column->addWidget(m_note);
    column->addWidget(splitter, 1);
    connect(m_sites, &QTabBar::currentChanged, this, [this] {
        updateValues();
        updateMap();
    });
    connect(m_map, &SignedHeatMap::currentChanged, this, &PatchPanel::chooseCell);
    connect(m_map, &SignedHeatMap::cellActivated, this, [this](int row, int column) {
        chooseCell(row, column);
        showInGraph(false);
    });
    return box;
}

QWidget* PatchPanel::makeTools()
{
    auto* box = new QWidget(this);
    m_values = new QComboBox(box);
    m_values->setObjectName(QStringLiteral("patchValues"));
    m_values->setAccessibleName(tr("Values of the map"));
    m_values->setToolTip(tr("Exact: activation patching. Approximate: attribution patching, a "
                            "first-order estimate. Their difference shows where it fails; all "
                            "three have the same colours"));
    m_share = new QCheckBox(tr("S&hare"), box);
    m_share->setObjectName(QStringLiteral("patchShare"));
    m_keep = new QPushButton(icon(Icon::Pin), tr("&Keep"), box);
    m_keep->setObjectName(QStringLiteral("patchKeep"));
    m_keep->setToolTip(tr("Keep this result, so that later ones can be shown as their difference "
                          "from it: another corrupt prompt, direction or metric"));
    m_minusKept = new QCheckBox(tr("M&inus kept"), box);
    m_minusKept->setObjectName(QStringLiteral("patchMinusKept"));
    auto* save = new QPushButton(icon(Icon::Save), tr("Sa&ve map …"), box);
    save->setObjectName(QStringLiteral("patchSave"));
    save->setToolTip(tr("Save the map as PNG or SVG picture or as CSV. Ctrl+C copies it as a "
                        "table"));
    m_show = new QToolButton(box);
    m_show->setObjectName(QStringLiteral("patchShow"));
    m_show->setIcon(icon(Icon::Circuit));
    m_show->setText(tr("Show in the &graph"));
    m_show->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_show->setPopupMode(QToolButton::MenuButtonPopup);
    m_show->setToolTip(tr("Trace the clean prompt and go to the nodes at the chosen cell (Enter)"));
    auto* menu = new QMenu(m_show);
    connect(menu->addAction(tr("Graph of the clean prompt")), &QAction::triggered, this,
        [this] { showInGraph(false); });
    connect(menu->addAction(tr("Graph of the corrupt prompt")), &QAction::triggered, this,
        [this] { showInGraph(true); });
    m_show->setMenu(menu);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_values);
    row->addWidget(m_share);
    row->addSpacing(pad(this));
    row->addWidget(m_keep);
    row->addWidget(m_minusKept);
    row->addStretch(1);
    row->addWidget(save);
    row->addWidget(m_show);
    connect(m_values, &QComboBox::currentIndexChanged, this, &PatchPanel::updateMap);
    connect(m_share, &QCheckBox::toggled, this, &PatchPanel::updateMap);
    connect(m_minusKept, &QCheckBox::toggled, this, &PatchPanel::updateMap);
    connect(m_keep, &QPushButton::clicked, this, &PatchPanel::keep);
    connect(save, &QPushButton::clicked, this, &PatchPanel::saveMapAs);
    connect(m_show, &QToolButton::clicked, this, [this] { showInGraph(false); });
    return box;
}

QWidget* PatchPanel::makeSide()
{
    m_side = new QTabWidget(this);
    m_side->setObjectName(QStringLiteral("patchSide"));
    m_side->setDocumentMode(true);
    m_scatter = new ScatterPlot(m_side);
    m_scatter->setObjectName(QStringLiteral("patchScatter"));
    m_features = new PatchedFeatureList(m_side);
    m_side->addTab(m_scatter, tr("Approximate against exact"));
    m_side->addTab(m_features, tr("Features"));
    connect(m_scatter, &ScatterPlot::pointChosen, this, &PatchPanel::choosePoint);
    connect(m_features, &PatchedFeatureList::chosen, this, &PatchPanel::chooseFeature);
    connect(m_features, &PatchedFeatureList::activated, this, [this] {
        if (const core::PatchedFeature* feature = m_features->current())
            chooseFeature(*feature);
        showInGraph(false);
    });
    return m_side;
}

void PatchPanel::connectDocument()
{
    connect(m_form, &PatchForm::edited, this, &PatchPanel::updateNote);
    connect(m_form, &PatchForm::edited, this, // it spoke of other prompts
        [this] { m_messages->dismiss(kTag<core::PatchRequest>); });
    connect(m_form, &PatchForm::edited, this, &PatchPanel::changed);
    connect(m_form, &PatchForm::started, m_messages, &MessageBar::clear);
    connect(m_form, &PatchForm::patched, this, &PatchPanel::receive);
    connect(m_document->session(), &Session::modelOpened, this, &PatchPanel::clear);
    m_messages->showErrorsOf(m_document->session(), {kTag<core::PatchRequest>});
    connect(
        m_document->selection(), &Selection::featureChanged, this, &PatchPanel::followSelection);
    connect(this, &PatchPanel::traceRequested, m_document, &CircuitDocument::showPrompt);
    connect(this, &PatchPanel::cellChosen, m_document, &CircuitDocument::chooseCell);
}

void PatchPanel::setPrompts(const QString& clean, const QString& corrupt)
{
    m_form->setPrompts(clean, corrupt);
}

void PatchPanel::run()
{
    m_form->run();
}

bool PatchPanel::takesPrompts() const
{
    return !m_result && !m_form->hasOwnPrompts();
}

void PatchPanel::save(core::SavedSession& session) const
{
    session.patching = m_form->request();
    if (m_step)
        session.steps.push_back(*m_step);
}

void PatchPanel::restore(const core::SavedSession& session)
{
    core::PatchRequest saved = session.patching;
    if (saved.clean.empty() && saved.corrupt.empty() && saved.sites.empty())
        saved.sites = m_form->request().sites; // nothing was saved of it
    m_form->setRequest(saved);
    m_step = core::stepOf<core::PatchRequest>(session);
}

void PatchPanel::receive(const Shared<core::PatchResult>& result)
{
    m_step = {result->request, result, {}};
    Q_EMIT changed();
    m_result = result;
    m_cell.reset();
    m_stack->setCurrentIndex(1);
    {
        const QSignalBlocker blocker(m_sites);
        const QString before = m_sites->tabText(m_sites->currentIndex());
        while (m_sites->count() > 0)
            m_sites->removeTab(0);
        for (const core::PatchMap& map : result->maps) {
            m_sites->addTab(patchSiteName(map));
            if (patchSiteName(map) == before)
                m_sites->setCurrentIndex(m_sites->count() - 1);
        }
    }
    m_form->showMetric(visibleToken(result->answer), visibleToken(result->other));
    m_features->setResult(result);
    m_side->setTabVisible(1, !result->features.empty());
    m_sites->updateGeometry(); // it has no height without tabs
    m_map->setCurrent(-1, -1);
    updateSummary();
    updateValues();
    updateMap();
    followSelection();
    Q_EMIT resultShown();
}

void PatchPanel::clear()
{
    m_result.reset();
    m_kept.reset();
    m_cell.reset();
    m_features->setResult(nullptr);
    m_form->showMetric({}, {});
    m_messages->clear();
    m_stack->setCurrentIndex(0);
    updateButtons();
}

void PatchPanel::keep()
{
    m_kept = m_result;
    updateButtons();
    updateMap();
}

const core::PatchMap* PatchPanel::currentMap() const
{
    const int index = m_sites->currentIndex();
    return m_result && index >= 0 && index < countOf(m_result->maps)
        ? &m_result->maps[static_cast<std::size_t>(index)]
        : nullptr;
}

PatchView PatchPanel::view() const
{
    return {static_cast<PatchValues>(m_values->currentData().toInt()),
        m_share->isEnabled() && m_share->isChecked()};
}

void PatchPanel::updateValues()
{
    const core::PatchMap* map = currentMap();
    if (!map)
        return;
    const QSignalBlocker blocker(m_values);
    const QVariant before = m_values->currentData();
    m_values->clear();
    for (const PatchValues values :
        {PatchValues::Exact, PatchValues::Approximate, PatchValues::Difference})
        if (hasValues(*map, values)) {
            QString name = patchValuesName(values);
            m_values->addItem(name.replace(0, 1, name.at(0).toUpper()), static_cast<int>(values));
        }
    m_values->setCurrentIndex(std::max(0, m_values->findData(before)));
}

void PatchPanel::updateMap()
{
    updateButtons();
    const core::PatchMap* map = currentMap();
    if (!map)
        return m_map->setMap({});
    const bool isDifference = m_kept && m_minusKept->isChecked();
    SignedMap shown = isDifference ? patchDifference(*m_result, *map, *m_kept, view())
                                   : patchMap(*m_result, *map, view());
    shown.note = m_summary->text();
    if (isDifference)
        shown.note += QLatin1Char(' ') + differenceNote(*m_result, *m_kept);
    m_map->setMap(std::move(shown));
    updateScatter();
    updateNote();
}

void PatchPanel::updateScatter()
{
    const core::PatchMap* map = currentMap();
    const bool hasBoth = m_result && m_result->request.isExact && m_result->request.isApproximate;
    std::vector<ScatterPoint> points;
    m_points.clear();
    const auto add = [&](float exact, float approximate, const QString& name, int index) {
        if (!std::isfinite(exact) || !std::isfinite(approximate))
            return;
        points.push_back({static_cast<double>(exact), static_cast<double>(approximate), name});
        m_points.push_back(index);
    };
    m_pointsAreFeatures = map && map->site == core::PatchSite::Feature && !isErrorMap(*map);
    if (hasBoth && m_pointsAreFeatures) {
        for (int i = 0; i < countOf(m_result->features); ++i)
            if (const auto& feature = m_result->features[static_cast<std::size_t>(i)];
                feature.hasExact)
                add(feature.exact, feature.approximate, patchedName(feature), i);
    } else if (map && hasValues(*map, PatchValues::Difference)) {
        const SignedMap names = patchMap(*m_result, *map, {PatchValues::Exact});
        for (int cell = 0; cell < map->rows * map->columns; ++cell)
            add(map->exact[static_cast<std::size_t>(cell)],
                map->approximate[static_cast<std::size_t>(cell)],
                tr("layer %1, %2 %3")
                    .arg(cell / map->columns)
                    .arg(names.columnAxis, names.columnTitle(cell % map->columns)),
                cell);
    }
    QString summary = tr("Choose “Exact and approximate” to see how far the estimate holds.");
    if (!points.empty() && m_pointsAreFeatures)
        //: %1 and %2 are correlations
        summary = tr("Features and error terms; all places: Pearson %1, Spearman %2")
                      .arg(formatNumber(m_result->pearson), formatNumber(m_result->spearman));
    else if (!points.empty())
        //: %1 is a place, %2 and %3 correlations
        summary = tr("%1: Pearson %2, Spearman %3")
                      .arg(patchSiteName(*map), formatNumber(map->pearson),
                          formatNumber(map->spearman));
    m_scatter->setData(
        std::move(points), tr("Exact effect (logits)"), tr("Approximate effect (logits)"), summary);
}

void PatchPanel::updateSummary()
{
    const core::PatchResult& result = *m_result;
    const core::PatchRequest& request = result.request;
    //: %1 is the metric, %2 and %3 its values, %4 the tokens where the prompts
    //: differ
    QStringList sentences{tr("%1: clean %2, corrupt %3 (%4). %5.")
                              .arg(metricName(result), signedText(result.cleanMetric, 3),
                                  signedText(result.corruptMetric, 3), promptsDiffer(result),
                                  directionName(request.direction))};
    if (request.isExact)
        sentences << tr("%1 places exactly, in %2 passes and %3 s.")
                         .arg(formatCount(result.exactCells), formatCount(result.passes),
                             formatNumber(result.seconds, 2));
    if (request.isApproximate)
        sentences << (request.isExact
                ? tr("Attribution patching is a first-order "
                     "estimate; over all places Pearson %1, Spearman "
                     "%2 against exact.")
                      .arg(formatNumber(result.pearson), formatNumber(result.spearman))
                : tr("Attribution patching is a first-order "
                     "estimate; run exact patching too to "
                     "see how far it holds."));
    if (!result.note.empty())
        sentences << toQString(result.note);
    m_summary->setText(sentences.join(QLatin1Char(' ')));
}

void PatchPanel::updateNote()
{
    if (!m_result)
        return m_note->clear();
    if (!m_form->asksFor(m_result->request))
        return m_note->say(Notice::Kind::Warning,
            tr("The prompts or settings above were changed since: "
               "this is the result for %1 (%2). "
               "Press Patch to renew it.")
                .arg(promptsDiffer(*m_result), directionName(m_result->request.direction)));
    if (m_kept && m_minusKept->isChecked())
        return m_note->say(Notice::Kind::Info, differenceNote(*m_result, *m_kept));
    if (m_kept && m_kept != m_result)
        return m_note->say(Notice::Kind::Info,
            tr("Kept: %1. “Minus kept” shows how this result differs from it.")
                .arg(promptsDiffer(*m_kept)));
    m_note->clear();
}

void PatchPanel::updateButtons()
{
    const bool canShare = m_result && hasShares(*m_result);
    m_share->setEnabled(canShare);
    m_share->setToolTip(canShare || !m_result ? tr("Effects as a share of clean − corrupt: +1 "
                                                   "brings all of the answer back, −1 "
                                                   "takes all of it away")
                                              : tr("Clean and corrupt prompt have the same metric: "
                                                   "there is nothing to be a share "
                                                   "of. Choose another corrupt prompt or metric."));
    m_minusKept->setEnabled(m_kept != nullptr);
    m_minusKept->setToolTip(m_kept
            ? tr("Show this result minus the kept one (%1)").arg(promptsDiffer(*m_kept))
            : tr("Keep a result first; then later ones can be compared with it"));
    m_keep->setEnabled(m_result != nullptr && m_kept != m_result);
}

void PatchPanel::chooseCell(int row, int column)
{
    const core::PatchMap* map = currentMap();
    if (!map || row < 0 || column < 0)
        return;
    m_cell = Cell{layerOfRow(*map, row),
        map->site == core::PatchSite::Head ? core::Position() : core::Position(column)};
    Q_EMIT cellChosen(m_cell->layer, m_cell->position);
}

void PatchPanel::choosePoint(int point)
{
    const core::PatchMap* map = currentMap();
    if (!map || point < 0 || point >= countOf(m_points))
        return;
    const int which = m_points[static_cast<std::size_t>(point)];
    if (m_pointsAreFeatures)
        return m_features->choose(which);
    const int row = rowOfLayer(*map, core::Layer(which / map->columns));
    m_map->setCurrent(row, which % map->columns);
    chooseCell(row, which % map->columns);
}

void PatchPanel::chooseFeature(const core::PatchedFeature& feature)
{
    m_cell = Cell{feature.layer, feature.position};
    if (const core::PatchMap* map = currentMap(); map && map->site != core::PatchSite::Head)
        m_map->setCurrent(rowOfLayer(*map, feature.layer), feature.position.value);
    if (feature.feature.isValid())
        m_document->selection()->setFeature({feature.dictionary, feature.feature});
    else
        Q_EMIT cellChosen(feature.layer, feature.position);
}

void PatchPanel::followSelection()
{
    if (const auto& feature = m_document->selection()->feature(); feature && m_result)
        m_features->follow(*feature);
}

void PatchPanel::showInGraph(bool isCorrupt)
{
    if (!m_result)
        return;
    const core::PatchRequest& request = m_result->request;
    Q_EMIT traceRequested(toQString(isCorrupt ? request.corrupt : request.clean));
    if (m_cell)
        Q_EMIT cellChosen(m_cell->layer, m_cell->position);
}

core::Result<void> PatchPanel::saveMap(const QString& path) const
{
    return saveSignedMap(m_map->map(), path, lightPalette());
}

void PatchPanel::saveMapAs()
{
    const QString path
        = QFileDialog::getSaveFileName(this, tr("Save the map"), QStringLiteral("patching.png"),
            tr("PNG picture (*.png);;SVG picture (*.svg);;CSV table (*.csv)"));
    if (path.isEmpty())
        return;
    if (const auto saved = saveMap(path); !saved)
        m_messages->showError(toQString(saved.error().message));
    else
        m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
}

} // namespace ui
