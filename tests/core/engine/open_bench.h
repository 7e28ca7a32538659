#pragma once

#include "core/api/add_dictionaries.h"
#include "core/api/engine.h"
#include "core/api/open_model.h"
#include "core/engine/request_table.h"
#include "tests/core/engine/tiny_workbench.h"

#include <stop_token>
#include <string>
#include <vector>

namespace tests {

/// The tiny model with its SAE and transcoders open, without the engine's threads: the work of a
/// request runs at once, on the test's own thread.
class OpenBench {
public:
    explicit OpenBench(const std::string& device = "cpu", const std::string& dtype = "float32")
        : m_bench(options(device, dtype))
    {
        expect(run(core::OpenModelRequest{files.model().string()}));
        for (const auto& path : {files.transcoders(), files.sae()})
            expect(run(core::AddDictionariesRequest{path.string()}));
    }

    const core::LoadedModel& model() const { return **m_bench.model(); }
    core::Workbench& bench() { return m_bench; }

    template <core::Request R>
    core::Result<typename R::Answer> run(
        const R& request, std::stop_token stop = {},
        const core::ProgressFn& progress = [](const core::Progress&) {})
    {
        core::Context context{m_bench, core::WorkspaceAccess::Thread::Engine, stop, progress, {}};
        auto answer = core::findWork(R::kName)->run(&request, context);
        if (!answer)
            return core::fail(answer.error());
        return *std::static_pointer_cast<const typename R::Answer>(*answer);
    }

    const TinyWorkbench files;

private:
    core::Engine::Options options(const std::string& device, const std::string& dtype) const
    {
        core::Engine::Options options;
        options.resources = files.file("resources").string();
        options.dataFolder = files.file("data").string();
        options.device = device;
        options.dtype = dtype;
        return options;
    }
    template <typename T> static void expect(const core::Result<T>& result)
    {
        if (!result)
            throw std::runtime_error(result.error().message);
    }

    core::Workbench m_bench;
};

} // namespace tests
