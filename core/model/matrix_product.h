#pragma once

namespace core {

/// Matrix products of the whole program, torch's own included, go through `sgemm_` of
/// matrix_product.cpp: it stands before the BLAS library's in the order in which the loader looks,
/// cuts a large product into tiles for `WorkerPool` and has the library compute each on one thread.
///
/// Why: OpenBLAS's own threads wait for each other awake, several times in a product. With other
/// programs on every core each such wait lasted until the scheduler's next turn, and small models
/// ran a tenth as fast as on one thread. A tile goes to oneDNN instead where that is faster: a rule
/// of processor and size, so results are the same from run to run, and differ from the library's
/// own in the last bits.
///
/// Whether products arrive there: not where torch brings a BLAS of its own inside.
bool areProductsShared();

} // namespace core

extern "C" {
/// BLAS's C = alpha op(A) op(B) + beta C, column by column.
void sgemm_(const char* transA, const char* transB, const int* m, const int* n, const int* k,
    const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
    const float* beta, float* c, const int* ldc);
}

namespace core {

/// The library's own.
decltype(sgemm_)* libraryProduct();

} // namespace core
