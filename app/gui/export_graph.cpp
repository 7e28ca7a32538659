#include "export_graph.h"

#include "core/api/graph_files.h"
#include "engine_loader.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/session/session.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <cstdio>
#include <utility>

#include <QDir>
#include <QEventLoop>

namespace app {

int exportGraphToFile(const Options& options, const core::Engine::Options& engineOptions)
{
    ui::Session session;
    EngineLoader loader(engineOptions);
    QEventLoop loop;
    QString problem;
    ui::Shared<core::AttributionGraph> graph;
    QObject::connect(&loader, &EngineLoader::loaded, &session, &ui::Session::attachEngine);
    QObject::connect(&loader, &EngineLoader::failed, &session, &ui::Session::failEngine);
    session.ask(
        &loop, core::LoadGraphRequest{QDir().absoluteFilePath(options.exportGraph).toStdString()},
        [&](ui::Shared<core::AttributionGraph> read) {
            graph = std::move(read);
            loop.quit();
        },
        [&](const core::Error& error) {
            problem = ui::toQString(error.message);
            loop.quit();
        });
    loader.start();
    loop.exec();
    if (graph) {
        ui::GraphExportOptions picture;
        picture.scale = options.exportScale;
        picture.palette = ui::lightPalette();
        const core::Result<void> written
            = ui::exportGraph(graph, QDir().absoluteFilePath(options.exportPicture), picture);
        if (written) {
            std::printf("%s\n", qPrintable(options.exportPicture));
            return 0;
        }
        problem = ui::toQString(written.error().message);
    }
    std::fprintf(stderr, "featurescope --export: %s\n", qPrintable(problem));
    return 1;
}

} // namespace app
