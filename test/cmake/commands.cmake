# The commands as a person or a script runs them, label "live"; and the manual pages,
# which are made from the commands' own tables, label "check".
add_test(NAME live/commands COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/live/commands_test.py $<TARGET_FILE:ahoy>)
set_tests_properties(live/commands PROPERTIES LABELS live TIMEOUT 120)

add_test(NAME check/manual COMMAND ${CMAKE_SOURCE_DIR}/tools/manual --check $<TARGET_FILE:ahoy>)
set_tests_properties(check/manual PROPERTIES LABELS check)

add_test(NAME live/server_commands
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/live/server_commands_test.py $<TARGET_FILE:ahoy>)
set_tests_properties(live/server_commands PROPERTIES LABELS live TIMEOUT 120)
