#include "options.h"

#include <QCommandLineParser>
#include <QCoreApplication>

namespace app {

Options parseOptions(const QStringList& arguments)
{
    const auto text
        = [](const char* source) { return QCoreApplication::translate("app::Options", source); };
    QCommandLineParser parser;
    parser.setApplicationDescription(text("Look inside a language model and change what it does."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption tour(QStringLiteral("tour"),
        text("Drive the window through the main job and write a picture of every page into "
             "<folder>."),
        QStringLiteral("folder"));
    const QCommandLineOption exportGraph(QStringLiteral("export"),
        text("Draw <graph.json> to the picture named after it (.svg, .png or .pdf), without a "
             "window."),
        QStringLiteral("graph.json"));
    const QCommandLineOption scale(QStringLiteral("scale"),
        text("Size factor of an exported picture."), QStringLiteral("factor"), QStringLiteral("1"));
    parser.addOptions({tour, exportGraph, scale});
    parser.addPositionalArgument(QStringLiteral("what"),
        text("A model folder, a circuit graph (.json) or a session (.featurescope) to open."), QStringLiteral("[what]"));
    parser.process(arguments);

    Options options;
    const QStringList rest = parser.positionalArguments();
    options.tourFolder = parser.value(tour);
    options.exportGraph = parser.value(exportGraph);
    bool isNumber = false;
    options.exportScale = parser.value(scale).toDouble(&isNumber);
    if (!isNumber || !(options.exportScale > 0.0 && options.exportScale <= 20.0))
        options.error = text("--scale wants a number above 0 and at most 20.");
    if (options.isHeadless()) {
        if (rest.size() != 1)
            options.error
                = text("--export wants a graph and a picture: --export graph.json picture.svg");
        else
            options.exportPicture = rest.first();
    } else if (rest.size() > 1) {
        options.error = text("Only one model or graph can be opened.");
    } else if (!rest.isEmpty()) {
        options.open = rest.first();
    }
    return options;
}

} // namespace app
