#pragma once

#include "ui/models/hub/catalogue.h"
#include "ui/models/hub/hub_worker.h"
#include "ui/session/settings.h"

#include <optional>

#include <QDialog>
#include <QThread>

class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTabWidget;
class QTableView;

namespace ui {

class CatalogueView;
class HubConnectionBox;
class HubFileModel;
class HubQuestion;
class MessageBar;

/// Downloads from the hub: a model of the catalogue with what fits it, or any repository of a model
/// or dictionary: name it, see its files and their sizes, choose, download, open. Make one, keep it
/// and show() it, not modal: a download goes on while the window is closed, and ends, leaving parts
/// to resume, when the dialog is destroyed.
class HubDialog : public QDialog {
    Q_OBJECT
public:
    /// `entries` are those of the catalogue.
    explicit HubDialog(Settings& settings, QWidget* parent = nullptr,
        std::vector<CatalogueEntry> entries = catalogue());
    ~HubDialog() override;

    void setKind(HubKind kind); ///< Model unless set.
    void setFreeMemory(qint64 bytes); ///< Of this machine; 0 = not known.

Q_SIGNALS:
    void modelReady(const QString& folder); ///< Whole and checked; holds config.json.
    void dictionariesReady(const QString& folder); ///< One dictionary, or a folder of several.
    /// An entry of the catalogue, in place of the two above.
    void entryReady(const QString& model, const QStringList& dictionaries);

private:
    enum class State : std::uint8_t { Idle, Listing, Downloading };

    /// An entry of the catalogue on its way, part by part.
    struct Plan {
        CatalogueEntry entry;
        QStringList folders; ///< Of the parts that are there.
    };

    QWidget* makeRepository();
    QWidget* makeTable();
    QLayout* makeTarget();
    QWidget* makeConnectionToggle();
    QLayout* makeProgress();
    void connectWorker();
    QString baseFolder() const;
    QString targetFolder() const; ///< Of the listed repository, below the base.
    void getEntry(const CatalogueEntry& entry);
    void getNextPart();
    void partFinished(const QString& folder);
    void listFiles();
    void showListing(const HubListing& listing);
    void preselectFiles();
    void explainSelection();
    QString exampleFolder() const;
    void startDownload();
    void showProgress(const HubProgress& progress);
    void showFinished(const QString& folder);
    void chooseFolder();
    void askForSpace();
    void copyAddresses();
    void setState(State state);
    void updateSummary();
    void updateButtons();

    Settings* m_settings;
    QThread m_thread;
    HubWorker* m_worker; ///< Lives on m_thread.
    State m_state = State::Idle;
    std::optional<Plan> m_plan; ///< Empty: a repository that was named.
    HubListing m_listing; ///< What is shown; empty until the first list.
    qint64 m_freeSpace = -1; ///< Not known yet.
    QTabWidget* m_tabs;
    CatalogueView* m_catalogue;
    HubFileModel* m_files;
    HubQuestion* m_question;
    MessageBar* m_messages;
    QTableView* m_table;
    QLabel* m_summary;
    QLineEdit* m_folder;
    QPushButton* m_choose;
    HubConnectionBox* m_connection;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    QPushButton* m_download;
    QPushButton* m_cancel;
};

} // namespace ui
