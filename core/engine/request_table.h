#pragma once

#include "core/api/engine.h"
#include "core/engine/context.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace core {

/// Where the work of a request runs: on the engine thread in one of its lanes, or on one of the
/// threads that have a workspace connection each. The worker is for what takes a second or more
/// without a model, so that neither lists nor labels wait for it.
enum class Runs : std::uint8_t {
    AtAClick,
    AsAnAnswer,
    AsAStudy,
    InBackground,
    OnReader,
    OnWriter,
    OnWorker
};

/// The work of one kind of request.
struct RequestWork {
    Runs where = Runs::AtAClick;
    std::function<Result<std::shared_ptr<const void>>(const void* request, Context& context)> run;
};

/// The work of the requests called `name`; null when there is none.
const RequestWork* findWork(std::string_view name);
void enterWork(std::string_view name, RequestWork work);

/// `const Handles<AnalyzeRequest> kAnalyze(Runs::AtAClick, run);` in the file with its work makes a
/// request known to the engine. Work that takes a model gets the open one, which stays whole while
/// the work runs; without one the answer is the error that says so.
template <Request R> class Handles {
    using Work = std::function<Result<typename R::Answer>(const R&, Context&)>;

public:
    Handles(
        Runs where, Result<typename R::Answer> (*run)(const R&, const LoadedModel& model, Context&))
        : Handles(
            where, Work([run](const R& request, Context& context) -> Result<typename R::Answer> {
                const auto open = context.model();
                if (!open)
                    return fail(open.error());
                return run(request, **open, context);
            }))
    {
    }
    Handles(Runs where, Result<typename R::Answer> (*run)(const R&, Context&))
        : Handles(where, Work(run))
    {
    }

private:
    Handles(Runs where, Work run)
    {
        enterWork(R::kName,
            {where,
                [run = std::move(run)](
                    const void* request, Context& context) -> Result<std::shared_ptr<const void>> {
                    Result<typename R::Answer> answer
                        = run(*static_cast<const R*>(request), context);
                    if (!answer)
                        return fail(std::move(answer.error()));
                    return std::make_shared<const typename R::Answer>(std::move(*answer));
                }});
    }
};

} // namespace core
