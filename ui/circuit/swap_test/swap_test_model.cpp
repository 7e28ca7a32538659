#include "ui/circuit/swap_test/swap_test_model.h"

#include "ui/circuit/swap_test/swap_pairs.h"
#include "ui/circuit/token_change_model.h"
#include "ui/style/icons.h"
#include "ui/style/text.h"

#include <algorithm>
#include <utility>

namespace ui {

namespace {

QString topToken(const std::vector<core::NextToken>& next)
{
    return next.empty() ? QStringLiteral("–")
                        : QStringLiteral("%1  %2").arg(visibleToken(next.front().text),
                            probabilityText(next.front().probability));
}

} // namespace

void SwapTestModel::setPairs(Pairs pairs)
{
    std::vector<Result> results(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i)
        for (std::size_t j = 0; j < m_pairs.size() && !results[i]; ++j)
            if (isSame(pairs[i], m_pairs[j]))
                results[i] = m_results[j];
    if (pairs.size() == m_pairs.size()) { // the view keeps its place while cells are edited
        m_pairs = std::move(pairs);
        m_results = std::move(results);
        if (!m_pairs.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_pairs = std::move(pairs);
    m_results = std::move(results);
    endResetModel();
}

void SwapTestModel::setResults(const core::SwapTestResult& result)
{
    const std::size_t count = std::min(result.results.size(), result.request.pairs.size());
    for (std::size_t i = 0; i < m_pairs.size(); ++i)
        for (std::size_t j = 0; j < count; ++j)
            if (isSame(m_pairs[i], result.request.pairs[j]))
                m_results[i] = result.results[j];
    if (!m_pairs.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void SwapTestModel::clearResults()
{
    m_results.assign(m_pairs.size(), std::nullopt);
    if (!m_pairs.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

bool SwapTestModel::hasResult(int row) const
{
    return row >= 0 && row < rowCount() && m_results[static_cast<std::size_t>(row)].has_value();
}

int SwapTestModel::measuredCount() const
{
    return static_cast<int>(std::count_if(m_results.begin(), m_results.end(),
        [](const Result& result) { return result.has_value(); }));
}

int SwapTestModel::swappedCount() const
{
    return static_cast<int>(std::count_if(m_results.begin(), m_results.end(),
        [](const Result& result) { return result && result->isSwapped; }));
}

int SwapTestModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : countOf(m_pairs);
}

int SwapTestModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString SwapTestModel::textOf(int row, int column) const
{
    const core::SwapPair& pair = m_pairs[static_cast<std::size_t>(row)];
    const Result& result = m_results[static_cast<std::size_t>(row)];
    switch (column) {
    case Prompt:
        return toQString(pair.prompt);
    case Donor:
        return toQString(pair.donor);
    case Answer:
        return toQString(pair.answer);
    default:
        break;
    }
    if (!result)
        return {};
    switch (column) {
    case Before:
        return topToken(result->before);
    case After:
        return topToken(result->after);
    case DonorAnswer:
        return topToken(result->donor);
    default:
        return result->isSwapped ? tr("swapped") : tr("not swapped");
    }
}

QVariant SwapTestModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int row = index.row(), column = index.column();
    const core::SwapPair& pair = m_pairs[static_cast<std::size_t>(row)];
    const bool isMissing
        = (column == Prompt && !hasText(pair.prompt)) || (column == Donor && !hasText(pair.donor));
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return textOf(row, column);
    case Qt::DecorationRole:
        if (isMissing)
            return icon(Icon::Warning);
        if (column == Swapped && hasResult(row))
            return icon(
                m_results[static_cast<std::size_t>(row)]->isSwapped ? Icon::Check : Icon::Close);
        return {};
    case Qt::ToolTipRole:
        if (isMissing)
            return column == Prompt ? tr("Write a prompt here (F2)")
                                    : tr("Write the same prompt about something else (F2)");
        if (column == Answer && pair.answer.empty())
            return tr("Empty: what the model answers to the donor");
        if (column > Answer && !hasResult(row))
            return tr("Not measured yet");
        return textOf(row, column);
    case Qt::AccessibleTextRole:
        return isMissing ? tr("missing") : textOf(row, column);
    default:
        return {};
    }
}

bool SwapTestModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || role != Qt::EditRole || index.column() > Answer)
        return false;
    core::SwapPair pair = m_pairs[static_cast<std::size_t>(index.row())];
    std::string& field = index.column() == Prompt ? pair.prompt
        : index.column() == Donor                 ? pair.donor
                                                  : pair.answer;
    const std::string text = value.toString().toStdString();
    if (field == text)
        return false;
    field = text;
    Q_EMIT editRequested(index.row(), pair);
    return true;
}

Qt::ItemFlags SwapTestModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.isValid() && index.column() <= Answer ? flags | Qt::ItemIsEditable : flags;
}

QVariant SwapTestModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical || section >= ColumnCount)
        return {};
    const QStringList names{tr("Prompt"), tr("Donor"), tr("Expected"), tr("Before"), tr("After"),
        tr("Donor's answer"), tr("Swapped")};
    const QStringList notes{tr("Its features are turned off (F2 edits)"),
        tr("The same prompt about something else; its features are turned on (F2 edits)"),
        tr("What the donor should make the model say; empty: what it says to the donor (F2 edits)"),
        tr("The model's most probable next token for the prompt, and its probability"),
        tr("The same after the swap"),
        tr("The model's most probable next token for the donor, and its probability"),
        tr("Whether the most probable token became the expected answer")};
    if (role == Qt::DisplayRole)
        return names.at(section);
    return role == Qt::ToolTipRole ? QVariant(notes.at(section)) : QVariant();
}

} // namespace ui
