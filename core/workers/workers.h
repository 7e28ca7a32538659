#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Where a worker stands among those that work together, as torchrun says it.
struct WorkerPlace {
    int rank = 0, worldSize = 1;
    std::string address = "127.0.0.1"; ///< Of rank 0, which the others ask for one another.
    int port = 29500;
    std::chrono::seconds joinTimeout{300}; ///< Until all are there.
    std::chrono::seconds timeout{300}; ///< For an answer, once they are.
};

/// Another worker does not answer any more, or left.
class WorkerLost : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The processes that train or harvest one thing together, on libtorch's own c10d over Gloo: of a
/// training each takes its share of every batch, of a harvest its turns. Everyone calls
/// the same functions in the same order with tensors of the same sizes; results are the same on all
/// of them, to the last bit. Tensors are contiguous and on the CPU. Throws WorkerLost.
///
/// Not thread-safe.
class Workers {
public:
    /// Waits until all are there. Unsupported where libtorch was built without Gloo.
    static Result<std::shared_ptr<Workers>> join(const WorkerPlace& place);
    virtual ~Workers() = default;

    int rank() const { return m_rank; }
    int size() const { return m_size; }
    bool isFirst() const { return m_rank == 0; }

    virtual void sum(const std::vector<at::Tensor>& tensors) = 0; ///< Each in place.
    void average(const std::vector<at::Tensor>& tensors);
    std::int64_t sum(std::int64_t value);
    /// Rank `from`'s values to all.
    virtual void share(const std::vector<at::Tensor>& tensors, int from = 0) = 0;
    /// What each has, in the order of ranks.
    virtual std::vector<at::Tensor> gather(const at::Tensor& tensor) = 0;

protected:
    Workers(int rank, int size)
        : m_rank(rank)
        , m_size(size)
    {
    }

private:
    int m_rank, m_size;
};

} // namespace core
