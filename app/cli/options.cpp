#include "app/cli/options.h"

#include "app/cli/context.h"

#include <CLI/CLI.hpp>

namespace cli {

Option Option::required()
{
    m_option->required();
    return *this;
}

Option Option::showingDefault()
{
    m_option->capture_default_str();
    return *this;
}

Option Option::between(int low, int high)
{
    m_option->check(CLI::Range(low, high));
    return *this;
}

Option Option::between(double low, double high)
{
    m_option->check(CLI::Range(low, high));
    return *this;
}

Option Option::positive()
{
    m_option->check(CLI::PositiveNumber);
    return *this;
}

Option Option::notNegative()
{
    m_option->check(CLI::NonNegativeNumber);
    return *this;
}

Option Option::oneOf(std::initializer_list<const char*> values)
{
    m_option->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
    return *this;
}

Option Option::checked(std::function<std::string(const std::string&)> problemOf)
{
    m_option->check(CLI::Validator(
        [problemOf = std::move(problemOf)](std::string& text) { return problemOf(text); }, ""));
    return *this;
}

Option Option::oneEach()
{
    m_option->allow_extra_args(false);
    return *this;
}

Option Option::exactly(int values)
{
    m_option->expected(values);
    return *this;
}

Option Option::separatedBy(char separator)
{
    m_option->delimiter(separator);
    return *this;
}

Option Option::excluding(Option other)
{
    m_option->excludes(other.m_option);
    return *this;
}

Verb Verb::verb(const std::string& name, const std::string& what)
{
    return {*m_app->add_subcommand(name, what), *m_chosen};
}

Verb Verb::verbs(const std::string& name, const std::string& what)
{
    CLI::App* const app = m_app->add_subcommand(name, what);
    app->require_subcommand(1);
    return {*app, *m_chosen};
}

Verb Verb::oneOf(const std::string& what)
{
    CLI::App* const app = m_app->add_option_group(what);
    app->require_option(1);
    return {*app, *m_chosen};
}

Option Verb::option(const std::string& name, std::string& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::option(const std::string& name, int& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::option(const std::string& name, std::int64_t& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::option(const std::string& name, std::uint64_t& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::option(const std::string& name, double& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::option(
    const std::string& name, std::vector<std::string>& value, const std::string& what)
{
    return Option(*m_app->add_option(name, value, what));
}

Option Verb::flag(const std::string& name, bool& value, const std::string& what)
{
    return Option(*m_app->add_flag(name, value, what));
}

void Verb::runs(std::function<int(Context&)> run)
{
    m_app->callback([chosen = m_chosen, run = std::move(run)] { *chosen = run; });
}

CommandLine::CommandLine(const std::string& what, const std::string& version)
    : m_app(std::make_unique<CLI::App>(what))
{
    m_app->require_subcommand(1);
    m_app->fallthrough();
    m_app->set_version_flag("--version", version, "which program this is, and stop");
}

CommandLine::~CommandLine() = default;

Verb CommandLine::program()
{
    return {*m_app, m_chosen};
}

int CommandLine::run(int argc, char** argv, Context& context)
{
    const auto wrongUsage
        = [&](const CLI::Error& error) { return m_app->exit(error) == 0 ? kDone : kWrongUsage; };
    try {
        m_app->parse(argc, argv);
        return m_chosen ? m_chosen(context) : kWrongUsage;
    } catch (const CLI::ParseError& error) {
        return wrongUsage(error);
    } catch (const UsageError& error) {
        return wrongUsage(CLI::ValidationError(error.option, error.problem));
    }
}

} // namespace cli
