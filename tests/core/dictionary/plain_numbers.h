#pragma once

#include <cmath>
#include <vector>

#include <ATen/ATen.h>

/// The equations of docs/formats.md section 4 as loops over doubles, sharing nothing with the
/// program: what its results are compared with.
namespace tests::plain {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

inline Vector vector(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous().flatten();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

inline Matrix matrix(const at::Tensor& tensor)
{
    Matrix rows;
    for (std::int64_t i = 0; i < tensor.size(0); ++i)
        rows.push_back(vector(tensor[i]));
    return rows;
}

/// x W for W [in, out].
inline Vector times(const Vector& x, const Matrix& W)
{
    Vector y(W.front().size(), 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < y.size(); ++j)
            y[j] += x[i] * W[i][j];
    return y;
}

inline Vector plus(Vector a, const Vector& b, double factor = 1.0)
{
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] += factor * b[i];
    return a;
}

inline Vector scaled(Vector a, double factor)
{
    for (double& value : a)
        value *= factor;
    return a;
}

inline Vector relu(Vector a)
{
    for (double& value : a)
        value = value > 0 ? value : 0.0;
    return a;
}

/// h where h > threshold, else 0.
inline Vector jump(Vector h, const Vector& threshold)
{
    for (std::size_t i = 0; i < h.size(); ++i)
        h[i] = h[i] > threshold[i] ? h[i] : 0.0;
    return h;
}

/// Only the k largest stay (of |h| when `bySize`).
inline Vector largest(const Vector& h, int k, bool bySize = false)
{
    Vector kept(h.size(), 0.0);
    for (int round = 0; round < k; ++round) {
        std::size_t best = h.size();
        for (std::size_t i = 0; i < h.size(); ++i) {
            const double key = bySize ? std::fabs(h[i]) : h[i];
            const double bestKey = best == h.size() ? 0.0 : bySize ? std::fabs(h[best]) : h[best];
            if (kept[i] == 0.0 && (best == h.size() || key > bestKey))
                best = i;
        }
        kept[best] = h[best];
    }
    return kept;
}

inline double mean(const Vector& x)
{
    double sum = 0;
    for (const double value : x)
        sum += value;
    return sum / static_cast<double>(x.size());
}

inline double length(const Vector& x)
{
    double sum = 0;
    for (const double value : x)
        sum += value * value;
    return std::sqrt(sum);
}

inline Vector minus(Vector x, double amount)
{
    for (double& value : x)
        value -= amount;
    return x;
}

/// Standard deviation with ddof 1.
inline double deviation(const Vector& x)
{
    return length(minus(x, mean(x))) / std::sqrt(static_cast<double>(x.size()) - 1.0);
}

/// The largest |a - b| relative to the largest |b|.
inline double difference(const at::Tensor& a, const Matrix& b)
{
    double largestDifference = 0, largest = 1e-30;
    const Matrix rows = matrix(a.reshape({-1, a.size(-1)}));
    if (rows.size() != b.size() || rows.front().size() != b.front().size())
        return 1e30;
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < rows[i].size(); ++j) {
            largestDifference = std::max(largestDifference, std::fabs(rows[i][j] - b[i][j]));
            largest = std::max(largest, std::fabs(b[i][j]));
        }
    return largestDifference / largest;
}

} // namespace tests::plain
