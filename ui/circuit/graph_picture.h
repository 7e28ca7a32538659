#pragma once

#include "ui/circuit/canvas/graph_export.h"

#include <memory>

namespace ui {

/// What a view of the Circuit page gives for a picture.
struct GraphPicture {
    std::shared_ptr<const core::AttributionGraph> graph; ///< Null: there is none.
    GraphExportOptions options; ///< As it is looked at now, in colours for paper.
    bool hasSubgraph = false;
};

} // namespace ui
