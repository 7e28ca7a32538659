#pragma once

#include "core/api/intervene.h"

#include <QWidget>

class QComboBox;
class QSpinBox;

namespace ui {

/// How interventions are run: what attention does, which layers are held, how much is written.
class InterventionOptions : public QWidget {
    Q_OBJECT
public:
    explicit InterventionOptions(QWidget* parent = nullptr);

    void setLayers(int count);
    void fill(core::InterveneRequest& request) const;

private:
    QSpinBox* makeLayer(const char* name, const QString& what, const QString& tip);

    QComboBox* m_attention;
    QSpinBox* m_first;
    QSpinBox* m_last;
    QSpinBox* m_generate;
};

} // namespace ui
