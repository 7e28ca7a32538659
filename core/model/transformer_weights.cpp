#include "core/model/architectures.h"
#include "core/model/attention.h"
#include "core/model/tensor_io.h"
#include "core/model/transformer.h"
#include "core/model/weight_files.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

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

std::shared_ptr<const RunTables> makeTables(const ModelConfig& config)
{
    auto tables = std::make_shared<RunTables>();
    if (config.hasRotary)
        tables->rotary = Rotary(config.rotary, config.d_head);
    return tables;
}

} // namespace

Transformer::Transformer(const ModelConfig& config)
    : m_config(config)
    , m_tables(makeTables(config))
{
}

Result<std::shared_ptr<Transformer>> Transformer::open(
    const std::filesystem::path& folder, const ProgressFn& progress, std::stop_token stop)
{
    const auto config = ModelConfig::read(folder);
    if (!config)
        return fail(config.error());
    auto model = std::shared_ptr<Transformer>(new Transformer(*config));
    if (auto read = readWeights(folder, model->m_config, model->m_weights, progress, stop); !read)
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
    TransformerWeights source = m_weights; // Handles only.
    const auto from = weightSlots(m_config, source);
    const auto to = weightSlots(m_config, copy->m_weights);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const at::Tensor& tensor = *from[i].tensor;
        *to[i].tensor
            = tensor.detach().to(tensor.options().merge_in(options), false, true).contiguous();
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
        named.emplace_back(fullName(slot, m_config), *slot.tensor);
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
    auto tensors = namedWeights();
    for (auto& [name, tensor] : tensors)
        tensor = tensor.detach().to(type);
    if (auto saved = saveTensors(folder / "model.safetensors", tensors, {{"format", "pt"}}); !saved)
        return saved;
    ModelConfig config = m_config;
    config.dtype = dtype;
    return config.write(folder);
}

} // namespace core
