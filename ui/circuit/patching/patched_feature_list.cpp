#include "ui/circuit/patching/patched_feature_list.h"

#include "ui/circuit/patching/patched_feature_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/table_tools.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

PatchedFeatureList::PatchedFeatureList(QWidget* parent)
    : QWidget(parent)
    , m_model(new PatchedFeatureModel(this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_table(new QTableView(this))
    , m_hidden(new QLabel(this))
{
    m_table->setObjectName(QStringLiteral("patchFeatures"));
    m_table->setAccessibleName(tr("Patched features and error terms"));
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(PatchedFeatureModel::kSortRole);
    setUpTable(m_table, m_sorted);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    auto* bars = new BarDelegate(m_table);
    m_table->setItemDelegateForColumn(PatchedFeatureModel::Approximate, bars);
    m_table->setItemDelegateForColumn(PatchedFeatureModel::Exact, bars);
    m_table->horizontalHeader()->setSortIndicatorClearable(true); // a third click: as it came
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder);
    m_table->setSortingEnabled(true);
    addCopyAction(m_table);
    m_hidden->setObjectName(QStringLiteral("patchHidden"));
    m_hidden->setWordWrap(true);
    makeSubtle(m_hidden);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_table, 1);
    column->addWidget(m_hidden);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        if (const core::PatchedFeature* feature = current(); feature && !m_isFollowing)
            Q_EMIT chosen(*feature);
    });
    connect(m_table, &QTableView::activated, this, &PatchedFeatureList::activated);
}

void PatchedFeatureList::setResult(std::shared_ptr<const core::PatchResult> result)
{
    m_model->setResult(result);
    fitColumnsToText(m_table);
    // Long labels must not push the effects out of sight; the tooltip has all of them.
    QHeaderView* header = m_table->horizontalHeader();
    for (const int column : {PatchedFeatureModel::Feature, PatchedFeatureModel::Position})
        header->resizeSection(column, std::min(header->sectionSize(column), ex(this) * 22));
    if (!result)
        return m_hidden->clear();
    const auto listed = static_cast<std::int64_t>(result->features.size());
    QString hidden
        = tr("%1 of %2 features and error terms, strongest first.")
              .arg(formatCount(listed), formatCount(std::max(result->featuresInAll, listed)));
    const auto measured = std::count_if(result->features.begin(), result->features.end(),
        [](const core::PatchedFeature& feature) { return feature.hasExact; });
    if (result->request.isExact && measured < listed)
        hidden += QLatin1Char(' ')
            + tr("Exact for the strongest %1 by the approximation.").arg(formatCount(measured));
    m_hidden->setText(hidden);
}

const core::PatchedFeature* PatchedFeatureList::current() const
{
    return m_model->at(m_sorted->mapToSource(m_table->currentIndex()).row());
}

void PatchedFeatureList::choose(int feature)
{
    m_table->setCurrentIndex(m_sorted->mapFromSource(m_model->index(feature, 0)));
}

void PatchedFeatureList::follow(const core::FeatureRef& feature)
{
    const core::PatchedFeature* marked = current();
    if (marked && marked->feature == feature.feature && marked->dictionary == feature.dictionary)
        return;
    const int row = m_model->rowOf(feature);
    m_isFollowing = true;
    m_table->setCurrentIndex(
        row < 0 ? QModelIndex() : m_sorted->mapFromSource(m_model->index(row, 0)));
    m_isFollowing = false;
}

} // namespace ui
