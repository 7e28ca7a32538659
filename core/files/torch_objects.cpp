#include "core/files/torch_objects.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace core {

namespace {

struct TorchType {
    std::string_view dtype; // as in torch.float32
    std::string_view storage; // of that type; empty where there is none
    DType type;
    std::size_t itemBytes;
};

constexpr std::array<TorchType, 20> kTorchTypes{{
    {"float32", "FloatStorage", DType::F32, 4},
    {"float64", "DoubleStorage", DType::F64, 8},
    {"float16", "HalfStorage", DType::F16, 2},
    {"bfloat16", "BFloat16Storage", DType::BF16, 2},
    {"int64", "LongStorage", DType::I64, 8},
    {"int32", "IntStorage", DType::I32, 4},
    {"int16", "ShortStorage", DType::I16, 2},
    {"int8", "CharStorage", DType::I8, 1},
    {"uint8", "ByteStorage", DType::U8, 1},
    {"bool", "BoolStorage", DType::Bool, 1},
    {"uint16", "", DType::U16, 2},
    {"uint32", "", DType::U32, 4},
    {"uint64", "", DType::U64, 8},
    {"complex64", "ComplexFloatStorage", DType::Other, 8},
    {"complex128", "ComplexDoubleStorage", DType::Other, 16},
    {"float8_e4m3fn", "", DType::Other, 1},
    {"float8_e5m2", "", DType::Other, 1},
    {"float8_e4m3fnuz", "", DType::Other, 1},
    {"float8_e5m2fnuz", "", DType::Other, 1},
    {"float8_e8m0fnu", "", DType::Other, 1},
}};

constexpr std::string_view kUntyped = "UntypedStorage";

const TorchType* findType(std::string_view name, std::string_view TorchType::*field)
{
    const auto found = std::find_if(kTorchTypes.begin(), kTorchTypes.end(),
        [&](const TorchType& type) { return !name.empty() && type.*field == name; });
    return found == kTorchTypes.end() ? nullptr : &*found;
}

bool isUntypedStorage(const PickleGlobal& global)
{
    return (global.module == "torch" || global.module == "torch.storage")
        && (global.name == kUntyped || global.name == "_UntypedStorage");
}

bool isStorageType(const PickleGlobal& global)
{
    return isUntypedStorage(global)
        || (global.module == "torch" && findType(global.name, &TorchType::storage));
}

enum class Callable {
    None,
    RebuildTensor, // and the same with hooks and metadata behind
    RebuildTensorV3,
    RebuildParameter,
    OrderedDict,
    Size,
    Device
};

Callable callable(const PickleGlobal& global)
{
    struct Row {
        std::string_view module, name;
        Callable what;
    };
    constexpr std::array<Row, 8> kRows{{
        {"torch._utils", "_rebuild_tensor", Callable::RebuildTensor},
        {"torch._utils", "_rebuild_tensor_v2", Callable::RebuildTensor},
        {"torch._utils", "_rebuild_tensor_v3", Callable::RebuildTensorV3},
        {"torch._utils", "_rebuild_parameter", Callable::RebuildParameter},
        {"torch._utils", "_rebuild_parameter_with_state", Callable::RebuildParameter},
        {"collections", "OrderedDict", Callable::OrderedDict},
        {"torch", "Size", Callable::Size},
        {"torch", "device", Callable::Device},
    }};
    for (const Row& row : kRows)
        if (row.module == global.module && row.name == global.name)
            return row.what;
    return Callable::None;
}

const PickleNode& argument(const PickleList& arguments, std::size_t i, const char* of)
{
    if (i >= arguments.items.size())
        brokenPickle(
            std::string(of) + " has only " + std::to_string(arguments.items.size()) + " arguments");
    return *arguments.items[i];
}

std::int64_t wholeNumber(const PickleNode& node, const char* what)
{
    const auto* value = as<std::int64_t>(&node);
    if (!value || *value < 0)
        brokenPickle(std::string(what) + " must be a whole number from 0");
    return *value;
}

std::vector<std::int64_t> wholeNumbers(const PickleNode& node, const char* what)
{
    const auto* list = as<PickleList>(&node);
    if (!list)
        brokenPickle(std::string(what) + " must be a tuple of whole numbers");
    std::vector<std::int64_t> numbers;
    for (const PickleNode* item : list->items)
        numbers.push_back(wholeNumber(*item, what));
    return numbers;
}

TensorRef rebuildTensor(const PickleList& arguments, bool hasType)
{
    const auto* storage = as<StorageRef>(&argument(arguments, 0, "a tensor"));
    if (!storage)
        brokenPickle("a tensor is built from something that is no storage");
    PickleTensor tensor;
    tensor.storage = *storage;
    tensor.dtype = (*storage)->dtype;
    if (const TorchType* stored = findType((*storage)->type, &TorchType::storage))
        tensor.typeName = stored->dtype;
    tensor.itemBytes = (*storage)->itemBytes;
    tensor.offset = wholeNumber(argument(arguments, 1, "a tensor"), "a tensor's offset");
    tensor.shape = wholeNumbers(argument(arguments, 2, "a tensor"), "a tensor's size");
    tensor.strides = wholeNumbers(argument(arguments, 3, "a tensor"), "a tensor's strides");
    if (tensor.shape.size() != tensor.strides.size())
        brokenPickle("a tensor has " + std::to_string(tensor.shape.size()) + " sizes but "
            + std::to_string(tensor.strides.size()) + " strides");
    if (hasType) { // (storage, offset, size, stride, requires_grad, hooks, dtype)
        const auto* name = as<PickleGlobal>(&argument(arguments, 6, "a tensor with a dtype"));
        const TorchType* type
            = name && name->module == "torch" ? findType(name->name, &TorchType::dtype) : nullptr;
        if (!type)
            brokenPickle("a tensor's dtype is no dtype of torch");
        tensor.dtype = type->type;
        tensor.typeName = type->dtype;
        tensor.itemBytes = type->itemBytes;
    } else if ((*storage)->type == kUntyped) {
        brokenPickle("a tensor without a dtype is built from bytes");
    }
    return std::make_shared<const PickleTensor>(std::move(tensor));
}

PickleNode orderedDict(const PickleList& arguments)
{
    PickleDict dict;
    if (!arguments.items.empty()) { // Python 2 wrote the pairs as an argument
        const auto* pairs = as<PickleList>(arguments.items[0]);
        if (!pairs || arguments.items.size() > 1)
            brokenPickle("an OrderedDict is built from something that is no list of pairs");
        for (const PickleNode* item : pairs->items) {
            const auto* pair = as<PickleList>(item);
            if (!pair || pair->items.size() != 2)
                brokenPickle("an OrderedDict is built from something that is no list of pairs");
            dict.entries.emplace_back(pair->items[0], pair->items[1]);
        }
    }
    return {std::move(dict)};
}

PickleNode device(const PickleList& arguments)
{
    const auto* type = as<std::string>(&argument(arguments, 0, "a device"));
    if (!type)
        brokenPickle("a device has no name");
    if (arguments.items.size() < 2)
        return {*type};
    return {*type + ":" + std::to_string(wholeNumber(*arguments.items[1], "a device's number"))};
}

} // namespace

void checkGlobal(const PickleGlobal& global)
{
    if (callable(global) != Callable::None || isStorageType(global)
        || (global.module == "torch" && findType(global.name, &TorchType::dtype)))
        return;
    throw PickleProblem{Error::Code::Unsupported,
        "holds a pickled Python object " + global.text() + "; only plain tensors, numbers, texts, "
            + "lists and dictionaries are read, and no code of a file is ever run"};
}

PickleNode callGlobal(const PickleGlobal& global, const PickleList& arguments)
{
    switch (callable(global)) {
    case Callable::RebuildTensor:
        return {rebuildTensor(arguments, false)};
    case Callable::RebuildTensorV3:
        return {rebuildTensor(arguments, true)};
    case Callable::RebuildParameter: {
        const auto* tensor = as<TensorRef>(&argument(arguments, 0, "a parameter"));
        if (!tensor)
            brokenPickle("a parameter is built from something that is no tensor");
        return {*tensor};
    }
    case Callable::OrderedDict:
        return orderedDict(arguments);
    case Callable::Size: {
        const auto* sizes = as<PickleList>(&argument(arguments, 0, "a size"));
        if (!sizes)
            brokenPickle("a size is built from something that is no tuple");
        return {PickleList{sizes->items, true}};
    }
    case Callable::Device:
        return device(arguments);
    case Callable::None:
        break;
    }
    throw PickleProblem{Error::Code::Unsupported,
        "calls " + global.text() + ", which is no function that builds plain tensors"};
}

PickleNode resolvePersistentId(const PickleNode& id)
{
    const auto* tuple = as<PickleList>(&id);
    const auto* kind = tuple && !tuple->items.empty() ? as<std::string>(tuple->items[0]) : nullptr;
    if (!kind || *kind != "storage" || tuple->items.size() < 5)
        brokenPickle("refers to something outside that is no storage");
    const auto* type = as<PickleGlobal>(tuple->items[1]);
    const auto* key = as<std::string>(tuple->items[2]);
    if (!type || !isStorageType(*type) || !key || !as<std::string>(tuple->items[3]))
        brokenPickle("a storage has no type, key or place");
    PickleStorage storage;
    storage.key = *key;
    storage.type = isUntypedStorage(*type) ? kUntyped : type->name;
    storage.itemBytes = 1;
    if (const TorchType* known = findType(type->name, &TorchType::storage)) {
        storage.dtype = known->type;
        storage.itemBytes = known->itemBytes;
    }
    storage.count
        = static_cast<std::uint64_t>(wholeNumber(*tuple->items[4], "a storage's element count"));
    storage.viewCount = storage.count;
    if (tuple->items.size() > 5 && !as<PickleNone>(tuple->items[5])) {
        // (key of the view, first element, elements), in files of torch before 0.4
        const auto* view = as<PickleList>(tuple->items[5]);
        if (!view || view->items.size() != 3)
            brokenPickle("a storage's view must have a key, a start and a length");
        storage.first = static_cast<std::uint64_t>(wholeNumber(*view->items[1], "a view's start"));
        storage.viewCount
            = static_cast<std::uint64_t>(wholeNumber(*view->items[2], "a view's length"));
        if (storage.first > storage.count || storage.viewCount > storage.count - storage.first)
            brokenPickle("a view reaches past the end of storage `" + storage.key + "`");
    }
    return {std::make_shared<const PickleStorage>(std::move(storage))};
}

void setState(PickleNode& object, const PickleNode& state)
{
    // The attributes of an ordered dictionary (`_metadata` of a module) hold no weights.
    if (as<PickleDict>(&object) && as<PickleDict>(&state))
        return;
    throw PickleProblem{Error::Code::Unsupported,
        "sets the state of a Python object; only plain tensors and values are read"};
}

} // namespace core
