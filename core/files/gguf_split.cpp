#include "core/files/gguf_split.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr int kMostFiles = 99999; // five digits

/// NAME-00002-of-00005.gguf
struct SplitName {
    std::string name;
    int index = 1, count = 1;

    fs::path at(const fs::path& folder, int place) const
    {
        const auto digits = [](int number) {
            const std::string text = std::to_string(number);
            return std::string(5 - std::min<std::size_t>(text.size(), 5), '0') + text;
        };
        return folder / (name + "-" + digits(place) + "-of-" + digits(count) + ".gguf");
    }
};

std::optional<int> fiveDigits(std::string_view text)
{
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool isNumber = text.size() == 5 && read.ec == std::errc()
        && read.ptr == text.data() + text.size() && value >= 1 && value <= kMostFiles;
    return isNumber ? std::optional(value) : std::nullopt;
}

std::optional<SplitName> splitName(const fs::path& path)
{
    constexpr std::string_view kOf = "-of-";
    const std::string stem = path.stem().string();
    constexpr std::size_t kTail = 1 + 5 + kOf.size() + 5;
    if (path.extension() != ".gguf" || stem.size() <= kTail)
        return std::nullopt;
    const std::string_view tail = std::string_view(stem).substr(stem.size() - kTail);
    const auto index = fiveDigits(tail.substr(1, 5)),
               count = fiveDigits(tail.substr(6 + kOf.size()));
    if (tail[0] != '-' || tail.substr(6, kOf.size()) != kOf || !index || !count || *index > *count)
        return std::nullopt;
    return SplitName{stem.substr(0, stem.size() - kTail), *index, *count};
}

Result<void> checkPart(const GgufFile& file, std::int64_t number, std::int64_t count)
{
    const auto saidNumber = file.whole("split.no");
    if (!saidNumber)
        return fail(saidNumber.error());
    const auto saidCount = file.whole("split.count");
    if (!saidCount)
        return fail(saidCount.error());
    if (saidCount->value_or(0) != count)
        return file.invalid("split.count",
            "is " + std::to_string(saidCount->value_or(0)) + ", the file's name says "
                + std::to_string(count));
    if (saidNumber->value_or(-1) != number)
        return file.invalid("split.no",
            "is " + std::to_string(saidNumber->value_or(-1)) + ", counted from 0; the file's name "
                + "says " + std::to_string(number));
    return {};
}

} // namespace

fs::path firstGgufFile(const fs::path& path)
{
    const auto name = splitName(path);
    return name ? name->at(path.parent_path(), 1) : path;
}

Result<std::vector<std::shared_ptr<const GgufFile>>> openGgufModel(const fs::path& path)
{
    const auto name = splitName(path);
    std::vector<std::shared_ptr<const GgufFile>> files;
    if (!name || name->count == 1) {
        auto file = GgufFile::open(path);
        if (!file)
            return fail(file.error());
        const auto count = (*file)->whole("split.count");
        if (!count)
            return fail(count.error());
        if (count->value_or(1) > 1)
            return (*file)->invalid("split.count",
                "is " + std::to_string(**count)
                    + ": the file is one of several and must keep its name, such as "
                      "model-00001-of-00002.gguf");
        files.push_back(std::move(*file));
        return files;
    }
    std::set<std::string_view> names;
    std::int64_t tensors = 0;
    for (int place = 1; place <= name->count; ++place) {
        const fs::path part = name->at(path.parent_path(), place);
        std::error_code ignored;
        if (!fs::exists(part, ignored))
            return fail(Error::Code::NotFound,
                part.string() + ": there is no such file, but the model has "
                    + std::to_string(name->count)
                    + " of them in one folder. Fetch those that are missing.");
        auto file = GgufFile::open(part);
        if (!file)
            return fail(file.error());
        if (auto checked = checkPart(**file, place - 1, name->count); !checked)
            return fail(checked.error());
        for (const TensorView& tensor : (*file)->tensors()) {
            ++tensors;
            if (!names.insert(tensor.name).second)
                return fail(Error::Code::InvalidFile,
                    part.string() + ": tensor `" + tensor.name
                        + "` lies in an earlier file of the model too. The files may belong to "
                          "different models; fetch them again.");
        }
        files.push_back(std::move(*file));
    }
    const auto all = files.front()->whole("split.tensors.count");
    if (!all)
        return fail(all.error());
    if (all->value_or(tensors) != tensors)
        return files.front()->invalid("split.tensors.count",
            "is " + std::to_string(**all) + ", but the files hold " + std::to_string(tensors));
    return files;
}

Result<fs::path> ggufModelIn(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_directory(path, error) || fs::exists(path / "config.json", error))
        return path;
    std::set<fs::path> models;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
        // The part of a model that reads pictures lies beside it under such a name.
        if (at->path().extension() == ".gguf"
            && !at->path().filename().string().starts_with("mmproj"))
            models.insert(firstGgufFile(at->path()));
    if (models.empty())
        return path;
    if (models.size() == 1)
        return *models.begin();
    std::string names;
    for (const fs::path& model : models)
        names += (names.empty() ? "" : ", ") + model.filename().string();
    return fail(Error::Code::Unsupported,
        path.string() + ": holds several models: " + names.substr(0, 400)
            + ". Open one of these files.");
}

} // namespace core
