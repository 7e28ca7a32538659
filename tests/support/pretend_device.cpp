#include "tests/support/pretend_device.h"

#include "core/model/precision.h"
#include "tests/support/pretend_memory.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/Resize.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/library.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#endif

namespace tests {

namespace {

using namespace pretend;

/// The numbers of a device's tensor as a tensor of the host: the same memory by its other address.
at::Tensor hostView(const at::Tensor& tensor)
{
    const auto options = at::TensorOptions(at::kCPU).dtype(tensor.scalar_type());
    if (tensor.numel() == 0)
        return at::empty_strided(tensor.sizes(), tensor.strides(), options);
    return at::from_blob(numbersOf(tensor.storage().data())
            + tensor.storage_offset() * static_cast<std::int64_t>(tensor.element_size()),
        tensor.sizes(), tensor.strides(), options);
}

bool isHere(const at::Tensor& tensor)
{
    return tensor.defined() && tensor.device().type() == kType;
}

void note(const at::Tensor& tensor, bool isUp, bool isScalar = false)
{
    const std::lock_guard lock(state().mutex);
    state().transfers.push_back({isUp,
        static_cast<std::int64_t>(
            tensor.numel() * static_cast<std::int64_t>(tensor.element_size())),
        tensor.sizes().vec(), tensor.scalar_type(), isScalar});
}

at::Tensor makeOn(c10::Device device, at::IntArrayRef sizes, at::ScalarType type)
{
    const c10::DeviceGuard guard(device);
    return at::detail::empty_generic(
        sizes, &allocator(), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), type, {});
}

// --- The operations that cannot be done on the host's view ----------------------------------

#if TORCH_VERSION_MAJOR >= 2
template <typename T> using Maybe = std::optional<T>;
#else
template <typename T> using Maybe = c10::optional<T>;
#endif

c10::Device deviceOr(const Maybe<at::Device>& device)
{
    const c10::Device chosen = device.value_or(c10::Device(kType, currentDevice()));
    return chosen.has_index() ? chosen : c10::Device(kType, currentDevice());
}

at::Tensor empty(at::IntArrayRef size, Maybe<at::ScalarType> dtype, Maybe<at::Layout>,
    Maybe<at::Device> device, Maybe<bool>, Maybe<at::MemoryFormat> format)
{
    const c10::DeviceGuard guard(deviceOr(device));
    return at::detail::empty_generic(size, &allocator(),
        c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), dtype.value_or(at::kFloat), format);
}

at::Tensor emptyStrided(at::IntArrayRef size, at::IntArrayRef stride, Maybe<at::ScalarType> dtype,
    Maybe<at::Layout>, Maybe<at::Device> device, Maybe<bool>)
{
    const c10::DeviceGuard guard(deviceOr(device));
    return at::detail::empty_strided_generic(size, stride, &allocator(),
        c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), dtype.value_or(at::kFloat));
}

at::Tensor copyFrom(const at::Tensor& from, const at::Tensor& to, bool)
{
    // A card converts before the way up and after the way down, or the other way; what counts here
    // is the form that `to` has.
    if (isHere(from) != isHere(to))
        note(to, isHere(to));
    at::Tensor target = isHere(to) ? hostView(to) : to;
    target.copy_(isHere(from) ? hostView(from) : from);
    return to;
}

const at::Tensor& resizeOnDevice(
    const at::Tensor& self, at::IntArrayRef size, Maybe<at::MemoryFormat>);

at::Tensor copyFromAndResize(const at::Tensor& from, const at::Tensor& to)
{
    if (isHere(to))
        resizeOnDevice(to, from.sizes(), {});
    else
        to.resize_(from.sizes());
    return copyFrom(from, to, false);
}

at::Scalar localScalar(const at::Tensor& self)
{
    note(self, false, true);
    return hostView(self).item();
}

at::Tensor asStrided(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride,
    Maybe<std::int64_t> offset)
{
    at::Tensor out = at::detail::make_tensor<c10::TensorImpl>(
        c10::TensorImpl::VIEW, c10::Storage(self.storage()), self.key_set(), self.dtype());
    out.unsafeGetTensorImpl()->set_storage_offset(offset.value_or(self.storage_offset()));
    out.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride);
    return out;
}

at::Tensor view(const at::Tensor& self, at::IntArrayRef size)
{
    // The host's view knows whether these strides allow it and what they become.
    const at::Tensor shape = hostView(self).view(size);
    return asStrided(self, shape.sizes(), shape.strides(), {});
}

at::Tensor reshapeAlias(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride)
{
    return asStrided(self, size, stride, {});
}

at::Tensor unfold(const at::Tensor& self, std::int64_t dim, std::int64_t size, std::int64_t step)
{
    const at::Tensor shape = hostView(self).unfold(dim, size, step);
    return asStrided(self, shape.sizes(), shape.strides(), {});
}

at::Tensor viewDtype(const at::Tensor& self, at::ScalarType type)
{
    TORCH_CHECK(c10::elementSize(type) == static_cast<std::size_t>(self.element_size()),
        "pretend device: a view of another width.");
    at::Tensor out = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW,
        c10::Storage(self.storage()), self.key_set(), c10::scalarTypeToTypeMeta(type));
    out.unsafeGetTensorImpl()->set_storage_offset(self.storage_offset());
    out.unsafeGetTensorImpl()->set_sizes_and_strides(self.sizes(), self.strides());
    return out;
}

const at::Tensor& resizeOnDevice(
    const at::Tensor& self, at::IntArrayRef size, Maybe<at::MemoryFormat>)
{
    if (self.sizes() == size)
        return self;
    const at::Tensor fresh = makeOn(self.device(), size, self.scalar_type());
    self.unsafeGetTensorImpl()->set_storage_keep_dtype(fresh.storage());
    self.unsafeGetTensorImpl()->set_storage_offset(0);
    self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
    return self;
}

// --- All others --------------------------------------------------------------------------------

/// Operations whose result has a size, or is a truth, that the host must know: a card is waited
/// for.
bool makesHostWait(const std::string& name)
{
    static const std::set<std::string> all{"aten::nonzero", "aten::masked_select", "aten::_unique2",
        "aten::unique_dim", "aten::equal", "aten::unique_consecutive", "aten::bincount",
        "aten::repeat_interleave", "aten::is_nonzero"};
    return all.count(name) > 0;
}

/// Operations of one element each, where CUDA takes a number of the host (0 dimensions) along.
bool refusesNumbers(const std::string& name)
{
    static const std::set<std::string> all{"aten::index_select", "aten::gather", "aten::scatter",
        "aten::scatter_", "aten::scatter_add_", "aten::scatter_add", "aten::embedding", "aten::mm",
        "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::cat", "aten::stack", "aten::index_add_",
        "aten::index_copy_", "aten::index", "aten::index_put_", "aten::_index_put_impl_",
        "aten::take", "aten::searchsorted", "aten::dot", "aten::mv", "aten::where",
        "aten::_softmax", "aten::native_layer_norm"};
    return all.count(name) > 0;
}

/// Devices of an operation's tensors; refuses what CUDA refuses.
class Arguments {
public:
    explicit Arguments(const std::string& name)
        : m_name(name)
    {
    }

    at::Tensor onHost(const at::Tensor& tensor)
    {
        if (!tensor.defined())
            return tensor;
        if (isHere(tensor)) {
            TORCH_CHECK(!m_device || *m_device == tensor.device(), m_name,
                ": Expected all tensors to be on the same device, but found ", m_device->str(),
                " and ", tensor.device().str(), "!");
            m_device = tensor.device();
            return hostView(tensor);
        }
        m_hasHost = m_hasHost || tensor.dim() > 0 || refusesNumbers(m_name);
        return tensor;
    }

    c10::Device device() const { return m_device.value_or(c10::Device(kType, currentDevice())); }

    void check() const
    {
        TORCH_CHECK(!m_hasHost || !m_device, m_name,
            ": Expected all tensors to be on the same device, but found at least two devices, ",
            m_device.value_or(c10::Device(kType, 0)).str(), " and cpu!");
    }

private:
    const std::string& m_name;
    Maybe<c10::Device> m_device;
    bool m_hasHost = false;
};

at::Tensor toDevice(const at::Tensor& tensor, c10::Device device)
{
    if (!tensor.defined())
        return tensor;
    at::Tensor out;
    {
        const c10::DeviceGuard guard(device);
        out = at::detail::empty_strided_generic(tensor.sizes(), tensor.strides(), &allocator(),
            c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), tensor.scalar_type());
    }
    if (tensor.numel() > 0)
        hostView(out).copy_(tensor);
    return out;
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack)
{
    const auto& schema = op.schema();
    const std::string name = schema.name();
    const std::size_t count = schema.arguments().size();
    const std::size_t begin = stack->size() - count;
    const std::vector<c10::IValue> given(
        stack->begin() + static_cast<std::ptrdiff_t>(begin), stack->end());
    Arguments arguments(name);
    Maybe<at::Generator> generator;
    Maybe<c10::Device> wanted;
    for (std::size_t i = 0; i < count; ++i) {
        c10::IValue& value = (*stack)[begin + i];
        if (value.isTensor()) {
            at::Tensor own = arguments.onHost(value.toTensor());
            value = own;
        } else if (value.isTensorList()) {
            c10::List<at::Tensor> list;
            for (const at::Tensor& tensor : value.toTensorVector())
                list.push_back(arguments.onHost(tensor));
            value = list;
        } else if (value.isList() && value.toListRef().size() > 0
            && std::all_of(value.toListRef().begin(), value.toListRef().end(),
                [](const c10::IValue& one) { return one.isTensor() || one.isNone(); })) {
            c10::List<Maybe<at::Tensor>> list;
            for (const c10::IValue& one : value.toListRef())
                list.push_back(one.isTensor() ? Maybe<at::Tensor>(arguments.onHost(one.toTensor()))
                                              : Maybe<at::Tensor>());
            value = list;
        } else if (value.isGenerator()) {
            generator = value.toGenerator();
        } else if (value.isDevice() && value.toDevice().type() == kType) {
            wanted = value.toDevice();
            value = c10::Device(at::kCPU);
        }
    }
    arguments.check();
    TORCH_CHECK(!generator || !generator->defined() || generator->device().type() == kType, name,
        ": Expected a '", c10::DeviceTypeName(kType, true),
        "' device type for generator but found 'cpu'");
    if (makesHostWait(name)) {
        const std::lock_guard lock(state().mutex);
        state().waits.push_back(name);
    }
    const c10::Device device = wanted ? deviceOr(*wanted) : arguments.device();
    std::vector<c10::IValue> used(
        stack->begin() + static_cast<std::ptrdiff_t>(begin), stack->end());

    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);

    // What was written by an argument that grew goes back into it.
    for (std::size_t i = 0; i < count; ++i) {
        const auto* alias = schema.arguments()[i].alias_info();
        if (!alias || !alias->isWrite() || !given[i].isTensor() || !isHere(given[i].toTensor()))
            continue;
        const at::Tensor& own = given[i].toTensor();
        const at::Tensor& wrote = used[i].toTensor();
        if (own.numel() == 0 && wrote.numel() > 0) {
            resizeOnDevice(own, wrote.sizes(), {});
            hostView(own).copy_(wrote);
        } else {
            TORCH_CHECK(own.sizes() == wrote.sizes(), name, ": pretend device cannot resize ",
                own.sizes(), " to ", wrote.sizes());
        }
    }
    const std::size_t results = schema.returns().size();
    const std::size_t first = stack->size() - results;
    for (std::size_t r = 0; r < results; ++r) {
        c10::IValue& value = (*stack)[first + r];
        const auto* alias = schema.returns()[r].alias_info();
        if (alias) {
            TORCH_CHECK(alias->isWrite(), name, ": pretend device has no such view.");
            for (std::size_t i = 0; i < count; ++i)
                if (const auto* own = schema.arguments()[i].alias_info(); own && *own == *alias)
                    value = given[i];
        } else if (value.isTensor()) {
            value = toDevice(value.toTensor(), device);
        } else if (value.isTensorList()) {
            c10::List<at::Tensor> list;
            for (const at::Tensor& tensor : value.toTensorVector())
                list.push_back(toDevice(tensor, device));
            value = list;
        }
    }
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m)
{
    m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m)
{
    m.impl("empty.memory_format", TORCH_FN(empty));
    m.impl("empty_strided", TORCH_FN(emptyStrided));
    m.impl("_copy_from", TORCH_FN(copyFrom));
    m.impl("_copy_from_and_resize", TORCH_FN(copyFromAndResize));
    m.impl("_local_scalar_dense", TORCH_FN(localScalar));
    m.impl("as_strided", TORCH_FN(asStrided));
    m.impl("view", TORCH_FN(view));
    m.impl("view.dtype", TORCH_FN(viewDtype));
    m.impl("_reshape_alias", TORCH_FN(reshapeAlias));
    m.impl("unfold", TORCH_FN(unfold));
    m.impl("resize_", TORCH_FN(resizeOnDevice));
}

/// One stream, no events; which device is current is the thread's own.
struct Guard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return kType; }
    c10::Device exchangeDevice(c10::Device device) const override
    {
        const c10::Device before = getDevice();
        uncheckedSetDevice(device);
        return before;
    }
    c10::Device getDevice() const override { return {kType, currentDevice()}; }
    void setDevice(c10::Device device) const override { uncheckedSetDevice(device); }
    void uncheckedSetDevice(c10::Device device) const noexcept override
    {
        if (device.has_index())
            currentDevice() = device.index();
    }
    c10::Stream getStream(c10::Device device) const noexcept override
    {
        return c10::Stream(c10::Stream::DEFAULT, device.has_index() ? device : getDevice());
    }
    c10::Stream getDefaultStream(c10::Device device) const override { return getStream(device); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    c10::DeviceIndex deviceCount() const noexcept override { return kDevices; }
    void record(
        void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override
    {
    }
    void block(void*, const c10::Stream&) const override { }
    bool queryEvent(void*) const override { return true; }
    bool queryStream(const c10::Stream&) const override { return true; }
    void synchronizeStream(const c10::Stream&) const override { }
};

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

int count()
{
    return kDevices;
}

#if TORCH_VERSION_MAJOR >= 2
/// A libtorch with CUDA takes CUDA for the accelerator, and asks for its streams in a backward
/// pass, unless another device says that it is there.
struct Hooks final : at::PrivateUse1HooksInterface {
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
    c10::DeviceIndex deviceCount() const override { return kDevices; }
    /// Random numbers are the host's.
    const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override
    {
        return at::detail::getDefaultCPUGenerator();
    }
    c10::DeviceIndex getCurrentDevice() const override
    {
        return static_cast<c10::DeviceIndex>(currentDevice());
    }
};

void registerAsAccelerator()
{
    static Hooks hooks;
    at::RegisterPrivateUse1HooksInterface(&hooks);
    c10::register_privateuse1_backend("privateuseone");
}
#endif

std::int64_t freeBytes(const c10::Device& device)
{
    State& all = state();
    const std::lock_guard lock(all.mutex);
    return all.memory > 0
        ? std::max<std::int64_t>(1, all.memory - all.used[static_cast<std::size_t>(device.index())])
        : 0;
}

} // namespace

std::string Transfer::text() const
{
    std::string text = std::string(isUp ? "up " : "down ") + c10::toString(type) + " [";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + (isScalar ? "] by item()" : "]");
}

PretendDevice::PretendDevice(std::int64_t memory)
{
    static const bool isRegistered = [] {
        c10::SetAllocator(kType, &allocator());
#if TORCH_VERSION_MAJOR >= 2
        registerAsAccelerator();
#endif
        return true;
    }();
    (void)isRegistered;
    State& all = state();
    {
        const std::lock_guard lock(all.mutex);
        all.memory = memory;
        all.peak = all.used;
        all.transfers.clear();
        all.waits.clear();
        all.plainAccesses = 0;
    }
    watchForPlainPointers();
    core::setOtherDevices({{"privateuseone", kType, &count, &freeBytes}});
}

PretendDevice::~PretendDevice()
{
    core::setOtherDevices({});
    State& all = state();
    stopWatching();
    EXPECT_EQ(all.plainAccesses.load(), 0) << "plain pointers reached into the device's memory";
}

c10::Device PretendDevice::device(int index)
{
    return {kType, static_cast<c10::DeviceIndex>(index)};
}

std::string PretendDevice::name(int index)
{
    return device(index).str();
}

std::vector<Transfer> PretendDevice::takeTransfers()
{
    const std::lock_guard lock(state().mutex);
    return std::exchange(state().transfers, {});
}

std::vector<std::string> PretendDevice::takeWaits()
{
    const std::lock_guard lock(state().mutex);
    return std::exchange(state().waits, {});
}

int PretendDevice::takePlainAccesses()
{
    return state().plainAccesses.exchange(0);
}

std::int64_t PretendDevice::usedBytes(int index)
{
    const std::lock_guard lock(state().mutex);
    return state().used[static_cast<std::size_t>(index)];
}

std::int64_t PretendDevice::peakBytes(int index)
{
    const std::lock_guard lock(state().mutex);
    return state().peak[static_cast<std::size_t>(index)];
}

void PretendDevice::setMemory(std::int64_t bytes)
{
    const std::lock_guard lock(state().mutex);
    state().memory = bytes;
}

std::int64_t bytesOf(const std::vector<Transfer>& transfers, bool isUp)
{
    std::int64_t bytes = 0;
    for (const Transfer& transfer : transfers)
        bytes += transfer.isUp == isUp ? transfer.bytes : 0;
    return bytes;
}

std::string textOf(const std::vector<Transfer>& transfers)
{
    std::string text;
    for (const Transfer& transfer : transfers)
        text += transfer.text() + "\n";
    return text;
}

} // namespace tests
