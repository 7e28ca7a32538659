#include "core/engine/model_folder.h"

#include "core/base/log.h"
#include "core/engine/missing_tokenizer.h"
#include "core/engine/model_parts.h"
#include "core/files/gguf_split.h"
#include "core/model/resources.h"
#include "core/model/thread_choice.h"
#include "core/model/weight_files.h"
#include "core/text/chat_template.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <map>

namespace core {

namespace {

std::string dtypeText(const TensorView& view)
{
    switch (view.dtype) {
    case DType::F32:
        return "float32";
    case DType::F16:
        return "float16";
    case DType::BF16:
        return "bfloat16";
    default:
        return std::string(view.typeName());
    }
}

/// The type of most bytes: files may keep norms in another than the matrices.
std::string storedDtype(const StoredWeights& stored)
{
    std::map<std::string, std::size_t> bytes;
    for (const StoredWeight& weight : stored.list)
        bytes[dtypeText(*weight.view)] += weight.view->bytes.size();
    const auto most = std::max_element(bytes.begin(), bytes.end(),
        [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == bytes.end() ? "float32" : most->first;
}

std::string noteOf(const MemoryNeed& need, const std::string& stored)
{
    const std::string where = need.converted == 0 ? "weights stay in their files"
        : need.mapped > need.converted            ? "most weights stay in their files"
                                                  : "weights are copied";
    if (need.precision.weights == WeightForm::Int8)
        return where + ", rounded to 8 bits: see the self-check";
    const bool isExact
        = need.precision.weights == WeightForm::AsStored || need.precision.dtypeName() == stored;
    const bool computesInHalf = need.precision.compute != c10::kFloat;
    return where + (isExact ? ", exact" : ", rounded to 16 bits")
        + (computesInHalf ? ", computed in 16 bits" : "");
}

MemoryCost costOf(const MemoryNeed& need, const std::string& stored)
{
    MemoryCost cost;
    cost.device = need.precision.deviceName();
    cost.dtype = need.precision.dtypeName();
    cost.mappedBytes = need.mapped;
    cost.weightBytes = need.converted;
    cost.kvCacheBytes = need.kvCache;
    cost.activationBytes = need.activations;
    cost.freeBytes = need.free;
    cost.fits = need.fits();
    cost.note = noteOf(need, stored);
    return cost;
}

/// The folder's tokenizer, or what stands in its place; `info` gets what there is to say.
std::shared_ptr<const Tokenizer> openTokenizer(const std::filesystem::path& folder, ModelInfo& info)
{
    auto tokenizer = Tokenizer::open(folder);
    if (!tokenizer) {
        info.tokenizerProblem = tokenizer.error().message;
        return std::make_shared<MissingTokenizer>(info.d_vocab, info.tokenizerProblem);
    }
    info.tokenizerType = (*tokenizer)->typeName();
    info.tokenizerSize = (*tokenizer)->size();
    if (const auto chat = ChatTemplate::open(folder))
        info.hasChatTemplate = *chat != nullptr;
    return *tokenizer;
}

Result<ModelInfo> inspect(const std::filesystem::path& given, const Precision& precision,
    std::shared_ptr<const Tokenizer>& tokenizer)
{
    const auto found = ggufModelIn(given);
    if (!found)
        return fail(found.error());
    const std::filesystem::path& folder = *found;
    auto config = ModelConfig::read(folder);
    if (!config)
        return fail(config.error());
    TransformerWeights weights;
    const auto stored = findWeights(folder, *config, weights);
    if (!stored)
        return fail(stored.error());

    ModelInfo info;
    info.path = folder.string();
    info.name = config->name;
    info.modelType = config->modelType;
    info.parts = modelParts(*config);
    info.warnings = stored->notes;
    info.n_layers = config->n_layers;
    info.d_model = config->d_model;
    info.n_heads = config->n_heads;
    info.n_key_value_heads = config->n_key_value_heads;
    info.d_head = config->d_head;
    info.d_mlp = config->d_mlp;
    info.d_vocab = config->d_vocab;
    info.n_ctx = config->n_ctx;
    info.dtype = storedDtype(*stored);
    info.parameters = parameterCount(*config);
    info.bytes = static_cast<std::int64_t>(stored->files->totalBytes());
    info.device = precision.deviceName();
    info.computeDtype = precision.dtypeName();
    info.freeBytes = freeBytesOn(precision.device);
    info.threads = poolThreads();
    for (const MemoryNeed& need : memoryNeeds(*stored, *config)) {
        info.costs.push_back(costOf(need, info.dtype));
        const MemoryCost& cost = info.costs.back();
        if (cost.device == info.device && cost.dtype == info.computeDtype)
            info.estimateBytes = cost.total();
    }
    tokenizer = openTokenizer(folder, info);
    return info;
}

} // namespace

Result<ModelInfo> inspectModelFolder(
    const std::filesystem::path& folder, const Precision& precision)
{
    std::shared_ptr<const Tokenizer> tokenizer;
    return inspect(folder, precision, tokenizer);
}

Result<LoadedModel> loadModelFolder(const std::filesystem::path& folder, const Precision& precision,
    const ProgressFn& progress, std::stop_token stop)
{
    LoadedModel model;
    auto info = inspect(folder, precision, model.tokenizer);
    if (!info)
        return fail(info.error());
    auto transformer = Transformer::open(info->path, progress, stop, precision);
    if (!transformer)
        return fail(transformer.error());
    for (const std::string& warning : info->warnings)
        logWarning("{}", warning);
    model.info = std::move(*info);
    model.info.isLoaded = true;
    model.transformer = std::move(*transformer);
    return model;
}

} // namespace core
