#pragma once

#include "core/api/training_runs.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <QAbstractTableModel>

namespace ui {

/// Earlier trainings, one a row; those that are ticked are laid under the curves.
class RunTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : std::uint8_t { Name, State, Fvu, L0, Dead, Loss, Settings, kColumns };

    explicit RunTableModel(QObject* parent = nullptr);

    void setRuns(std::vector<core::TrainingRunInfo> runs); ///< Ticks stay with their folders.
    /// The one that runs, by its folder, and its last step: its files lag behind. Empty: none does.
    void setRunning(const std::string& folder, const core::TrainMetrics& last);
    const core::TrainingRunInfo* at(int row) const; ///< Null out of range.
    const std::vector<core::TrainingRunInfo>& runs() const { return m_runs; }
    bool isTicked(const core::TrainingRunInfo& run) const { return m_ticked.contains(run.folder); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void ticksChanged();

private:
    QString text(const core::TrainingRunInfo& run, int column) const;
    QString stateInWords(const core::TrainingRunInfo& run) const;

    std::vector<core::TrainingRunInfo> m_runs;
    std::set<std::string> m_ticked; ///< Folders.
    std::string m_running; ///< A folder.
    core::TrainMetrics m_last; ///< Its.
};

/// "BatchTopK ×8, k 24, 1,000,000 tokens, layer 2"
QString settingsInWords(const core::TrainingSettings& settings);

} // namespace ui
