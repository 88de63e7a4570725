# The manual pages are made from the commands' own tables, label "check".
add_test(NAME check/manual COMMAND ${CMAKE_SOURCE_DIR}/tools/manual --check $<TARGET_FILE:ahoy>)
set_tests_properties(check/manual PROPERTIES LABELS check)
