#include "core/engine/analysis.h"
#include "core/engine/builtin_paths.h"
#include "core/engine/feature_rows.h"
#include "core/engine/harvest_work.h"
#include "core/engine/job_support.h"
#include "core/engine/quality.h"
#include "core/engine/workspace_setup.h"
#include "core/features/feature_cards.h"
#include "core/features/label_files.h"
#include "core/features/search.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"

namespace core {

namespace {

Result<std::shared_ptr<const Dictionary>> theOnly(
    const Result<Dictionaries>& opened, const std::string& path)
{
    if (!opened)
        return fail(opened.error());
    if (opened->size() == 1)
        return opened->front();
    std::string names;
    for (const auto& dictionary : *opened)
        names += (names.empty() ? "" : ", ") + dictionary->config().name;
    return fail(
        Error::Code::Unsupported, path + ": holds several dictionaries (" + names + "). Name one.");
}

/// The activations to encode: a tensor of a file, or what the model computes at the dictionary's
/// hook.
Result<at::Tensor> encodeInput(
    const EncodeRequest& request, const Dictionary& dictionary, const JobControl& control)
{
    const DictionaryConfig& config = dictionary.config();
    if (!request.inputFile.empty()) {
        auto tensors = loadTensors(request.inputFile);
        if (!tensors)
            return fail(tensors.error());
        const auto found = tensors->find(request.inputTensor);
        if (found == tensors->end())
            return fail(Error::Code::NotFound,
                request.inputFile + ": there is no tensor `" + request.inputTensor + "`.");
        return found->second.to(at::kFloat);
    }
    if (request.model.empty())
        return fail(Error::Code::Unsupported, "--text needs --model, the model that reads it.");
    auto model = loadForJob(request.model, control);
    if (!model)
        return fail(model.error());
    if (auto fits = fitsModel(config, model->transformer->config()); !fits)
        return fail(fits.error());
    auto prompt = promptFromText(*model, request.text);
    if (!prompt)
        return fail(prompt.error());
    auto run = runWithCache(*model->transformer, prompt->tensor(), {config.hookIn});
    if (!run)
        return fail(run.error());
    return run->cache.at(config.hookIn)[0];
}

} // namespace

Result<std::vector<DictionaryInfo>> inspectDictionaries(
    const std::string& path, const JobControl& control)
{
    return guarded([&]() -> Result<std::vector<DictionaryInfo>> {
        auto opened = openDictionariesAt(path, control.resources);
        if (!opened)
            return fail(opened.error());
        std::vector<DictionaryInfo> infos;
        for (const auto& dictionary : *opened)
            infos.push_back(describe(*dictionary, {}));
        return infos;
    });
}

Result<EncodeSummary> encodeJob(const EncodeRequest& request, const JobControl& control)
{
    return guarded([&]() -> Result<EncodeSummary> {
        auto dictionary = theOnly(
            openDictionariesAt(request.dictionary, control.resources), request.dictionary);
        if (!dictionary)
            return fail(dictionary.error());
        auto x = encodeInput(request, **dictionary, control);
        if (!x)
            return fail(x.error());
        const DictionaryConfig& config = (*dictionary)->config();
        const std::int64_t width
            = config.flattensHeads && x->dim() > 1 ? x->size(-1) * x->size(-2) : x->size(-1);
        if (x->dim() == 0 || (x->size(-1) != config.d_in && width != config.d_in))
            return fail(Error::Code::InvalidFile,
                "The activations are " + std::to_string(x->dim() == 0 ? 0 : x->size(-1))
                    + " wide and " + config.name + " reads " + std::to_string(config.d_in)
                    + " (d_in). They belong to another model or hook point.");
        const Encoding encoding = (*dictionary)->encode(*x);
        const at::Tensor rebuilt = (*dictionary)->decode(encoding.feature_acts, *x);
        if (auto saved = saveTensors(request.out,
                {{"feature_acts", encoding.feature_acts.contiguous()},
                    {"reconstruction", rebuilt.contiguous()},
                    {"sae_in", encoding.sae_in.contiguous()}});
            !saved)
            return fail(saved.error());
        EncodeSummary summary;
        summary.vectors = encoding.feature_acts.numel() / config.d_sae;
        summary.l0 = (encoding.feature_acts > 0).to(at::kDouble).sum(-1).mean().item<double>();
        if (!config.isTranscoder) {
            const at::Tensor flat = x->reshape({-1, config.d_in});
            const at::Tensor error = (flat - rebuilt.reshape({-1, config.d_in})).square().sum();
            summary.fvu = (error / (flat - flat.mean(0)).square().sum()).item<double>();
        }
        return summary;
    });
}

Result<std::vector<DictionaryQuality>> evaluateJob(const std::string& model,
    const std::string& dictionary, const std::string& corpus, std::int64_t tokens,
    const JobControl& control)
{
    return guarded([&]() -> Result<std::vector<DictionaryQuality>> {
        auto loaded = loadForJob(model, {dictionary}, control);
        if (!loaded)
            return fail(loaded.error());
        auto text = tokenCorpusFromFile(*loaded, corpus, tokens);
        if (!text)
            return fail(text.error());
        std::vector<DictionaryQuality> all;
        for (const auto& one : loaded->dictionaries) {
            auto quality
                = measureQuality(*loaded, *one, *text, tokens, control.progress, control.stop);
            if (!quality)
                return fail(quality.error());
            all.push_back(*quality);
        }
        return all;
    });
}

Result<HarvestSummary> harvestJob(const HarvestJob& job, const JobControl& control)
{
    return guarded([&]() -> Result<HarvestSummary> {
        auto loaded = loadForJob(job.model, job.dictionaries, control);
        if (!loaded)
            return fail(loaded.error());
        auto writer = WorkspaceWriter::open(job.workspace);
        if (!writer)
            return fail(writer.error());
        if (auto infos = registerInWorkspace(job.workspace, *loaded); !infos)
            return fail(infos.error());
        return harvestInto(**writer, *loaded, loaded->dictionaries, job.corpus, job.tokens,
            control.progress, control.stop);
    });
}

namespace {

/// Opens a workspace that must exist: a mistyped name must not make an empty file.
Result<std::unique_ptr<WorkspaceReader>> existingWorkspace(
    const std::string& name, const JobControl& control)
{
    auto path = workspaceForJob(name, control);
    if (!path)
        return fail(path.error());
    return WorkspaceReader::open(*path);
}

Result<std::unique_ptr<WorkspaceWriter>> existingWorkspaceToWrite(
    const std::string& name, const JobControl& control)
{
    auto reader = existingWorkspace(name, control);
    if (!reader)
        return fail(reader.error());
    return WorkspaceWriter::open((*reader)->path());
}

} // namespace

Result<std::vector<SearchHit>> searchJob(const std::string& workspace, const std::string& query,
    int layer, int limit, const JobControl& control)
{
    return guarded([&]() -> Result<std::vector<SearchHit>> {
        auto reader = existingWorkspace(workspace, control);
        if (!reader)
            return fail(reader.error());
        SearchQuery search{query, {}, limit};
        if (layer >= 0) {
            auto dictionaries = (*reader)->dictionaries();
            if (!dictionaries)
                return fail(dictionaries.error());
            for (const StoredDictionary& dictionary : *dictionaries)
                if (dictionary.layer.value == layer)
                    search.dictionaries.push_back(dictionary.name);
            if (search.dictionaries.empty())
                return fail(Error::Code::NotFound,
                    "--layer " + std::to_string(layer)
                        + ": the workspace has no dictionary of that layer.");
        }
        auto hits = searchFeatures(**reader, search, control.stop);
        if (!hits)
            return fail(hits.error());
        return hits->hits;
    });
}

Result<std::vector<FeatureOnText>> featuresByTextJob(const std::string& model,
    const std::string& dictionary, const std::string& text, const std::string& against, int limit,
    const JobControl& control)
{
    return guarded([&]() -> Result<std::vector<FeatureOnText>> {
        auto loaded = loadForJob(model, {dictionary}, control);
        if (!loaded)
            return fail(loaded.error());
        return featuresOnText(*loaded, loaded->dictionaries, text, against, limit, control.stop);
    });
}

Result<FeatureCard> featureCardJob(
    const std::string& workspace, const FeatureRef& feature, const JobControl& control)
{
    return guarded([&]() -> Result<FeatureCard> {
        auto reader = existingWorkspace(workspace, control);
        if (!reader)
            return fail(reader.error());
        return featureCard(**reader, feature);
    });
}

Result<void> labelJob(const std::string& workspace, const FeatureRef& feature,
    const std::string& text, const JobControl& control)
{
    return guarded([&]() -> Result<void> {
        auto writer = existingWorkspaceToWrite(workspace, control);
        if (!writer)
            return fail(writer.error());
        Label label;
        label.text = text;
        if (auto row = setFeatureLabel(**writer, feature, label); !row)
            return fail(row.error());
        return {};
    });
}

Result<std::int64_t> exportLabelsJob(
    const std::string& workspace, const std::string& file, const JobControl& control)
{
    return guarded([&]() -> Result<std::int64_t> {
        auto writer = existingWorkspaceToWrite(workspace, control);
        if (!writer)
            return fail(writer.error());
        auto labels = (*writer)->personLabels();
        if (!labels)
            return fail(labels.error());
        if (auto written = writeLabels(*labels, file); !written)
            return fail(written.error());
        return static_cast<std::int64_t>(labels->size());
    });
}

Result<std::int64_t> importLabelsJob(
    const std::string& workspace, const std::string& file, const JobControl& control)
{
    return guarded([&]() -> Result<std::int64_t> {
        auto reader = existingWorkspace(workspace, control);
        if (!reader)
            return fail(reader.error());
        auto dictionaries = (*reader)->dictionaries();
        if (!dictionaries)
            return fail(dictionaries.error());
        auto labels = readLabels(file, *dictionaries);
        if (!labels)
            return fail(labels.error());
        auto writer = WorkspaceWriter::open((*reader)->path());
        if (!writer)
            return fail(writer.error());
        return (*writer)->importLabels(*labels);
    });
}

} // namespace core
