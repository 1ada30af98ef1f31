#define _POSIX_C_SOURCE 200809L /* setenv */
#include "vulkan/llvmpipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char width_variable[] = "LP_NATIVE_VECTOR_WIDTH";
static bool widened;

static bool has_avx512(void) {
#if defined __x86_64__ && defined __GNUC__
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

/* Mesa names its cache on disk by the flags in GALLIVM_PERF, among others: these keep the widths apart. They
 * change nothing else here, since they are about images that are filtered. */
static void separate_caches(const char *width) {
    const char *flags = strcmp(width, "512") == 0   ? "no_aos_sampling"
                        : strcmp(width, "256") == 0 ? "no_quad_lod"
                        : strcmp(width, "128") == 0 ? "no_aos_sampling,no_quad_lod"
                                                    : NULL;
    if (flags)
        setenv("GALLIVM_PERF", flags, 0);
}

void lvk_llvmpipe_prepare(void) {
    if (!getenv(width_variable) && has_avx512())
        widened = setenv(width_variable, "512", 0) == 0;
    const char *width = getenv(width_variable);
    if (width)
        separate_caches(width);
}

void lvk_llvmpipe_note(lvk_device_info *info) {
    if (widened && strncmp(info->name, "llvmpipe", strlen("llvmpipe")) == 0)
        snprintf(info->note, sizeof info->note,
                 "vectors of 512 bits, since the processor has AVX-512; %s=256 turns them off",
                 width_variable);
}
