#include "core/model/architectures.h"
#include "core/model/attention.h"
#include "core/model/tensor_io.h"
#include "core/model/transformer.h"
#include "core/model/weight_files.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

/// As GPT-2 starts: deviation 0.02, the matrices that write to the residual stream smaller with
/// depth.
void initialise(const WeightSlot& slot, const ModelConfig& config, const at::Generator& generator)
{
    constexpr double kDeviation = 0.02;
    at::Tensor& tensor = *slot.tensor;
    tensor = at::empty(slot.shape, at::kFloat);
    switch (slot.role) {
    case WeightRole::Gain:
        tensor.fill_(1.0);
        break;
    case WeightRole::Bias:
        tensor.zero_();
        break;
    case WeightRole::Embedding:
    case WeightRole::Matrix:
        tensor.normal_(0.0, kDeviation, generator);
        break;
    case WeightRole::ResidualMatrix:
        tensor.normal_(0.0, kDeviation / std::sqrt(2.0 * config.n_layers), generator);
        break;
    }
}

std::string fullName(const WeightSlot& slot, const ModelConfig& config)
{
    return (slot.hasPrefix ? std::string(findArchitecture(config.modelType)->prefix)
                           : std::string())
        + slot.name;
}

/// A matrix that is kept in another form than a Hugging Face folder would have it: int8, blocks,
/// rows of outputs where the family stores columns.
bool isKeptOtherwise(const WeightSlot& slot)
{
    return slot.linear
        && (slot.linear->scales.defined() || slot.linear->blocks
            || slot.linear->isInOut != slot.isInOut);
}

/// The numbers of a slot as a folder has them, whatever form they are kept in.
at::Tensor valuesOf(const WeightSlot& slot)
{
    if (!slot.linear)
        return *slot.tensor;
    const at::Tensor values = slot.linear->values();
    return slot.linear->isInOut != slot.isInOut ? values.t() : values;
}

std::shared_ptr<const RunTables> makeTables(const ModelConfig& config)
{
    auto tables = std::make_shared<RunTables>();
    const int dims = config.rotaryDims > 0 ? config.rotaryDims : config.d_head;
    if (config.hasRotary) {
        tables->rotary = Rotary(config.rotary, dims);
        tables->localRotary = Rotary(config.localRotary.value_or(config.rotary), dims);
    }
    return tables;
}

} // namespace

Transformer::Transformer(const ModelConfig& config)
    : m_config(config)
    , m_tables(makeTables(config))
{
}

Result<std::shared_ptr<Transformer>> Transformer::open(const std::filesystem::path& folder,
    const ProgressFn& progress, std::stop_token stop, const Precision& precision)
{
    const auto config = ModelConfig::read(folder);
    if (!config)
        return fail(config.error());
    auto model = std::shared_ptr<Transformer>(new Transformer(*config));
    model->m_precision = precision;
    if (auto read
        = readWeights(folder, model->m_config, precision, model->m_weights, progress, stop);
        !read)
        return fail(read.error());
    return model;
}

std::shared_ptr<Transformer> Transformer::create(const ModelConfig& config, std::uint64_t seed)
{
    const c10::InferenceMode noInference(false);
    const at::NoGradGuard noGrad;
    auto model = std::shared_ptr<Transformer>(new Transformer(config));
    const at::Generator generator = at::detail::createCPUGenerator(seed);
    for (const WeightSlot& slot : weightSlots(config, model->m_weights))
        initialise(slot, config, generator);
    bindSharedWeights(config, model->m_weights);
    return model;
}

std::shared_ptr<Transformer> Transformer::copyTo(
    const at::TensorOptions& options, bool isTrainable) const
{
    const c10::InferenceMode noInference(false);
    const at::NoGradGuard noGrad;
    auto copy = std::shared_ptr<Transformer>(new Transformer(m_config));
    copy->m_precision.device = options.has_device() ? options.device() : device();
    copy->m_precision.compute
        = options.has_dtype() ? c10::typeMetaToScalarType(options.dtype()) : at::kFloat;
    TransformerWeights source = m_weights; // Handles only.
    const auto from = weightSlots(m_config, source);
    const auto to = weightSlots(m_config, copy->m_weights);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const at::Tensor wide = valuesOf(from[i]).detach();
        const auto form = at::TensorOptions(copy->device()).dtype(copy->m_precision.compute);
        *to[i].tensor = wide.to(form, false, /*copy=*/true).contiguous();
        to[i].tensor->set_requires_grad(isTrainable);
    }
    bindSharedWeights(m_config, copy->m_weights);
    return copy;
}

std::vector<std::pair<std::string, at::Tensor>> Transformer::namedWeights() const
{
    TransformerWeights handles = m_weights;
    std::vector<std::pair<std::string, at::Tensor>> named;
    for (const WeightSlot& slot : weightSlots(m_config, handles))
        named.emplace_back(
            fullName(slot, m_config), isKeptOtherwise(slot) ? valuesOf(slot) : *slot.tensor);
    return named;
}

Result<void> Transformer::save(const std::filesystem::path& folder, const std::string& dtype) const
{
    const at::NoGradGuard noGrad;
    at::ScalarType type = at::kFloat;
    if (dtype == "float16")
        type = at::kHalf;
    else if (dtype == "bfloat16")
        type = at::kBFloat16;
    else if (dtype != "float32")
        return fail(Error::Code::Unsupported,
            "Weights are saved as float32, float16 or bfloat16, not as `" + dtype + "`.");
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail(
            Error::Code::Io, folder.string() + ": cannot be created: " + error.message() + ".");
    TransformerWeights handles = m_weights;
    const auto slots = weightSlots(m_config, handles);
    auto tensors = namedWeights();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        at::Tensor& tensor = tensors[i].second;
        if (m_config.storesGainMinusOne && slots[i].role == WeightRole::Gain)
            tensor = tensor - 1.0;
        tensor = tensor.detach().to(at::kCPU, type);
    }
    if (auto saved = saveTensors(folder / "model.safetensors", tensors, {{"format", "pt"}}); !saved)
        return saved;
    ModelConfig config = m_config;
    config.dtype = dtype;
    return config.write(folder);
}

} // namespace core
