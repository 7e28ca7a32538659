#include "core/files/pickle_flattener.h"
#include "core/files/pickle_reader.h"
#include "core/files/tensor_file_parts.h"
#include "core/files/zip_archive.h"

#include <map>
#include <new>

namespace core {

namespace {

constexpr std::string_view kPickleMember = "/data.pkl";

/// Runs a reader of pickles and turns what it throws into an Error that names the file.
template <typename Read>
Result<TensorFileParts> guarded(const std::filesystem::path& path, const Read& read)
{
    try {
        return read();
    } catch (const PickleProblem& problem) {
        if (problem.code == Error::Code::InvalidFile)
            return fail(problem.code,
                path.string() + ": not a valid torch file: " + problem.message
                    + ". The file may be cut short or damaged; save or fetch it again.");
        return fail(problem.code,
            path.string() + ": " + problem.message
                + ". Load it with torch, and save the tensors in it as safetensors.");
    } catch (const std::bad_alloc&) {
        return fail(Error::Code::OutOfMemory,
            path.string() + ": its list of tensors does not fit into memory.");
    }
}

/// Passes on what the archive found wrong, from inside a reader.
template <typename T> T orThrow(Result<T> result)
{
    if (!result)
        throw result.error();
    return std::move(*result);
}

/// A member's bytes: in the map when stored, else unpacked.
std::span<const std::byte> memberBytes(
    const ZipArchive& archive, const ZipMember& member, ArrayMemory& memory)
{
    if (member.isStored)
        return orThrow(archive.inMap(member));
    ArrayMemory::Buffer buffer = orThrow(memory.allocate(member.size));
    const std::span<std::byte> target(buffer.get(), member.size);
    if (Result<void> unpacked = archive.unpack(member, target); !unpacked)
        throw unpacked.error();
    memory.keep(std::move(buffer));
    return target;
}

/// The archive's one folder, "archive" or the name it was saved under.
std::string findRoot(const ZipArchive& archive)
{
    std::string root;
    for (const ZipMember& member : archive.members()) {
        if (!member.name.ends_with(kPickleMember))
            continue;
        if (!root.empty())
            brokenPickle("it holds more than one data.pkl");
        root = member.name.substr(0, member.name.size() - kPickleMember.size());
    }
    return root;
}

void checkArchive(const ZipArchive& archive, const std::string& root, ArrayMemory& memory)
{
    for (const ZipMember& member : archive.members())
        if (member.name == root + "/constants.pkl" || member.name.starts_with(root + "/code/"))
            throw PickleProblem{
                Error::Code::Unsupported, "it is a TorchScript program, not a file of tensors"};
    if (const ZipMember* order = archive.find(root + "/byteorder")) {
        const auto bytes = memberBytes(archive, *order, memory);
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (text != "little")
            throw PickleProblem{Error::Code::Unsupported,
                text == "big" ? "its numbers are big-endian" : "its byte order is unknown"};
    }
}

Result<TensorFileParts> readArchive(
    const std::shared_ptr<const MappedFile>& file, const ZipArchive& archive)
{
    const auto memory = std::make_shared<ArrayMemory>(file);
    const std::string root = findRoot(archive);
    checkArchive(archive, root, *memory);
    const ZipMember& member = *archive.find(root + std::string(kPickleMember));
    if (Result<void> intact = archive.unpack(member, {}); !intact)
        return fail(intact.error());
    PickleReader reader(memberBytes(archive, member, *memory));
    const PickleNode* object = reader.next();
    std::map<std::string, std::span<const std::byte>> storages;
    const auto bytesOf = [&](const PickleStorage& storage) {
        const std::string name = root + "/data/" + storage.key;
        const auto [found, isNew] = storages.try_emplace(name);
        if (isNew) {
            const ZipMember* data = archive.find(name);
            if (!data)
                brokenPickle("storage `" + storage.key + "` is not in it");
            found->second = memberBytes(archive, *data, *memory);
        }
        if (storage.count > found->second.size() / storage.itemBytes
            || storage.count * storage.itemBytes != found->second.size())
            brokenPickle("storage `" + storage.key + "` has " + std::to_string(found->second.size())
                + " bytes, which is not what " + std::to_string(storage.count) + " elements of "
                + storage.type + " take");
        return found->second;
    };
    return flattenPickle(*object, bytesOf, memory);
}

std::uint64_t littleEndian(std::span<const std::byte> bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | static_cast<std::uint64_t>(bytes[i]);
    return value;
}

/// True when a dictionary holds true under a text key.
bool says(const PickleNode& node, std::string_view key)
{
    if (const auto* dict = as<PickleDict>(&node))
        for (const auto& [name, value] : dict->entries)
            if (const auto* text = as<std::string>(name); text && *text == key)
                return as<bool>(value) && *as<bool>(value);
    return false;
}

/// All storages that a value refers to, by key. Values may refer to each other in circles.
std::map<std::string, StorageRef> storagesOf(const PickleReader& reader)
{
    std::map<std::string, StorageRef> storages;
    for (const PickleNode& node : reader.nodes()) {
        const auto* storage = as<StorageRef>(&node);
        if (!storage)
            continue;
        const auto [found, isNew] = storages.try_emplace((*storage)->key, *storage);
        if (!isNew
            && (found->second->count != (*storage)->count
                || found->second->itemBytes != (*storage)->itemBytes))
            brokenPickle("storage `" + (*storage)->key + "` is described in two ways");
    }
    return storages;
}

Result<TensorFileParts> readStream(const std::shared_ptr<const MappedFile>& file)
{
    constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
    constexpr std::int64_t kProtocol = 1001;
    const std::span<const std::byte> bytes = file->bytes();
    PickleReader reader(bytes);
    const auto* magic = as<PickleBigInteger>(reader.next());
    if (!magic || magic->bytes != kMagic)
        throw PickleProblem{
            Error::Code::Unsupported, "it is a Python pickle that torch.save did not write"};
    const auto* protocol = as<std::int64_t>(reader.next());
    if (!protocol || *protocol != kProtocol)
        throw PickleProblem{Error::Code::Unsupported,
            "its stream has another version than 1001, the only one that torch wrote"};
    if (!says(*reader.next(), "little_endian"))
        throw PickleProblem{Error::Code::Unsupported, "its numbers are not marked little-endian"};
    const PickleNode* object = reader.next();
    const std::map<std::string, StorageRef> known = storagesOf(reader);
    const auto* keys = as<PickleList>(reader.next());
    if (!keys)
        brokenPickle("its list of storages is no list");

    std::map<std::string, std::span<const std::byte>> storages;
    std::size_t at = reader.position();
    for (const PickleNode* item : keys->items) {
        const auto* key = as<std::string>(item);
        const auto found = key ? known.find(*key) : known.end();
        if (found == known.end())
            brokenPickle("its list names a storage that no tensor uses");
        if (bytes.size() - at < 8)
            brokenPickle("it ends before storage `" + *key + "`");
        const std::uint64_t count = littleEndian(bytes.subspan(at, 8));
        at += 8;
        const PickleStorage& storage = *found->second;
        if (count != storage.count || count > (bytes.size() - at) / storage.itemBytes)
            brokenPickle("storage `" + *key + "` should have " + std::to_string(storage.count)
                + " elements, and " + std::to_string(count) + " are announced before the "
                + std::to_string(bytes.size() - at) + " bytes that follow");
        if (!storages.emplace(*key, bytes.subspan(at, count * storage.itemBytes)).second)
            brokenPickle("storage `" + *key + "` occurs twice");
        at += count * storage.itemBytes;
    }
    if (at != bytes.size())
        brokenPickle(std::to_string(bytes.size() - at) + " bytes follow its last storage");
    const auto bytesOf = [&](const PickleStorage& storage) {
        const auto found = storages.find(storage.key);
        if (found == storages.end())
            brokenPickle("storage `" + storage.key + "` is not in it");
        return found->second;
    };
    return flattenPickle(*object, bytesOf, std::make_shared<ArrayMemory>(file));
}

} // namespace

bool isTorchArchive(const ZipArchive& archive)
{
    for (const ZipMember& member : archive.members())
        if (member.name.ends_with(kPickleMember))
            return true;
    return false;
}

Result<TensorFileParts> readTorchArchive(
    const std::shared_ptr<const MappedFile>& file, const ZipArchive& archive)
{
    return guarded(file->path(), [&]() -> Result<TensorFileParts> {
        try {
            return readArchive(file, archive);
        } catch (const Error& error) {
            return fail(error);
        }
    });
}

Result<TensorFileParts> readTorchStream(const std::shared_ptr<const MappedFile>& file)
{
    return guarded(file->path(), [&] { return readStream(file); });
}

} // namespace core
