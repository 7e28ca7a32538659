#include "core/text/tokenizer.h"

#include "core/files/gguf_split.h"
#include "core/files/mapped_file.h"
#include "core/text/bpe_tokenizer.h"
#include "core/text/folder_readers.h"
#include "core/text/gguf_tokenizer.h"
#include "core/text/tokenizer_json.h"

#include <array>
#include <new>

namespace core {

namespace {

namespace fs = std::filesystem;

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

Result<SideFiles> readSideFiles(const fs::path& folder, const Vocabulary& vocabulary)
{
    auto names = readSpecialNames(folder);
    if (!names)
        return fail(names.error());
    auto added = readAddedTokens(
        folder, [&](std::string_view content) { return vocabulary.find(content); });
    if (!added)
        return fail(added.error());
    return SideFiles{std::move(*names), std::move(*added)};
}

std::string_view textOf(const MappedFile& file)
{
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

MadeTokenizer openJson(const fs::path& file)
{
    const auto mapped = MappedFile::open(file);
    if (!mapped)
        return fail(mapped.error());
    const auto names = readSpecialNames(file.parent_path());
    if (!names)
        return fail(names.error());
    return BpeTokenizer::fromJson(textOf(**mapped), *names, file.string());
}

MadeTokenizer openVocabMerges(const fs::path& vocabFile, const fs::path& mergesFile)
{
    const auto mapped = MappedFile::open(vocabFile);
    if (!mapped)
        return fail(mapped.error());
    auto pieces = readPiecesJson(textOf(**mapped), vocabFile.string());
    if (!pieces)
        return fail(pieces.error());
    auto vocabulary = Vocabulary::fromPieces(std::move(*pieces), vocabFile.string());
    if (!vocabulary)
        return fail(vocabulary.error());
    const auto merges = MappedFile::open(mergesFile, MappedFile::Emptiness::IsAllowed);
    if (!merges)
        return fail(merges.error());
    const auto side = readSideFiles(vocabFile.parent_path(), *vocabulary);
    if (!side)
        return fail(side.error());
    return makeVocabMerges(std::move(*vocabulary), textOf(**merges), *side, vocabFile.string());
}

MadeTokenizer openModel(const fs::path& file)
{
    const auto mapped = MappedFile::open(file);
    if (!mapped)
        return fail(mapped.error());
    // The pieces know their own special tokens.
    const auto side = readSideFiles(file.parent_path(), Vocabulary());
    if (!side)
        return fail(side.error());
    const std::string_view bytes = textOf(**mapped);
    return isTiktoken(bytes) ? makeTiktoken(bytes, *side, file.string())
                             : makeSentencePiece(bytes, *side, file.string());
}

constexpr std::array kVocabMerges{
    std::pair("vocab.json", "merges.txt"), std::pair("encoder.json", "vocab.bpe")};

MadeTokenizer openFile(const fs::path& file)
{
    if (GgufFile::isGguf(file))
        return openGgufTokenizer(file);
    if (file.extension() == ".model")
        return openModel(file);
    for (const auto& [vocab, merges] : kVocabMerges) {
        if (file.filename() == vocab || file.filename() == merges)
            return openVocabMerges(file.parent_path() / vocab, file.parent_path() / merges);
    }
    return openJson(file);
}

MadeTokenizer openFolder(const fs::path& folder)
{
    if (isThere(folder / "tokenizer.json"))
        return openJson(folder / "tokenizer.json");
    for (const auto& [vocab, merges] : kVocabMerges) {
        if (isThere(folder / vocab) && isThere(folder / merges))
            return openVocabMerges(folder / vocab, folder / merges);
    }
    for (const char* name : {"tokenizer.model", "spiece.model"}) {
        if (isThere(folder / name))
            return openModel(folder / name);
    }
    const auto gguf = ggufModelIn(folder);
    if (!gguf)
        return fail(gguf.error());
    if (*gguf != folder)
        return openGgufTokenizer(*gguf);
    if (isThere(folder / "vocab.txt"))
        return fail(Error::Code::Unsupported,
            folder.string()
                + ": holds vocab.txt, which is for WordPiece tokenizers. They are not "
                  "supported.");
    return fail(Error::Code::NotFound,
        folder.string()
            + ": holds no tokenizer: neither tokenizer.json nor vocab.json with "
              "merges.txt nor tokenizer.model. Fetch one of them beside the model.");
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const std::filesystem::path& path)
{
    try {
        std::error_code ignored;
        return fs::is_directory(path, ignored) ? openFolder(path) : openFile(path);
    } catch (const std::bad_alloc&) {
        return fail(Error::Code::OutOfMemory, path.string() + ": does not fit into memory.");
    }
}

} // namespace core
