#include "ui/circuit/graph_file_buttons.h"

#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_picture_dialog.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <utility>

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QImage>
#include <QMenu>
#include <QTemporaryDir>
#include <QToolButton>

namespace ui {

GraphFileButtons::GraphFileButtons(
    CircuitDocument* document, std::function<GraphPicture()> picture, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_picture(std::move(picture))
{
    auto* open = new QToolButton(this);
    open->setObjectName(QStringLiteral("openGraphButton"));
    open->setText(tr("&Open …"));
    open->setIcon(icon(Icon::Open));
    open->setToolTip(tr("Open an attribution graph (circuit-tracer's JSON); it can also be dropped "
                        "on the window"));
    auto* save = new QToolButton(this);
    save->setObjectName(QStringLiteral("saveButton"));
    save->setText(tr("&Save"));
    save->setIcon(icon(Icon::Save));
    save->setPopupMode(QToolButton::InstantPopup);
    save->setToolTip(tr("Save the graph as a picture, as JSON, its matrix or its nodes"));
    auto* menu = new QMenu(save);
    const auto add = [this, menu](const QString& text, const char* name, auto run) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, std::move(run));
        return action;
    };
    using Save = void (CircuitDocument::*)(const QString&);
    const auto addSave = [&](const QString& text, const char* action, Save run,
                             const QString& title, const QString& name, const QString& filter) {
        return add(text, action, [=, this] {
            if (const QString path = askPath(title, name, filter); !path.isEmpty())
                (m_document->*run)(path);
        });
    };
    m_savePicture = add(tr("&Picture …"), "savePicture", [this] { askForPicture(); });
    m_copyPicture = add(tr("&Copy picture"), "copyPicture", [this] { copyPicture(m_picture()); });
    m_copyPicture->setIcon(icon(Icon::Copy));
    m_copyPicture->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    m_copyPicture->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    menu->addSeparator();
    m_saveGraph = addSave(tr("&Graph (circuit-tracer JSON) …"), "saveGraph", &CircuitDocument::save,
        tr("Save the graph"), QStringLiteral("circuit.json"), tr("Attribution graphs (*.json)"));
    m_saveMatrix = addSave(tr("&Matrix (safetensors) …"), "saveMatrix",
        &CircuitDocument::saveMatrix, tr("Save the unpruned matrix"),
        QStringLiteral("circuit.safetensors"), tr("Tensors (*.safetensors)"));
    m_saveTable = addSave(tr("&Node table (CSV) …"), "saveTable", &CircuitDocument::saveNodeTable,
        tr("Save the nodes as a table"), QStringLiteral("circuit.csv"), tr("Tables (*.csv)"));
    save->setMenu(menu);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    for (QToolButton* button : {open, save}) {
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(button);
    }
    connect(open, &QToolButton::clicked, this, &GraphFileButtons::open);
    connect(document, &CircuitDocument::statusChanged, this, &GraphFileButtons::updateActions);
}

void GraphFileButtons::updateActions()
{
    const bool hasPicture = m_picture().graph != nullptr;
    m_savePicture->setEnabled(hasPicture);
    m_copyPicture->setEnabled(hasPicture);
    m_saveGraph->setEnabled(m_document->graph() != nullptr);
    m_saveTable->setEnabled(m_document->graph() != nullptr);
    m_saveMatrix->setEnabled(m_document->matrix() != 0);
}

void GraphFileButtons::open()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open a graph"), {}, tr("Attribution graphs (*.json)"));
    if (!path.isEmpty())
        m_document->open(path);
}

QString GraphFileButtons::askPath(const QString& title, const QString& name, const QString& filter)
{
    QString path = QFileDialog::getSaveFileName(this, title, name, filter);
    if (!path.isEmpty() && QFileInfo(path).suffix().isEmpty())
        path += QLatin1Char('.') + QFileInfo(name).suffix();
    return path;
}

void GraphFileButtons::askForPicture()
{
    const GraphPicture now = m_picture();
    auto* dialog = new CircuitPictureDialog(
        now.hasSubgraph, !now.options.story.isEmpty(), now.options.showsErrors, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (now.hasSubgraph)
        dialog->setWhat(now.options.what);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        GraphPicture picture = m_picture();
        picture.options.what = dialog->what();
        picture.options.scale = dialog->scale();
        picture.options.showsErrors = dialog->showsErrors();
        picture.options.showsSentences = dialog->showsSentences();
        if (dialog->isForClipboard())
            copyPicture(picture);
        else
            savePicture(picture, dialog->suffix());
    });
    dialog->open();
}

void GraphFileButtons::savePicture(const GraphPicture& picture, const QString& suffix)
{
    const QString path
        = askPath(tr("Save the graph as a picture"), QStringLiteral("circuit.") + suffix,
            tr("%1 pictures (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty())
        return;
    if (const auto written = exportGraph(picture.graph, path, picture.options); !written)
        m_document->tell(toQString(written.error().message), CircuitDocument::Tone::Error);
    else
        m_document->tell(tr("Saved as %1").arg(path));
}

void GraphFileButtons::copyPicture(const GraphPicture& picture)
{
    if (!picture.graph)
        return;
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("circuit.png"));
    if (const auto written = exportGraph(picture.graph, path, picture.options); !written)
        return m_document->tell(toQString(written.error().message), CircuitDocument::Tone::Error);
    QGuiApplication::clipboard()->setImage(QImage(path));
    m_document->tell(tr("The picture is on the clipboard."));
}

} // namespace ui
