#include "core/training/adam.h"

#include "core/training/vector_kernels.h"

#include <cmath>

#include <ATen/Parallel.h>
#include <fmt/format.h>

namespace core {

namespace {

// One chunk per task: long enough to amortise the start, short enough to balance two cores.
constexpr std::int64_t kChunk = 1 << 14;

double squaredNorm(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.contiguous();
    const float* data = flat.data_ptr<float>();
    const std::int64_t n = flat.numel();
    std::vector<double> sums(static_cast<std::size_t>((n + kChunk - 1) / kChunk), 0.0);
    at::parallel_for(
        0, static_cast<std::int64_t>(sums.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t chunk = begin; chunk < end; ++chunk) {
                const std::int64_t first = chunk * kChunk, last = std::min(n, first + kChunk);
                double sum = 0.0;
                // Runs of 256 in float, because a float sum of squares that short loses nothing
                // that matters.
                for (std::int64_t i = first; i < last; i += 256) {
                    const auto length
                        = static_cast<std::size_t>(std::min<std::int64_t>(256, last - i));
                    sum += static_cast<double>(dot(data + i, data + i, length));
                }
                sums[static_cast<std::size_t>(chunk)] = sum;
            }
        });
    double total = 0.0;
    for (const double sum : sums)
        total += sum;
    return total;
}

} // namespace

double globalNorm(const std::vector<at::Tensor>& tensors)
{
    double total = 0.0;
    for (const at::Tensor& tensor : tensors)
        if (tensor.defined())
            total += squaredNorm(tensor);
    return std::sqrt(total);
}

Adam::Adam(AdamOptions options, std::vector<Parameter> parameters)
    : m_options(options)
    , m_parameters(std::move(parameters))
{
    for (const Parameter& parameter : m_parameters) {
        TORCH_CHECK(parameter.value.is_contiguous() && parameter.value.scalar_type() == at::kFloat,
            "Adam: parameter `", parameter.name, "` must be contiguous float32");
        m_m.push_back(at::zeros(parameter.value.sizes(), at::kFloat));
        m_v.push_back(at::zeros(parameter.value.sizes(), at::kFloat));
    }
}

double Adam::step(const std::vector<at::Tensor>& gradients, double lr)
{
    TORCH_CHECK(gradients.size() == m_parameters.size(), "Adam: one gradient per parameter");
    const double norm = globalNorm(gradients);
    if (!std::isfinite(norm))
        return norm;
    ++m_steps;
    const double correction1 = 1.0 - std::pow(m_options.beta1, static_cast<double>(m_steps));
    const double correction2 = 1.0 - std::pow(m_options.beta2, static_cast<double>(m_steps));
    const bool isClipped = m_options.maxGradNorm > 0.0 && norm > m_options.maxGradNorm;
    for (std::size_t p = 0; p < m_parameters.size(); ++p) {
        if (!gradients[p].defined())
            continue;
        const double decay = m_parameters[p].decays ? m_options.weightDecay : 0.0;
        const AdamConstants constants{
            .beta1 = static_cast<float>(m_options.beta1),
            .beta2 = static_cast<float>(m_options.beta2),
            .gradientScale = isClipped ? static_cast<float>(m_options.maxGradNorm / norm) : 1.0f,
            .stepSize = static_cast<float>(lr / correction1),
            .inverseRootCorrection = static_cast<float>(1.0 / std::sqrt(correction2)),
            .epsilon = static_cast<float>(m_options.epsilon),
            .decay = static_cast<float>(1.0 - lr * decay),
        };
        const at::Tensor gradient = gradients[p].contiguous();
        float* value = m_parameters[p].value.data_ptr<float>();
        float* m = m_m[p].data_ptr<float>();
        float* v = m_v[p].data_ptr<float>();
        const float* g = gradient.data_ptr<float>();
        at::parallel_for(0, gradient.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
            adamUpdate(value + begin, m + begin, v + begin, g + begin,
                static_cast<std::size_t>(end - begin), constants);
        });
    }
    return norm;
}

void Adam::resetRow(std::size_t parameter, std::int64_t row)
{
    m_m.at(parameter)[row].zero_();
    m_v.at(parameter)[row].zero_();
}

std::vector<std::pair<std::string, at::Tensor>> Adam::state() const
{
    std::vector<std::pair<std::string, at::Tensor>> state;
    for (std::size_t p = 0; p < m_parameters.size(); ++p) {
        const std::string& name = m_parameters[p].name;
        state.emplace_back("value." + name, m_parameters[p].value.detach());
        state.emplace_back("adam_m." + name, m_m[p]);
        state.emplace_back("adam_v." + name, m_v[p]);
    }
    state.emplace_back("adam_steps", at::full({1}, m_steps, at::kLong));
    return state;
}

Result<void> Adam::restore(const std::map<std::string, at::Tensor>& state, const std::string& file)
{
    const auto wanted = this->state();
    for (const auto& [name, tensor] : wanted) {
        const auto found = state.find(name);
        if (found == state.end())
            return fail(Error::Code::InvalidFile,
                fmt::format(
                    "{}: tensor `{}` is missing. The checkpoint belongs to another run; start anew "
                    "or give the run it was made by.",
                    file, name));
        if (found->second.sizes() != tensor.sizes()
            || found->second.scalar_type() != tensor.scalar_type())
            return fail(Error::Code::InvalidFile,
                fmt::format(
                    "{}: tensor `{}` has another shape or type than this run needs. The checkpoint "
                    "was made with other sizes.",
                    file, name));
    }
    for (auto [name, tensor] : wanted)
        if (name != "adam_steps")
            tensor.copy_(state.at(name));
    m_steps = state.at("adam_steps").item<std::int64_t>();
    return {};
}

} // namespace core
