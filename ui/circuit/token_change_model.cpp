#include "ui/circuit/token_change_model.h"

#include "ui/shared/bar_delegate.h"
#include "ui/style/text.h"

#include <algorithm>
#include <cmath>

#include <QLocale>

namespace ui {

QString probabilityText(float probability)
{
    const double p = static_cast<double>(probability);
    if (p >= 0.1)
        return QLocale().toString(p, 'f', 2);
    return p > 0 && p < 0.001 ? QStringLiteral("<%1").arg(QLocale().toString(0.001, 'f', 3))
                              : QLocale().toString(p, 'f', 3);
}

void TokenChangeModel::setRuns(
    const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs, int perRun)
{
    beginResetModel();
    m_names = names;
    m_rows.clear();
    std::vector<std::pair<core::TokenId, std::string>> tokens;
    for (const auto& run : runs)
        for (int i = 0; i < std::min(perRun, countOf(run)); ++i) {
            const std::pair token(
                run[static_cast<std::size_t>(i)].id, run[static_cast<std::size_t>(i)].text);
            if (std::find(tokens.begin(), tokens.end(), token) == tokens.end())
                tokens.push_back(token);
        }
    for (const auto& [id, text] : tokens) {
        Row row{text, {}};
        for (const auto& run : runs) {
            const auto isSame = [id = id, &text = text](const core::NextToken& next) {
                return next.id == id && next.text == text;
            };
            const auto found = std::find_if(run.begin(), run.end(), isSame);
            row.probabilities.push_back(found != run.end() ? found->probability
                    : run.empty()                          ? 0.0f
                                                           : -run.back().probability);
        }
        m_rows.push_back(std::move(row));
    }
    endResetModel();
}

QString TokenChangeModel::toTable() const
{
    QStringList lines;
    for (int row = -1; row < rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < columnCount(); ++column)
            cells << (row < 0 ? headerData(column, Qt::Horizontal, Qt::DisplayRole)
                              : data(index(row, column), Qt::DisplayRole))
                         .toString();
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

int TokenChangeModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_rows);
}

int TokenChangeModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : 1 + static_cast<int>(m_names.size());
}

QVariant TokenChangeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (index.column() == 0)
        return role == Qt::DisplayRole ? QVariant(visibleToken(row.token)) : QVariant();
    const float p = row.probabilities[static_cast<std::size_t>(index.column() - 1)];
    switch (role) {
    case Qt::DisplayRole:
        // Below what a run listed only a bound is known; small bounds already read "<0.001".
        return !std::signbit(p) || -p < 0.001f ? probabilityText(std::abs(p))
                                               : tr("<%1").arg(probabilityText(-p));
    case Qt::ToolTipRole:
        return tr("Probability of %1 as the next token: %2")
            .arg(visibleToken(row.token), data(index, Qt::DisplayRole).toString());
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case BarDelegate::kBarRole:
        return p > 0 ? QVariant(static_cast<double>(p)) : QVariant();
    default:
        return {};
    }
}

QVariant TokenChangeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Token") : m_names.value(section - 1);
}

} // namespace ui
