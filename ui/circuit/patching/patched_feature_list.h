#pragma once

#include "core/api/patch.h"

#include <memory>

#include <QWidget>

class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace ui {

class PatchedFeatureModel;

/// The patched features and error terms as a table that can be sorted, and how many are hidden.
class PatchedFeatureList : public QWidget {
    Q_OBJECT
public:
    explicit PatchedFeatureList(QWidget* parent = nullptr);

    void setResult(std::shared_ptr<const core::PatchResult> result); ///< Null empties it.
    const core::PatchedFeature* current() const; ///< Null when none is chosen.
    void choose(int feature); ///< By its place in the result, as if it was clicked.
    /// Marks the strongest place of a feature and emits nothing; one that is marked already stays
    /// where it is.
    void follow(const core::FeatureRef& feature);

Q_SIGNALS:
    void chosen(const core::PatchedFeature& feature);
    void activated(); ///< Enter or double click on the chosen one.

private:
    PatchedFeatureModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QLabel* m_hidden;
    bool m_isFollowing = false;
};

} // namespace ui
