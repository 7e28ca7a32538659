#pragma once

#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <QStringList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTableView;

namespace ui {

class DictionaryTableModel;
class MessageBar;
class ModelSummary;

/// Open a model and its dictionaries: what a folder holds and what it will cost before it is
/// loaded, dictionaries with their quality on the user's own text, and the harvest.
class ModelsPage : public QWidget {
    Q_OBJECT
public:
    ModelsPage(
        Session* session, Selection* selection, Settings* settings, QWidget* parent = nullptr);

    void inspect(const QString& path); ///< Shows what it is; loading waits for the Load button.
    void chooseModelFolder();
    void chooseDictionaries();

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeSources();
    QWidget* makeModel();
    QWidget* makeDictionaries();
    QWidget* makeQuality();
    QWidget* makeHarvest();
    void load(QString path); ///< By value: the path may be m_inspectedPath, which is cleared.
    void refresh();
    void refreshRecent();
    void updateButtons();
    void showInspected(const Shared<core::ModelInfo>& info);
    void evaluateNext();
    void startHarvest();
    std::vector<std::string> chosenDictionaries() const; ///< Selected rows, else all.
    bool isDictionary(const QString& path) const;

    Session* m_session;
    Selection* m_selection;
    Settings* m_settings;
    MessageBar* m_messages;
    QListWidget* m_recent;
    QStackedWidget* m_modelStack;
    ModelSummary* m_summary;
    QLabel* m_summaryTitle;
    QPushButton* m_load;
    QPushButton* m_builtin;
    QString m_requestedPath; ///< Being looked at.
    QString m_inspectedPath; ///< Found good and waiting for Load; empty otherwise.
    DictionaryTableModel* m_dictionaries;
    QTableView* m_table;
    QLabel* m_noDictionaries;
    QPushButton* m_add;
    QPushButton* m_close;
    QLineEdit* m_qualityText;
    QPushButton* m_evaluate;
    QStringList m_toEvaluate;
    QSpinBox* m_harvestTokens;
    QLineEdit* m_corpus;
    QPushButton* m_harvest;
    QProgressBar* m_harvestProgress;
};

} // namespace ui
