// The pass against one written out in plain loops and double precision from the published
// equations, so that a clone without the shared fixtures proves its numbers too. Checked itself
// against Hugging Face's numbers where those are there.
#include "core/model/tensor_io.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <array>
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>; // [position][entry]

class Reference {
public:
    explicit Reference(const Transformer& model)
        : m_config(model.config())
        , m_weights(model.weights())
    {
    }

    Rows logits(const std::vector<std::int64_t>& ids) const
    {
        Rows resid;
        for (std::size_t p = 0; p < ids.size(); ++p) {
            Row row = rowOf(m_weights.W_E.weight, ids[p]);
            for (double& entry : row)
                entry *= m_config.scalesEmbedding ? std::sqrt(m_config.d_model) : 1.0;
            if (m_weights.W_pos.defined())
                row = sum(row, rowOf(m_weights.W_pos, static_cast<std::int64_t>(p)));
            resid.push_back(row);
        }
        for (int layer = 0; layer < m_config.n_layers; ++layer)
            resid = block(layer, resid);
        Rows out;
        for (const Row& row : normed(m_weights.final, resid)) {
            out.push_back(product(m_weights.W_U, row));
            for (double& entry : out.back())
                entry = capped(entry, m_config.finalSoftcap);
        }
        return out;
    }

private:
    Rows block(int layer, Rows resid) const
    {
        const BlockWeights& block = m_weights.blocks[static_cast<std::size_t>(layer)];
        Rows attention = attend(block.attention, layer, normed(block.ln1, resid));
        if (m_config.hasPostNorms)
            attention = normed(block.ln1Post, attention);
        Rows middle = resid;
        for (std::size_t p = 0; p < resid.size(); ++p)
            middle[p] = sum(resid[p], attention[p]);
        Rows mlpOut;
        for (const Row& row : normed(block.ln2, m_config.isParallel ? resid : middle))
            mlpOut.push_back(mlp(block.mlp, row));
        if (m_config.hasPostNorms)
            mlpOut = normed(block.ln2Post, mlpOut);
        for (std::size_t p = 0; p < resid.size(); ++p)
            middle[p] = sum(middle[p], mlpOut[p]);
        return middle;
    }
    static double capped(double x, double cap) { return cap > 0 ? cap * std::tanh(x / cap) : x; }
    static Row rowOf(const at::Tensor& matrix, std::int64_t index)
    {
        const at::Tensor row = matrix[index].to(at::kDouble).contiguous();
        return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
    }
    static Row sum(Row a, const Row& b)
    {
        for (std::size_t i = 0; i < a.size(); ++i)
            a[i] += b[i];
        return a;
    }
    static Row product(const Linear& linear, const Row& x)
    {
        const at::Tensor matrix
            = (linear.isInOut ? linear.weight.t() : linear.weight).to(at::kDouble).contiguous();
        Row y(static_cast<std::size_t>(matrix.size(0)), 0.0);
        const double* w = matrix.data_ptr<double>();
        for (double& entry : y)
            for (const double value : x)
                entry += *w++ * value;
        return linear.bias.defined() ? sum(y, rowOf(linear.bias.unsqueeze(0), 0)) : y;
    }
    Rows normed(const Norm& norm, Rows rows) const
    {
        const Row gain = rowOf(norm.gain.unsqueeze(0), 0);
        for (Row& row : rows) {
            const auto n = static_cast<double>(row.size());
            double mean = 0, square = 0;
            if (m_config.norm == NormKind::LayerNorm)
                for (const double x : row)
                    mean += x / n;
            for (const double x : row)
                square += (x - mean) * (x - mean) / n;
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = (row[i] - mean) / std::sqrt(square + m_config.normEps) * gain[i];
            if (norm.bias.defined())
                row = sum(row, rowOf(norm.bias.unsqueeze(0), 0));
        }
        return rows;
    }
    static double inverseFrequency(const RotaryConfig& r, int j, int dims)
    {
        const double inverse = std::pow(r.theta, -2.0 * j / dims);
        if (r.scaling == RotaryConfig::Scaling::None)
            return inverse;
        const double wave = 2 * std::numbers::pi / inverse;
        const auto old = static_cast<double>(r.originalContext);
        if (r.scaling == RotaryConfig::Scaling::Linear || wave > old / r.lowFreqFactor)
            return inverse / r.factor;
        if (wave < old / r.highFreqFactor)
            return inverse;
        const double s = (old / wave - r.lowFreqFactor) / (r.highFreqFactor - r.lowFreqFactor);
        return (1 - s) * inverse / r.factor + s * inverse;
    }
    bool slides(int layer) const
    {
        return !m_config.windows.empty() && m_config.windows[static_cast<std::size_t>(layer)] > 0;
    }
    void rotate(Row& row, std::size_t position, int layer) const
    {
        if (!m_config.hasRotary)
            return;
        const bool isLocal = slides(layer) && m_config.localRotary;
        const RotaryConfig& rotary = isLocal ? *m_config.localRotary : m_config.rotary;
        const int dims = m_config.rotaryDims > 0 ? m_config.rotaryDims : m_config.d_head;
        const auto d_head = static_cast<std::size_t>(m_config.d_head);
        const auto half = static_cast<std::size_t>(dims / 2);
        for (std::size_t head = 0; head < row.size(); head += d_head) {
            for (std::size_t j = 0; j < half; ++j) {
                const double angle = static_cast<double>(position)
                    * inverseFrequency(rotary, static_cast<int>(j), dims);
                const double a = row[head + j], b = row[head + j + half];
                row[head + j] = a * std::cos(angle) - b * std::sin(angle);
                row[head + j + half] = b * std::cos(angle) + a * std::sin(angle);
            }
        }
    }
    /// Each head's entries through an RMSNorm of their own.
    void normHeads(Row& row, const Norm& norm) const
    {
        const Row gain = rowOf(norm.gain.unsqueeze(0), 0);
        for (std::size_t head = 0; head < row.size(); head += gain.size()) {
            double square = 0;
            for (std::size_t i = 0; i < gain.size(); ++i)
                square += row[head + i] * row[head + i] / static_cast<double>(gain.size());
            for (std::size_t i = 0; i < gain.size(); ++i)
                row[head + i] *= gain[i] / std::sqrt(square + m_config.normEps);
        }
    }
    /// q, k and v of one position, each with its heads side by side.
    std::array<Row, 3> project(const AttentionWeights& weights, const Row& x) const
    {
        if (!weights.qkv.weight.defined())
            return {product(weights.q, x), product(weights.k, x), product(weights.v, x)};
        const Row all = product(weights.qkv, x);
        const auto d_head = static_cast<std::size_t>(m_config.d_head);
        const auto H = static_cast<std::size_t>(m_config.n_heads);
        std::array<Row, 3> parts;
        for (std::size_t part = 0; part < 3; ++part) {
            for (std::size_t head = 0; head < H; ++head) {
                // GPT-2: all q, all k, all v. GPT-NeoX: q, k, v of head 0, then of head 1.
                const bool isNeoX = m_config.modelType == "gpt_neox";
                const std::size_t start = (isNeoX ? head * 3 + part : part * H + head) * d_head;
                for (std::size_t i = 0; i < d_head; ++i)
                    parts[part].push_back(all[start + i]);
            }
        }
        return parts;
    }
    double scoreScale(int layer) const
    {
        const double scalar = m_config.queryScalar > 0 ? m_config.queryScalar : m_config.d_head;
        const double scale = m_config.scaleAttention ? 1 / std::sqrt(scalar) : 1;
        return scale / (m_config.scaleByInverseLayer ? layer + 1 : 1);
    }
    Rows attend(const AttentionWeights& weights, int layer, const Rows& x) const
    {
        Rows q, k, v, out;
        for (std::size_t p = 0; p < x.size(); ++p) {
            auto parts = project(weights, x[p]);
            if (m_config.hasQkNorm) {
                normHeads(parts[0], weights.qNorm);
                normHeads(parts[1], weights.kNorm);
            }
            rotate(parts[0], p, layer);
            rotate(parts[1], p, layer);
            q.push_back(parts[0]);
            k.push_back(parts[1]);
            v.push_back(parts[2]);
        }
        const auto d_head = static_cast<std::size_t>(m_config.d_head);
        const auto group = static_cast<std::size_t>(m_config.n_heads / m_config.n_key_value_heads);
        const double scale = scoreScale(layer);
        for (std::size_t p = 0; p < x.size(); ++p) {
            Row z(q[p].size(), 0.0);
            std::size_t first = 0;
            if (slides(layer)) {
                const auto window
                    = static_cast<std::size_t>(m_config.windows[static_cast<std::size_t>(layer)]);
                first = p + 1 > window ? p + 1 - window : 0;
            }
            for (std::size_t head = 0; head < q[p].size() / d_head; ++head) {
                const std::size_t from = head / group * d_head;
                Row weight(p + 1);
                double total = 0;
                for (std::size_t s = first; s <= p; ++s) {
                    double score = 0;
                    for (std::size_t i = 0; i < d_head; ++i)
                        score += q[p][head * d_head + i] * k[s][from + i];
                    total += weight[s] = std::exp(capped(score * scale, m_config.attentionSoftcap));
                }
                for (std::size_t s = first; s <= p; ++s)
                    for (std::size_t i = 0; i < d_head; ++i)
                        z[head * d_head + i] += weight[s] / total * v[s][from + i];
            }
            out.push_back(product(weights.o, z));
        }
        return out;
    }
    double activate(double x) const
    {
        switch (m_config.activation) {
        case MlpActivation::GeluNew:
            return 0.5 * x
                * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
        case MlpActivation::Gelu:
            return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
        case MlpActivation::Silu:
            return x / (1 + std::exp(-x));
        case MlpActivation::Relu:
            break;
        }
        return std::max(x, 0.0);
    }
    Row mlp(const MlpWeights& weights, const Row& x) const
    {
        Row inside = product(m_config.isGated ? weights.gate : weights.up, x);
        for (double& entry : inside)
            entry = activate(entry);
        if (m_config.isGated) {
            const Row linear = product(weights.up, x);
            for (std::size_t i = 0; i < inside.size(); ++i)
                inside[i] *= linear[i];
        }
        return product(weights.down, inside);
    }

    const ModelConfig& m_config;
    const TransformerWeights& m_weights;
};

double largestLogitError(const Transformer& model, const at::Tensor& ids)
{
    const at::NoGradGuard noGrad;
    const at::Tensor logits = model.forward(ids).value()[0].contiguous();
    const Rows expected = Reference(model).logits(
        {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()});
    double largest = 0;
    for (std::size_t p = 0; p < expected.size(); ++p)
        for (std::size_t i = 0; i < expected[p].size(); ++i)
            largest = std::max(largest,
                std::abs(expected[p][i] - logits[static_cast<int>(p)].data_ptr<float>()[i]));
    return largest;
}

/// A tiny model of another config with the usual random weights.
std::shared_ptr<Transformer> withConfig(const ModelConfig& config)
{
    const at::NoGradGuard noGrad;
    auto model = Transformer::create(config, 4);
    at::manual_seed(9);
    for (auto [name, weight] : model->namedWeights())
        weight.normal_(weight.dim() == 1 && !name.ends_with("bias") ? 1.0 : 0.0,
            weight.dim() == 1 ? 0.2 : 0.3);
    return model;
}

TEST(ReferencePass, AgreesForEveryFamily)
{
    for (const char* family : tests::kFamilies)
        EXPECT_LE(
            largestLogitError(*withConfig(tests::tinyConfig(family)), tests::tinyIds(1, 13)), 5e-5)
            << family;
}

struct Switch {
    const char* name;
    const char* family;
    void (*set)(ModelConfig& config);
};

const Switch kSwitches[] = {
    {"scaled rotary", "llama",
        [](ModelConfig& c) {
            c.d_head = 8;
            c.rotary = {100.0, RotaryConfig::Scaling::Llama3, 8.0, 1.0, 4.0, 16};
        }},
    {"linear rotary", "llama",
        [](ModelConfig& c) {
            c.rotary = {10000.0, RotaryConfig::Scaling::Linear, 4.0};
        }},
    {"biases, one key head, tied", "llama",
        [](ModelConfig& c) {
            c.n_key_value_heads = 1;
            c.hasAttentionBias = c.hasOutputBias = c.hasMlpBias = c.isTied = true;
        }},
    {"heads wider than the stream", "mistral", [](ModelConfig& c) { c.d_head = 6; }},
    {"no window", "mistral", [](ModelConfig& c) { c.windows.clear(); }},
    {"late layers slide", "qwen2",
        [](ModelConfig& c) {
            c.windows = {0, 4};
        }},
    {"biases, six heads on three", "qwen3",
        [](ModelConfig& c) {
            c.n_heads = 6;
            c.n_key_value_heads = 3;
            c.hasAttentionBias = c.hasOutputBias = true;
        }},
    {"no caps", "gemma2", [](ModelConfig& c) { c.attentionSoftcap = c.finalSoftcap = 0; }},
    {"biases, other windows", "gemma2",
        [](ModelConfig& c) {
            c.hasAttentionBias = c.hasOutputBias = true;
            c.windows = {0, 1};
        }},
    {"caps, all layers slide", "gemma3_text",
        [](ModelConfig& c) {
            c.attentionSoftcap = 4;
            c.finalSoftcap = 7;
            c.windows = {3, 3};
        }},
    {"one after the other, all entries turn, tied", "gpt_neox",
        [](ModelConfig& c) {
            c.isParallel = false;
            c.rotaryDims = 0;
            c.isTied = true;
            c.activation = MlpActivation::GeluNew;
        }},
    {"no attention bias", "gpt_neox",
        [](ModelConfig& c) { c.hasAttentionBias = c.hasOutputBias = false; }},
    {"inverse layer, exact gelu, untied, narrow MLP", "gpt2",
        [](ModelConfig& c) {
            c.scaleByInverseLayer = true;
            c.activation = MlpActivation::Gelu;
            c.isTied = false;
            c.d_mlp = 24;
        }},
    {"unscaled, relu", "gpt2",
        [](ModelConfig& c) {
            c.scaleAttention = false;
            c.activation = MlpActivation::Relu;
        }},
};

TEST(ReferencePass, AgreesForEverySwitch)
{
    for (const Switch& one : kSwitches) {
        ModelConfig config = tests::tinyConfig(one.family);
        one.set(config);
        const auto model = withConfig(config);
        EXPECT_LE(largestLogitError(*model, tests::tinyIds(1, 13)), 5e-5)
            << one.family << ": " << one.name;
        // And the switch is one: without it the numbers are others.
        const auto plain = withConfig(tests::tinyConfig(one.family));
        const at::NoGradGuard noGrad;
        const at::Tensor ids = tests::tinyIds(1, 13);
        EXPECT_GT((*model->forward(ids) - *plain->forward(ids)).abs().max().item<double>(), 1e-4)
            << one.family << ": " << one.name;
    }
}

TEST(ReferencePass, AgreesWithHuggingFace)
{
    // Those kept in the repository first: where the others are absent, the test ends there.
    for (const std::string name : {"gpt2-tiny", "gemma2-tiny", "gpt_neox-tiny", "llama-tiny",
             "mistral-tiny", "qwen2-tiny", "qwen3-tiny", "gemma3-tiny"}) {
        const auto folder = "oracles/models/" + name;
        REQUIRE_SHARED_FIXTURE(folder);
        const auto opened = Transformer::open(tests::sharedFixture(folder));
        ASSERT_TRUE(opened) << opened.error().message;
        const auto expected = *loadTensors(tests::sharedFixture(folder + "/expected.safetensors"));
        const at::Tensor ids = expected.at("p1.input_ids"), logits = expected.at("p1.logits");
        const Rows rows = Reference(**opened).logits(
            {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()});
        for (std::size_t p = 0; p < rows.size(); ++p)
            for (std::size_t i = 0; i < rows[p].size(); ++i)
                ASSERT_NEAR(rows[p][i], logits[static_cast<int>(p)].data_ptr<float>()[i], 5e-5)
                    << name << " " << p;
    }
}

} // namespace
