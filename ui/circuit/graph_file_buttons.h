#pragma once

#include "ui/circuit/graph_picture.h"

#include <functional>

#include <QWidget>

class QAction;

namespace ui {

class CircuitDocument;

/// Opens graphs and saves them: as a picture, as JSON, the matrix, the nodes.
class GraphFileButtons : public QWidget {
    Q_OBJECT
public:
    /// `picture` says what is looked at now.
    GraphFileButtons(CircuitDocument* document, std::function<GraphPicture()> picture,
        QWidget* parent = nullptr);

    void updateActions();
    QAction* copyPictureAction() const { return m_copyPicture; } ///< Its keys work where it is put.

private:
    void open();
    void askForPicture();
    void savePicture(const GraphPicture& picture, const QString& suffix);
    void copyPicture(const GraphPicture& picture);
    /// Where to save, with the ending of `name` where a person gave none; empty when cancelled.
    QString askPath(const QString& title, const QString& name, const QString& filter);

    CircuitDocument* m_document;
    std::function<GraphPicture()> m_picture;
    QAction *m_savePicture, *m_copyPicture, *m_saveGraph, *m_saveMatrix, *m_saveTable;
};

} // namespace ui
