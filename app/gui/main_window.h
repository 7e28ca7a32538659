#pragma once

#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <functional>
#include <vector>

#include <QMainWindow>

class QAction;
class QActionGroup;
class QMenu;
class QStackedWidget;

namespace ui {
class CircuitPage;
class DropHint;
class FeatureCard;
class FeaturesPage;
class MessageBar;
class ModelsPage;
class PromptPage;
class StartPage;
class SteerPage;
class TrainPage;
} // namespace ui

namespace app {

class CardDock;
class CommandPalette;
class Guide;
class SessionKeeper;

/// Which pages exist and where they stand. Pages on the left rail, the feature card docked at the
/// right, status below; everything else is up to the pages, which share one Session and one
/// Selection.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    enum class Page : std::uint8_t { Start, Models, Prompt, Features, Steer, Circuit, Train };

    explicit MainWindow(ui::Settings* settings, QWidget* parent = nullptr);
    ~MainWindow() override;

    ui::Session* session() { return m_session; }
    ui::Selection* selection() { return &m_selection; }
    void showPage(Page page);
    Page currentPage() const;
    /// "builtin", a model folder, a dictionary or a graph's JSON. Of a model, asks how unless it
    /// was opened before.
    void open(const QString& path);
    void openPalette();
    void showPreferences(); ///< One dialog; raised when it is there already.
    void showShortcuts();
    void steer(const core::FeatureRef& feature);

    ui::ModelsPage* modelsPage() const { return m_models; }
    ui::PromptPage* promptPage() const { return m_prompt; }
    ui::FeaturesPage* featuresPage() const { return m_features; }
    ui::SteerPage* steerPage() const { return m_steer; }
    ui::CircuitPage* circuitPage() const { return m_circuit; }
    ui::TrainPage* trainPage() const { return m_train; }
    ui::FeatureCard* featureCard() const { return m_card; }
    CardDock* cardDock() const { return m_dock; } ///< That holds it.
    SessionKeeper* keeper() const { return m_keeper; }

    QString pageName() const; ///< Of the page that is shown, as settings and sessions say it.
    void rememberPlace(); ///< Geometry and docks, in the settings.
    /// Either may be empty: then it stays.
    void restorePlace(const QString& page, const QByteArray& geometry);
    Guide* guide() const { return m_guide; }
    void showGlossary(); ///< At the word that the control in use speaks of.

Q_SIGNALS:
    void firstPainted(); ///< Once; the engine is loaded only then.
    /// A window of its own is wanted, with its own engine: a second program with these arguments.
    void newWindowRequested(const QStringList& arguments);
    void pageChanged();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void makeRail();
    void makeMenus();
    void addZoom(QMenu* view);
    void zoomTo(double scale); ///< Rounded to tenths and kept within what the settings allow.
    void findForPalette(CommandPalette* palette, const QString& typed);
    void askNewWindow();
    void followDevices();
    void makeHelp();
    void restore();
    void updateTitle();
    void open(const QString& path, bool isAsked);
    QAction* addCommand(
        const QString& text, const QKeySequence& shortcut, std::function<void()> run);

    ui::Settings* m_settings;
    ui::Session* m_session; ///< Child of the window, but deleted first: it joins the engine.
    ui::Selection m_selection;
    QStackedWidget* m_stack;
    ui::MessageBar* m_banner; ///< What concerns the whole window.
    QStringList m_devices; ///< Where a model can run; empty until the engine has said.
    QActionGroup* m_pageActions;
    std::vector<QAction*> m_commands; ///< What the palette offers.
    CardDock* m_dock = nullptr;
    Guide* m_guide = nullptr;
    ui::StartPage* m_start = nullptr;
    ui::ModelsPage* m_models;
    ui::PromptPage* m_prompt;
    ui::FeaturesPage* m_features;
    ui::SteerPage* m_steer;
    ui::CircuitPage* m_circuit;
    ui::TrainPage* m_train;
    ui::FeatureCard* m_card;
    ui::DropHint* m_dropHint;
    SessionKeeper* m_keeper;
    bool m_isPainted = false;
};

} // namespace app
