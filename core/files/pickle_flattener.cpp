#include "core/files/pickle_flattener.h"

#include "core/files/pickle_reader.h"
#include "core/files/utf8_check.h"

#include <cmath>
#include <optional>
#include <set>

namespace core {

namespace {

using nlohmann::json;

constexpr int kMaxPickleDepth = 100;
constexpr std::uint64_t kSlack = std::uint64_t{1} << 26;

/// Walks the object graph as if it were a tree. Sharing could unfold without end, so what is
/// visited and what is copied is bounded by the file's size and some slack.
class Flattener {
public:
    Flattener(const StorageBytes& bytesOf, ArrayMemory& memory)
        : m_bytesOf(bytesOf)
        , m_memory(memory)
        , m_visitsLeft(memory.file().bytes().size() + kSlack / 16)
        , m_copyLeft(memory.file().bytes().size() + kSlack)
    {
    }

    /// The plain value of a node; nothing for a tensor, or for a container with only tensors below.
    std::optional<json> visit(const PickleNode& node, const std::string& name, int depth);

    std::vector<TensorView> takeTensors() { return std::move(m_tensors); }
    const std::optional<Error>& error() const { return m_error; }

private:
    std::optional<json> visitList(const PickleList& list, const std::string& name, int depth);
    std::optional<json> visitDict(const PickleDict& dict, const std::string& name, int depth);
    void add(const PickleTensor& tensor, const std::string& name);
    void charge(std::uint64_t amount, std::uint64_t& left);

    const StorageBytes& m_bytesOf;
    ArrayMemory& m_memory;
    std::uint64_t m_visitsLeft;
    std::uint64_t m_copyLeft;
    std::vector<TensorView> m_tensors;
    std::optional<Error> m_error;
};

json fromBigInteger(const std::string& bytes)
{
    double value = 0;
    const bool isNegative = (bytes.back() & 0x80) != 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value * 256 + static_cast<unsigned char>(isNegative ? ~bytes[i] : bytes[i]);
    if (isNegative)
        return -(value + 1);
    if (bytes.size() == 9 && bytes.back() == 0) { // fits 64 bits without a sign
        std::uint64_t whole = 0;
        for (std::size_t i = 8; i-- > 0;)
            whole = whole << 8 | static_cast<unsigned char>(bytes[i]);
        return whole;
    }
    return value;
}

json fromBytes(const std::string& bytes)
{
    if (isUtf8(bytes))
        return bytes;
    return json::binary({bytes.begin(), bytes.end()});
}

std::string keyText(const PickleNode& key)
{
    if (const auto* text = as<std::string>(&key))
        return *text;
    if (const auto* number = as<std::int64_t>(&key))
        return std::to_string(*number);
    if (const auto* isTrue = as<bool>(&key))
        return *isTrue ? "True" : "False";
    if (const auto* number = as<double>(&key))
        return json(*number).dump();
    if (as<PickleNone>(&key))
        return "None";
    if (const auto* global = as<PickleGlobal>(&key))
        return global->text();
    if (const auto* bytes = as<PickleBytes>(&key); bytes && isUtf8(bytes->bytes))
        return bytes->bytes;
    if (const auto* tuple = as<PickleList>(&key)) {
        std::string text = "(";
        for (const PickleNode* item : tuple->items) {
            if (as<PickleList>(item))
                break; // keys of keys stay unsupported
            text += (text.size() > 1 ? ", " : "") + keyText(*item);
            if (item == tuple->items.back())
                return text + ")";
        }
    }
    throw PickleProblem{Error::Code::Unsupported,
        "a dictionary in it has a key that is neither a text nor a number"};
}

void Flattener::charge(std::uint64_t amount, std::uint64_t& left)
{
    if (amount > left)
        brokenPickle("its objects refer to each other so often that they would unfold to far more "
                     "than the file holds");
    left -= amount;
}

std::optional<json> Flattener::visit(const PickleNode& node, const std::string& name, int depth)
{
    if (depth > kMaxPickleDepth)
        brokenPickle(
            "its objects are nested more than " + std::to_string(kMaxPickleDepth) + " deep");
    charge(1 + name.size() / 16, m_visitsLeft);
    struct Visitor {
        Flattener& self;
        const std::string& name;
        int depth;

        std::optional<json> operator()(const PickleNone&) { return json(nullptr); }
        std::optional<json> operator()(bool value) { return json(value); }
        std::optional<json> operator()(std::int64_t value) { return json(value); }
        std::optional<json> operator()(const PickleBigInteger& value)
        {
            return fromBigInteger(value.bytes);
        }
        std::optional<json> operator()(double value) { return json(value); }
        std::optional<json> operator()(const std::string& value)
        {
            self.charge(value.size(), self.m_visitsLeft);
            return json(value);
        }
        std::optional<json> operator()(const PickleBytes& value)
        {
            self.charge(value.bytes.size(), self.m_visitsLeft);
            return fromBytes(value.bytes);
        }
        std::optional<json> operator()(const PickleList& list)
        {
            return self.visitList(list, name, depth);
        }
        std::optional<json> operator()(const PickleDict& dict)
        {
            return self.visitDict(dict, name, depth);
        }
        std::optional<json> operator()(const PickleGlobal& global) { return json(global.text()); }
        std::optional<json> operator()(const StorageRef& storage)
        {
            throw PickleProblem{Error::Code::Unsupported,
                "it holds the bare storage `" + storage->key + "` where a tensor is expected"};
        }
        std::optional<json> operator()(const TensorRef& tensor)
        {
            self.add(*tensor, name);
            return std::nullopt;
        }
    };
    return std::visit(Visitor{*this, name, depth}, node.value);
}

std::optional<json> Flattener::visitList(const PickleList& list, const std::string& name, int depth)
{
    json values = json::array();
    bool hasValue = list.items.empty();
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        auto value = visit(
            *list.items[i], (name.empty() ? "" : name + ".") + std::to_string(i), depth + 1);
        hasValue = hasValue || value.has_value();
        values.push_back(value ? std::move(*value) : json(nullptr)); // keeps the others' places
    }
    if (!hasValue)
        return std::nullopt;
    return values;
}

std::optional<json> Flattener::visitDict(const PickleDict& dict, const std::string& name, int depth)
{
    json values = json::object();
    std::set<std::string> keys;
    for (const auto& [keyNode, valueNode] : dict.entries) {
        const std::string key = keyText(*keyNode);
        charge(key.size(), m_visitsLeft);
        if (!keys.insert(key).second)
            brokenPickle("key `" + key + "` occurs twice in a dictionary");
        if (auto value = visit(*valueNode, (name.empty() ? "" : name + ".") + key, depth + 1))
            values[key] = std::move(*value);
    }
    if (values.empty() && !dict.entries.empty())
        return std::nullopt;
    return values;
}

void Flattener::add(const PickleTensor& tensor, const std::string& name)
{
    const std::string what = "tensor `" + (name.empty() ? "array" : name) + "` ";
    const PickleStorage& storage = *tensor.storage;
    std::span<const std::byte> bytes = m_bytesOf(storage);
    bytes = bytes.subspan(storage.first * storage.itemBytes, storage.viewCount * storage.itemBytes);
    const ArrayLayout layout{tensor.shape, tensor.strides, tensor.itemBytes};
    const auto count = elementCount(layout.shape);
    const auto reached = elementsReached(layout);
    if (!count || !reached)
        brokenPickle(what + "has sizes or strides that 64 bits cannot count");
    const std::uint64_t available = bytes.size() / tensor.itemBytes;
    const auto offset = static_cast<std::uint64_t>(tensor.offset);
    if (offset > available || *reached > available - offset)
        brokenPickle(what + "reaches past the end of storage `" + storage.key + "`");
    bytes = bytes.subspan(offset * tensor.itemBytes);

    TensorView view{name.empty() ? "array" : name, tensor.dtype, tensor.shape, {}, tensor.typeName};
    if (isRowMajor(layout)) {
        view.bytes = bytes.first(*count * tensor.itemBytes);
    } else {
        std::uint64_t size = 0;
        if (__builtin_mul_overflow(*count, tensor.itemBytes, &size))
            brokenPickle(what + "has more elements than 64 bits can count");
        charge(size, m_copyLeft);
        auto buffer = m_memory.allocate(size);
        if (!buffer) {
            m_error = buffer.error();
            return;
        }
        copyRowMajor(buffer->get(), bytes.data(), layout);
        view.bytes = {buffer->get(), size};
        m_memory.keep(std::move(*buffer));
    }
    m_tensors.push_back(std::move(view));
}

} // namespace

Result<TensorFileParts> flattenPickle(
    const PickleNode& object, const StorageBytes& bytesOf, std::shared_ptr<ArrayMemory> memory)
{
    Flattener flattener(bytesOf, *memory);
    std::optional<json> values = flattener.visit(object, "", 0);
    if (flattener.error())
        return fail(*flattener.error());
    TensorFileParts parts;
    parts.tensors = flattener.takeTensors();
    if (parts.tensors.empty())
        throw PickleProblem{Error::Code::Unsupported, "it holds no tensors"};
    if (values && values->is_object())
        parts.values = std::move(*values);
    else if (values)
        for (std::size_t i = 0; i < values->size(); ++i)
            if (!(*values)[i].is_null())
                parts.values[std::to_string(i)] = std::move((*values)[i]);
    parts.owner = std::move(memory);
    return parts;
}

} // namespace core
