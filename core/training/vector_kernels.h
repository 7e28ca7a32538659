#pragma once

#include <cstddef>
#include <cstdint>

/// The few loops over float rows that training spends its time in outside the matrix products,
/// written once with Highway for whatever vector width the machine has. Pointers need no alignment;
/// rows may not overlap.
namespace core {

float dot(const float* a, const float* b, std::size_t n);
void addScaled(float* to, float scale, const float* from, std::size_t n); ///< to += scale * from
void scaleRow(float* row, float scale, std::size_t n); ///< row *= scale

/// What one Adam update needs, with the bias corrections already folded in.
struct AdamConstants {
    float beta1, beta2;
    float gradientScale; ///< Clipping: gradients are multiplied by it first.
    float stepSize; ///< lr / (1 - beta1^t)
    float inverseRootCorrection; ///< 1 / sqrt(1 - beta2^t)
    float epsilon;
    float decay; ///< 1 - lr * weight decay
};

/// Decoupled weight decay, both moments and the parameter in one pass.
void adamUpdate(
    float* value, float* m, float* v, const float* gradient, std::size_t n, const AdamConstants& c);

/// Writes index and value of every x[i] > bounds[i * stride] and returns how many; stride is 0 (one
/// bound for all) or 1. The outputs must have room for n entries and one vector (64 bytes) more.
std::size_t selectAbove(const float* x, const float* bounds, int stride, std::size_t n,
    std::int32_t* indices, float* values);
/// The same of every |x[i]| > bound; values keep their signs.
std::size_t selectBySize(
    const float* x, float bound, std::size_t n, std::int32_t* indices, float* values);

/// Of n finite entries those with the k largest |values|, in their order, at the front; of equal
/// ones at the edge the first. Returns how many: k, or n where that is less.
std::size_t keepLargest(std::int32_t* indices, float* values, std::size_t n, std::size_t k);

} // namespace core
