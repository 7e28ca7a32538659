// Pictures and files.
#include "ui/circuit/circuit_page.h"

#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_compare.h"
#include "ui/circuit/circuit_picture_dialog.h"
#include "ui/circuit/circuit_tools.h"
#include "ui/shared/message_bar.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <utility>

#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>
#include <QTemporaryDir>

namespace ui {

std::shared_ptr<const core::AttributionGraph> CircuitPage::pictured() const
{
    if (view() == View::Compare && m_compare->comparison())
        return {m_compare->comparison(), &m_compare->comparison()->graph};
    return m_graph;
}

GraphExportOptions CircuitPage::pictureOptions(GraphExportOptions::What what) const
{
    GraphExportOptions options;
    options.what = what;
    options.showsErrors = m_tools->areErrorsShown();
    options.palette = lightPalette(); // for paper
    const bool isComparison = view() == View::Compare && m_compare->comparison();
    options.visible = (isComparison ? m_compare->canvas() : m_canvas)->visibleScene();
    options.positions = m_subgraph->positions();
    return options;
}

core::Result<void> CircuitPage::exportTo(
    const QString& path, GraphExportOptions::What what, double scale) const
{
    GraphExportOptions options = pictureOptions(what);
    options.scale = scale;
    return exportGraph(pictured(), path, options);
}

QString CircuitPage::askPath(const QString& title, const QString& name, const QString& filter)
{
    QString path = QFileDialog::getSaveFileName(this, title, name, filter);
    if (!path.isEmpty() && QFileInfo(path).suffix().isEmpty())
        path += QLatin1Char('.') + QFileInfo(name).suffix();
    return path;
}

void CircuitPage::exportPicture()
{
    const bool isComparison = view() == View::Compare && m_compare->comparison();
    auto* dialog = new CircuitPictureDialog(
        !isComparison && !m_subgraph->isEmpty(), m_tools->areErrorsShown(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (view() == View::Subgraph && !m_subgraph->isEmpty())
        dialog->setWhat(GraphExportOptions::What::Subgraph);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        GraphExportOptions options = pictureOptions(dialog->what());
        options.scale = dialog->scale();
        options.showsErrors = dialog->showsErrors();
        if (dialog->isForClipboard())
            return copyPicture(options);
        const QString suffix = dialog->suffix();
        const QString path
            = askPath(tr("Save the graph as a picture"), QStringLiteral("circuit.") + suffix,
                tr("%1 pictures (*.%2)").arg(suffix.toUpper(), suffix));
        if (path.isEmpty())
            return;
        if (const auto written = exportGraph(pictured(), path, options); !written)
            m_messages->showError(toQString(written.error().message));
        else
            m_messages->showMessage(MessageBar::Kind::Info, tr("Saved as %1").arg(path));
    });
    dialog->open();
}

void CircuitPage::copyPicture(const GraphExportOptions& options)
{
    if (!pictured())
        return;
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("circuit.png"));
    if (const auto written = exportGraph(pictured(), path, options); !written)
        return m_messages->showError(toQString(written.error().message));
    QGuiApplication::clipboard()->setImage(QImage(path));
    m_messages->showMessage(MessageBar::Kind::Info, tr("The picture is on the clipboard."));
}

void CircuitPage::saveGraph()
{
    if (!m_graph)
        return;
    const QString path = askPath(
        tr("Save the graph"), QStringLiteral("circuit.json"), tr("Attribution graphs (*.json)"));
    if (!path.isEmpty())
        m_session->saveGraph(m_graph, path);
}

void CircuitPage::saveMatrix()
{
    if (!m_source || m_source->id == 0)
        return;
    const QString path = askPath(tr("Save the unpruned matrix"),
        QStringLiteral("circuit.safetensors"), tr("Tensors (*.safetensors)"));
    if (!path.isEmpty())
        m_session->saveMatrix(m_source->id, path);
}

void CircuitPage::saveNodeTable()
{
    if (!m_graph)
        return;
    const QString path = askPath(
        tr("Save the nodes as a table"), QStringLiteral("circuit.csv"), tr("Tables (*.csv)"));
    if (!path.isEmpty())
        m_session->saveNodeTable(m_graph, path);
}

void CircuitPage::openGraph()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open a graph"), {}, tr("Attribution graphs (*.json)"));
    if (!path.isEmpty())
        m_session->loadGraph(path);
}

} // namespace ui
