#pragma once

#include "core/api/training_settings.h"

#include <optional>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLineEdit;

namespace ui {

/// Which text: what the model writes itself, or a file or folder; of .jsonl also the field; how
/// much of it is held out, and where its activations lie.
class TextChoice : public QWidget {
    Q_OBJECT
public:
    explicit TextChoice(QWidget* parent = nullptr);

    /// Without how much of it; nothing while a file is to be chosen.
    std::optional<core::TrainingText> text() const;
    void setText(const core::TrainingText& text);

Q_SIGNALS:
    void changed();

private:
    void showWhatApplies();

    QComboBox* m_source;
    QWidget* m_file;
    QLineEdit* m_path;
    QWidget* m_lines;
    QLineEdit* m_field;
    QCheckBox* m_mixes;
    QDoubleSpinBox* m_heldOut;
    QCheckBox* m_isCached;
};

} // namespace ui
