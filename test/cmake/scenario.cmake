# test/scenario/*.c are one program; each .scn file is one CTest entry, label "scenario".
file(GLOB SCENARIO_SOURCES CONFIGURE_DEPENDS scenario/*.c)
add_executable(scenario ${SCENARIO_SOURCES})
target_link_libraries(scenario PRIVATE ahoy_test)

set(SCENARIO_SEEDS 5 CACHE STRING "how many seeds each scenario runs with")
file(GLOB SCENARIOS CONFIGURE_DEPENDS scenario/*.scn)
foreach(file ${SCENARIOS})
    get_filename_component(name ${file} NAME_WE)
    add_test(NAME scenario/${name} COMMAND scenario --seeds ${SCENARIO_SEEDS} ${file})
    set_tests_properties(scenario/${name} PROPERTIES LABELS scenario TIMEOUT 120)
endforeach()

# All of them once more, each server with two workers and with three.
foreach(workers 2 3)
    add_test(NAME scenario/${workers}-workers COMMAND scenario --seeds 2 --workers ${workers} ${SCENARIOS})
    set_tests_properties(scenario/${workers}-workers PROPERTIES LABELS scenario TIMEOUT 300 COST 60)
endforeach()

# scenario/red/*.scn must fail, and for the reason that their "expect-failure:" names.
file(GLOB RED_SCENARIOS CONFIGURE_DEPENDS scenario/red/*.scn)
foreach(file ${RED_SCENARIOS})
    get_filename_component(name ${file} NAME_WE)
    file(STRINGS ${file} reason REGEX "^# expect-failure: ")
    string(REPLACE "# expect-failure: " "" reason "${reason}")
    add_test(NAME scenario/red/${name} COMMAND scenario ${file})
    set_tests_properties(scenario/red/${name} PROPERTIES LABELS scenario TIMEOUT 120 PASS_REGULAR_EXPRESSION "${reason}")
endforeach()

# With every STARVE_STEP-th allocation failing, or every REFUSE_STEP-th send refused: nobody
# crashes, nothing is left.
set(STARVE_STEP 7 CACHE STRING "which allocations fail in the starving scenarios")
set(REFUSE_STEP 3 CACHE STRING "which sends fail in the refused scenarios")
foreach(name demo_two_domains fork_both_answer hold race_cancel_lost rfc3665_3_8_no_answer server_restart store_failure tcp_call
             tls_call wss_call)
    add_test(NAME scenario/starving/${name}
        COMMAND scenario --starve ${STARVE_STEP} ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
    add_test(NAME scenario/refused/${name}
        COMMAND scenario --refuse ${REFUSE_STEP} ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
    set_tests_properties(scenario/starving/${name} scenario/refused/${name} PROPERTIES LABELS scenario TIMEOUT 120)
endforeach()

# And with three workers, not all of which then come up.
add_test(NAME scenario/starving-3/lost_ack
    COMMAND scenario --workers 3 --starve ${STARVE_STEP} ${CMAKE_CURRENT_SOURCE_DIR}/scenario/lost_ack.scn)
set_tests_properties(scenario/starving-3/lost_ack PROPERTIES LABELS scenario TIMEOUT 120)

# A connection lost at every message of a call, whoever heard it: both sides end in a state that
# has a name, and nothing is left.
foreach(name tcp_call tls_call ws_call wss_call mixed_call race_tcp)
    foreach(workers 1 2 3)
        add_test(NAME scenario/cut-${workers}/${name}
            COMMAND scenario --cut 1 --workers ${workers} ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
        set_tests_properties(scenario/cut-${workers}/${name} PROPERTIES LABELS scenario TIMEOUT 120)
    endforeach()
endforeach()

# Loss, repetition and disorder, and no datagram comes to the worker that it is for.
set(WRONG_SEEDS_race_lossy 100) # eight calls each
foreach(name lossy_network lossy_two_domains race_lossy)
    if(NOT WRONG_SEEDS_${name})
        set(WRONG_SEEDS_${name} 1000)
    endif()
    add_test(NAME scenario/wrong-worker/${name}
        COMMAND scenario --seeds ${WRONG_SEEDS_${name}} --workers 3 --wrong ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
    set_tests_properties(scenario/wrong-worker/${name} PROPERTIES LABELS scenario TIMEOUT 300 COST 100)
endforeach()

# The same, and homes of calls change with each seventh packet: one worker serves all, all do, again and again.
foreach(name lossy_network lossy_two_domains race_lossy)
    add_test(NAME scenario/moving/${name}
        COMMAND scenario --seeds 100 --workers 3 --moving ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
    set_tests_properties(scenario/moving/${name} PROPERTIES LABELS scenario TIMEOUT 300 COST 50)
endforeach()
set(MOVING_SCENARIOS ${SCENARIOS}) # but one that counts the connections of each worker
list(FILTER MOVING_SCENARIOS EXCLUDE REGEX flood_of_handshakes)
add_test(NAME scenario/moving COMMAND scenario --workers 3 --moving ${MOVING_SCENARIOS})
set_tests_properties(scenario/moving PROPERTIES LABELS scenario TIMEOUT 300 COST 60)

# One seed, one run: whatever reads a real clock, real randomness or an address breaks this.
foreach(name lossy_two_domains fuzzing_peer tcp_restart wss_call)
    add_test(NAME scenario/twice/${name} COMMAND scenario --twice ${CMAKE_CURRENT_SOURCE_DIR}/scenario/${name}.scn)
    set_tests_properties(scenario/twice/${name} PROPERTIES LABELS scenario TIMEOUT 120)
endforeach()
