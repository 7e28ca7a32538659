#pragma once

#include "core/api/token_info.h"

#include <vector>

#include <QStringList>
#include <QTableView>

namespace ui {

class TokenChangeModel;

/// Next tokens of several runs side by side, with bars, as tall as its rows. Hidden until there are
/// runs to show.
class TokenChangeTable : public QTableView {
    Q_OBJECT
public:
    TokenChangeTable(const char* name, const QString& accessibleName, QWidget* parent = nullptr);

    /// Of each run the `perRun` most probable tokens.
    void showRuns(const QStringList& names, const std::vector<std::vector<core::NextToken>>& runs,
        int perRun = 5);
    void clear(); ///< And hides.
    QString toText() const; ///< Headers first, parted by tabs.

private:
    TokenChangeModel* m_model;
};

} // namespace ui
