# The metrics test loads the real module where it is built.
if(TARGET ahoy_microhttpd)
    target_compile_definitions(console_metrics_test PRIVATE AHOY_MICROHTTPD="$<TARGET_FILE:ahoy_microhttpd>")
    add_dependencies(console_metrics_test ahoy_microhttpd)
endif()
