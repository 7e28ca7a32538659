#pragma once

#include "core/files/pickle_value.h"

namespace core {

/// What a pickle of torch.save may name, call and set; all of it is looked up here and nothing is
/// ever imported or run. Each throws a PickleProblem that names what is refused.
void checkGlobal(const PickleGlobal& global);
/// The result of "calling" a known name.
PickleNode callGlobal(const PickleGlobal& global, const PickleList& arguments);
/// The storage that a persistent id stands for.
PickleNode resolvePersistentId(const PickleNode& id);
/// "Sets the state" of an object.
void setState(PickleNode& object, const PickleNode& state);

} // namespace core
