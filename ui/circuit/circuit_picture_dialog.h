#pragma once

#include "ui/circuit/canvas/graph_export.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;

namespace ui {

/// What of a graph becomes a picture, in which format and how large.
class CircuitPictureDialog : public QDialog {
    Q_OBJECT
public:
    /// `hasSubgraph`: something is pinned or grouped.
    /// `hasStory`: the subgraph was explained, and has sentences.
    CircuitPictureDialog(
        bool hasSubgraph, bool hasStory, bool showsErrors, QWidget* parent = nullptr);

    void setWhat(GraphExportOptions::What what);
    GraphExportOptions::What what() const;
    QString suffix() const; ///< "png", "svg", "pdf"
    double scale() const; ///< 0 = automatic.
    bool showsErrors() const;
    bool showsSentences() const;
    bool isForClipboard() const { return m_isForClipboard; }

private:
    void updateFields();

    QComboBox* m_what;
    QComboBox* m_format;
    QDoubleSpinBox* m_scale;
    QCheckBox* m_errors;
    QCheckBox* m_sentences;
    bool m_hasStory;
    bool m_isForClipboard = false;
};

} // namespace ui
