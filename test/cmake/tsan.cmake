# What has threads, under ThreadSanitizer in a build of its own, label "tsan".
add_test(NAME tsan/all COMMAND ${CMAKE_SOURCE_DIR}/tools/tsan)
# One job for its build: its neighbours under ctest -j2 need the other core.
set_tests_properties(tsan/all PROPERTIES LABELS tsan TIMEOUT 900 COST 200
    ENVIRONMENT "CMAKE_BUILD_PARALLEL_LEVEL=1;AHOY_SHARED=${AHOY_SHARED}")
