#include "tests/core/files/broken_file.h"
#include "tests/core/files/container_bytes.h"

namespace {

using namespace tests;
namespace p = tests::pickle;

const std::string kData = floats({1, 2, 3, 4, 5, 6});
const std::string kStorage = p::storage("0", 6);

/// {"w": tensor} over the six floats.
std::string withTensor(std::int64_t offset, const std::vector<std::int64_t>& shape,
    const std::vector<std::int64_t>& strides)
{
    return torchZip(p::dict(p::tensor(kStorage, offset, shape, strides)), kData);
}

std::string withValue(const std::string& value)
{
    return torchZip(p::dict(value), kData);
}

const std::string kGoodTorch = withTensor(0, {2, 3}, {3, 1});

core::Result<std::shared_ptr<const core::TensorFile>> open(const std::string& bytes)
{
    static const TemporaryFolder folder;
    writeAll(folder / "a.pt", bytes);
    return core::TensorFile::open(folder / "a.pt");
}

TEST(BrokenTorch, TheGoodFilesOpen)
{
    const auto zipped = open(kGoodTorch);
    ASSERT_TRUE(zipped) << zipped.error().message;
    EXPECT_EQ((*zipped)->find("w")->shape, (std::vector<std::int64_t>{2, 3}));
    const std::string object = p::dict(p::tensor(kStorage, 0, {6}, {1}));
    const auto stream
        = open(torchStream(object, "]" + p::text("0") + "a", little<std::int64_t>(6) + kData));
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ((*stream)->find("w")->bytes.size(), kData.size());
}

TEST(BrokenTorch, EveryRuleOfTensors)
{
    constexpr std::int64_t kHuge = std::int64_t{1} << 62;
    const std::string rebuild = p::global("torch._utils", "_rebuild_tensor_v2");
    const std::string rebuild3 = p::global("torch._utils", "_rebuild_tensor_v3");
    const std::string untyped
        = p::tuple({p::text("storage"), p::global("torch.storage", "UntypedStorage"), p::text("0"),
              p::text("cpu"), p::number(24)})
        + "Q";
    expectRefusals(
        {
            {"one row too many", withTensor(0, {3, 3}, {3, 1}), kInvalid, "reaches past the end"},
            {"offset too large", withTensor(1, {2, 3}, {3, 1}), kInvalid, "reaches past the end"},
            {"offset far outside", withTensor(kHuge, {1}, {1}), kInvalid, "reaches past the end"},
            {"stride too large", withTensor(0, {2, 3}, {4, 1}), kInvalid, "reaches past the end"},
            {"offset of an empty tensor outside", withTensor(7, {0}, {1}), kInvalid,
                "reaches past the end"},
            {"stride overflows", withTensor(0, {3, 3}, {kHuge, 1}), kInvalid, "64 bits"},
            {"sizes overflow", withTensor(0, {kHuge, kHuge}, {0, 0}), kInvalid, "64 bits"},
            {"sizes times bytes overflow", withTensor(0, {kHuge}, {0}), kInvalid, ""},
            {"one number unfolds to a terabyte", withTensor(0, {1 << 20, 1 << 18}, {0, 0}),
                kInvalid, "far more"},
            {"negative size", withTensor(0, {-1}, {1}), kInvalid, "whole number from 0"},
            {"negative stride", withTensor(5, {6}, {-1}), kInvalid, "whole number from 0"},
            {"negative offset", withTensor(-1, {1}, {1}), kInvalid, "whole number from 0"},
            {"strides of another length", withTensor(0, {2, 3}, {1}), kInvalid,
                "2 sizes but 1 strides"},
            {"size is no tuple",
                withValue(
                    rebuild + p::tuple({kStorage, p::number(0), "K\x06", p::numbers({1})}) + "R"),
                kInvalid, "tuple of whole numbers"},
            {"size holds texts",
                withValue(rebuild
                    + p::tuple({kStorage, p::number(0), p::tuple({p::text("6")}), p::numbers({1})})
                    + "R"),
                kInvalid, "whole number from 0"},
            {"arguments missing", withValue(rebuild + p::tuple({kStorage}) + "R"), kInvalid,
                "only 1 arguments"},
            {"no storage", withValue(rebuild + p::tuple({p::number(0)}) + "R"), kInvalid,
                "no storage"},
            {"bytes without a type", withValue(p::tensor(untyped, 0, {6}, {1})), kInvalid,
                "without a dtype"},
            {"type is no type",
                withValue(rebuild3
                    + p::tuple({untyped, p::number(0), p::numbers({6}), p::numbers({1}), "\x89",
                        "}", p::text("float32")})
                    + "R"),
                kInvalid, "no dtype"},
            {"typed view reaches past the bytes",
                withValue(rebuild3
                    + p::tuple({untyped, p::number(0), p::numbers({7}), p::numbers({1}), "\x89",
                        "}", p::global("torch", "float32")})
                    + "R"),
                kInvalid, "reaches past the end"},
            {"parameter of nothing",
                withValue(p::global("torch._utils", "_rebuild_parameter") + p::tuple({"N"}) + "R"),
                kInvalid, "no tensor"},
        },
        "a.pt");
}

TEST(BrokenTorch, EveryRuleOfStorages)
{
    const auto id = [](const std::vector<std::string>& items) {
        return withValue(p::tensor(p::tuple(items) + "Q", 0, {6}, {1}));
    };
    const std::string type = p::global("torch", "FloatStorage");
    const auto use
        = [](const std::string& storage) { return p::dict(p::tensor(storage, 0, {1}, {1})); };
    expectRefusals(
        {
            {"member missing", torchZip(use(p::storage("1", 6)), kData), kInvalid,
                "storage `1` is not in it"},
            {"member too short", torchZip(use(p::storage("0", 7)), kData), kInvalid,
                "24 bytes, which is not what 7 elements"},
            {"member too long", torchZip(use(p::storage("0", 5)), kData), kInvalid,
                "24 bytes, which is not what 5 elements"},
            {"count times bytes overflows",
                torchZip(use(p::storage("0", (std::int64_t{1} << 62) + 6)), kData), kInvalid,
                "which is not what"},
            {"negative count", torchZip(use(p::storage("0", -6)), kData), kInvalid,
                "whole number from 0"},
            {"unknown type", torchZip(use(p::storage("0", 6, "QInt8Storage")), kData), kUnsupported,
                "torch.QInt8Storage"},
            {"id is no tuple", withValue(p::tensor(p::text("0") + "Q", 0, {6}, {1})), kInvalid,
                "no storage"},
            {"id of a module", id({p::text("module"), type, p::text("0"), p::text("cpu"), "K\x06"}),
                kInvalid, "no storage"},
            {"id too short", id({p::text("storage"), type, p::text("0")}), kInvalid, "no storage"},
            {"type is no name",
                id({p::text("storage"), p::text("FloatStorage"), p::text("0"), p::text("cpu"),
                    "K\x06"}),
                kInvalid, "no type, key or place"},
            {"type is no storage",
                id({p::text("storage"), p::global("torch", "float32"), p::text("0"), p::text("cpu"),
                    "K\x06"}),
                kInvalid, "no type, key or place"},
            {"key is a number", id({p::text("storage"), type, "K\x01", p::text("cpu"), "K\x06"}),
                kInvalid, "no type, key or place"},
            {"bare storage", withValue(kStorage), kUnsupported, "bare storage"},
        },
        "a.pt");
}

TEST(BrokenTorch, NothingOfPythonIsNamedOrCalled)
{
    const auto call = [](const std::string& module, const std::string& name) {
        return withValue(p::global(module, name) + p::tuple({p::text("echo")}) + "R");
    };
    expectRefusals(
        {
            {"os.system", call("os", "system"), kUnsupported, "os.system"},
            {"eval", call("builtins", "eval"), kUnsupported, "builtins.eval"},
            {"getattr", call("__builtin__", "getattr"), kUnsupported, "__builtin__.getattr"},
            {"only named", withValue(p::global("subprocess", "Popen")), kUnsupported,
                "subprocess.Popen"},
            {"by STACK_GLOBAL", withValue(p::text("os") + p::text("system") + "\x93"), kUnsupported,
                "os.system"},
            {"a module's function behind torch", call("torch", "load"), kUnsupported, "torch.load"},
            {"a dotted name", call("torch", "Size.__init__"), kUnsupported, "torch.Size.__init__"},
            {"a storage called", withValue(p::global("torch", "FloatStorage") + ")R"), kUnsupported,
                "calls torch.FloatStorage"},
            {"a dtype called", withValue(p::global("torch", "float32") + ")R"), kUnsupported,
                "calls torch.float32"},
            {"an object made", withValue(p::global("transcoder", "Config") + ")\x81"), kUnsupported,
                "transcoder.Config"},
            {"state of a list", withValue("]}b"), kUnsupported, "state of a Python object"},
            {"a text called", withValue(p::text("os.system") + ")R"), kInvalid, "no name"},
            {"no arguments", withValue(p::global("collections", "OrderedDict") + "NR"), kInvalid,
                "no name"},
        },
        "a.pt");
}

TEST(BrokenTorch, EveryRuleOfPickles)
{
    const auto raw = [](const std::string& pickle) {
        return zip({{"archive/data.pkl", pickle}, {"archive/data/0", kData}});
    };
    const std::string w = p::tensor(kStorage, 0, {6}, {1});
    // a list that holds itself; lists of two lists each, thirty times over
    const std::string circle = "]q\x01"
                               "h\x01"
                               "a";
    std::string bomb = "]" + std::string("q\x01") + w + "a";
    for (int i = 0; i < 40; ++i)
        bomb += "0](h\x01h\x01"
                "eq\x01";
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += ']';
    deep += std::string(99'999, 'a');
    expectRefusals(
        {
            {"empty", raw(""), kInvalid, "ends early"},
            {"no stop", raw("\x80\x02}"), kInvalid, "ends early"},
            {"stop without a value", raw("\x80\x02."), kInvalid, "not there"},
            {"values left over", raw("\x80\x02}}."), kInvalid, "leaves values over"},
            {"mark left over", raw("\x80\x02(}."), kInvalid, "leaves values over"},
            {"protocol 6", raw("\x80\x06}."), kUnsupported, "protocol 6"},
            {"operation of text pickles", raw("\x80\x02I5\n."), kUnsupported, "operation 0x49"},
            {"unknown operation", raw("\x80\x02\xff."), kUnsupported, "operation 0xFF"},
            {"text longer than the file",
                raw("\x80\x02X\xff\xff\xff\xff"
                    "a."),
                kInvalid, "claims 4294967295 bytes"},
            {"text of 2^63 bytes",
                raw("\x80\x02\x8d" + std::string(7, '\0')
                    + "\x80"
                      "a."),
                kInvalid, "claims 9223372036854775808 bytes"},
            {"text is no UTF-8",
                raw("\x80\x02U\x02\xff\xfe"
                    "X\x02"
                    + std::string(3, '\0') + "\xff\xfe."),
                kInvalid, "not UTF-8"},
            {"frame longer than the file", raw("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f}."),
                kInvalid, "a frame"},
            {"recalled but never stored", raw("\x80\x02h\x07."), kInvalid, "never stored"},
            {"stored but nothing there", raw("\x80\x02q\x07."), kInvalid, "not there"},
            {"list without a mark", raw("\x80\x02]e."), kInvalid, "never began"},
            {"append to a dictionary", raw("\x80\x02}Na."), kInvalid, "no list"},
            {"append to a tuple", raw("\x80\x02)Na."), kInvalid, "no list"},
            {"items of a list", raw("\x80\x02]NNs."), kInvalid, "no dictionary"},
            {"odd items", raw("\x80\x02}(NNNu."), kInvalid, "no dictionary"},
            {"reaches below a mark", raw("\x80\x02]N(a."), kInvalid, "not there"},
            {"tuple of too few", raw("\x80\x02N\x87."), kInvalid, "not there"},
            {"name cut short",
                raw("\x80\x02"
                    "ctorch"),
                kInvalid, "ends early"},
            {"name is a number", raw("\x80\x02K\x01K\x02\x93."), kInvalid, "no text"},
            {"contains itself", withValue(circle), kInvalid, "deep"},
            {"unfolds without end", withValue(bomb), kInvalid, "unfold"},
            {"nested without end", withValue(deep), kInvalid, "deep"},
            {"key twice", torchZip("}(" + p::text("a") + w + p::text("a") + w + "u", kData),
                kInvalid, "occurs twice"},
            {"key is a list", torchZip("}]" + w + "s", kData), kUnsupported, "key"},
            {"key is a tensor", torchZip("}" + w + w + "s", kData), kUnsupported, "key"},
            {"no tensors", withValue(p::text("x")), kUnsupported, "no tensors"},
            {"ordered dictionary of numbers",
                withValue(p::global("collections", "OrderedDict")
                    + p::tuple({"]K\x01"
                                "a"})
                    + "R"),
                kInvalid, "no list of pairs"},
        },
        "a.pt");
}

TEST(BrokenTorch, EveryRuleOfArchives)
{
    const std::string object = p::dict(p::tensor(kStorage, 0, {6}, {1}));
    std::string wrongSum = kGoodTorch;
    expectRefusals(
        {
            {"big-endian", torchZip(object, kData, {{"archive/byteorder", "big"}}), kUnsupported,
                "big-endian"},
            {"unknown byte order", torchZip(object, kData, {{"archive/byteorder", "mixed"}}),
                kUnsupported, "byte order is unknown"},
            {"program", torchZip(object, kData, {{"archive/code/__torch__.py", "x"}}), kUnsupported,
                "TorchScript"},
            {"constants", torchZip(object, kData, {{"archive/constants.pkl", "x"}}), kUnsupported,
                "TorchScript"},
            {"two pickles", torchZip(object, kData, {{"other/data.pkl", "x"}}), kInvalid,
                "more than one data.pkl"},
            {"pickle damaged",
                zip({{"archive/data.pkl", p::whole(object), 0, {}, 1}, {"archive/data/0", kData}}),
                kInvalid, "CRC"},
            {"member encrypted",
                zip({{"archive/data.pkl", p::whole(object)},
                    {"archive/data/0", kData, 0, {}, {}, {}, 1}}),
                kUnsupported, "encrypted"},
        },
        "a.pt");
    EXPECT_TRUE(open(torchZip(object, kData, {{"archive/byteorder", "little"}})));
    expectEveryCutRefused(kGoodTorch);
    expectNoCrashOnAnyChange(kGoodTorch);
}

TEST(BrokenTorch, PackedAndPaddedMembersOpen)
{
    const std::string object = p::whole(p::dict(p::tensor(kStorage, 0, {6}, {1})));
    ZipEntry padded{"x/data/0", kData};
    padded.localExtra = "FB" + little<std::uint16_t>(20) + std::string(20, 'Z');
    const auto file = open(zip({{"x/data.pkl", object}, padded}));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(std::memcmp((*file)->find("w")->bytes.data(), kData.data(), kData.size()), 0);
    const auto packed = open(zip({deflated("x/data.pkl", object), deflated("x/data/0", kData)}));
    ASSERT_TRUE(packed) << packed.error().message;
    EXPECT_EQ(std::memcmp((*packed)->find("w")->bytes.data(), kData.data(), kData.size()), 0);
}

TEST(BrokenTorch, EveryRuleOfStreams)
{
    const std::string object = p::dict(p::tensor(kStorage, 0, {6}, {1}));
    const std::string keys = "]" + p::text("0") + "a";
    const std::string data = little<std::int64_t>(6) + kData;
    const std::string good = torchStream(object, keys, data);
    std::string otherVersion = good;
    otherVersion[otherVersion.find("M\xe9\x03") + 1] = '\x01';
    const auto info = [&](const std::string& value) {
        return torchStream(object, keys, data, "}" + p::text("little_endian") + value + "s");
    };
    const auto view = [&](const std::string& what) {
        const std::string storage
            = p::tuple({p::text("storage"), p::global("torch", "FloatStorage"), p::text("0"),
                  p::text("cpu"), p::number(6), what})
            + "Q";
        return torchStream(p::dict(p::tensor(storage, 0, {2}, {1})), keys, data);
    };
    const std::string two = "}(" + p::text("a") + p::tensor(kStorage, 0, {1}, {1}) + p::text("b")
        + p::tensor(p::storage("0", 12, "HalfStorage"), 0, {1}, {1}) + "u";
    expectRefusals(
        {
            {"a pickle of Python's own", p::whole(object), kUnsupported, "did not write"},
            {"another version", otherVersion, kUnsupported, "1001"},
            {"big-endian", info("\x89"), kUnsupported, "little-endian"},
            {"byte order missing", torchStream(object, keys, data, "}"), kUnsupported,
                "little-endian"},
            {"keys are no list", torchStream(object, "}", data), kInvalid, "is no list"},
            {"key unknown", torchStream(object, "]" + p::text("9") + "a", data), kInvalid,
                "no tensor uses"},
            {"key is a number",
                torchStream(object,
                    "]K\x01"
                    "a",
                    data),
                kInvalid, "no tensor uses"},
            {"key missing", torchStream(object, "]", ""), kInvalid, "storage `0` is not in it"},
            {"key twice",
                torchStream(object, "](" + p::text("0") + p::text("0") + "e", data + data),
                kInvalid, "occurs twice"},
            {"count differs", torchStream(object, keys, little<std::int64_t>(5) + kData), kInvalid,
                "5 are announced"},
            {"count negative", torchStream(object, keys, little<std::int64_t>(-6) + kData),
                kInvalid, "are announced"},
            {"data too short", good.substr(0, good.size() - 1), kInvalid, "are announced"},
            {"data too long", good + "x", kInvalid, "1 bytes follow"},
            {"count cut short", torchStream(object, keys, "abc"), kInvalid, "ends before storage"},
            {"one storage of two types", torchStream(two, keys, data), kInvalid, "in two ways"},
            {"view outside", view(p::tuple({p::text("v"), p::number(5), p::number(2)})), kInvalid,
                "a view reaches past"},
            {"view of nothing", view(p::text("v")), kInvalid, "a storage's view"},
            {"tensor outside its view", view(p::tuple({p::text("v"), p::number(4), p::number(1)})),
                kInvalid, "reaches past the end"},
        },
        "a.pt");
    const auto seen = open(view(p::tuple({p::text("v"), p::number(4), p::number(2)})));
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(std::memcmp((*seen)->find("w")->bytes.data(), kData.data() + 16, 8), 0);
    expectEveryCutRefused(good);
    expectNoCrashOnAnyChange(good);
}

} // namespace
