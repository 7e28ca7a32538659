#include "core/session/session_json.h"

#include "core/files/atomic_write.h"
#include "core/files/json_file.h"
#include "core/session/request_json.h"
#include "core/session/step_record.h"

#include <cmath>
#include <limits>

namespace core {

namespace {

using nlohmann::json;

constexpr int kSessionVersion = 1, kSteeringVersion = 2; // 1 wrote modes as numbers
constexpr std::string_view kKinds[]{"feature", "error", "token", "logit"};
constexpr std::string_view kEditModes[]{"ablate", "scale", "set"};

/// Token texts may hold half a character.
std::string dumped(const json& value, int indent)
{
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

json nodeJson(const NodeKey& node)
{
    json out{{"kind", std::string(kKinds[static_cast<std::size_t>(node.kind)])}};
    const auto put = [&](const char* name, auto id) {
        if (id.isValid())
            out[name] = id.value;
    };
    put("layer", node.layer);
    put("position", node.position);
    put("feature", node.feature);
    put("token", node.token);
    put("minus_token", node.minusToken);
    if (!node.label.empty())
        out["label"] = node.label;
    return out;
}

NodeKey readNode(SavedFields& fields)
{
    NodeKey node;
    fields.read("kind", node.kind, kKinds);
    fields.read("layer", node.layer);
    fields.read("position", node.position);
    fields.read("feature", node.feature);
    fields.read("token", node.token);
    fields.read("minus_token", node.minusToken);
    fields.read("label", node.label);
    return node;
}

json nodesJson(const std::vector<NodeKey>& nodes)
{
    json out = json::array();
    for (const NodeKey& node : nodes)
        out.push_back(nodeJson(node));
    return out;
}

json storyJson(const Story& story)
{
    json lines = json::array();
    for (const Story::Line& line : story.lines)
        lines.push_back({{"from", nodeJson(line.from)}, {"to", nodeJson(line.to)},
            {"from_name", line.fromName}, {"to_name", line.toName}, {"sentence", line.pattern},
            {"effect", line.effect}, {"borne_out", line.isBorneOut}});
    return {{"title", story.title}, {"answer", story.answer}, {"summary", story.summary},
        {"lines", lines}};
}

Story readStory(SavedFields& fields)
{
    Story story;
    fields.read("title", story.title);
    fields.read("answer", story.answer);
    fields.read("summary", story.summary);
    fields.list("lines", [&](SavedFields& one) {
        Story::Line line;
        one.object("from", [&](SavedFields& node) { line.from = readNode(node); });
        one.object("to", [&](SavedFields& node) { line.to = readNode(node); });
        one.read("from_name", line.fromName);
        one.read("to_name", line.toName);
        one.read("sentence", line.pattern);
        one.read("effect", line.effect);
        one.read("borne_out", line.isBorneOut);
        story.lines.push_back(std::move(line));
    });
    return story;
}

json marksJson(const SavedMarks& marks)
{
    json groups = json::array(), boxes = json::array();
    for (const NodeGroup& group : marks.groups)
        groups.push_back({{"name", group.name}, {"nodes", nodesJson(group.nodes)}});
    for (const SavedMarks::Box& box : marks.boxes)
        boxes.push_back({{"box", box.key}, {"x", box.x}, {"y", box.y}});
    json out{{"prompt", marks.prompt}, {"pinned", nodesJson(marks.pinned)}, {"supernodes", groups},
        {"boxes", boxes}};
    if (!marks.file.empty())
        out["file"] = marks.file;
    if (!marks.story.isEmpty())
        out["story"] = storyJson(marks.story);
    return out;
}

SavedMarks readMarks(SavedFields& fields)
{
    SavedMarks marks;
    fields.read("prompt", marks.prompt);
    fields.read("file", marks.file);
    fields.list("pinned", [&](SavedFields& one) { marks.pinned.push_back(readNode(one)); });
    fields.list("supernodes", [&](SavedFields& one) {
        NodeGroup group;
        one.read("name", group.name);
        one.list("nodes", [&](SavedFields& node) { group.nodes.push_back(readNode(node)); });
        marks.groups.push_back(std::move(group));
    });
    fields.list("boxes", [&](SavedFields& one) {
        SavedMarks::Box box;
        one.read("box", box.key);
        one.read("x", box.x);
        one.read("y", box.y);
        marks.boxes.push_back(std::move(box));
    });
    fields.object("story", [&](SavedFields& one) { marks.story = readStory(one); });
    return marks;
}

json editJson(const NodeEdit& edit)
{
    json features = json::array();
    for (const NodeEdit::Feature& each : edit.features)
        features.push_back({{"layer", each.at.layer.value}, {"position", each.at.position.value},
            {"feature", each.at.feature.value}, {"activation", each.activation}});
    return {{"name", edit.name}, {"features", features},
        {"mode", std::string(kEditModes[static_cast<std::size_t>(edit.mode)])},
        {"value", edit.value}, {"everywhere", edit.isEverywhere}};
}

NodeEdit readEdit(SavedFields& fields)
{
    NodeEdit edit;
    fields.read("name", edit.name);
    fields.list("features", [&](SavedFields& one) {
        NodeEdit::Feature each;
        one.read("layer", each.at.layer);
        one.read("position", each.at.position);
        one.read("feature", each.at.feature);
        double activation = 0;
        one.read("activation", activation);
        each.activation = static_cast<float>(activation);
        edit.features.push_back(each);
    });
    fields.read("mode", edit.mode, kEditModes);
    fields.read("value", edit.value);
    fields.read("everywhere", edit.isEverywhere);
    if (edit.features.empty())
        fields.complain("features", "must name one feature or more.");
    return edit;
}

json editsJson(const SavedEdits& edits)
{
    json changes = json::array();
    for (const NodeEdit& edit : edits.changes)
        changes.push_back(editJson(edit));
    return {{"prompt", edits.prompt}, {"dictionaries", edits.dictionaries}, {"changes", changes}};
}

void readEdits(SavedFields& fields, SavedEdits& edits)
{
    fields.read("prompt", edits.prompt);
    fields.read("dictionaries", edits.dictionaries);
    fields.list("changes", [&](SavedFields& one) { edits.changes.push_back(readEdit(one)); });
}

json circuitJson(const SavedCircuit& circuit)
{
    json marks = json::array();
    for (const SavedMarks& one : circuit.marks)
        marks.push_back(marksJson(one));
    return {{"trace", toJson(circuit.trace)}, {"donor", circuit.donor},
        {"is_traced", circuit.isTraced}, {"file", circuit.file}, {"marks", marks},
        {"interventions", editsJson(circuit.edits)}};
}

void readCircuit(SavedFields& fields, SavedCircuit& circuit)
{
    fields.object("trace", [&](SavedFields& one) { readInto(one, circuit.trace); });
    fields.read("donor", circuit.donor);
    fields.read("is_traced", circuit.isTraced);
    fields.read("file", circuit.file);
    fields.list("marks", [&](SavedFields& one) { circuit.marks.push_back(readMarks(one)); });
    fields.object("interventions", [&](SavedFields& one) { readEdits(one, circuit.edits); });
}

json recordJson(const StepRecord& record)
{
    json out = json::object();
    for (const RecordedValue& one : record) {
        if (one.text)
            out[one.name] = *one.text;
        else if (!one.ids.empty())
            out[one.name] = one.ids;
        else
            out[one.name] = one.numbers; // NaN becomes null
    }
    return out;
}

StepRecord recordFrom(const json& object)
{
    StepRecord record;
    for (const auto& [name, value] : object.items()) {
        RecordedValue one{name, {}, {}, {}};
        if (value.is_string())
            one.text = value.get<std::string>();
        for (const json& each : value.is_array() ? value : json::array()) {
            if (each.is_number_integer())
                one.ids.push_back(each.get<std::int64_t>());
            else if (each.is_number() || each.is_null())
                one.numbers.push_back(
                    each.is_null() ? std::numeric_limits<double>::quiet_NaN() : each.get<double>());
        }
        record.push_back(std::move(one));
    }
    return record;
}

json stepJson(const SavedStep& step)
{
    const bool isAnswered = !std::holds_alternative<std::monostate>(step.answer);
    return std::visit(
        [&](const auto& request) -> json {
            return {{"what", std::string(std::decay_t<decltype(request)>::kName)},
                {"request", toJson(request)},
                {"result",
                    recordJson(
                        isAnswered ? recordOf(step.answer, RecordDepth::Compact) : step.record)}};
        },
        step.request);
}

SavedStep readStep(SavedFields& fields)
{
    SavedStep step;
    std::string what;
    fields.read("what", what);
    const auto readAs = [&](auto request) {
        if (what != decltype(request)::kName)
            return false;
        fields.object("request", [&](SavedFields& one) { readInto(one, request); });
        step.request = std::move(request);
        return true;
    };
    if (!readAs(AnalyzeRequest()) && !readAs(GenerateRequest()) && !readAs(TraceRequest())
        && !readAs(PatchRequest()))
        fields.complain(
            "what", "says `" + what + "`, which is none of: analyze, generate, trace, patch.");
    if (const json* const result = fields.take("result")) {
        if (result->is_object())
            step.record = recordFrom(*result);
        else
            fields.complain("result", "must be an object {...}.");
    }
    return step;
}

/// Complains where the file is of another kind or a newer version.
void checkVersion(SavedFields& fields, const char* name, int newest)
{
    int version = 0;
    fields.read(name, version);
    if (version == 0)
        fields.complain(name, "is missing: this is a file of another kind. Choose another file.");
    else if (version > newest)
        fields.complain(name,
            "is version " + std::to_string(version) + "; this program reads up to "
                + std::to_string(newest) + ". Open it with a newer version.");
}

} // namespace

std::string sessionText(const SavedSession& session)
{
    json dictionaries = json::array(), marks = json::array(), steps = json::array();
    for (const SavedDictionary& one : session.dictionaries)
        dictionaries.push_back({{"name", one.name}, {"path", one.path}, {"hash", one.hash}});
    for (const SavedStep& step : session.steps)
        steps.push_back(stepJson(step));
    json out{{"featurescope_session", kSessionVersion},
        {"model",
            {{"path", session.model.path}, {"name", session.model.name},
                {"dtype", session.model.dtype}, {"hash", session.model.hash}}},
        {"dictionaries", dictionaries}, {"prompt", {{"text", session.prompt}}},
        {"steer", toJson(session.steer)}, {"circuit", circuitJson(session.circuit)},
        {"patching", toJson(session.patching)}, {"swap_test", toJson(session.swapTest)},
        {"search", toJson(session.search)},
        {"window", {{"page", session.window.page}, {"geometry", session.window.geometry}}},
        {"steps", steps}};
    if (session.feature)
        out["feature"] = {{"dictionary", session.feature->dictionary},
            {"feature", session.feature->feature.value}};
    return dumped(out, 1) + "\n";
}

Result<OpenedSession> sessionFromText(std::string_view text, const std::string& file)
{
    const auto parsed = parseJson(text, file);
    if (!parsed)
        return fail(parsed.error());
    OpenedSession opened;
    SavedSession& session = opened.session;
    ReadState state{file, {}, {}};
    {
        SavedFields fields(*parsed, state);
        checkVersion(fields, "featurescope_session", kSessionVersion);
        fields.object("model", [&](SavedFields& one) {
            one.read("path", session.model.path);
            one.read("name", session.model.name);
            one.read("dtype", session.model.dtype);
            one.read("hash", session.model.hash);
        });
        fields.list("dictionaries", [&](SavedFields& one) {
            SavedDictionary dictionary;
            one.read("name", dictionary.name);
            one.read("path", dictionary.path);
            one.read("hash", dictionary.hash);
            session.dictionaries.push_back(std::move(dictionary));
        });
        fields.object("prompt", [&](SavedFields& one) { one.read("text", session.prompt); });
        fields.object("steer", [&](SavedFields& one) { readInto(one, session.steer); });
        fields.object("circuit", [&](SavedFields& one) { readCircuit(one, session.circuit); });
        fields.object("patching", [&](SavedFields& one) { readInto(one, session.patching); });
        fields.object("swap_test", [&](SavedFields& one) { readInto(one, session.swapTest); });
        fields.object("search", [&](SavedFields& one) { readInto(one, session.search); });
        fields.object("feature", [&](SavedFields& one) {
            session.feature.emplace();
            one.read("dictionary", session.feature->dictionary);
            one.read("feature", session.feature->feature);
        });
        fields.object("window", [&](SavedFields& one) {
            one.read("page", session.window.page);
            one.read("geometry", session.window.geometry);
        });
        fields.list("steps", [&](SavedFields& one) { session.steps.push_back(readStep(one)); });
    }
    if (auto checked = state.check(); !checked)
        return fail(checked.error());
    if (std::string unknown = state.unknownFields(); !unknown.empty())
        opened.notes.push_back(std::move(unknown));
    return opened;
}

StepRecord asRead(const StepRecord& record)
{
    return recordFrom(json::parse(dumped(recordJson(record), -1)));
}

Result<void> writeSteering(const SaveSteeringRequest& request)
{
    json out = toJson(request.steer);
    out["featurescope_steering"] = kSteeringVersion;
    out["model"] = request.model;
    if (request.generation) {
        out["normal"] = request.generation->normal.text;
        out["steered"] = request.generation->steered.text;
    }
    return writeAtomically(request.path, dumped(out, 1) + "\n");
}

Result<SteeringFile> readSteering(const std::filesystem::path& path)
{
    const auto parsed = readJson(path);
    if (!parsed)
        return fail(parsed.error());
    SteeringFile file;
    ReadState state{path.string(), {}, {}};
    {
        SavedFields fields(*parsed, state);
        checkVersion(fields, "featurescope_steering", kSteeringVersion);
        fields.read("model", file.model);
        fields.take("normal"); // what was written: to be read by people
        fields.take("steered");
        readInto(fields, file.steer);
    }
    if (auto checked = state.check(); !checked)
        return fail(checked.error());
    file.note = state.unknownFields();
    return file;
}

} // namespace core
