#pragma once

#include "core/api/open_model.h"
#include "core/api/prune.h"
#include "core/api/trace.h"
#include "tests/ui/support/small_graph.h"
#include "tests/ui/support/ui_test.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/circuit_page.h"
#include "ui/shared/message_bar.h"

#include <string>

namespace tests {

/// A page with a small graph traced by a FakeEngine, and its widgets by their names.
class CircuitTest : public UiTest {
protected:
    CircuitTest()
        : page(&session, &selection, nullptr)
    {
        engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
            core::EngineState state = sampleState();
            state.model.name = "city-model";
            for (const int layer : {0, 1}) {
                core::DictionaryInfo info = state.dictionaries.front();
                info.name = "transcoders/layer_" + std::to_string(layer);
                info.kind = core::DictionaryKind::Transcoder;
                info.layer = core::Layer(layer);
                state.dictionaries.push_back(info);
            }
            return state;
        };
        engine->script<core::TraceRequest>().answer = [](const core::TraceRequest& request) {
            core::AttributionGraph graph = *smallGraph();
            graph.prompt = request.prompt;
            graph.settings = request.settings;
            return graph;
        };
        // Pruning harder leaves "Dallas" (4) and what hangs on it.
        engine->script<core::PruneRequest>().answer = [](const core::PruneRequest& request) {
            core::AttributionGraph graph = *smallGraph();
            graph.settings.nodeThreshold = request.nodeThreshold;
            graph.settings.edgeThreshold = request.edgeThreshold;
            if (request.nodeThreshold < 0.5) {
                graph.nodes.erase(graph.nodes.begin() + 3);
                graph.edges = {{5, 8, 4.0f}, {3, 5, 3.0f}, {2, 3, 2.0f}};
            }
            return graph;
        };
        page.resize(1000, 800);
        page.show();
    }
    void SetUp() override
    {
        openSample();
        document().trace(QStringLiteral("capital of Dallas"));
        ASSERT_TRUE(await([this] { return page.hasGraph(); }));
    }
    template <typename T> T* find(const char* name)
    {
        return page.findChild<T*>(QLatin1String(name));
    }
    ui::CircuitDocument& document() { return *page.document(); }
    ui::CircuitCanvas* canvas() { return find<ui::CircuitCanvas>("circuitCanvas"); }
    QString error() { return page.findChild<ui::MessageBar*>()->text(); }
    const core::GraphNode& node(int index)
    {
        return document().graph()->nodes[static_cast<std::size_t>(index)];
    }

    ui::CircuitPage page;
};

} // namespace tests
