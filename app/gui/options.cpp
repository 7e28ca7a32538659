#include "options.h"

#include "ui/session/settings.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRegularExpression>

namespace app {

Options parseOptions(const QStringList& arguments)
{
    const auto text
        = [](const char* source) { return QCoreApplication::translate("app::Options", source); };
    const ui::SettingInfo& textScale = ui::Settings::info(ui::SettingKey::FontScale);
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
    const QCommandLineOption size(QStringLiteral("size"),
        text("Size of the window in the pictures of a tour."), QStringLiteral("WxH"),
        QStringLiteral("1440x900"));
    const QCommandLineOption textSize(QStringLiteral("text-size"),
        text("Size of the text in the pictures of a tour, from %1 to %2.")
            .arg(textScale.low)
            .arg(textScale.high),
        QStringLiteral("factor"), QStringLiteral("1"));
    parser.addOptions({tour, exportGraph, scale, size, textSize});
    parser.addPositionalArgument(QStringLiteral("what"),
        text("A model folder or GGUF file, a circuit graph (.json) or a session (.featurescope) to "
             "open."),
        QStringLiteral("[what]"));
    parser.process(arguments);

    Options options;
    const QStringList rest = parser.positionalArguments();
    options.tourFolder = parser.value(tour);
    options.exportGraph = parser.value(exportGraph);
    bool isNumber = false;
    options.exportScale = parser.value(scale).toDouble(&isNumber);
    if (!isNumber || !(options.exportScale > 0.0 && options.exportScale <= 20.0))
        options.error = text("--scale wants a number above 0 and at most 20.");
    static const QRegularExpression kSize(QStringLiteral("^(\\d{3,4})x(\\d{3,4})$"));
    const QRegularExpressionMatch sides = kSize.match(parser.value(size));
    options.tourSize = QSize(sides.captured(1).toInt(), sides.captured(2).toInt());
    if (!sides.hasMatch())
        options.error = text("--size wants width and height in pixels, such as 1920x1200.");
    options.tourTextSize = parser.value(textSize).toDouble(&isNumber);
    if (!isNumber
        || !(options.tourTextSize >= textScale.low && options.tourTextSize <= textScale.high))
        options.error = text("--text-size wants a number from %1 to %2.")
                            .arg(textScale.low)
                            .arg(textScale.high);
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
