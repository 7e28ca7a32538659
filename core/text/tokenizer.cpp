#include "core/text/tokenizer.h"

#include "core/files/json_file.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/special_names.h"

#include <new>

namespace core {

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const std::filesystem::path& path)
{
    std::error_code ignored;
    const bool isFolder = std::filesystem::is_directory(path, ignored);
    const std::filesystem::path file = isFolder ? path / "tokenizer.json" : path;
    const std::filesystem::path folder = file.parent_path();
    if (isFolder && !std::filesystem::exists(file, ignored)) {
        for (const char* other : {"vocab.json", "tokenizer.model", "vocab.txt", "spiece.model"}) {
            if (std::filesystem::exists(path / other, ignored))
                return fail(Error::Code::Unsupported,
                    path.string() + ": holds " + other
                        + " but no tokenizer.json, which is the file that is read. Fetch it beside "
                          "the model.");
        }
        return fail(Error::Code::NotFound,
            path.string() + ": holds no tokenizer.json. Fetch it beside the model.");
    }
    try {
        const auto json = readJson(file);
        if (!json)
            return fail(json.error());
        const auto names = readSpecialNames(folder);
        if (!names)
            return fail(names.error());
        return BpeTokenizer::fromJson(*json, *names, file.string());
    } catch (const std::bad_alloc&) {
        return fail(Error::Code::OutOfMemory, file.string() + ": does not fit into memory.");
    }
}

} // namespace core
