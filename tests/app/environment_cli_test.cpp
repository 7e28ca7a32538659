// What a machine can lack when the command line starts, and files that are not what was meant.
#include "core/model/blas_check.h"
#include "tests/app/cli_program.h"

#include <array>
#include <filesystem>

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using tests::Ran;

class EnvironmentCli : public tests::CliProgram {
protected:
    /// The program with so many MiB of address space. A minute of processor time is far more than
    /// it needs: what spins is killed, and fails the test.
    Ran runWithin(rlim_t mebibytes, const std::vector<std::string>& arguments) const
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe(ends.data()), 0);
        std::vector<std::string> words{FEATURESCOPE_CLI};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        const pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], STDERR_FILENO);
            dup2(ends[1], STDOUT_FILENO);
            close(ends[0]);
            close(ends[1]);
            const rlimit space{mebibytes << 20, mebibytes << 20}, time{60, 60};
            setrlimit(RLIMIT_CPU, &time);
            setrlimit(RLIMIT_AS, &space);
            execv(argv[0], argv.data());
            _exit(127);
        }
        close(ends[1]);
        Ran ran;
        std::array<char, 4096> buffer{};
        for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
            ran.err.append(buffer.data(), static_cast<std::size_t>(n));
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return ran;
    }

    const std::string model = bench.model().string();
};

TEST_F(EnvironmentCli, TooLittleAddressSpaceIsRefusedWithTheFigures)
{
    for (const rlim_t mebibytes : {200u, 400u, 600u, 700u, 800u, 880u, 1000u, 1100u}) {
        const Ran ran = runWithin(mebibytes, {"--threads", "2", "model", "check", model});
        EXPECT_EQ(ran.code, 1) << mebibytes << ": " << ran.err;
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("of address space"));
        EXPECT_THAT(ran.err, HasSubstr(std::to_string(mebibytes) + " MiB (ulimit -v)"));
    }
}

TEST_F(EnvironmentCli, MoreThreadsAskForMoreAddressSpace)
{
    if (core::checkBlas().kernels.empty())
        GTEST_SKIP() << "this libtorch does not compute with OpenBLAS, whose buffers are meant";
    const std::vector<std::string> check{"model", "check", model};
    auto onThreads = [&](const char* threads) {
        std::vector<std::string> arguments{"--threads", threads};
        arguments.insert(arguments.end(), check.begin(), check.end());
        return runWithin(2000, arguments);
    };
    const Ran two = onThreads("2"), sixteen = onThreads("16");
    EXPECT_EQ(two.code, 0) << two.err;
    EXPECT_EQ(sixteen.code, 1) << sixteen.err;
    EXPECT_THAT(sixteen.err, HasSubstr("on 16 threads needs 2048 MiB of address space"));
}

TEST_F(EnvironmentCli, AFileIsMissingOrEmptyOrAFolder)
{
    const std::string empty = bench.file("empty.txt").string(),
                      folder = bench.file("folder.txt").string(),
                      missing = bench.file("missing.txt").string();
    tests::writeAll(empty, "");
    std::filesystem::create_directory(folder);
    const std::vector<std::pair<std::string, std::string>> cases{
        {empty, "empty.txt: the file is empty"}, {folder, "folder.txt: this is a folder"},
        {missing, "missing.txt: there is no such file"}};
    for (const auto& [path, words] : cases) {
        const std::vector<std::vector<std::string>> readers{
            {"tokenize", model, "--file", path},
            {"train", "lm", "--corpus", path, "--config", path, "--out", bench.file("o").string()},
        };
        for (const auto& arguments : readers) {
            const Ran ran = run(arguments);
            EXPECT_EQ(ran.code, 1) << arguments.front();
            EXPECT_THAT(ran.err, HasSubstr(words)) << arguments.front();
        }
    }
}

} // namespace
