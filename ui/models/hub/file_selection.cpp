#include "ui/models/hub/file_selection.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>

#include <QRegularExpression>
#include <QStringList>

namespace ui {

namespace {

QString folderOf(const QString& path)
{
    return path.left(std::max<qsizetype>(0, path.lastIndexOf(QLatin1Char('/'))));
}

QString nameOf(const QString& path)
{
    return path.mid(path.lastIndexOf(QLatin1Char('/')) + 1);
}

bool isBelow(const QString& path, const QString& folder)
{
    return folder.isEmpty() || path.startsWith(folder + QLatin1Char('/'));
}

/// What opening a model reads beside its weights.
bool isModelText(const QString& name)
{
    static const std::set<QString> kNames{QStringLiteral("config.json"),
        QStringLiteral("generation_config.json"), QStringLiteral("tokenizer.json"),
        QStringLiteral("tokenizer_config.json"), QStringLiteral("tokenizer.model"),
        QStringLiteral("special_tokens_map.json"), QStringLiteral("added_tokens.json"),
        QStringLiteral("vocab.json"), QStringLiteral("merges.txt"),
        QStringLiteral("chat_template.json"), QStringLiteral("chat_template.jinja")};
    return kNames.contains(name);
}

bool isDictionaryText(const QString& name)
{
    static const std::set<QString> kNames{QStringLiteral("cfg.json"), QStringLiteral("config.json"),
        QStringLiteral("config.yaml"), QStringLiteral("config.yml"),
        QStringLiteral("hyperparams.json")};
    return kNames.contains(name);
}

bool endsWithOneOf(const QString& name, std::initializer_list<const char*> endings)
{
    return std::any_of(endings.begin(), endings.end(),
        [&](const char* ending) { return name.endsWith(QLatin1String(ending)); });
}

/// Weights that torch wrote; what a trainer keeps beside them is of no use here.
bool isPickle(const QString& name)
{
    static const QStringList kOfTrainers{QStringLiteral("optimizer"), QStringLiteral("scheduler"),
        QStringLiteral("training_args"), QStringLiteral("rng_state")};
    return endsWithOneOf(name, {".pt", ".pth", ".bin"})
        && std::none_of(kOfTrainers.cbegin(), kOfTrainers.cend(),
            [&](const QString& start) { return name.startsWith(start); });
}

bool isDictionaryWeights(const QString& name)
{
    return endsWithOneOf(name, {".safetensors", ".npz"}) || isPickle(name);
}

/// The weights of a model among the names of one folder, in the order in which opening looks for
/// them: one safetensors file, shards of it, one pickle, shards of it.
std::set<QString> modelWeights(const std::set<QString>& names)
{
    struct Form {
        const char *single, *index, *shards;
    };
    constexpr Form kForms[]{
        {"model.safetensors", "model.safetensors.index.json", "model-\\d+-of-\\d+\\.safetensors"},
        {"pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-\\d+-of-\\d+\\.bin"}};
    for (const Form& form : kForms) {
        if (names.contains(QLatin1String(form.single)))
            return {QLatin1String(form.single)};
        if (!names.contains(QLatin1String(form.index)))
            continue;
        std::set<QString> found{QLatin1String(form.index)};
        const QRegularExpression shards(
            QRegularExpression::anchoredPattern(QLatin1String(form.shards)));
        std::copy_if(names.begin(), names.end(), std::inserter(found, found.end()),
            [&](const QString& name) { return shards.match(name).hasMatch(); });
        return found;
    }
    return {};
}

/// The folders of config.json that are nearest to the root; several when nothing says which is
/// meant.
std::set<QString> modelFolders(const std::vector<HubFile>& files)
{
    std::set<QString> found;
    qsizetype nearest = -1;
    for (const HubFile& file : files) {
        if (nameOf(file.path) != QLatin1String("config.json"))
            continue;
        const qsizetype depth = file.path.count(QLatin1Char('/'));
        if (nearest < 0 || depth < nearest) {
            nearest = depth;
            found.clear();
        }
        if (depth == nearest)
            found.insert(folderOf(file.path));
    }
    return found;
}

std::vector<bool> preselectModel(const std::vector<HubFile>& files)
{
    std::vector<bool> chosen(files.size());
    const std::set<QString> folders = modelFolders(files);
    if (folders.size() != 1)
        return chosen;
    const QString& folder = *folders.begin();
    std::set<QString> names;
    for (const HubFile& file : files) {
        if (folderOf(file.path) == folder)
            names.insert(nameOf(file.path));
    }
    const std::set<QString> weights = modelWeights(names);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const QString name = nameOf(files[i].path);
        chosen[i]
            = folderOf(files[i].path) == folder && (isModelText(name) || weights.contains(name));
    }
    return chosen;
}

std::vector<bool> preselectDictionary(const std::vector<HubFile>& files, bool isAllMeant)
{
    std::vector<bool> chosen(files.size());
    if (!isAllMeant && weightFolders(files) > 1)
        return chosen;
    std::set<QString> withWeights;
    std::set<QString> withSafeWeights; // Pickles beside them hold the same once more.
    for (const HubFile& file : files) {
        if (!isDictionaryWeights(nameOf(file.path)))
            continue;
        withWeights.insert(folderOf(file.path));
        if (!isPickle(nameOf(file.path)))
            withSafeWeights.insert(folderOf(file.path));
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        const QString name = nameOf(files[i].path), folder = folderOf(files[i].path);
        if (name == QLatin1String("config.json"))
            chosen[i] = withWeights.contains(folder);
        else if (isPickle(name))
            chosen[i] = !withSafeWeights.contains(folder);
        else
            chosen[i] = isDictionaryText(name) || isDictionaryWeights(name);
    }
    return chosen;
}

/// One expression for each word of the patterns.
std::vector<QRegularExpression> wordsOf(const QString& patterns)
{
    static const QRegularExpression kParting(QStringLiteral("[\\s,]+"));
    std::vector<QRegularExpression> words;
    for (QString word : patterns.split(kParting, Qt::SkipEmptyParts)) {
        while (word.endsWith(QLatin1Char('/')))
            word.chop(1);
        if (word.isEmpty())
            continue;
        QString expression = QRegularExpression::escape(word);
        expression.replace(QLatin1String("\\*\\*"), QLatin1String("\v"));
        expression.replace(QLatin1String("\\*"), QLatin1String("[^/]*"));
        expression.replace(QLatin1String("\\?"), QLatin1String("[^/]"));
        expression.replace(QLatin1String("\v"), QLatin1String(".*"));
        words.emplace_back(QStringLiteral("(?:\\A|/)(?:%1)(?:/|\\z)").arg(expression));
    }
    return words;
}

bool isMeant(const std::vector<QRegularExpression>& words, const QString& path)
{
    return words.empty()
        || std::any_of(words.begin(), words.end(),
            [&](const QRegularExpression& word) { return word.match(path).hasMatch(); });
}

} // namespace

bool matches(const QString& patterns, const QString& path)
{
    const std::vector<QRegularExpression> words = wordsOf(patterns);
    return isMeant(words, path);
}

std::vector<bool> offered(const std::vector<HubFile>& files, HubKind kind, const QString& patterns)
{
    std::vector<bool> result(files.size());
    std::set<QString> above;
    const std::vector<QRegularExpression> words = wordsOf(patterns);
    for (std::size_t i = 0; i < files.size(); ++i) {
        result[i] = isMeant(words, files[i].path);
        if (!result[i] || kind != HubKind::Dictionary)
            continue;
        for (QString folder = folderOf(files[i].path); !folder.isEmpty();) {
            folder = folderOf(folder);
            above.insert(folder);
        }
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!result[i])
            result[i] = isDictionaryText(nameOf(files[i].path))
                && above.contains(folderOf(files[i].path));
    }
    return result;
}

std::vector<bool> preselect(
    const std::vector<HubFile>& files, HubKind kind, const QString& patterns)
{
    const std::vector<bool> isOffered = offered(files, kind, patterns);
    std::vector<HubFile> some;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (isOffered[i])
            some.push_back(files[i]);
    }
    const std::vector<bool> ofSome = kind == HubKind::Model
        ? preselectModel(some)
        : preselectDictionary(some, !patterns.trimmed().isEmpty());
    std::vector<bool> chosen(files.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < files.size(); ++i)
        chosen[i] = isOffered[i] && ofSome[at++];
    return chosen;
}

int weightFolders(const std::vector<HubFile>& files)
{
    std::set<QString> folders;
    for (const HubFile& file : files) {
        if (isDictionaryWeights(nameOf(file.path)))
            folders.insert(folderOf(file.path));
    }
    return static_cast<int>(folders.size());
}

QString folderToOpen(const std::vector<HubFile>& chosen, HubKind kind)
{
    if (chosen.empty())
        return {};
    if (kind == HubKind::Model) {
        const std::set<QString> folders = modelFolders(chosen);
        return folders.empty() ? QString() : *folders.begin();
    }
    QString common = folderOf(chosen.front().path);
    for (const HubFile& file : chosen) {
        while (!isBelow(file.path, common))
            common = folderOf(common);
    }
    return common;
}

} // namespace ui
