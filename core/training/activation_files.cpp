#include "core/training/activation_files.h"

#include "core/files/atomic_write.h"
#include "core/files/json_file.h"
#include "core/files/mapped_file.h"

#include <system_error>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr const char* kActivationsFormat = "featurescope activations 1";
constexpr std::int64_t kRowNumberBytes = 4; // float32

Error cannotWrite(const fs::path& path)
{
    return {Error::Code::Io,
        path.string()
            + ": the activations cannot be written; the disk may be full. Make room, take less "
              "text, or keep them in memory."};
}

} // namespace

fs::path ActivationFiles::fileOf(HookPoint point) const
{
    return m_folder / (point.name() + ".f32");
}

Result<std::unique_ptr<ActivationFiles>> ActivationFiles::open(const fs::path& folder,
    const std::string& key, const std::vector<HookPoint>& points, std::int64_t tokens)
{
    std::unique_ptr<ActivationFiles> files(new ActivationFiles);
    files->m_folder = folder;
    files->m_key = key;
    files->m_points = points;
    files->m_wanted = tokens;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(Error::Code::Io,
            folder.string() + ": cannot be made (" + error.message()
                + "). Choose a folder that can be written to.");
    const auto index = readObjectIfThere(folder / "activations.json");
    if (!index)
        return files; // damaged: begins anew
    const auto isSame = [&] {
        if (index->value("format", "") != kActivationsFormat || index->value("key", "") != key
            || index->value("tokens", std::int64_t(-1)) != tokens || !index->contains("widths"))
            return false;
        const auto& widths = (*index)["widths"];
        if (!widths.is_object() || widths.size() != points.size())
            return false;
        for (const HookPoint& point : points) {
            const std::int64_t width = widths.value(point.name(), std::int64_t(0));
            const auto size = fs::file_size(files->fileOf(point), error);
            const std::int64_t bytes
                = index->value("tokens_done", std::int64_t(0)) * width * kRowNumberBytes;
            if (width < 1 || error || static_cast<std::int64_t>(size) < bytes)
                return false;
            files->m_widths[point] = width;
        }
        return true;
    };
    try {
        if (!isSame()) {
            files->m_widths.clear();
            return files;
        }
        files->m_batches = index->value("batches_done", std::int64_t(0));
        files->m_tokens = index->value("tokens_done", std::int64_t(0));
    } catch (const nlohmann::json::exception&) { // a field of another type
        files->m_widths.clear();
        return files;
    }
    // What was written behind the last save is not known to be whole.
    for (const auto& [point, width] : files->m_widths)
        fs::resize_file(files->fileOf(point),
            static_cast<std::uintmax_t>(files->m_tokens * width * kRowNumberBytes), error);
    if (auto opened = files->openFiles(); !opened)
        return fail(opened.error());
    return files;
}

Result<void> ActivationFiles::openFiles()
{
    for (const HookPoint& point : m_points) {
        std::ofstream& file = m_files[point];
        file.open(fileOf(point), std::ios::binary | std::ios::app);
        if (!file)
            return fail(cannotWrite(fileOf(point)));
    }
    return {};
}

Result<void> ActivationFiles::begin(const std::map<HookPoint, at::Tensor>& rows)
{
    std::error_code error;
    std::int64_t bytes = 0;
    for (const auto& [point, value] : rows) {
        m_widths[point] = value.size(1);
        bytes += value.size(1) * m_wanted * kRowNumberBytes;
        fs::remove(fileOf(point), error);
    }
    const auto space = fs::space(m_folder, error);
    constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
    if (!error && static_cast<std::int64_t>(space.available) < bytes)
        return fail(Error::Code::Io,
            fmt::format("{}: the activations of {} tokens take {:.1f} GiB, {:.1f} GiB are free. "
                        "Make room, take less text or fewer layers.",
                m_folder.string(), m_wanted, static_cast<double>(bytes) / kGiB,
                static_cast<double>(space.available) / kGiB));
    return openFiles();
}

Result<void> ActivationFiles::append(const std::map<HookPoint, at::Tensor>& rows)
{
    if (m_files.empty())
        if (auto begun = begin(rows); !begun)
            return begun;
    std::int64_t count = 0;
    for (const auto& [point, value] : rows) {
        const at::Tensor plain = value.to(at::kCPU, at::kFloat).contiguous();
        count = plain.size(0);
        std::ofstream& file = m_files.at(point);
        file.write(reinterpret_cast<const char*>(plain.data_ptr<float>()),
            static_cast<std::streamsize>(plain.numel() * kRowNumberBytes));
        if (!file)
            return fail(cannotWrite(fileOf(point)));
    }
    ++m_batches;
    m_tokens += count;
    return {};
}

Result<void> ActivationFiles::save()
{
    if (m_widths.empty())
        return {};
    for (auto& [point, file] : m_files)
        if (!file.flush())
            return fail(cannotWrite(fileOf(point)));
    nlohmann::ordered_json widths;
    for (const auto& [point, width] : m_widths)
        widths[point.name()] = width;
    const nlohmann::ordered_json index{{"format", kActivationsFormat}, {"key", m_key},
        {"tokens", m_wanted}, {"widths", widths}, {"batches_done", m_batches},
        {"tokens_done", m_tokens}};
    return writeAtomically(m_folder / "activations.json", index.dump(2) + "\n");
}

Result<std::map<HookPoint, at::Tensor>> ActivationFiles::mapped() const
{
    std::map<HookPoint, at::Tensor> all;
    for (const auto& [point, width] : m_widths) {
        const auto file = MappedFile::open(fileOf(point));
        if (!file)
            return fail(file.error());
        if (static_cast<std::int64_t>((*file)->bytes().size())
            != m_tokens * width * kRowNumberBytes)
            return fail(Error::Code::InvalidFile,
                fileOf(point).string() + ": was changed while it was written. Begin anew.");
        // Nothing writes to it: rows are copied out.
        void* const data = const_cast<std::byte*>((*file)->bytes().data());
        all[point] = at::from_blob(
            data, {m_tokens, width}, [owner = *file](void*) {}, at::kFloat);
    }
    return all;
}

} // namespace core
