#pragma once

#include "ui/models/hub/hub_download.h"

#include <cstdint>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// The files of a repository that are offered, those to come first and ticked: their sizes, and how
/// far they are.
class HubFileModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t { Name, Size, Progress, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setFiles(const std::vector<HubFile>& files, const std::vector<bool>& offered,
        const std::vector<bool>& chosen);
    void setChosen(const QModelIndexList& rows, bool isChosen);
    std::vector<HubFile> chosenFiles() const;
    qint64 chosenBytes() const;
    const HubFile& at(int row) const { return m_rows.at(static_cast<std::size_t>(row)).file; }

    /// While a download runs the ticks stay as they are; `order` counts the ticked files.
    void setLocked(bool isLocked);
    void showProgress(const std::vector<HubProgress::File>& files);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void chosenChanged();

private:
    struct Row {
        HubFile file;
        bool isChosen = false;
        FileState state = FileState::Waiting;
        qint64 done = 0;
    };
    QString progressText(const Row& row) const;

    std::vector<Row> m_rows;
    std::vector<int> m_order; ///< Rows of the files that come, in the order's order.
    bool m_isLocked = false;
};

} // namespace ui
