#pragma once

#include "core/api/check_graph.h"
#include "ui/shared/row_model.h"

#include <QCoreApplication>

namespace ui {

/// How well a graph predicts what changes in later layers, by how many layers later.
class CheckDistanceModel : public RowModel<core::PerturbationCheck::Distance> {
    Q_DECLARE_TR_FUNCTIONS(CheckDistanceModel)
public:
    enum Column { Layers, Cosine, Size, Features };

    explicit CheckDistanceModel(QObject* parent = nullptr);
};

} // namespace ui
