#pragma once

#include "core/api/feature_rows.h"
#include "core/api/list_features.h"
#include "ui/session/session.h"

#include <cstdint>

#include <QAbstractTableModel>
#include <QCache>
#include <QSet>

namespace ui {

/// The features of one list, in its order. The row count is true; rows are asked for by pages when
/// a view looks at them and show "…" meanwhile. Keeps at most 256 pages, so ten million features
/// cost their ids only.
class FeatureTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        Feature,
        Label,
        LabelScore, ///< How well the label predicts firing.
        Density,
        MaxActivation,
        Writes, ///< The output score and what it says.
        Promotes,
        Why,
        ColumnCount
    };

    /// Of errors of pages.
    static constexpr QLatin1String kRowsTag = kTag<core::FeatureRowsRequest>;

    explicit FeatureTableModel(Session* session, QObject* parent = nullptr);

    void setList(Shared<core::FeatureList> list);
    const Shared<core::FeatureList>& list() const { return m_list; }
    core::FeatureRef featureAt(int row) const;
    int rowOf(const core::FeatureRef& feature) const; ///< -1 when it is not in the list.
    const core::FeatureRow* rowAt(int row) const; ///< Null while its page is on its way.
    QString toTable(
        const QList<int>& rows) const; ///< Tab-separated; rows not yet here are left out.

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// The engine sorts: this only says what is wanted.
    void sort(int column, Qt::SortOrder order) override;
    static core::FeatureSort sortBy(int column); ///< Match for none.

Q_SIGNALS:
    void sortRequested(core::FeatureSort sort, bool isDescending);

private:
    using Page = std::vector<core::FeatureRow>;

    void requestPage(int page) const;
    void receive(int page, const Page& rows);
    void replaceRow(const core::FeatureRow& row);
    QString cellText(const core::FeatureRow& row, int column) const;

    Session* m_session;
    Shared<core::FeatureList> m_list;
    mutable QCache<int, Page> m_pages;
    mutable QSet<int> m_asked;
    double m_largestActivation = 0.0;
};

} // namespace ui
