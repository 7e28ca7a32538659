// The pass against one written out in plain loops and double precision from the published
// equations, so that a clone without the shared fixtures proves its numbers too. Checked itself
// against Hugging Face's numbers where those are there.
#include "core/model/tensor_io.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

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
            Row row = rowOf(m_weights.W_E, ids[p]);
            if (m_weights.W_pos.defined())
                row = sum(row, rowOf(m_weights.W_pos, static_cast<std::int64_t>(p)));
            resid.push_back(row);
        }
        for (int layer = 0; layer < m_config.n_layers; ++layer) {
            const BlockWeights& block = m_weights.blocks[static_cast<std::size_t>(layer)];
            const Rows attention = attend(block.attention, layer, normed(block.ln1, resid));
            for (std::size_t p = 0; p < resid.size(); ++p)
                resid[p] = sum(resid[p], attention[p]);
            const Rows mlpIn = normed(block.ln2, resid);
            for (std::size_t p = 0; p < resid.size(); ++p)
                resid[p] = sum(resid[p], mlp(block.mlp, mlpIn[p]));
        }
        Rows out;
        for (const Row& row : normed(m_weights.final, resid))
            out.push_back(product({m_weights.W_U, {}, false}, row));
        return out;
    }

private:
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
    double inverseFrequency(int j) const
    {
        const RotaryConfig& r = m_config.rotary;
        const double inverse = std::pow(r.theta, -2.0 * j / m_config.d_head);
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
    void rotate(Row& row, std::size_t position) const
    {
        if (!m_config.hasRotary)
            return;
        const auto d_head = static_cast<std::size_t>(m_config.d_head), half = d_head / 2;
        for (std::size_t head = 0; head < row.size(); head += d_head) {
            for (std::size_t j = 0; j < half; ++j) {
                const double angle
                    = static_cast<double>(position) * inverseFrequency(static_cast<int>(j));
                const double a = row[head + j], b = row[head + j + half];
                row[head + j] = a * std::cos(angle) - b * std::sin(angle);
                row[head + j + half] = b * std::cos(angle) + a * std::sin(angle);
            }
        }
    }
    Rows attend(const AttentionWeights& weights, int layer, const Rows& x) const
    {
        Rows q, k, v, out;
        for (std::size_t p = 0; p < x.size(); ++p) {
            q.push_back(product(weights.q, x[p]));
            k.push_back(product(weights.k, x[p]));
            v.push_back(product(weights.v, x[p]));
            rotate(q[p], p);
            rotate(k[p], p);
        }
        const auto d_head = static_cast<std::size_t>(m_config.d_head);
        const auto group = static_cast<std::size_t>(m_config.n_heads / m_config.n_key_value_heads);
        double scale = m_config.scaleAttention ? 1 / std::sqrt(m_config.d_head) : 1;
        scale /= m_config.scaleByInverseLayer ? layer + 1 : 1;
        for (std::size_t p = 0; p < x.size(); ++p) {
            Row z(q[p].size(), 0.0);
            for (std::size_t head = 0; head < q[p].size() / d_head; ++head) {
                const std::size_t from = head / group * d_head;
                Row weight(p + 1);
                double total = 0;
                for (std::size_t s = 0; s <= p; ++s) {
                    double score = 0;
                    for (std::size_t i = 0; i < d_head; ++i)
                        score += q[p][head * d_head + i] * k[s][from + i];
                    total += weight[s] = std::exp(score * scale);
                }
                for (std::size_t s = 0; s <= p; ++s)
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

double largestDifference(const Transformer& model, const at::Tensor& ids)
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

TEST(ReferencePass, AgreesForEverySwitch)
{
    std::map<std::string, ModelConfig> configs{
        {"llama", tests::tinyConfig("llama")}, {"gpt2", tests::tinyConfig("gpt2")}};
    configs["scaled rotary"] = configs["llama"];
    configs["scaled rotary"].d_head = 8;
    configs["scaled rotary"].rotary = {100.0, RotaryConfig::Scaling::Llama3, 8.0, 1.0, 4.0, 16};
    configs["linear rotary"] = configs["llama"];
    configs["linear rotary"].rotary = {10000.0, RotaryConfig::Scaling::Linear, 4.0};
    configs["biases, one key head, tied"] = configs["llama"];
    configs["biases, one key head, tied"].n_key_value_heads = 1;
    configs["biases, one key head, tied"].hasAttentionBias
        = configs["biases, one key head, tied"].hasMlpBias = true;
    configs["biases, one key head, tied"].isTied = true;
    configs["inverse layer, exact gelu, untied"] = configs["gpt2"];
    configs["inverse layer, exact gelu, untied"].scaleByInverseLayer = true;
    configs["inverse layer, exact gelu, untied"].activation = MlpActivation::Gelu;
    configs["inverse layer, exact gelu, untied"].isTied = false;
    configs["unscaled, relu"] = configs["gpt2"];
    configs["unscaled, relu"].scaleAttention = false;
    configs["unscaled, relu"].activation = MlpActivation::Relu;
    for (const auto& [name, config] : configs)
        EXPECT_LE(largestDifference(*withConfig(config), tests::tinyIds(1, 13)), 5e-5) << name;
}

TEST(ReferencePass, AgreesWithHuggingFace)
{
    for (const std::string name : {"gpt2-tiny", "llama-tiny"}) {
        const auto folder = "oracles/models/" + name;
        REQUIRE_SHARED_FIXTURE(folder);
        const auto model = *Transformer::open(tests::sharedFixture(folder));
        const auto expected = *loadTensors(tests::sharedFixture(folder + "/expected.safetensors"));
        const at::Tensor ids = expected.at("p1.input_ids"), logits = expected.at("p1.logits");
        const Rows rows = Reference(*model).logits(
            {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()});
        for (std::size_t p = 0; p < rows.size(); ++p)
            for (std::size_t i = 0; i < rows[p].size(); ++i)
                ASSERT_NEAR(rows[p][i], logits[static_cast<int>(p)].data_ptr<float>()[i], 5e-5)
                    << name << " " << p;
    }
}

} // namespace
