#include "core/engine/workbench.h"

#include "core/engine/workspace_setup.h"

#include <algorithm>
#include <iterator>

namespace core {

Result<std::shared_ptr<const LoadedModel>> Workbench::model() const
{
    const std::lock_guard lock(m_mutex);
    if (!m_model)
        return fail(Error::Code::NotFound, "No model is open. Open one on the Models page.");
    return m_model;
}

c10::Device Workbench::device() const
{
    const auto open = model();
    return open ? (*open)->transformer->device() : c10::Device(c10::kCPU);
}

void Workbench::setModel(std::shared_ptr<const LoadedModel> model)
{
    {
        const std::lock_guard lock(m_mutex);
        m_model.swap(model);
    }
    // The old one goes outside the lock.
}

EngineState Workbench::state() const
{
    return {m_model ? m_model->info : ModelInfo(), m_infos, m_refused, workspace.path().string()};
}

Result<Precision> Workbench::precisionOf(const OpenModelRequest& request, std::string* note) const
{
    const std::string& device = request.device.empty() ? options.device : request.device;
    const std::string& dtype = request.dtype.empty() ? options.dtype : request.dtype;
    const auto asked = Precision::parse(device, dtype);
    if (asked || !request.fallsBackToCpu)
        return asked;
    // Only another device is a way out; what is wrong for the cpu too stays the error it is.
    if (Precision::parse(device, "float32"))
        return asked;
    auto onCpu = Precision::parse("cpu", dtype);
    if (onCpu && note)
        *note = "The model runs on the cpu instead: " + asked.error().message;
    return onCpu;
}

Result<std::vector<DictionaryInfo>> Workbench::infosOf(const LoadedModel& model,
    const std::filesystem::path& workspacePath, const ProgressFn& progress)
{
    if (!workspacePath.empty())
        return registerInWorkspace(workspacePath, model, progress);
    std::vector<DictionaryInfo> infos;
    for (const auto& dictionary : model.dictionaries)
        infos.push_back(describe(*dictionary, &model));
    return infos;
}

Result<void> Workbench::put(
    LoadedModel next, const std::filesystem::path& workspacePath, const ProgressFn& progress)
{
    auto infos = infosOf(next, workspacePath, progress);
    if (!infos)
        return fail(infos.error());
    setModel(std::make_shared<const LoadedModel>(std::move(next)));
    m_refused.clear();
    graphs = {};
    training.reset();
    workspace.use(workspacePath);
    setInfos(std::move(*infos));
    return {};
}

Result<void> Workbench::putDictionaries(Dictionaries dictionaries, const ProgressFn& progress)
{
    LoadedModel next = *m_model;
    next.dictionaries = std::move(dictionaries);
    auto infos = infosOf(next, workspace.path(), progress);
    if (!infos)
        return fail(infos.error());
    setModel(std::make_shared<const LoadedModel>(std::move(next)));
    setInfos(std::move(*infos));
    return {};
}

void Workbench::noteRefused(const std::string& path, std::vector<RefusedDictionary> refused)
{
    const auto parts = [](const std::string& of) {
        const std::filesystem::path whole = std::filesystem::absolute(of).lexically_normal();
        return std::vector<std::filesystem::path>(whole.begin(), whole.end());
    };
    // A folder stands for all below it, and one of a dictionary's files for its folder.
    const auto asked = parts(path);
    std::erase_if(m_refused, [&](const RefusedDictionary& old) {
        const auto known = parts(old.path);
        const auto [a, b] = std::mismatch(asked.begin(), asked.end(), known.begin(), known.end());
        return a == asked.end() || b == known.end();
    });
    std::move(refused.begin(), refused.end(), std::back_inserter(m_refused));
}

Result<void> Workbench::close(const std::string& name)
{
    auto open = model();
    if (!open)
        return fail(open.error());
    auto found = m_model->dictionary(name);
    if (!found)
        return fail(found.error());
    LoadedModel next = *m_model;
    std::erase(next.dictionaries, *found);
    setModel(std::make_shared<const LoadedModel>(std::move(next)));
    std::vector<DictionaryInfo> left = m_infos;
    std::erase_if(left, [&](const DictionaryInfo& info) { return info.name == name; });
    setInfos(std::move(left));
    return {};
}

Result<void> Workbench::putWorkspace(const std::filesystem::path& path)
{
    auto known = dictionariesOf(path);
    if (!known)
        return fail(known.error());
    setModel(nullptr);
    m_refused.clear();
    graphs = {};
    training.reset();
    workspace.use(path);
    setInfos(std::move(*known));
    return {};
}

Result<void> Workbench::refresh(const ProgressFn& progress)
{
    return putDictionaries(m_model->dictionaries, progress);
}

void Workbench::setInfos(std::vector<DictionaryInfo> infos)
{
    const std::lock_guard lock(m_mutex);
    m_infos = std::move(infos);
}

std::vector<std::string> Workbench::openDictionaryNames() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> names;
    for (const DictionaryInfo& info : m_infos)
        names.push_back(info.name);
    return names;
}

} // namespace core
