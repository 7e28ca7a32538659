#pragma once

#include "main_window.h"

#include "ui/circuit/canvas/graph_export.h"

#include <functional>

namespace app {

/// Drives the real window through the main job on the built-in model and writes one picture per
/// page, of the dialog that opens a model and of the studies beside the Steer page, light and dark,
/// and two at scale 1.5. Waits for what the window says, never for time; a page that stays empty
/// ends it with the reason.
class Tour {
public:
    Tour(MainWindow& window, ui::Settings& settings, QString folder);

    QString run(QSize size); ///< Empty, or what went wrong.

private:
    using Step = bool (Tour::*)();

    bool start();
    bool models();
    bool isTrusted(); ///< The self-check and the quality of the dictionaries, on the Models page.
    bool inspection();
    bool dictionariesCompared();
    bool prompt();
    bool features();
    bool featuresOnText();
    bool featureMap();
    bool comparedFeatures();
    bool steer();
    bool sweep();
    bool whatSteers();
    bool circuit();
    bool subgraph();
    bool exportCircuit(const QString& name, ui::GraphExportOptions::What what);
    bool interventions();
    bool swap();
    bool compare();
    bool patching();
    bool training();

    /// Runs the event loop until `isDone`; false (and m_problem) when an error is shown or two
    /// minutes passed.
    bool await(const QString& what, const std::function<bool()>& isDone);
    bool fail(const QString& problem);
    /// One picture in light, one in dark; `isScaled` adds one at scale 1.5. Of the window, or of
    /// one of its dialogs.
    bool takePictures(const QString& name, bool isScaled = false, QWidget* of = nullptr);
    bool savePicture(const QString& name, double scale, QWidget* of = nullptr);

    MainWindow& m_window;
    ui::Settings& m_settings;
    QString m_folder;
    QString m_problem;
};

} // namespace app
