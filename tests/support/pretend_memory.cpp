#include "tests/support/pretend_memory.h"

#include <algorithm>
#include <cstdlib>

#include <execinfo.h>
#include <sys/mman.h>
#include <unistd.h>

#include <c10/util/Exception.h>

namespace tests::pretend {

namespace {

constexpr std::size_t kPage = 4096;

std::size_t pagesFor(std::size_t bytes)
{
    return (std::max<std::size_t>(bytes, 1) + kPage - 1) / kPage * kPage;
}

void release(void* address)
{
    if (!address)
        return;
    State& all = state();
    std::size_t pages = 0;
    {
        const std::lock_guard lock(all.mutex);
        const auto found = all.blocks.find(static_cast<const std::byte*>(address));
        TORCH_CHECK(found != all.blocks.end(), "pretend device: freed what it never gave.");
        pages = pagesFor(found->second.bytes);
        all.used[static_cast<std::size_t>(found->second.device)]
            -= static_cast<std::int64_t>(found->second.bytes);
        std::free(found->second.numbers);
        all.blocks.erase(found);
    }
    munmap(address, pages);
}

c10::DataPtr allocate(std::size_t bytes)
{
    const c10::Device device(kType, currentDevice());
    if (bytes == 0)
        return {nullptr, nullptr, &release, device};
    State& all = state();
    const std::lock_guard lock(all.mutex);
    std::int64_t& used = all.used[static_cast<std::size_t>(currentDevice())];
    const auto wanted = static_cast<std::int64_t>(bytes);
    if (all.memory > 0 && used + wanted > all.memory)
        throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__},
            "Pretend device out of memory. Tried to allocate " + std::to_string(wanted) + " bytes; "
                + std::to_string(all.memory - used) + " are free.");
    void* const pages = mmap(
        nullptr, pagesFor(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TORCH_CHECK(pages != MAP_FAILED, "pretend device: no addresses are left.");
    // As memory of a card, it holds whatever was there: numbers that nobody wrote must show.
    auto* const numbers = static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
    std::fill_n(numbers, bytes, std::byte{0xff}); // NaN
    all.blocks[static_cast<const std::byte*>(pages)] = {numbers, bytes, currentDevice()};
    used += wanted;
    std::int64_t& peak = all.peak[static_cast<std::size_t>(currentDevice())];
    peak = std::max(peak, used);
    return {pages, pages, &release, device};
}

struct Allocator final : c10::Allocator {
#if TORCH_VERSION_MAJOR >= 2
    c10::DataPtr allocate(std::size_t bytes) override
    {
        return pretend::allocate(bytes);
    }
    void copy_data(void*, const void*, std::size_t) const override
    {
        TORCH_CHECK(false, "pretend device: memory is copied by tensors alone.");
    }
#else
    c10::DataPtr allocate(std::size_t bytes) const override
    {
        return pretend::allocate(bytes);
    }
#endif
    c10::DeleterFnPtr raw_deleter() const override
    {
        return &release;
    }
};

void onFault(int signal, siginfo_t* info, void* context)
{
    State& all = state();
    auto* const page = reinterpret_cast<std::byte*>(
        reinterpret_cast<std::uintptr_t>(info->si_addr) / kPage * kPage);
    bool isOurs = false;
    {
        // The faulting thread holds no lock of ours: whoever does touches no such page.
        const std::lock_guard lock(all.mutex);
        auto block = all.blocks.upper_bound(page);
        isOurs = block != all.blocks.begin()
            && page < (--block)->first + pagesFor(block->second.bytes);
    }
    if (isOurs) {
        if (all.plainAccesses.fetch_add(1) == 0) {
            static constexpr char kWhat[]
                = "pretend device: a plain pointer reached into its memory, from\n";
            [[maybe_unused]] const auto written = write(STDERR_FILENO, kWhat, sizeof kWhat - 1);
            std::array<void*, 24> frames{};
            backtrace_symbols_fd(
                frames.data(), backtrace(frames.data(), frames.size()), STDERR_FILENO);
        }
        // It goes on with zeros, and the test fails in words.
        mprotect(page, kPage, PROT_READ | PROT_WRITE);
        return;
    }
    if (all.before.sa_flags & SA_SIGINFO && all.before.sa_sigaction)
        return all.before.sa_sigaction(signal, info, context);
    sigaction(signal, &all.before, nullptr); // and again, as it was before
}

} // namespace

State& state()
{
    static auto* const state = new State; // outlives tensors that others keep for good
    return *state;
}

c10::DeviceIndex& currentDevice()
{
    thread_local c10::DeviceIndex index = 0;
    return index;
}

c10::Allocator& allocator()
{
    static Allocator one;
    return one;
}

std::byte* numbersOf(const void* address)
{
    State& all = state();
    const std::lock_guard lock(all.mutex);
    const auto found = all.blocks.find(static_cast<const std::byte*>(address));
    TORCH_CHECK(found != all.blocks.end(), "pretend device: memory that it never gave.");
    return found->second.numbers;
}

void watchForPlainPointers()
{
    void* warm = nullptr; // backtrace loads a library on its first call, which a handler must not
    backtrace(&warm, 1);
    struct sigaction action { };
    action.sa_sigaction = &onFault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &action, &state().before);
}

void stopWatching()
{
    sigaction(SIGSEGV, &state().before, nullptr);
}

} // namespace tests::pretend
