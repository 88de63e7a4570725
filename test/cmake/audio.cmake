# Two voices by espeak-ng through audio_convert and audio_compare: each is heard
# in itself, neither in the other.
add_test(NAME tool/audio_compare COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools/audio_compare_test ${CMAKE_BINARY_DIR})
set_tests_properties(tool/audio_compare PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)

# The device test loads the real module where it is built.
if(TARGET ahoy_portaudio)
    target_compile_definitions(media_audio_device_test PRIVATE AHOY_PORTAUDIO="$<TARGET_FILE:ahoy_portaudio>")
    add_dependencies(media_audio_device_test ahoy_portaudio)
endif()
