# The tree's own rules, label "check"; the fuzzers from their seeds, label "fuzz".
foreach(check check-layers check-pure check-coverage check-limits check-verbs check-lossy)
    add_test(NAME check/${check} COMMAND ${CMAKE_SOURCE_DIR}/tools/${check})
    set_tests_properties(check/${check} PROPERTIES LABELS check)
endforeach()
set_tests_properties(check/check-pure PROPERTIES DISABLED $<NOT:$<BOOL:${AHOY_SANITIZE}>>)

add_test(NAME check/header-slots COMMAND ${CMAKE_SOURCE_DIR}/tools/header-slots --check)
set_tests_properties(check/header-slots PROPERTIES LABELS check)

add_test(NAME check/rules COMMAND ${CMAKE_SOURCE_DIR}/tools/turn-red --check)
set_tests_properties(check/rules PROPERTIES LABELS check)

add_test(NAME check/units COMMAND ${CMAKE_SOURCE_DIR}/tools/check-units ${CMAKE_BINARY_DIR} $<TARGET_FILE:ahoy>)
set_tests_properties(check/units PROPERTIES LABELS check SKIP_RETURN_CODE 77)

add_test(NAME check/bench-tables COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/bench_test.py)
set_tests_properties(check/bench-tables PROPERTIES LABELS check)

add_test(NAME check/format COMMAND ${CMAKE_SOURCE_DIR}/tools/format --check)
set_tests_properties(check/format PROPERTIES LABELS check)

add_test(NAME fuzz/all COMMAND ${CMAKE_SOURCE_DIR}/tools/fuzz 3)
# The long ones first, and one job for the build: the neighbours need the other core.
set_tests_properties(fuzz/all PROPERTIES LABELS fuzz TIMEOUT 900 COST 300 ENVIRONMENT "CMAKE_BUILD_PARALLEL_LEVEL=1;FUZZ_SEED=1")

add_test(NAME check/tidy COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy ${CMAKE_BINARY_DIR} 1)
set_tests_properties(check/tidy PROPERTIES LABELS check TIMEOUT 300 COST 50)
