#!/usr/bin/env bash
# The house rules that a compiler cannot check (docs/design.md, section 2). Prints every line that breaks one.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
broken=0

# forbid "sentence" PATTERN PATH...: no line of the files under PATH may match PATTERN.
forbid() {
    local sentence=$1 pattern=$2
    shift 2
    local hits
    hits=$(grep -rnE --include='*.h' --include='*.cpp' "$pattern" "$@" 2>/dev/null)
    [ -z "$hits" ] && return
    printf 'broken rule: %s\n%s\n' "$sentence" "$hits"
    broken=1
}

forbid "core does not know Qt" '#include <(Q|Qt)' core app/cli
forbid "ui and app know no tensors and no database" '#include <(torch|ATen|c10|sqlite3|SQLiteCpp)' ui app
forbid "of core, ui and app include only api and base" '#include "core/(files|text|workers|model|dictionary|interventions|training|labels|features|circuits|lenses|steering|store|session|builtin|engine)/' ui app
forbid "api and base are plain" '#include <(torch|ATen|c10|sqlite3|SQLiteCpp|nlohmann)' core/base core/api
forbid "api stands on base alone" '#include "core/(files|text|workers|model|dictionary|interventions|training|labels|features|circuits|lenses|steering|store|session|builtin|engine)/' core/api
forbid "core never includes upward into engine" '#include "core/engine/' core/base core/files core/text core/workers core/model \
    core/dictionary core/interventions core/training core/features core/circuits core/lenses core/steering core/store \
    core/session core/labels core/builtin
forbid "circuits, lenses and steering do not know each other" '#include "core/(lenses|steering)/' core/circuits
forbid "circuits, lenses and steering do not know each other" '#include "core/(lenses|circuits)/' core/steering
forbid "interventions know nothing of what uses them" '#include "core/(training|features|circuits|steering|lenses|store|builtin)/' core/interventions
forbid "model knows nothing above it" '#include "core/(dictionary|interventions|training|features|circuits|steering|lenses|store|builtin)/' core/model
forbid "dictionary knows nothing above it" '#include "core/(interventions|training|features|circuits|steering|lenses|store|builtin)/' core/dictionary
forbid "files, text, store and session stand on base and files" '#include "core/(model|dictionary|interventions|training|features|circuits|steering|lenses|builtin)/' core/files core/text core/store core/session
forbid "workers stand on base alone" '#include "core/(files|text|model|dictionary|interventions|training|labels|features|circuits|steering|lenses|store|session|builtin)/' core/workers
forbid "labels stand on the store" '#include "core/(model|dictionary|interventions|training|features|circuits|steering|lenses|builtin)/' core/labels
page_rooms=$(ls -d ui/*/ | cut -d/ -f2 | grep -vxE 'session|style|shared')
forbid "session, style and shared stand below the rooms of pages" "#include \"ui/($(paste -sd'|' <<<"$page_rooms"))/" ui/session ui/style ui/shared
for room in $page_rooms; do
    others=$(grep -vx "$room" <<<"$page_rooms" | paste -sd'|')
    forbid "rooms of pages do not know each other" "#include \"ui/($others)/" ui/$room
done
forbid "QtTest's checks pass silently inside GoogleTest" '\b(QVERIFY|QCOMPARE|QTRY_[A-Z]+)\b *\(' tests

while read -r lines file; do
    [ "$file" = total ] && continue
    grep -qxF "$file" tests/boundaries/long_files.txt 2>/dev/null && continue
    printf 'broken rule: no file over 600 lines without a line in long_files.txt: %s has %s\n' "$file" "$lines"
    broken=1
done < <(find core ui app tests -name '*.h' -o -name '*.cpp' | xargs wc -l | awk '$1 > 600')

[ $broken = 0 ] && echo "every house rule holds"
exit $broken
