#include "core/engine/analysis.h"
#include "core/engine/engine_impl.h"
#include "core/engine/feature_rows.h"
#include "core/engine/quality.h"

namespace core {

void EngineImpl::analyze(AnalyzeRequest request, Reply<PromptAnalysis> reply)
{
    post<PromptAnalysis>(m_engineThread, Lane::Interactive, "analyze", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<PromptAnalysis> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return analyzePrompt(**model, request, rows.lookup(), stop);
        });
}

void EngineImpl::architecture(ArchitectureRequest request, Reply<ArchitectureView> reply)
{
    post<ArchitectureView>(m_engineThread, Lane::Interactive, "architecture", std::move(reply),
        [this, request = std::move(request)](std::stop_token stop) -> Result<ArchitectureView> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            const FeatureRows rows(m_workspace, WorkspaceAccess::Thread::Engine);
            return viewArchitecture(**model, request, rows.lookup(), stop);
        });
}

void EngineImpl::evaluate(std::string dictionary, std::string text, Reply<DictionaryQuality> reply)
{
    post<DictionaryQuality>(m_engineThread, Lane::Interactive, "evaluate", std::move(reply),
        [this, dictionary = std::move(dictionary), text = std::move(text)](
            std::stop_token stop) -> Result<DictionaryQuality> {
            auto model = loaded();
            if (!model)
                return fail(model.error());
            auto found = m_model.dictionary(dictionary);
            if (!found)
                return fail(found.error());
            auto corpus = tokenCorpusFromText(**model, text);
            if (!corpus)
                return fail(corpus.error());
            return measureQuality(**model, **found, *corpus, 0, progressFor("evaluate"), stop);
        });
}

} // namespace core
