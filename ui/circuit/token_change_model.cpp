#include "ui/circuit/token_change_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

TokenChangeModel::TokenChangeModel(QObject* parent)
    : RowModel(columnsOf({}), parent)
{
}

TokenChangeModel::Columns TokenChangeModel::columnsOf(const QStringList& names)
{
    Columns columns{
        {tr("Token"), {}, [](const TokenChange& row) { return visibleToken(row.token); }, {}, {}}};
    for (int i = 0; i < names.size(); ++i) {
        const auto run = static_cast<std::size_t>(i);
        columns.push_back({names[i], {},
            [run](const TokenChange& row) {
                const float p = row.probabilities[run];
                // Below what a run listed only a bound is known; small ones already read "<0.001".
                return !std::signbit(p) || -p < 0.001f ? probabilityText(std::abs(p))
                                                       : tr("<%1").arg(probabilityText(-p));
            },
            kNumberAlignment,
            [run](const TokenChange& row) {
                const float p = row.probabilities[run];
                return p > 0 ? QVariant(static_cast<double>(p)) : QVariant();
            }});
    }
    return columns;
}

void TokenChangeModel::setRuns(
    const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs, int perRun)
{
    std::vector<std::pair<core::TokenId, std::string>> tokens;
    for (const auto& run : runs)
        for (int i = 0; i < std::min(perRun, countOf(run)); ++i) {
            const std::pair token(
                run[static_cast<std::size_t>(i)].id, run[static_cast<std::size_t>(i)].text);
            if (std::find(tokens.begin(), tokens.end(), token) == tokens.end())
                tokens.push_back(token);
        }
    std::vector<TokenChange> rows;
    for (const auto& [id, text] : tokens) {
        TokenChange row{text, {}};
        for (const auto& run : runs) {
            const auto isSame = [id = id, &text = text](const core::NextToken& next) {
                return next.id == id && next.text == text;
            };
            const auto found = std::find_if(run.begin(), run.end(), isSame);
            row.probabilities.push_back(found != run.end() ? found->probability
                    : run.empty()                          ? 0.0f
                                                           : -run.back().probability);
        }
        rows.push_back(std::move(row));
    }
    setTable(columnsOf(names), std::move(rows));
}

QVariant TokenChangeModel::more(const TokenChange& row, int column, int role) const
{
    return role == Qt::ToolTipRole && column > 0
        ? tr("Probability of %1 as the next token: %2")
              .arg(visibleToken(row.token), textOf(row, column))
        : QVariant();
}

} // namespace ui
