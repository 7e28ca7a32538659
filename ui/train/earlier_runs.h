#pragma once

#include "ui/session/session.h"
#include "ui/train/run_table_model.h"

#include <string>
#include <vector>

#include <QWidget>

class QLabel;
class QPushButton;
class QTableView;

namespace ui {

/// The trainings that lie in the folder of the open model: tick one to lay its curves under those
/// at hand, take one to go on with it or open it, or set the form up as it was.
class EarlierRuns : public QWidget {
    Q_OBJECT
public:
    explicit EarlierRuns(Session* session, QWidget* parent = nullptr);

    void setFolder(const QString& folder); ///< Where they lie; read anew.
    const QString& folder() const { return m_folder; }
    void refresh();
    void setLocked(bool isLocked); ///< While one runs, none is taken.
    /// As RunTableModel has it; read anew where it is not among runs() yet.
    void setRunning(const std::string& folder, const core::TrainMetrics& last);
    const std::vector<core::TrainingRunInfo>& runs() const { return m_model->runs(); }
    std::vector<core::TrainingRunInfo> ticked() const;
    /// "batchtopk-3": the first of that kind which is not there yet.
    QString freeName(const QString& kind) const;

Q_SIGNALS:
    void refreshed(); ///< runs() are those that lie there now.
    void ticksChanged();
    void taken(const core::TrainingRunInfo& run);
    void settingsWanted(const core::TrainingRunInfo& run);
    void folderWanted(); ///< Another one is to be chosen.

private:
    const core::TrainingRunInfo* chosen() const;
    void updateButtons();

    Session* m_session;
    QString m_folder;
    RunTableModel* m_model;
    QTableView* m_table;
    QLabel* m_hint;
    QLabel* m_where;
    QPushButton* m_take;
    QPushButton* m_useSettings;
    std::string m_looked; ///< The folder that was looked for last when its training began.
    bool m_isLocked = false;
};

} // namespace ui
