# What calls and parsing cost (tools/bench, docs/benchmarks.md): built here so that they
# stay in step with the code, measured in the release build.  They stand on the virtual
# network and mark for callgrind what is to be counted.
find_path(VALGRIND_INCLUDE valgrind/callgrind.h)
if(VALGRIND_INCLUDE AND NOT AHOY_TSAN)
    add_executable(call_bench ${CMAKE_SOURCE_DIR}/bench/call_bench.c ${CMAKE_SOURCE_DIR}/bench/meter.c)
    add_executable(parse_bench ${CMAKE_SOURCE_DIR}/bench/parse_bench.c)
    add_executable(log_bench ${CMAKE_SOURCE_DIR}/bench/log_bench.c)
    foreach(program call_bench parse_bench log_bench)
        target_include_directories(${program} PRIVATE ${VALGRIND_INCLUDE})
        target_link_libraries(${program} PRIVATE ahoy_test)
    endforeach()
endif()

# What bindings take and cost in the location.
add_executable(location_bench ${CMAKE_SOURCE_DIR}/bench/location_bench.c)
target_link_libraries(location_bench PRIVATE libahoy)

# Beside other libraries' parsers, where they are (tools/deps bench); their headers are theirs.
pkg_check_modules(OSIP IMPORTED_TARGET libosip2)
pkg_check_modules(SOFIA IMPORTED_TARGET sofia-sip-ua)
add_executable(parse_compare ${CMAKE_SOURCE_DIR}/bench/parse_compare.c ${CMAKE_SOURCE_DIR}/bench/parse_mix.c
    ${CMAKE_SOURCE_DIR}/bench/parse_peers.c)
target_link_libraries(parse_compare PRIVATE libahoy)
foreach(peer OSIP SOFIA)
    if(${peer}_FOUND)
        target_link_libraries(parse_compare PRIVATE PkgConfig::${peer})
        target_compile_definitions(parse_compare PRIVATE HAVE_${peer})
    endif()
endforeach()
if(SOFIA_FOUND) # as system headers: they do not compile without warnings
    target_include_directories(parse_compare SYSTEM PRIVATE ${SOFIA_INCLUDE_DIRS})
endif()

# In the dev build only: one build of the release is enough for all.
if(VALGRIND_INCLUDE AND AHOY_SANITIZE)
    add_test(NAME bench/instructions COMMAND ${CMAKE_SOURCE_DIR}/tools/bench --check)
    set_tests_properties(bench/instructions PROPERTIES LABELS bench RESOURCE_LOCK release_build TIMEOUT 900 SKIP_RETURN_CODE 77 COST 200
        ENVIRONMENT "CMAKE_BUILD_PARALLEL_LEVEL=1")
endif()

# The parts of `make bench` that need nobody else and no port of their own: do they run?
if(VALGRIND_INCLUDE AND AHOY_SANITIZE)
    add_test(NAME bench/quick COMMAND ${CMAKE_SOURCE_DIR}/tools/bench --quick --only million --only growth --only waiting --only steady)
    set_tests_properties(bench/quick PROPERTIES LABELS bench RESOURCE_LOCK release_build TIMEOUT 900 DEPENDS bench/instructions
        ENVIRONMENT "CMAKE_BUILD_PARALLEL_LEVEL=1")
endif()

# After it: the release build that it has made is measured.
if(AHOY_SANITIZE)
    add_test(NAME bench/tls_idle COMMAND ${CMAKE_SOURCE_DIR}/tools/bench-tls-idle 500)
    set_tests_properties(bench/tls_idle PROPERTIES LABELS bench RESOURCE_LOCK release_build TIMEOUT 900 DEPENDS bench/instructions
        ENVIRONMENT "CMAKE_BUILD_PARALLEL_LEVEL=1")
endif()

# What streams cost, and what they cost at least (tools/bench-streams): floors and generators.
foreach(program tcp_floor stream_load tls_floor tls_load)
    add_executable(${program} ${CMAKE_SOURCE_DIR}/bench/${program}.c ${CMAKE_SOURCE_DIR}/bench/wire.c)
    target_link_libraries(${program} PRIVATE libahoy)
endforeach()
