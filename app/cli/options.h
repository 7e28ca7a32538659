#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

/// What verbs say about their options. The library that parses them is compiled once, in
/// options.cpp.
namespace cli {

class Context;

/// Thrown by a verb for an option's text that only it can read: exit code 2.
struct UsageError {
    std::string option, problem;
};

/// An option that is being described; each call adds a rule.
class Option {
public:
    explicit Option(CLI::Option& option)
        : m_option(&option)
    {
    }
    Option required();
    Option showingDefault(); ///< In --help.
    Option between(int low, int high);
    Option between(double low, double high);
    Option positive();
    Option notNegative();
    Option oneOf(std::initializer_list<const char*> values);
    Option checked(std::function<std::string(const std::string&)> problemOf); ///< Empty = none.
    Option oneEach(); ///< May be repeated, each time with one value.
    Option exactly(int values);
    Option separatedBy(char separator);
    Option excluding(Option other);

private:
    CLI::Option* m_option;
};

/// A verb, a group of verbs or a group of options that is being described. The variables that
/// options are bound to live as long as what `runs` holds on to.
class Verb {
public:
    Verb(CLI::App& app, std::function<int(Context&)>& chosen)
        : m_app(&app)
        , m_chosen(&chosen)
    {
    }

    Verb verb(const std::string& name, const std::string& what);
    Verb verbs(const std::string& name, const std::string& what); ///< One of its own must follow.
    Verb oneOf(const std::string& what); ///< Options of which exactly one must be given.

    Option option(const std::string& name, std::string& value, const std::string& what);
    Option option(const std::string& name, int& value, const std::string& what);
    Option option(const std::string& name, std::int64_t& value, const std::string& what);
    Option option(const std::string& name, std::uint64_t& value, const std::string& what);
    Option option(const std::string& name, double& value, const std::string& what);
    Option option(
        const std::string& name, std::vector<std::string>& value, const std::string& what);
    Option flag(const std::string& name, bool& value, const std::string& what);

    /// What the verb does when it is chosen; answers the exit code.
    void runs(std::function<int(Context&)> run);

private:
    CLI::App* m_app;
    std::function<int(Context&)>* m_chosen;
};

/// The whole command line: describe `program`, then run it.
class CommandLine {
public:
    CommandLine(const std::string& what, const std::string& version);
    ~CommandLine();

    Verb program();
    /// Parses, and runs the chosen verb; answers the exit code.
    int run(int argc, char** argv, Context& context);

private:
    std::unique_ptr<CLI::App> m_app;
    std::function<int(Context&)> m_chosen;
};

} // namespace cli
