#pragma once

#include "core/api/analyze.h"
#include "core/api/generate.h"
#include "core/api/list_features.h"
#include "core/api/node_edit.h"
#include "core/api/node_key.h"
#include "core/api/patch.h"
#include "core/api/story.h"
#include "core/api/swap_test.h"
#include "core/api/trace.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Everything a person made with one model, as plain values: what is autosaved into the workspace,
/// written to a file, opened elsewhere and replayed. Labels and harvests are not in it: the
/// workspace holds them. docs/formats.md, section 8 has the JSON.
namespace core {

struct SavedModel {
    std::string path; ///< As in OpenModelRequest.
    std::string name;
    std::string dtype; ///< Likewise.
    std::string hash; ///< Of its files; empty in autosaves, whose workspace knows the model.

    bool operator==(const SavedModel&) const = default;
};

struct SavedDictionary {
    std::string name;
    std::string path; ///< As it was opened, alone or with others: a folder, "builtin:saes/layer_2".
    std::string hash; ///< Of the files there.

    bool operator==(const SavedDictionary&) const = default;
};

/// What a person marked in the graph of one prompt, or of one file.
struct SavedMarks {
    struct Box {
        std::string key; ///< Of the subgraph's box.
        double x = 0, y = 0; ///< Its middle.

        bool operator==(const Box&) const = default;
    };

    std::string prompt;
    std::string file; ///< Of a graph that was read from there; empty: traced.
    std::vector<NodeKey> pinned;
    std::vector<NodeGroup> groups;
    std::vector<Box> boxes;
    Story story = {}; ///< What *Explain* said of it; empty: it was not asked.

    bool operator==(const SavedMarks&) const = default;
};

/// The list of interventions, which belongs to the graph of one prompt.
struct SavedEdits {
    std::string prompt;
    std::vector<std::string> dictionaries; ///< Of the graph: whose features they are.
    std::vector<NodeEdit> changes;

    bool operator==(const SavedEdits&) const = default;
};

struct SavedCircuit {
    TraceRequest trace; ///< The prompt and what is to be explained.
    std::string donor; ///< The prompt to swap with.
    bool isTraced = false; ///< The graph of `trace.prompt` was shown.
    std::string file; ///< The graph that was shown was read from here; empty: traced.
    std::vector<SavedMarks> marks; ///< Of every graph that has any.
    SavedEdits edits;
};

struct SavedWindow {
    std::string page; ///< "steer"; empty = not known.
    std::string geometry; ///< The window system's own bytes in base64; empty = not known.

    bool operator==(const SavedWindow&) const = default;
};

/// One value of an answer, by name: "steered.ids", "probability of #123". Whole numbers and texts
/// are the same or not; numbers are the same to what another machine's arithmetic changes.
struct RecordedValue {
    std::string name;
    std::vector<std::int64_t> ids;
    std::vector<double> numbers;
    std::optional<std::string> text;
};
using StepRecord = std::vector<RecordedValue>;

/// Something that was run and can be run again. Results are kept by reference: the numbers that
/// show whether it came out the same, not all of it.
struct SavedStep {
    using Request = std::variant<AnalyzeRequest, GenerateRequest, TraceRequest, PatchRequest>;
    using Answer = std::variant<std::monostate, std::shared_ptr<const PromptAnalysis>,
        std::shared_ptr<const Generation>, std::shared_ptr<const AttributionGraph>,
        std::shared_ptr<const PatchResult>>;

    Request request;
    Answer answer; ///< As the asker has it; where it is set, `record` is made of it when saving.
    StepRecord record;
};

struct SavedSession {
    SavedModel model;
    std::vector<SavedDictionary> dictionaries;
    std::string prompt; ///< Of the Prompt page.
    GenerateRequest steer; ///< Of the Steer page: prompt, settings, interventions.
    SavedCircuit circuit;
    PatchRequest patching;
    SwapTestRequest swapTest; ///< Its pairs as they are, also such as are not whole yet.
    FeatureQuery search;
    std::optional<FeatureRef> feature; ///< The chosen one.
    SavedWindow window;
    std::vector<SavedStep> steps; ///< The newest of each kind.
};

/// What was run of this kind; nothing when nothing was.
template <typename R> std::optional<SavedStep> stepOf(const SavedSession& session)
{
    std::optional<SavedStep> found;
    for (const SavedStep& step : session.steps)
        if (std::holds_alternative<R>(step.request))
            found = step;
    return found;
}

} // namespace core
