#include "core/training/logistic_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

namespace core {

namespace {

/// The value to minimise and its gradient; the last coordinate is the bias.
class LogisticLoss {
public:
    LogisticLoss(const at::Tensor& x, const at::Tensor& isPositive, const LogisticOptions& options)
        : m_x(x.to(at::kDouble).contiguous())
        , m_y(isPositive.to(at::kDouble))
        , m_weight(at::full_like(m_y, options.C))
    {
        if (options.isBalanced) {
            const double n = static_cast<double>(m_y.numel()), yes = m_y.sum().item<double>();
            m_weight = options.C
                * (m_y * (n / (2 * std::max(yes, 1.0)))
                    + (1 - m_y) * (n / (2 * std::max(n - yes, 1.0))));
        }
    }

    std::int64_t size() const { return m_x.size(1) + 1; }

    std::pair<double, at::Tensor> at(const at::Tensor& place) const
    {
        const std::int64_t d = m_x.size(1);
        const at::Tensor w = place.narrow(0, 0, d);
        const at::Tensor z = at::mv(m_x, w) + place[d];
        // log(1 + e^z) - y z, without overflow
        const at::Tensor losses = z.clamp_min(0) - m_y * z + (-z.abs()).exp().log1p();
        const double value
            = (m_weight * losses).sum().item<double>() + 0.5 * w.square().sum().item<double>();
        const at::Tensor slope = m_weight * (z.sigmoid() - m_y);
        return {value, at::cat({at::mv(m_x.t(), slope) + w, slope.sum().view({1})})};
    }

private:
    at::Tensor m_x, m_y, m_weight;
};

double dotOf(const at::Tensor& a, const at::Tensor& b)
{
    return a.dot(b).item<double>();
}

} // namespace

at::Tensor LogisticProbe::scores(const at::Tensor& x) const
{
    return at::mv(x.to(at::kDouble), weight) + bias;
}

LogisticProbe fitLogistic(
    const at::Tensor& x, const at::Tensor& isPositive, const LogisticOptions& options)
{
    const at::NoGradGuard noGrad;
    constexpr std::size_t kMemory = 10;
    constexpr double kTolerance = 1e-7, kArmijo = 1e-4;
    constexpr int kMostHalvings = 40;
    const LogisticLoss loss(x, isPositive, options);
    at::Tensor place = at::zeros({loss.size()}, at::kDouble);
    auto [value, gradient] = loss.at(place);
    const double begun = std::max(1.0, gradient.abs().max().item<double>());
    struct Move {
        at::Tensor step, change;
        double product;
    };
    std::deque<Move> moves;
    for (int i = 0; i < options.maxIterations; ++i) {
        if (gradient.abs().max().item<double>() <= kTolerance * begun)
            break;
        // The two loops of Nocedal and Wright, algorithm 7.4.
        at::Tensor direction = -gradient;
        std::vector<double> alphas;
        for (auto move = moves.rbegin(); move != moves.rend(); ++move) {
            alphas.push_back(dotOf(move->step, direction) / move->product);
            direction = direction - alphas.back() * move->change;
        }
        if (!moves.empty())
            direction = direction
                * (moves.back().product / dotOf(moves.back().change, moves.back().change));
        else
            direction = direction / std::max(1.0, direction.norm().item<double>());
        for (const Move& move : moves) {
            const double beta = dotOf(move.change, direction) / move.product;
            direction = direction + (alphas.back() - beta) * move.step;
            alphas.pop_back();
        }
        const double slope = dotOf(gradient, direction);
        double length = 1.0;
        auto next = loss.at(place + direction);
        for (int h = 0; h < kMostHalvings && !(next.first <= value + kArmijo * length * slope);
             ++h) {
            length *= 0.5;
            next = loss.at(place + length * direction);
        }
        if (!(next.first < value))
            break; // as far as doubles go
        Move move{length * direction, next.second - gradient, 0.0};
        move.product = dotOf(move.step, move.change);
        place = place + move.step;
        value = next.first;
        gradient = next.second;
        if (move.product > 0.0)
            moves.push_back(std::move(move));
        if (moves.size() > kMemory)
            moves.pop_front();
    }
    const std::int64_t d = x.size(1);
    return {place.narrow(0, 0, d).clone(), place[d].item<double>()};
}

} // namespace core
