#include "tests/core/files/broken_file.h"
#include "tests/core/files/container_bytes.h"
#include "tests/support/fixtures.h"

namespace {

using namespace tests;

const std::string kTwo = floats({1, 2});
const std::string kGoodNpy = npy(npyHeader("'<f4'", "(2,)"), kTwo);

std::string withHeader(const std::string& header)
{
    return npy(header, kTwo);
}

TEST(BrokenNumpy, EveryRuleOfNpy)
{
    std::string cutMagic = kGoodNpy;
    cutMagic.resize(9);
    expectRefusals(
        {
            {"ends inside the magic", cutMagic, kInvalid, "does not begin as one"},
            {"version 4", npy(npyHeader("'<f4'", "(2,)"), kTwo, 4), kUnsupported, "version 4.0"},
            {"version 0", npy(npyHeader("'<f4'", "(2,)"), kTwo, 0), kUnsupported, "version 0.0"},
            {"version 1.1", npy(npyHeader("'<f4'", "(2,)"), kTwo, 1, 1), kUnsupported,
                "version 1.1"},
            {"ends inside the header", kGoodNpy.substr(0, 30), kInvalid, "ends inside its header"},
            {"ends inside the header length", npy("", "", 2).substr(0, 11), kInvalid,
                "ends inside its header"},
            {"header over 10,000 bytes",
                npy(npyHeader("'<f4'", "(2,)") + std::string(10'000, ' '), kTwo), kInvalid,
                "at most 10000"},
            {"version 2 header of 4 GB", npy("", "", 2).substr(0, 8) + "\xff\xff\xff\xff", kInvalid,
                "claims 4294967295 bytes"},
            {"no dictionary", withHeader("(2,)"), kInvalid, "lacks `{`"},
            {"dictionary does not end", withHeader("{'descr': '<f4'"), kInvalid, "lacks"},
            {"text behind the dictionary", withHeader(npyHeader("'<f4'", "(2,)") + "x"), kInvalid,
                "something follows"},
            {"key missing", withHeader("{'descr': '<f4', 'shape': (2,)}"), kInvalid,
                "must name `descr`, `fortran_order` and `shape`"},
            {"key unknown", withHeader("{'descr': '<f4', 'order': False, 'shape': (2,)}"), kInvalid,
                "`order`, unknown"},
            {"key twice", withHeader("{'descr': '<f4', 'descr': '<f8', 'shape': (2,)}"), kInvalid,
                "`descr`, unknown or for the second time"},
            {"comma missing", withHeader("{'descr': '<f4' 'shape': (2,)}"), kInvalid, "comma"},
            {"colon missing", withHeader("{'descr' '<f4'}"), kInvalid, "lacks `:`"},
            {"quote missing", withHeader("{'descr: <f4}"), kInvalid, "does not end"},
            {"backslash", withHeader("{'de\\x73cr': '<f4'}"), kInvalid, "backslash"},
            {"order is no boolean", withHeader("{'fortran_order': 1}"), kInvalid, "True or False"},
            {"shape is a number", withHeader(npyHeader("'<f4'", "2")), kInvalid, "lacks `(`"},
            {"shape is a number in parentheses", withHeader(npyHeader("'<f4'", "(2)")), kInvalid,
                "must be a tuple"},
            {"size negative", withHeader(npyHeader("'<f4'", "(-2,)")), kInvalid,
                "whole numbers from 0"},
            {"size fractional", withHeader(npyHeader("'<f4'", "(2.0,)")), kInvalid, "comma"},
            {"size beyond 64 bits", withHeader(npyHeader("'<f4'", "(99999999999999999999,)")),
                kInvalid, "does not fit 64 bits"},
            {"sizes without a comma", withHeader(npyHeader("'<f4'", "(1 2)")), kInvalid, "comma"},
            {"product beyond 64 bits", withHeader(npyHeader("'<f4'", "(4294967296, 4294967296)")),
                kInvalid, "more bytes than 64 bits"},
            {"bytes beyond 64 bits", withHeader(npyHeader("'<f8'", "(4611686018427387904,)")),
                kInvalid, "more bytes than 64 bits"},
            {"data too short", withHeader(npyHeader("'<f4'", "(3,)")), kInvalid,
                "needs 12 bytes, but 8 follow"},
            {"data too long", withHeader(npyHeader("'<f4'", "(1,)")), kInvalid,
                "needs 4 bytes, but 8 follow"},
            {"scalar without data", npy(npyHeader("'<f4'", "()"), ""), kInvalid, "needs 4 bytes"},
            {"objects", withHeader(npyHeader("'|O'", "(1,)")), kUnsupported,
                "pickled Python objects"},
            {"structures", withHeader(npyHeader("[('x', '<f4')]", "(2,)")), kUnsupported,
                "structures of several fields"},
            {"two-byte void", withHeader(npyHeader("'|V2'", "(4,)")), kUnsupported, "bfloat16"},
            {"texts", withHeader(npyHeader("'<U2'", "(1,)")), kUnsupported, "`<U2` are not read"},
            {"dates", withHeader(npyHeader("'<M8[s]'", "(1,)")), kUnsupported, "are not read"},
            {"unknown type", withHeader(npyHeader("'<f3'", "(2,)")), kUnsupported, "`<f3`"},
            {"type missing", withHeader(npyHeader("''", "(2,)")), kUnsupported, "are not read"},
        },
        "a.npy");
    expectEveryCutRefused(kGoodNpy);
    expectNoCrashOnAnyChange(kGoodNpy);
}

TEST(BrokenNumpy, WhatNumpyAcceptsOpens)
{
    const TemporaryFolder folder;
    const auto opens = [&](const std::string& header) {
        writeAll(folder / "a.npy", withHeader(header));
        const auto file = core::TensorFile::open(folder / "a.npy");
        EXPECT_TRUE(file) << file.error().message;
        return file ? (*file)->tensors().at(0).shape : std::vector<std::int64_t>{};
    };
    using Shape = std::vector<std::int64_t>;
    EXPECT_EQ(opens(npyHeader("\"<f4\"", "(1, 2)")), (Shape{1, 2}));
    EXPECT_EQ(opens("{\"shape\":(2L,),'fortran_order':True,'descr':'=f4'}"), (Shape{2}));
    EXPECT_EQ(opens(npyHeader("'<f8'", "()")), Shape());
    EXPECT_EQ(opens(npyHeader("'|b1'", "(8,)") + "       \n"), (Shape{8}));
}

TEST(BrokenNumpy, EveryRuleOfNpz)
{
    const ZipEntry good{"w.npy", kGoodNpy};
    const auto changed = [&](auto change) {
        ZipEntry entry = good;
        change(entry);
        return zip({entry});
    };
    std::string damaged = kGoodNpy;
    damaged.back() = '\x7f';
    ZipEntry packed = deflated("w.npy", kGoodNpy);
    ZipEntry wrongPackedSum = packed;
    wrongPackedSum.crc = 1;
    ZipEntry brokenStream = packed;
    brokenStream.data[0] = '\x07';
    ZipEntry tooLong = packed;
    tooLong.size = static_cast<std::uint32_t>(kGoodNpy.size() - 1);
    ZipEntry tooShort = packed;
    tooShort.size = static_cast<std::uint32_t>(kGoodNpy.size() + 1);
    ZipEntry bomb = packed;
    bomb.size = 0x7fff'ffff;
    const std::string archive = zip({good});
    expectRefusals(
        {
            {"no directory", archive.substr(0, archive.size() - 30), kInvalid, "zip archive"},
            {"checksum of a stored member",
                changed([&](ZipEntry& e) { e.crc = checksum(damaged); }), kInvalid, "CRC"},
            {"checksum of a packed member", zip({wrongPackedSum}), kInvalid, "CRC"},
            {"broken stream", zip({brokenStream}), kInvalid, "w.npy"},
            {"unpacks to more", zip({tooLong}), kInvalid, "does not unpack to"},
            {"unpacks to less", zip({tooShort}), kInvalid, "does not unpack to"},
            {"claims more than can be packed", zip({bomb}), kInvalid, "claims 2147483647 bytes"},
            {"stored sizes differ", changed([](ZipEntry& e) { e.size = 7; }), kInvalid, "claims 7"},
            {"claims more than the file has", changed([](ZipEntry& e) { e.packedSize = 100'000; }),
                kInvalid, "zip archive"},
            {"local header elsewhere", changed([](ZipEntry& e) { e.offset = 0x7fff'0000; }),
                kInvalid, "zip archive"},
            {"local header inside another member",
                zip({good, {"v.npy", kGoodNpy, 0, {}, {}, {}, 0, "", 9}}), kInvalid, "zip archive"},
            {"name twice", zip({good, good}), kInvalid, "zip archive"},
            {"encrypted", changed([](ZipEntry& e) { e.flags = 1; }), kUnsupported, "encrypted"},
            {"method bzip2", changed([](ZipEntry& e) { e.method = 12; }), kUnsupported,
                "method 12"},
            {"no array", zip({{"readme.txt", "hello"}}), kUnsupported, "no numpy array"},
            {"empty archive", zip({}), kInvalid, ""},
            {"member is no array", zip({{"w.npy", "hello"}}), kInvalid,
                "member `w.npy`: not a valid npy array"},
            {"member holds objects", zip({{"w.npy", npy(npyHeader("'|O'", "(1,)"), kTwo)}}),
                kUnsupported, "pickled Python objects"},
            {"one bad member behind a good one",
                zip({good, {"v.npy", npy(npyHeader("'<f4'", "(9,)"), kTwo)}}), kInvalid,
                "member `v.npy`"},
        },
        "a.npz");
    expectEveryCutRefused(archive);
    expectNoCrashOnAnyChange(archive);
    expectNoCrashOnAnyChange(zip({packed}));
}

} // namespace
