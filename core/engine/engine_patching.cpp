// Patching, concepts and the swap test.
#include "core/engine/engine_impl.h"
#include "core/engine/feature_rows.h"
#include "core/engine/patch_work.h"
#include "core/engine/swap_work.h"

namespace core {

void EngineImpl::patch(PatchRequest request, Reply<PatchResult> reply)
{
    post<PatchResult>(m_engineThread, Lane::Interactive, "patch", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<PatchResult> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return patchPrompts(**model, request, rows.lookup(), progressFor("patch"), stop);
        });
}

void EngineImpl::findConcept(ConceptRequest request, Reply<ConceptFeatures> reply)
{
    post<ConceptFeatures>(m_engineThread, Lane::Interactive, "concept", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<ConceptFeatures> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return core::findConcept(**model, request, rows.lookup(), progressFor("concept"), stop);
        });
}

void EngineImpl::swapTest(SwapTestRequest request, Reply<SwapTestResult> reply)
{
    post<SwapTestResult>(m_engineThread, Lane::Interactive, "swap-test", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<SwapTestResult> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return core::swapTest(**model, request, rows.lookup(), progressFor("swap-test"), stop);
        });
}

} // namespace core
