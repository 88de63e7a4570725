/* SPDX-License-Identifier: BSD-2-Clause */
/* What AddressSanitizer does unless ASAN_OPTIONS says otherwise; linked into every program of a sanitized build.
 *
 * clear_shadow_mmap_threshold: the shadow of large memory that is given back is cleared where it is.  To map it anew
 * makes each page fault again when it is next used, and scenarios and walks were a third slower for it. */
const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "clear_shadow_mmap_threshold=1000000000";
}
