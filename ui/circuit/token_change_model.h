#pragma once

#include "core/api/token_info.h"
#include "ui/shared/row_model.h"

#include <string>
#include <vector>

#include <QCoreApplication>
#include <QStringList>

namespace ui {

/// A token and its probability in each of several runs; negative: below -value.
struct TokenChange {
    std::string token;
    std::vector<float> probabilities;
};

/// Next tokens and their probabilities in several runs side by side ("before", "after"): the union
/// of each run's most probable tokens. A token missing from a run's list shows "<" the least
/// probability of that list.
class TokenChangeModel : public RowModel<TokenChange> {
    Q_DECLARE_TR_FUNCTIONS(TokenChangeModel)
public:
    explicit TokenChangeModel(QObject* parent = nullptr);

    void setRuns(const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs,
        int perRun = 5);

protected:
    QVariant more(const TokenChange& row, int column, int role) const override;

private:
    static Columns columnsOf(const QStringList& names);
};

/// "0.98", "0.004": a probability as it is said in a sentence.
QString probabilityText(float probability);

} // namespace ui
