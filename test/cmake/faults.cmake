# fault_test stands between the code and malloc or the kernel, and lets calls fail.
set(FAULT_CALLS malloc calloc realloc sendmmsg getsockopt send accept4 getrandom)
foreach(call ${FAULT_CALLS})
    target_link_options(net_fault_test PRIVATE -Wl,--wrap=${call})
endforeach()
