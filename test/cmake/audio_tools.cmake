# audio_compare: was this speech heard?  audio_convert: any sound file to 8 kHz mono.
# Both stand beside the ahoy binary, where tools/demo and tools/make-voices find them.
foreach(tool audio_compare audio_convert)
    add_executable(${tool} tools/${tool}.c)
    target_link_libraries(${tool} PRIVATE libahoy)
    set_target_properties(${tool} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endforeach()

# Two voices by espeak-ng through both tools: each is heard in itself, neither in the other.
add_test(NAME tool/audio_compare COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/audio_compare_test ${CMAKE_BINARY_DIR})
set_tests_properties(tool/audio_compare PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)

# The device test loads the real module where it is built.
if(TARGET ahoy_portaudio)
    target_compile_definitions(media_audio_device_test PRIVATE AHOY_PORTAUDIO="$<TARGET_FILE:ahoy_portaudio>")
    add_dependencies(media_audio_device_test ahoy_portaudio)
endif()
