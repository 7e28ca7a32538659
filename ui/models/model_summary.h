#pragma once

#include "core/api/model_info.h"

#include <QWidget>

class QLabel;
class QProgressBar;

namespace ui {

class Notice;

/// What a model is: family, sizes, what sets it apart, tokenizer, files. Once it is loaded, also
/// how it runs and what it takes of the memory; before, the ways of opening it say that.
class ModelSummary : public QWidget {
    Q_OBJECT
public:
    explicit ModelSummary(QWidget* parent = nullptr);

    void setModel(const core::ModelInfo& info);
    QString toText() const;

private:
    QLabel* m_name;
    QLabel* m_facts;
    QProgressBar* m_memory;
    QLabel* m_cost;
    Notice* m_warning;
};

} // namespace ui
