#include "core/engine/workbench.h"

#include "core/engine/workspace_setup.h"

namespace core {

Result<std::shared_ptr<const LoadedModel>> Workbench::model() const
{
    if (!m_model)
        return fail(Error::Code::NotFound, "No model is open. Open one on the Models page.");
    return m_model;
}

EngineState Workbench::state() const
{
    return {m_model ? m_model->info : ModelInfo(), m_infos, workspace.path().string()};
}

Result<Precision> Workbench::precisionOf(const std::string& device, const std::string& dtype) const
{
    return Precision::parse(
        device.empty() ? options.device : device, dtype.empty() ? options.dtype : dtype);
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
    m_model = std::make_shared<const LoadedModel>(std::move(next));
    graphs = {};
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
    m_model = std::make_shared<const LoadedModel>(std::move(next));
    setInfos(std::move(*infos));
    return {};
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
    m_model = std::make_shared<const LoadedModel>(std::move(next));
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
    m_model.reset();
    graphs = {};
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
    const std::lock_guard lock(m_infosMutex);
    m_infos = std::move(infos);
}

std::vector<std::string> Workbench::openDictionaryNames() const
{
    const std::lock_guard lock(m_infosMutex);
    std::vector<std::string> names;
    for (const DictionaryInfo& info : m_infos)
        names.push_back(info.name);
    return names;
}

} // namespace core
