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
#include "core/files/tensor_file.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"

#include <algorithm>

namespace core {

namespace {

Result<std::shared_ptr<const Dictionary>> theOnly(
    const Result<Dictionaries>& opened, const std::string& path)
{
    if (!opened)
        return fail(opened.error());
    if (opened->size() == 1)
        return opened->front();
    std::error_code ignored;
    for (const auto& dictionary : *opened) // a file of a set names one of them
        if (std::filesystem::is_regular_file(path, ignored)
            && std::filesystem::equivalent(dictionary->config().path, path, ignored))
            return dictionary;
    std::string names;
    for (const auto& dictionary : *opened)
        names += (names.empty() ? "" : ", ") + dictionary->config().name;
    return fail(
        Error::Code::Unsupported, path + ": holds several dictionaries (" + names + "). Name one.");
}

/// What a dictionary reads, and what it should rebuild where that is known.
struct EncodeInput {
    at::Tensor x, target;
};

Result<EncodeInput> inputFromFile(const EncodeRequest& request, const Dictionary& dictionary)
{
    const auto file = TensorFile::open(request.inputFile);
    if (!file)
        return fail(file.error());
    const TensorView* const view = (*file)->find(request.inputTensor);
    if (!view) {
        std::string names;
        constexpr std::size_t kShown = 12;
        for (std::size_t i = 0; i < std::min(kShown, (*file)->tensors().size()); ++i)
            names += (i == 0 ? "" : ", ") + (*file)->tensors()[i].name;
        return fail(Error::Code::NotFound,
            request.inputFile + ": there is no tensor `" + request.inputTensor
                + "`. There are: " + (names.empty() ? "none" : names)
                + ((*file)->tensors().size() > kShown ? ", ..." : "") + ".");
    }
    auto tensor = toTensor(*view, (*file)->owner());
    if (!tensor)
        return fail(tensor.error());
    const at::Tensor x = tensor->to(at::kFloat);
    const DictionaryConfig& config = dictionary.config();
    const std::int64_t last = x.dim() > 0 ? x.size(-1) : 0;
    const bool isHeads = config.flattensHeads && x.dim() > 1 && last * x.size(-2) == config.d_in;
    if (x.numel() == 0 || (last != config.d_in && !isHeads))
        return fail(Error::Code::InvalidFile,
            request.inputFile + ": `" + request.inputTensor + "` is " + std::to_string(last)
                + " wide and " + config.name + " reads " + std::to_string(config.d_in)
                + " (d_in). It belongs to another model or hook point.");
    return EncodeInput{x, config.isTranscoder ? at::Tensor() : dictionary.target(x)};
}

Result<EncodeInput> inputFromText(
    const EncodeRequest& request, const Dictionary& dictionary, const JobControl& control)
{
    const DictionaryConfig& config = dictionary.config();
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
    ForwardOptions options;
    options.stop = control.stop;
    auto run = runWithCache(*model->transformer, prompt->tensor(model->transformer->device()),
        {config.hookIn, config.hookOut}, {}, options);
    if (!run)
        return fail(run.error());
    const auto read
        = [&](HookPoint point) { return run->cache.at(point)[0].to(at::kCPU, at::kFloat); };
    // One layer of a cross-layer transcoder writes only a part of its own layer's output.
    return EncodeInput{read(config.hookIn),
        config.isCrossLayer ? at::Tensor() : dictionary.target(read(config.hookOut))};
}

/// Squared error over the squared distance from the mean; none for a single vector.
std::optional<double> unexplained(const at::Tensor& target, const at::Tensor& rebuilt)
{
    const std::int64_t width = target.size(-1);
    const at::Tensor y = target.reshape({-1, width}).to(at::kDouble);
    const double spread = (y - y.mean(0)).square().sum().item<double>();
    if (y.size(0) < 2 || spread <= 0.0)
        return std::nullopt;
    return (y - rebuilt.reshape({-1, width})).square().sum().item<double>() / spread;
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
            infos.push_back(describe(*dictionary, nullptr));
        return infos;
    });
}

Result<EncodeSummary> encodeJob(const EncodeRequest& request, const JobControl& control)
{
    return guarded([&]() -> Result<EncodeSummary> {
        const at::NoGradGuard noGrad;
        useTorchThreads(control);
        auto opened = theOnly(
            openDictionariesAt(request.dictionary, control.resources), request.dictionary);
        if (!opened)
            return fail(opened.error());
        const bool isFile = !request.inputFile.empty();
        // Vectors of a file are what a dictionary is given after its model's own preparation.
        const std::shared_ptr<const Dictionary> dictionary
            = isFile ? (*opened)->withoutCentring() : *opened;
        auto input = isFile ? inputFromFile(request, *dictionary)
                            : inputFromText(request, *dictionary, control);
        if (!input)
            return fail(input.error());
        if (control.stop.stop_requested())
            return cancelled();
        const Encoding encoding = dictionary->encode(input->x);
        const at::Tensor rebuilt = dictionary->decode(encoding.feature_acts, input->x);
        if (auto saved = saveTensors(request.out,
                {{"feature_acts", encoding.feature_acts.contiguous()},
                    {"reconstruction", rebuilt.contiguous()},
                    {"sae_in", encoding.sae_in.contiguous()}});
            !saved)
            return fail(saved.error());
        EncodeSummary summary;
        summary.vectors = encoding.feature_acts.numel() / dictionary->config().d_sae;
        summary.l0 = encoding.feature_acts.ne(0).to(at::kDouble).sum(-1).mean().item<double>();
        if (input->target.defined())
            summary.fvu = unexplained(input->target, dictionary->target(rebuilt));
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
