# test/live/<name>_test.py: the real binary on loopback, with real peers; label "live".
find_package(Python3 REQUIRED COMPONENTS Interpreter)
# A name server that misbehaves by name, for live/names_test.py.
add_executable(hostile_names ${CMAKE_CURRENT_SOURCE_DIR}/tools/hostile_names.c)
target_link_libraries(hostile_names PRIVATE ahoy_test)
file(GLOB LIVE_TESTS CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/live/*_test.py)
foreach(source ${LIVE_TESTS})
    get_filename_component(name ${source} NAME_WE)
    add_test(NAME live/${name} COMMAND Python3::Interpreter ${source})
    set_tests_properties(live/${name} PROPERTIES LABELS live TIMEOUT 300 SKIP_RETURN_CODE 77
        ENVIRONMENT "AHOY=$<TARGET_FILE:ahoy>;AHOY_SHARED=${AHOY_SHARED};AHOY_BUILD=${CMAKE_BINARY_DIR};HOSTILE_NAMES=$<TARGET_FILE:hostile_names>")
endforeach()
# They mostly wait: beside the builds of fuzz/all and tsan/all, which never do, and not alone at the end.
set_tests_properties(live/torture_test live/kill_test live/netns_link_test live/load_test PROPERTIES COST 190)
