#include "ui/features/feature_table_model.h"

#include "ui/features/token_delegate.h"
#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {
constexpr int kPageRows = 64; // A little more than a window shows: a jump waits for one page.
constexpr int kPages = 256;
/// QTableView counts pixels in an int: 2^31 / 30 px a row.
constexpr std::size_t kMaximumRows = 50'000'000;
} // namespace

FeatureTableModel::FeatureTableModel(Session* session, QObject* parent)
    : QAbstractTableModel(parent)
    , m_session(session)
    , m_list(std::make_shared<core::FeatureList>())
    , m_pages(kPages)
{
    connect(session, &Session::featureChanged, this, &FeatureTableModel::replaceRow);
    connect(session, &Session::labelTested, this,
        [this](const core::TestedLabel& tested) { replaceRow(tested.row); });
}

void FeatureTableModel::setList(Shared<core::FeatureList> list)
{
    beginResetModel();
    m_list = std::move(list);
    m_pages.clear();
    m_asked.clear();
    m_largestActivation = 0.0;
    endResetModel();
}

core::FeatureRef FeatureTableModel::featureAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_list->features[static_cast<std::size_t>(row)]
                                        : core::FeatureRef{};
}

int FeatureTableModel::rowOf(const core::FeatureRef& feature) const
{
    const std::int64_t row = m_list->features.rowOf(feature);
    return row < rowCount() ? static_cast<int>(row) : -1;
}

const core::FeatureRow* FeatureTableModel::rowAt(int row) const
{
    const Page* page = m_pages.object(row / kPageRows);
    const auto at = static_cast<std::size_t>(row % kPageRows);
    return page && at < page->size() ? &(*page)[at] : nullptr;
}

int FeatureTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(std::min(m_list->features.size(), kMaximumRows));
}

int FeatureTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

void FeatureTableModel::requestPage(int page) const
{
    if (m_asked.contains(page))
        return;
    m_asked.insert(page);
    // Every page arrives, so no tag. One that fails stays asked for: a broken store is not asked
    // again for every repaint.
    auto* self = const_cast<FeatureTableModel*>(this);
    m_session->ask(self, QLatin1String(),
        core::FeatureRowsRequest{
            m_list->features.slice(static_cast<std::size_t>(page) * kPageRows, kPageRows)},
        [self, page, list = m_list](const Shared<Page>& rows) {
            if (list == self->m_list)
                self->receive(page, *rows);
        });
}

void FeatureTableModel::receive(int page, const Page& rows)
{
    m_asked.remove(page);
    for (const core::FeatureRow& row : rows)
        m_largestActivation
            = std::max(m_largestActivation, std::fabs(static_cast<double>(row.maxActivation)));
    m_pages.insert(page, new Page(rows));
    const int first = page * kPageRows;
    Q_EMIT dataChanged(
        index(first, 0), index(std::min(first + kPageRows, rowCount()) - 1, ColumnCount - 1));
}

void FeatureTableModel::replaceRow(const core::FeatureRow& changed)
{
    for (const int page : m_pages.keys()) {
        Page& rows = *m_pages.object(page);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].feature != changed.feature)
                continue;
            rows[i] = changed;
            const int row = page * kPageRows + static_cast<int>(i);
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        }
    }
}

QString FeatureTableModel::cellText(const core::FeatureRow& row, int column) const
{
    switch (column) {
    case Feature:
        return featureInDictionary(row.feature, row.layer, m_session->state().dictionaries);
    case Label:
        return labelText(row);
    case LabelScore:
        return row.label.score ? formatNumber(*row.label.score, 2) : QStringLiteral("–");
    case Density:
        return formatPercent(row.density);
    case MaxActivation:
        return formatNumber(static_cast<double>(row.maxActivation));
    case Writes:
        return outputScoreText(row);
    case Promotes: {
        QStringList tokens;
        for (const std::string& token : row.promoted)
            tokens << visibleToken(token);
        return tokens.join(QLatin1Char(' '));
    }
    default:
        return {};
    }
}

QVariant FeatureTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int column = index.column();
    const core::FeatureRow* row = rowAt(index.row());
    if (!row) {
        if (role == Qt::DisplayRole) {
            requestPage(index.row() / kPageRows);
            if (column == Feature)
                return featureInDictionary(
                    featureAt(index.row()), {}, m_session->state().dictionaries);
            return QStringLiteral("…");
        }
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        if (column == Why) {
            const auto at = static_cast<std::size_t>(index.row());
            return at < m_list->why.size() ? toQString(m_list->why[at]) : QString();
        }
        return cellText(*row, column);
    case Qt::ToolTipRole:
        if (column == Label && row->label.source == core::LabelSource::Suggested)
            return tr("%1\nSuggested from evidence; nobody has checked it.").arg(labelText(*row));
        if (column == LabelScore)
            return labelScoreExplained(*row);
        if (column == Density)
            return tr("Fires on %1 of harvested tokens").arg(formatPercent(row->density));
        if (column == Feature)
            return toQString(row->feature.dictionary);
        if (column == Writes)
            return row->outputScore
                ? outputScoreExplained()
                : tr("Unknown: it was harvested before there were output scores, or nothing of "
                     "its dictionary fires on the neutral text.");
        return data(index, Qt::DisplayRole);
    case Qt::FontRole:
        if (column == Label && row->label.source == core::LabelSource::Suggested) {
            QFont font;
            font.setItalic(true);
            return font;
        }
        if (column == Writes && row->writes()) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Qt::TextAlignmentRole:
        return column == LabelScore || column == Density || column == MaxActivation
                || column == Writes
            ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
            : QVariant();
    case BarDelegate::kBarRole:
        if (column == Density) // half a decade of density is as long anywhere: 1e-5 to 1
            return row->density > 0 ? std::clamp(1.0 + std::log10(row->density) / 5.0, 0.0, 1.0)
                                    : 0.0;
        if (column == MaxActivation && m_largestActivation > 0)
            return std::fabs(static_cast<double>(row->maxActivation)) / m_largestActivation;
        if (column == LabelScore) // half is chance
            return std::clamp(2.0 * row->label.score.value_or(0.5) - 1.0, 0.0, 1.0);
        if (column == Writes)
            return row->outputScore.value_or(0.0);
        return {};
    case TokenDelegate::kTokensRole: {
        if (column != Promotes)
            return {};
        QStringList tokens;
        for (const std::string& token : row->promoted)
            tokens << toQString(token);
        return tokens;
    }
    default:
        return {};
    }
}

QVariant FeatureTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    if (role == Qt::DisplayRole) {
        const QStringList names{tr("Feature"), tr("Label"), tr("Label fits"), tr("Density"),
            tr("Max activation"), tr("Writes"), tr("Promotes"), tr("Why")};
        return names.at(section);
    }
    if (role == Qt::ToolTipRole) {
        const QStringList notes{tr("Its dictionary, and its number there"),
            tr("A person's name for it; slanted: suggested by the program"),
            tr("How well one would guess where it fires, knowing the label alone: 0.5 is guessing, "
               "1 is always right"),
            tr("Share of harvested tokens on which it fires; the bar is logarithmic"),
            tr("Largest activation seen over the harvest"), outputScoreExplained(),
            tr("Tokens whose logits its decoder direction raises most"),
            tr("What matched the search")};
        return notes.at(section);
    }
    return {};
}

void FeatureTableModel::sort(int column, Qt::SortOrder order)
{
    const bool isDescending = order == Qt::DescendingOrder;
    Q_EMIT sortRequested(sortBy(column), isDescending);
}

core::FeatureSort FeatureTableModel::sortBy(int column)
{
    switch (column) {
    case Feature:
        return core::FeatureSort::Index;
    case Label:
        return core::FeatureSort::Label;
    case LabelScore:
        return core::FeatureSort::LabelScore;
    case Density:
        return core::FeatureSort::Density;
    case MaxActivation:
        return core::FeatureSort::MaxActivation;
    case Writes:
        return core::FeatureSort::OutputScore;
    case Promotes:
        return core::FeatureSort::Promotes;
    case Why:
        return core::FeatureSort::Why;
    default: // the header without a mark
        return core::FeatureSort::Match;
    }
}

QString FeatureTableModel::toTable(const QList<int>& rows) const
{
    QString text = tr("dictionary\tfeature\tlabel\tlabel score\tdensity\tmax activation\toutput "
                      "score\tpromotes\n");
    for (const int at : rows) {
        const core::FeatureRow* row = rowAt(at);
        if (!row)
            continue;
        text += QStringLiteral("%1\t%2\t%3\t%4\t%5\t%6\t%7\t%8\n")
                    .arg(toQString(row->feature.dictionary))
                    .arg(row->feature.feature.value)
                    .arg(labelText(*row))
                    .arg(row->label.score ? QString::number(*row->label.score) : QString())
                    .arg(row->density)
                    .arg(static_cast<double>(row->maxActivation))
                    .arg(row->outputScore ? QString::number(*row->outputScore) : QString())
                    .arg(cellText(*row, Promotes));
    }
    return text;
}

} // namespace ui
