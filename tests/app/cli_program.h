#pragma once

#include "tests/core/engine/tiny_workbench.h"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <sys/wait.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tests {

/// What a run of the command line left.
struct Ran {
    int code = -1;
    std::string out, err;
    nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

/// The command line as the program that people run, over a workbench of its own.
class CliProgram : public testing::Test {
protected:
    /// Two at once need a name each for what they say on stderr.
    Ran run(
        const std::vector<std::string>& arguments, const std::string& errName = "stderr.txt") const
    {
        const auto err = bench.file(errName);
        std::string command = "XDG_DATA_HOME=" + quoted(bench.file("home").string()) + " "
            + quoted(FEATURESCOPE_CLI) + " --threads 1";
        for (const std::string& argument : arguments)
            command += " " + quoted(argument);
        FILE* const pipe = popen((command + " 2>" + quoted(err.string())).c_str(), "r");
        Ran ran;
        std::array<char, 4096> buffer{};
        for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
            ran.out.append(buffer.data(), n);
        const int status = pclose(pipe);
        ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        ran.err = readAll(err);
        return ran;
    }

    const TinyWorkbench bench;

private:
    static std::string quoted(const std::string& text)
    {
        std::string out = "'";
        for (const char c : text)
            out += c == '\'' ? std::string("'\\''") : std::string(1, c);
        return out + "'";
    }
};

} // namespace tests
